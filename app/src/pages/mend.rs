//! `/aanleveringen/{id}/regels` and `…/regels/{nummer}`: refused rows, mended one by one without a second upload
//! (features F24). Complete without a script.

use super::{choices, repair_grid};
use crate::calls::mend::MendRow;
use crate::error::too_many;
use crate::page::{Screen, Visit, deliveries, page};
use crate::parts::earlier::earlier;
use crate::parts::field::{Field, tick};
use crate::parts::messages::Messages;
use crate::parts::{
    alert, fold, heading, hidden_inputs, link, pager, paragraph, second_link, submit,
    time_out_note, title,
};
use crate::ports::deliveries::{Kept, RefusedList, RefusedRow, RefusedView};
use crate::texts::{Texts, fill, number};
use domain::finding::{Code, Finding, Severity};
use domain::row::{Column, RowText};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// `/aanleveringen/{id}/regels`
pub(crate) fn list() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let id = visit.id()?;
        let list = deliveries()?
            .refused(&caller, id, visit.page(), visit.draft()?)
            .await?;
        Ok(list_screen(&visit, id, &list))
    })
}

fn list_screen(visit: &Visit, id: Uuid, list: &RefusedList) -> Screen {
    let t = visit.t;
    let m = &t.mend;
    let rows = &list.rows;
    let back = format!("/aanleveringen/{id}");
    let base = format!("{back}/regels");
    let count = |word: &str| visit.query(word)?.parse::<u32>().ok();
    let said = |word: &str, text: &str| {
        Some(alert::ok(fill(
            text,
            &[("regel", &count(word)?.to_string())],
        )))
    };
    let many = count("goede").map(|rows| match rows {
        1 => alert::ok(m.good_one),
        _ => alert::ok(fill(
            m.good_many,
            &[("aantal", &number(t.language, u64::from(rows)))],
        )),
    });
    let nothing = visit.query("niets").map(|_| alert::info(m.nothing_changed));
    let good = said("goed", m.good)
        .or_else(|| said("al", m.right_already))
        .or(many)
        .or(nothing);
    let locked = locked(visit);
    let kept = rows
        .items
        .iter()
        .any(|row| row.kept == Some(Kept::LoggedOut));
    let waits = visit.wait("wacht");
    let left = match rows.total {
        0 => m.none_left.to_owned(),
        1 => m.left_one.to_owned(),
        many => fill(m.left, &[("aantal", &number(t.language, many))]),
    };
    // What is wrong is summed up after it was sent, not on the first visit.
    let mut messages = Messages::default();
    if count("foute").is_some() {
        for (row, finding) in rows.items.iter().flat_map(faults) {
            messages.add(repair_grid::anchor(row, finding), at_row(row, finding, t));
        }
    }
    let body = view! {
        {messages.summary(t)}
        {locked}
        {title(m.title)}
        {good}
        {waits.map(|wait| alert::error(too_many(wait, t)))}
        {kept.then(|| alert::info(m.kept))}
        {paragraph(left)}
        {(!rows.items.is_empty()).then(|| repair_grid::form(visit, id, list))}
        {pager::pager(&base, &[], rows.page, rows.total, t)}
        <p class="utrecht-paragraph">{second_link(back.clone(), m.back)}</p>
    };
    Screen::new(m.title, body)
        .under(t.upload.list_title, "/aanleveringen")
        .under(t.upload.delivery, back)
        .wide()
        .failed(!messages.is_empty())
}

/// Nothing was judged, for want of an approval.
fn locked(visit: &Visit) -> Option<AnyView> {
    (visit.query("melding").as_deref() == Some("akkoord"))
        .then(|| alert::error(visit.t.mend.not_approved))
}

/// What stands in the way of a row.
fn faults(row: &RefusedRow) -> impl Iterator<Item = (&RefusedRow, &Finding)> {
    let findings = row.findings.iter();
    findings
        .filter(|finding| finding.severity == Severity::Fout)
        .map(move |finding| (row, finding))
}

fn at_row(row: &RefusedRow, finding: &Finding, t: &Texts) -> String {
    let number = row.number.to_string();
    let message = finding.message_in(t.language);
    match finding.column {
        None => fill(
            t.mend.at_whole_row,
            &[("regel", &number), ("melding", &message)],
        ),
        Some(column) => fill(
            t.mend.at_row,
            &[
                ("regel", &number),
                ("kolom", column.title_in(t.language)),
                ("melding", &message),
            ],
        ),
    }
}

/// `/aanleveringen/{id}/regels/{nummer}`
pub(crate) fn row() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let id = visit.id()?;
        let row = deliveries()?
            .refused_row(&caller, id, visit.number("nummer")?, visit.draft()?)
            .await?;
        Ok(row_screen(&visit, id, &row))
    })
}

fn row_screen(visit: &Visit, id: Uuid, view: &RefusedView) -> Screen {
    let t = visit.t;
    let m = &t.mend;
    let row = &view.line;
    let list = format!("/aanleveringen/{id}/regels");
    let mut columns: Vec<Column> = Column::ALL.to_vec();
    columns.sort_by_key(|column| !is_wrong(row, *column));
    let said = Messages::of(&row.findings, &columns, t);
    let (wrong, other): (Vec<Column>, Vec<Column>) = columns
        .into_iter()
        .partition(|column| said.at(column.name()).is_some());
    // What was kept is not judged yet: the messages are about the cells as they stood.
    let messages = match row.kept {
        None => said,
        Some(_) => Messages::default(),
    };
    let fields = |list: &[Column]| {
        list.iter()
            .map(|column| cell(row, *column, &messages, t))
            .collect_view()
    };
    let note = match row.kept {
        Some(Kept::Changed) => Some(alert::warning(paragraph(m.changed))),
        Some(Kept::LoggedOut) => Some(alert::info(m.kept)),
        Some(Kept::Waits) => {
            let wait = visit.wait("wacht");
            Some(wait.map_or_else(
                || alert::info(m.kept),
                |wait| alert::error(too_many(wait, t)),
            ))
        }
        None if row.row == RowText::default() => Some(alert::info(m.unreadable)),
        None => None,
    };
    let all_open = row.row == RowText::default();
    let hidden = vec![
        ("delivery", id.to_string()),
        ("number", row.number.to_string()),
        ("seen", row.seen.to_string()),
    ]
    .into_iter()
    .chain(visit.query("concept").map(|draft| ("concept", draft)))
    .collect();
    let everywhere = row
        .shared
        .iter()
        .map(|(_, count)| *count)
        .max()
        .map(|count| {
            let text = match count {
                None => m.everywhere_all.to_owned(),
                Some(1) => m.everywhere_one.to_owned(),
                Some(many) => fill(
                    m.everywhere,
                    &[("aantal", &number(t.language, u64::from(many)))],
                ),
            };
            tick("everywhere", "row[everywhere]", text, false, false)
        });
    let reason = row
        .findings
        .iter()
        .any(|finding| finding.code == Code::B10)
        .then(|| {
            let field = Field {
                hint: m.reason_hint,
                optional: true,
                ..Field::new("reason", m.reason, &view.reason)
            };
            field.area(&messages, t)
        });
    let help = row
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Fout)
        .map(|finding| {
            let code = finding.code;
            view! {
                <li>{link(format!("/hulp/regels/{}", code.as_str()), code.as_str())}": "{code.help().how_to_fix}</li>
            }
        })
        .collect_view();
    let send = if view.preview { m.send_preview } else { m.send };
    let name = fill(m.row_title, &[("regel", &row.number.to_string())]);
    let text = if view.preview { m.text_preview } else { m.text };
    let body = view! {
        {messages.summary(t)}
        {locked(visit)}
        {title(name)}
        {row.message.as_ref().map(|message| alert::info(fill(t.decisions.from_rivm, &[("bericht", message)])))}
        {note}
        {paragraph(text)}
        <form class="cims-form" method="post" action=MendRow::PATH data-keep-along="true" novalidate>
            {hidden_inputs(hidden)}
            {fields(&wrong)}
            {everywhere}
            {reason}
            {if all_open { fields(&other).into_any() } else { fold(m.other_columns, fields(&other)) }}
            <div class="utrecht-button-group">
                {submit(send)}
                {second_link(list.clone(), t.frame.cancel)}
            </div>
            {time_out_note(t.frame.time_out_line)}
        </form>
        {earlier(&view.earlier, t)}
        {heading(m.what_to_do)}
        <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{help}</ul>
        {view.next.map(|next| view! {
            <p class="utrecht-paragraph">{link(format!("{list}/{next}"), fill(m.next, &[("regel", &next.to_string())]))}</p>
        })}
    };
    // The page is about something wrong, so its title says so from the first visit on.
    Screen::new(m.row_name, body)
        .under(t.upload.list_title, "/aanleveringen")
        .under(t.upload.delivery, format!("/aanleveringen/{id}"))
        .under(m.title, list)
        .failed(!messages.is_empty())
}

/// The input of a column: a list where the column has one, and what stands there if it is not in the list.
fn cell(row: &RefusedRow, column: Column, messages: &Messages, t: &'static Texts) -> AnyView {
    let field = Field {
        hint: column.hint_in(t.language),
        ..Field::row(column, row.row.get(column), t)
    };
    let options = options(column, t);
    if options.len() > 1 {
        field.select(options, messages, t)
    } else {
        field.text(messages, t)
    }
}

/// What one can choose in a column, with an empty first choice; no more than that for a column without a list.
pub(super) fn options(column: Column, t: &'static Texts) -> Vec<(String, String)> {
    let m = &t.mend;
    let own = |value: &str, text: &str| (value.to_owned(), text.to_owned());
    match column {
        Column::Vaccin => choices::vaccines(m.choose, t),
        Column::Mutatie => vec![
            own("", m.choose),
            own("N", m.mutation_new),
            own("C", m.mutation_correction),
            own("V", m.mutation_withdrawal),
        ],
        _ => choices::options(column, m.choose, t),
    }
}

fn is_wrong(row: &RefusedRow, column: Column) -> bool {
    row.findings
        .iter()
        .any(|finding| finding.severity == Severity::Fout && finding.column == Some(column))
}
