//! `/beoordelen/groepen` and `/beoordelen/groepen/{id}`: rows that wait for the same reason, and what can be decided about
//! all of them (features F52).

use super::mend::options;
use super::review::{also_open, no_bsn, search_field, searched, without_bsn};
use crate::calls::decisions::Propose;
use crate::page::{Screen, Visit, decisions, page, review};
use crate::parts::answers::{Answer, answers, words};
use crate::parts::assigning::{Assigning, assigning};
use crate::parts::field::Field;
use crate::parts::filter;
use crate::parts::messages::Messages;
use crate::parts::pager::pager;
use crate::parts::suggestions::{suggestions, what};
use crate::parts::table::{Cell, empty, table};
use crate::parts::{alert, badge, brp_age};
use crate::parts::{
    folded, heading, hidden_inputs, link, paragraph, second_link, small_form, submit, title,
};
use crate::ports::decisions::{ClusterFilter, ClusterLine, ClusterView, Earlier};
use crate::ports::review::{Reviewer, Suggestion};
use crate::ports::{Page, PortError};
use crate::texts::{Texts, fill, number};
use domain::decision::{DecisionKind, Told, is_code};
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding};
use domain::row::Column;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/beoordelen/groepen`
pub(crate) fn clusters() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let filter = ClusterFilter {
            partij: visit.query("partij"),
            code: visit.query("code").and_then(|code| code.parse().ok()),
            zoek: searched(&visit),
        };
        if let Some(screen) = without_bsn(&visit, "/beoordelen/groepen", query(&filter)) {
            return Ok(screen);
        }
        let list = decisions()?
            .clusters(&caller, filter.clone(), visit.page())
            .await?;
        Ok(list_screen(&visit, &filter, &list))
    })
}

fn query(filter: &ClusterFilter) -> Vec<(&'static str, String)> {
    let code = filter.code.map(Code::as_str).unwrap_or_default();
    vec![
        ("zoek", filter.zoek.clone().unwrap_or_default()),
        ("partij", filter.partij.clone().unwrap_or_default()),
        ("code", code.to_owned()),
    ]
}

fn list_screen(visit: &Visit, filter: &ClusterFilter, list: &Page<ClusterLine>) -> Screen {
    let t = visit.t;
    let (d, v) = (&t.decisions, &t.review);
    let party = filter.partij.clone().unwrap_or_default();
    let code = filter.code.map(Code::as_str).unwrap_or_default();
    let codes = Code::ALL
        .iter()
        .map(|code| (code.as_str().to_owned(), code.as_str().to_owned()));
    let all = (String::new(), v.all_codes.to_owned());
    let codes = std::iter::once(all).chain(codes).collect();
    let count = amount(list.total, d.count_one, d.count, t);
    let content = if list.items.is_empty() {
        let text = if filter.zoek.is_some() {
            v.empty_filter
        } else {
            d.clusters_empty
        };
        empty(text, vec![second_link("/beoordelen", v.back)])
    } else {
        let headers = [v.party, d.cause, d.outcome, d.rows, d.since, d.open];
        let rows = list.items.iter().map(|line| row(line, t)).collect();
        let query = query(filter);
        let pages = pager("/beoordelen/groepen", &query, list.page, list.total, t);
        view! { {table("groepen", d.clusters_caption, &headers, rows)}{pages} }.into_any()
    };
    let fields = vec![
        search_field(filter.zoek.as_deref(), t),
        Field::new("partij", v.party_hint, &party).filter(),
        Field::new("code", v.code, code).filter_select(codes),
    ];
    let bar = filter::bar(
        "/beoordelen/groepen",
        count,
        *filter != ClusterFilter::default(),
        fields,
        t,
    );
    let body = view! {
        {no_bsn(visit)}
        {title(d.clusters)}
        {paragraph(d.clusters_text)}
        {bar}
        {content}
        <p class="utrecht-paragraph">{link("/beoordelen/besluiten", d.decisions)}</p>
        <p class="utrecht-paragraph">{link("/beoordelen/waarden", d.values)}</p>
    };
    Screen::new(d.clusters, body)
        .under(v.title, "/beoordelen")
        .wide()
}

fn row(line: &ClusterLine, t: &'static Texts) -> Vec<Cell> {
    let d = &t.decisions;
    let cause = cause(line.code, line.column, t);
    let label = fill(
        d.open_label,
        &[("partij", &line.party), ("oorzaak", &cause)],
    );
    vec![
        Cell::new(line.party.clone()),
        Cell::new(cause),
        Cell::new(badge::outcome(line.outcome, t)),
        Cell::number(number(t.language, u64::from(line.rows))),
        Cell::new(line.since.clone()),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/beoordelen/groepen/{}", line.sample) aria-label=label>{d.open}</a>
        }),
    ]
}

/// "V26 Batchnummer: Dit batchnummer kan niet."
pub(super) fn cause(code: Code, column: Option<Column>, t: &'static Texts) -> String {
    let finding = match column {
        Some(column) => Finding::on(code, column),
        None => Finding::whole(code),
    };
    let column = column.map_or(String::new(), |column| {
        format!("{}: ", column.title_in(t.language))
    });
    format!(
        "{} {column}{}",
        code.as_str(),
        finding.message_in(t.language)
    )
}

/// A sentence about one, or about a number of them.
pub(super) fn amount(count: u64, one: &str, many: &str, t: &'static Texts) -> String {
    if count == 1 {
        one.to_owned()
    } else {
        fill(many, &[("aantal", &number(t.language, count))])
    }
}

/// `/beoordelen/groepen/{id}`
pub(crate) fn cluster() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let id = visit.id()?;
        let view = match decisions()?.cluster(&caller, id).await {
            Err(PortError::NotFound) => {
                let earlier = decisions()?.decided_about(&caller, id).await?;
                let earlier = earlier.ok_or(PortError::NotFound)?;
                return Ok(late(&visit, &earlier));
            }
            other => other?,
        };
        let reviewers = review()?.reviewers(&caller).await?;
        Ok(screen(&visit, &view, &reviewers))
    })
}

/// Somebody else decided about these rows meanwhile.
fn late(visit: &Visit, earlier: &Earlier) -> Screen {
    let d = &visit.t.decisions;
    let body = view! {
        {title(d.late)}
        {alert::info(fill(d.late_text, &[("wie", &earlier.by)]))}
        <div class="utrecht-button-group">{way_to(earlier, visit.t)}{second_link("/beoordelen/groepen", d.clusters)}</div>
    };
    Screen::new(d.late, body)
        .under(visit.t.review.title, "/beoordelen")
        .under(d.clusters, "/beoordelen/groepen")
}

/// To what was decided, where it has a page.
pub(super) fn way_to(earlier: &Earlier, t: &'static Texts) -> Option<AnyView> {
    let way = match (earlier.decision, earlier.ruling) {
        (Some(id), _) => format!("/beoordelen/besluiten/{id}"),
        (None, Some(id)) => format!("/beoordelen/oordelen/{id}"),
        (None, None) => return None,
    };
    Some(second_link(way, t.decisions.late_way))
}

fn screen(visit: &Visit, view: &ClusterView, reviewers: &[Reviewer]) -> Screen {
    let t = visit.t;
    let (d, v) = (&t.decisions, &t.review);
    let name = amount(
        u64::from(view.rows),
        d.cluster_title_one,
        d.cluster_title,
        t,
    );
    let chosen = visit
        .query("soort")
        .and_then(|kind| DecisionKind::parse(&kind));
    let mut messages = Messages::default();
    match (visit.query("melding").as_deref(), chosen) {
        (Some("waarde"), _) => messages.add("value", d.map_value_missing),
        (Some("uitleg"), _) => messages.add("told", d.told_missing),
        (Some("verzoek"), _) => messages.add("request", d.request_missing),
        (Some("vanaf"), _) => messages.add("first", t.lists.day_form),
        (Some("tot"), _) => messages.add("last", t.lists.day_form),
        (Some("volgorde"), _) => messages.add("last", d.days_order),
        (Some("reden"), Some(DecisionKind::Return)) => {
            messages.add(reason_id(DecisionKind::Return), d.message_missing);
        }
        (Some("reden"), Some(kind)) => messages.add(reason_id(kind), d.reason_missing),
        _ => {}
    }
    let column = view
        .column
        .map_or(d.whole_row, |column| column.title_in(t.language));
    let value = match (&view.value, view.column) {
        (Some(value), Some(column)) => words(column, value, t),
        _ => d.no_value.to_owned(),
    };
    let mut facts = vec![
        Answer::new(v.party, view.party.clone()),
        Answer::new(d.cause, cause(view.code, view.column, t)),
        Answer::new(t.upload.column, column),
        Answer::new(d.value, value),
    ];
    if matches!(
        view.code,
        Code::B10 | Code::B11 | Code::B12 | Code::B13 | Code::B14
    ) {
        facts.push(brp_age::answer(&view.brp, t));
    }
    let rows = view.first.iter().map(|row| {
        let text = fill(
            d.row_link,
            &[("regel", &row.row.to_string()), ("moment", &row.received)],
        );
        view! { <li>{link(format!("/beoordelen/{}", row.id), text)}</li> }
    });
    let rows = rows.collect_view();
    let taken = visit.query("voorstel").and_then(|at| at.parse().ok());
    let taken = taken.and_then(|at: usize| view.suggestions.get(at)?.value.as_deref());
    let forms = view.may.iter().map(|kind| {
        let form = form(visit, view, *kind, taken, &messages);
        folded(kind_name(*kind, t), form, chosen == Some(*kind))
    });
    let forms = forms.collect_view();
    let with = Assigning {
        row: view.sample,
        group: true,
        assignee: None,
        reviewers,
        back: format!("/beoordelen/groepen/{}", view.sample),
    };
    let body = view! {
        {messages.summary(t)}
        {title(name.clone())}
        <p class="utrecht-paragraph">{badge::outcome(view.outcome, t)}</p>
        {also_open(&view.also_open, t)}
        {answers(facts, t)}
        {suggestions(&view.suggestions, |one| take(view, one, t), t)}
        {heading(d.what)}
        {forms}
        {assigning(&with, t)}
        {heading(d.first_rows)}
        <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{rows}</ul>
        <p class="utrecht-paragraph">{second_link("/beoordelen/groepen", d.clusters)}</p>
    };
    Screen::new(name, body)
        .under(v.title, "/beoordelen")
        .under(d.clusters, "/beoordelen/groepen")
        .failed(!messages.is_empty())
}

/// Puts a suggested value in all rows of the group: with what it comes to, and a second person, as any other value. Where that
/// takes a request of the institution it is filled in the form, which asks for it.
fn take(view: &ClusterView, one: &Suggestion, t: &'static Texts) -> Option<AnyView> {
    if !view.may.contains(&DecisionKind::Map) {
        return None;
    }
    if DecisionKind::Map.takes_request(view.column) {
        let same = |other: &Suggestion| other.value == one.value;
        let at = view.suggestions.iter().position(same);
        let way = format!("/beoordelen/groepen/{}?soort=map&voorstel=", view.sample);
        return Some(link(
            format!("{way}{}#value", at.filter(|_| one.value.is_some())?),
            t.decisions.map_take,
        ));
    }
    let hidden = vec![
        ("row", view.sample.to_string()),
        ("kind", DecisionKind::Map.as_str().to_owned()),
        ("value", one.value.clone()?),
        ("reason", what(one, t)),
    ];
    Some(small_form(Propose::PATH, hidden, t.decisions.look_first))
}

pub(super) fn kind_name(kind: DecisionKind, t: &'static Texts) -> &'static str {
    let d = &t.decisions;
    match kind {
        DecisionKind::Map => d.map,
        DecisionKind::Return => d.back,
        DecisionKind::Reject => d.reject,
        DecisionKind::Accept => d.accept,
        DecisionKind::Link => t.links.kind,
        DecisionKind::Unlink => t.links.undo_kind,
        DecisionKind::Readmit => d.readmit,
    }
}

const fn reason_id(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Map => "reden-waarde",
        DecisionKind::Return => "reden-terug",
        DecisionKind::Reject => "reden-afwijzen",
        DecisionKind::Accept => "reden-zo",
        DecisionKind::Link => "reden-koppelen",
        DecisionKind::Unlink => "reden-ontkoppelen",
        DecisionKind::Readmit => "reden-terugzetten",
    }
}

/// `taken`: the value of a suggestion.
fn form(
    visit: &Visit,
    view: &ClusterView,
    kind: DecisionKind,
    taken: Option<&str>,
    messages: &Messages,
) -> AnyView {
    let t = visit.t;
    let d = &t.decisions;
    let stored = view.outcome == RowOutcome::TeControleren;
    let text = match kind {
        DecisionKind::Map => d.map_text,
        DecisionKind::Return if stored => d.back_stored,
        DecisionKind::Return => d.back_text,
        DecisionKind::Reject if stored => d.reject_stored,
        DecisionKind::Reject => d.reject_text,
        DecisionKind::Accept => d.accept_text,
        DecisionKind::Link | DecisionKind::Unlink | DecisionKind::Readmit => d.map_colleague,
    };
    let value = view
        .column
        .filter(|_| kind == DecisionKind::Map)
        .map(|column| {
            let typed = visit.query("waarde").or_else(|| taken.map(str::to_owned));
            let typed = typed.unwrap_or_default();
            let field = Field::new("value", d.map_value, &typed);
            let list = options(column, t);
            let input = if list.len() > 1 {
                field.select(list, messages, t)
            } else {
                field.text(messages, t)
            };
            let stored = stored.then(|| paragraph(d.map_stored));
            let own = (!is_code(column)).then(|| paragraph(d.map_own));
            let value = view.value.as_deref().unwrap_or_default();
            let is_kept = kind.is_kept(view.code, Some(column), value);
            let kept = is_kept.then(|| paragraph(d.map_kept));
            let days = is_kept.then(|| days_inputs(visit, messages));
            view! { {stored}{own}{kept}{paragraph(d.map_colleague)}{input}{days} }
        });
    let to_sender = kind == DecisionKind::Return;
    let reason = Field {
        name: "reason".to_owned(),
        hint: if to_sender { d.message_hint } else { "" },
        ..Field::new(
            reason_id(kind),
            if to_sender { d.message } else { d.reason },
            "",
        )
    };
    let request = kind.takes_request(view.column).then(|| {
        let c = &t.corrections;
        let request = Field {
            hint: c.request_hint,
            ..Field::new("request", c.request, "")
        };
        request.area(messages, t)
    });
    let told = (kind == DecisionKind::Reject).then(|| told_field(visit, messages));
    // Whoever opened the row has seen all of it.
    let alone = (kind.may_be_alone() && view.rows > 1).then(|| {
        let number = view.first.first().map(|row| row.row.to_string());
        let text = fill(
            d.row_alone,
            &[("regel", &number.unwrap_or_default())],
        );
        view! {
            <button class="utrecht-button utrecht-button--secondary-action" type="submit" name="alone" value="true">{text}</button>
        }
    });
    let hidden = vec![
        ("row", view.sample.to_string()),
        ("kind", kind.as_str().to_owned()),
    ];
    view! {
        <form class="cims-form" method="post" action=Propose::PATH novalidate>
            {hidden_inputs(hidden)}
            {paragraph(text)}
            {(kind == DecisionKind::Reject && stored).then(|| paragraph(d.map_colleague))}
            {value}
            {request}
            {told}
            {reason.area(messages, t)}
            {submit(d.look_first)}
            {alone}
        </form>
    }
    .into_any()
}

/// Which sentence the institution reads of what is refused for good.
pub(super) fn told_field(visit: &Visit, messages: &Messages) -> AnyView {
    let t = visit.t;
    let d = &t.decisions;
    let chosen = visit.query("uitleg").unwrap_or_default();
    let list = Told::ALL.into_iter().map(|told| {
        (
            told.as_str().to_owned(),
            told.sentence(t.language).to_owned(),
        )
    });
    let first = (String::new(), t.mend.choose.to_owned());
    let field = Field {
        hint: d.told_hint,
        ..Field::new("told", d.told, &chosen)
    };
    field.select(std::iter::once(first).chain(list).collect(), messages, t)
}

/// The days of the jabs that a name is to hold for.
fn days_inputs(visit: &Visit, messages: &Messages) -> AnyView {
    let t = visit.t;
    let d = &t.decisions;
    let day = |id, word, label, hint| {
        let typed = visit.query(word).unwrap_or_default();
        let field = Field {
            hint,
            optional: true,
            ..Field::new(id, label, &typed)
        };
        field.text(messages, t)
    };
    view! {
        {paragraph(d.days_text)}
        {day("first", "vanaf", d.days_first, d.days_first_hint)}
        {day("last", "tot", d.days_last, d.days_last_hint)}
    }
    .into_any()
}
