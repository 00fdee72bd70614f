//! `/aanleveringen/{id}/regels` and `…/regels/{nummer}`: refused rows, mended one by one without a second upload
//! (features F24). Complete without a script.

use super::choices;
use crate::calls::mend::MendRow;
use crate::page::{Screen, Visit, deliveries, page};
use crate::parts::field::{Field, tick};
use crate::parts::messages::Messages;
use crate::parts::table::{Cell, table};
use crate::parts::{
    alert, button_link, fold, heading, hidden_inputs, link, pager, paragraph, second_link, submit,
    title,
};
use crate::ports::Page;
use crate::ports::deliveries::{Kept, RefusedLine, RefusedView};
use crate::texts::{Texts, fill, number};
use domain::finding::{Code, Severity};
use domain::row::{Column, RowText};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// `/aanleveringen/{id}/regels`
pub(crate) fn list() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let id = visit.id()?;
        let rows = deliveries()?.refused(&caller, id, visit.page()).await?;
        Ok(list_screen(&visit, id, &rows))
    })
}

fn list_screen(visit: &Visit, id: Uuid, rows: &Page<RefusedLine>) -> Screen {
    let t = visit.t;
    let m = &t.mend;
    let back = format!("/aanleveringen/{id}");
    let base = format!("{back}/regels");
    let said = |word: &str, text: &str| {
        let row = visit.query(word)?.parse::<u32>().ok()?;
        Some(alert::ok(fill(text, &[("regel", &row.to_string())])))
    };
    let good = said("goed", m.good).or_else(|| said("al", m.right_already));
    let left = match rows.total {
        0 => m.none_left.to_owned(),
        1 => m.left_one.to_owned(),
        many => fill(m.left, &[("aantal", &number(t.language, many))]),
    };
    let first = rows.items.first().map(|row| {
        button_link(
            format!("{base}/{}", row.number),
            fill(m.first, &[("regel", &row.number.to_string())]),
        )
    });
    let shown = (!rows.items.is_empty()).then(|| {
        let lines = rows.items.iter().map(|row| line(row, &base, t)).collect();
        table("regels", m.caption, &[m.row, m.wrong], lines)
    });
    let body = view! {
        {title(m.title)}
        {good}
        {paragraph(left)}
        <p class="utrecht-paragraph">{first}</p>
        {shown}
        {pager::pager(&base, &[], rows.page, rows.total, t)}
        <p class="utrecht-paragraph">{second_link(back.clone(), m.back)}</p>
    };
    Screen::new(m.title, body)
        .under(t.upload.list_title, "/aanleveringen")
        .under(t.upload.delivery, back)
        .wide()
}

fn line(row: &RefusedLine, base: &str, t: &'static Texts) -> Vec<Cell> {
    let said = row
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Fout)
        .map(|finding| {
            let column = finding
                .column
                .map(|column| format!("{}: ", column.title_in(t.language)));
            view! { <li>{column}{finding.message_in(t.language).into_owned()}</li> }
        });
    let name = fill(t.mend.mend_row, &[("regel", &row.number.to_string())]);
    vec![
        Cell::new(link(format!("{base}/{}", row.number), name)),
        Cell::new(view! { <ul class="cims-plain-list">{said.collect_view()}</ul> }),
    ]
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

fn row_screen(visit: &Visit, id: Uuid, row: &RefusedView) -> Screen {
    let t = visit.t;
    let m = &t.mend;
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
            let text = if count == 1 {
                m.everywhere_one.to_owned()
            } else {
                fill(
                    m.everywhere,
                    &[("aantal", &number(t.language, u64::from(count)))],
                )
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
                ..Field::new("reason", m.reason, &row.reason)
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
    let send = if row.preview { m.send_preview } else { m.send };
    let name = fill(m.row_title, &[("regel", &row.number.to_string())]);
    let text = if row.preview { m.text_preview } else { m.text };
    let body = view! {
        {messages.summary(t)}
        {title(name)}
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
            <p class="cims-form__note">{t.frame.time_out_line}</p>
        </form>
        {heading(m.what_to_do)}
        <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{help}</ul>
        {row.next.map(|next| view! {
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
fn cell(row: &RefusedView, column: Column, messages: &Messages, t: &'static Texts) -> AnyView {
    let m = &t.mend;
    let field = Field {
        hint: column.hint_in(t.language),
        ..Field::row(column, row.row.get(column), t)
    };
    let own = |value: &str, text: &str| (value.to_owned(), text.to_owned());
    let options = match column {
        Column::Vaccin => choices::vaccines(m.choose),
        Column::Mutatie => vec![
            own("", m.choose),
            own("N", m.mutation_new),
            own("C", m.mutation_correction),
            own("V", m.mutation_withdrawal),
        ],
        _ => choices::options(column, m.choose, t),
    };
    if options.len() > 1 {
        field.select(options, messages, t)
    } else {
        field.text(messages, t)
    }
}

fn is_wrong(row: &RefusedView, column: Column) -> bool {
    row.findings
        .iter()
        .any(|finding| finding.severity == Severity::Fout && finding.column == Some(column))
}
