//! `/beoordelen/{id}/vergelijken`: a stored row beside what else is known of its person, and what is ruled about it (features
//! F50).

use super::decisions::record;
use super::review::also_open;
use crate::calls::persons::Rule;
use crate::page::{Screen, Visit, page, persons};
use crate::parts::answers::words;
use crate::parts::field::Field;
use crate::parts::findings::findings;
use crate::parts::messages::Messages;
use crate::parts::radios::Radios;
use crate::parts::table::{Cell, table};
use crate::parts::{
    alert, badge, folded, heading, hidden_inputs, link, paragraph, second_link, submit, title,
};
use crate::ports::persons::{Comparison, Jab, Source};
use crate::texts::{Texts, fill};
use domain::row::Column;
use domain::ruling::RulingKind;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// What is held side by side.
const CELLS: [Column; 7] = [
    Column::Vaccinatiedatum,
    Column::Vaccin,
    Column::Batchnummer,
    Column::Dosisnummer,
    Column::Vaccinatieland,
    Column::Doelgroep,
    Column::UitvoerderAgb,
];

/// `/beoordelen/{id}/vergelijken`
pub(crate) fn compare() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        // What it was held against may have ended since: then the nearest is shown.
        let with = visit.query("met").and_then(|key| key.parse().ok());
        let with = with.filter(|_| visit.query("melding").as_deref() != Some("laat"));
        let view = persons()?.compare(&caller, visit.id()?, with).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &Comparison) -> Screen {
    let t = visit.t;
    let (p, v) = (&t.persons, &t.review);
    let chosen = visit
        .query("soort")
        .and_then(|kind| RulingKind::parse(&kind));
    let mut messages = Messages::default();
    let mut told = None;
    match (visit.query("melding").as_deref(), chosen) {
        (Some("reden"), Some(kind)) => messages.add(reason_id(kind), p.no_reason),
        (Some("keuze"), _) => messages.add("counts", p.no_choice),
        (Some("laat"), _) => {
            let text = match &view.open {
                Err(Some(name)) => fill(p.told_late_by, &[("naam", name)]),
                _ => p.told_late.to_owned(),
            };
            told = Some(alert::error(text));
        }
        (Some("dag"), _) => told = Some(alert::error(p.told_same_day)),
        _ => {}
    }
    let name = fill(
        p.compare_title,
        &[("regel", &view.number.to_string()), ("partij", &view.party)],
    );
    let acts = match &view.open {
        Ok(()) => forms(view, chosen, &messages, t),
        Err(Some(name)) => alert::info(fill(p.decided_by, &[("naam", name)])),
        Err(None) => alert::info(p.decided),
    };
    let alone = view.other.is_none().then(|| paragraph(p.alone));
    let lead = view.other.is_some().then(|| paragraph(p.compare_lead));
    let body = view! {
        {told}
        {messages.summary(t)}
        {title(name.clone())}
        {also_open(&view.also_open, t)}
        {findings(&view.findings, t)}
        {lead}
        {alone}
        {side_by_side(view, t)}
        {others(view, t)}
        {acts}
        <p class="utrecht-paragraph">{link(format!("/dossiers/{}", view.person), p.to_person)}</p>
        <p class="utrecht-paragraph">{second_link("/beoordelen", v.back)}</p>
    };
    Screen::new(name, body)
        .under(v.title, "/beoordelen")
        .wide()
        .failed(!messages.is_empty())
}

fn side_by_side(view: &Comparison, t: &'static Texts) -> AnyView {
    let p = &t.persons;
    let text = |jab: &Jab, column| words(column, jab.cells.get(column), t);
    let Some(other) = &view.other else {
        let mut rows: Vec<Vec<Cell>> = CELLS
            .into_iter()
            .map(|column| {
                vec![
                    Cell::new(column.title_in(t.language)),
                    Cell::new(text(&view.this, column)),
                ]
            })
            .collect();
        rows.push(vec![
            Cell::new(p.sources),
            Cell::new(sources(&view.this.sources, t)),
        ]);
        return table("vergelijken", p.caption, &[p.what, p.this], rows);
    };
    // What differs comes first.
    let mut columns = CELLS;
    columns.sort_by_key(|column| text(&view.this, *column) == text(other, *column));
    let mut rows: Vec<Vec<Cell>> = columns
        .into_iter()
        .map(|column| {
            let (this, that) = (text(&view.this, column), text(other, column));
            let mark = if this == that {
                p.same.into_any()
            } else {
                badge::badge("warning", p.differs)
            };
            vec![
                Cell::new(column.title_in(t.language)),
                Cell::new(this),
                Cell::new(that),
                Cell::new(mark),
            ]
        })
        .collect();
    let counts = |jab: &Jab| if jab.counts { p.yes } else { p.no };
    rows.push(vec![
        Cell::new(p.counts),
        Cell::new(counts(&view.this)),
        Cell::new(counts(other)),
        Cell::new(""),
    ]);
    rows.push(vec![
        Cell::new(p.sources),
        Cell::new(sources(&view.this.sources, t)),
        Cell::new(sources(&other.sources, t)),
        Cell::new(""),
    ]);
    let headers = [p.what, p.this, p.other, p.compared];
    table("vergelijken", p.caption, &headers, rows)
}

/// Who reported it, one a line.
pub(super) fn sources(sources: &[Source], t: &'static Texts) -> AnyView {
    let lines = sources.iter().map(|source| {
        let text = fill(
            t.persons.source,
            &[
                ("partij", &source.party),
                ("koppelvlak", badge::channel(source.channel, t)),
                ("moment", &source.received),
            ],
        );
        view! { <li>{text}</li> }
    });
    view! { <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{lines.collect_view()}</ul> }
        .into_any()
}

fn others(view: &Comparison, t: &'static Texts) -> Option<AnyView> {
    if view.others.is_empty() {
        return None;
    }
    let lines = view.others.iter().map(|jab| {
        let cell = |column| jab.cells.get(column).to_owned();
        let text = fill(
            t.persons.other_link,
            &[
                ("datum", &cell(Column::Vaccinatiedatum)),
                ("vaccin", &cell(Column::Vaccin)),
                ("dosis", &cell(Column::Dosisnummer)),
            ],
        );
        view! { <li>{link(format!("/beoordelen/{}/vergelijken?met={}", view.row, jab.id), text)}</li> }
    });
    Some(
        view! {
            {heading(t.persons.others)}
            <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{lines.collect_view()}</ul>
        }
        .into_any(),
    )
}

const fn reason_id(kind: RulingKind) -> &'static str {
    match kind {
        RulingKind::Merge => "reden-samen",
        RulingKind::Keep => "reden-beide",
        RulingKind::Refuse => "reden-niet",
    }
}

pub(super) const fn kind_name(kind: RulingKind, alone: bool, t: &'static Texts) -> &'static str {
    let p = &t.persons;
    match kind {
        RulingKind::Merge => p.merge,
        RulingKind::Keep if alone => p.keep_alone,
        RulingKind::Keep => p.keep,
        RulingKind::Refuse => p.refuse,
    }
}

fn forms(
    view: &Comparison,
    chosen: Option<RulingKind>,
    messages: &Messages,
    t: &'static Texts,
) -> AnyView {
    let alone = view.other.is_none();
    let kinds = RulingKind::ALL
        .into_iter()
        .filter(|kind| *kind != RulingKind::Merge || !alone);
    let forms = kinds.map(|kind| {
        if kind == RulingKind::Keep && !view.may_keep {
            return paragraph(t.persons.keep_not);
        }
        folded(
            kind_name(kind, alone, t),
            form(view, kind, messages, t),
            chosen == Some(kind),
        )
    });
    view! { {heading(t.decisions.what)}{forms.collect_view()} }.into_any()
}

/// What the record of the person would say.
fn foreseen(view: &Comparison, kind: RulingKind, t: &'static Texts) -> Option<AnyView> {
    let (_, change) = view.records.iter().find(|(of, _)| *of == kind)?;
    let text = record((change.before != change.after).then_some(*change), t);
    Some(view! { <p class="utrecht-paragraph">{t.decisions.record}": "{text}</p> }.into_any())
}

fn form(view: &Comparison, kind: RulingKind, messages: &Messages, t: &'static Texts) -> AnyView {
    let p = &t.persons;
    let alone = view.other.is_none();
    let text = match kind {
        RulingKind::Merge => p.merge_text,
        RulingKind::Keep if alone => p.keep_alone_text,
        RulingKind::Keep => p.keep_text,
        RulingKind::Refuse => p.refuse_text,
    };
    let which = (kind == RulingKind::Merge).then(|| {
        Radios {
            id: "counts",
            legend: p.which,
            hint: "",
            value: if view.other_first { "other" } else { "this" },
            options: &[("this", p.which_this), ("other", p.which_other)],
            inline: false,
        }
        .named("counts", messages, t)
    });
    let reason = Field {
        name: "reason".to_owned(),
        ..Field::new(reason_id(kind), p.reason, "")
    };
    let mut hidden = vec![
        ("row", view.row.to_string()),
        ("kind", kind.as_str().to_owned()),
    ];
    hidden.extend(
        view.other
            .iter()
            .map(|other| ("other", other.id.to_string())),
    );
    view! {
        <form class="cims-form" method="post" action=Rule::PATH novalidate>
            {hidden_inputs(hidden)}
            {paragraph(text)}
            {foreseen(view, kind, t)}
            {which}
            {reason.area(messages, t)}
            {submit(p.decide)}
        </form>
    }
    .into_any()
}
