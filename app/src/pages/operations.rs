//! `/beheer`: how the work goes (features F-X7; security §6): queues, deliveries on their way, what came, the BRP, the disk.

use super::completeness::ranges;
use crate::page::{Screen, Visit, operations, page};
use crate::parts::answers::{Answer, answers};
use crate::parts::chart::bar;
use crate::parts::table::{Cell, table};
use crate::parts::{alert, badge, brp_age, heading, link, paragraph, title};
use crate::ports::deliveries::Phase;
use crate::ports::operations::{
    CameBy, LeftOutView, OnTheWay, OperationsView, QueueView, TroubleView,
};
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;

/// Bytes in a gigabyte, as disks are sold.
const GIGABYTE: u64 = 1_000_000_000;
/// Seconds of waiting after which somebody should look.
const LAG: u64 = 300;
/// Free part of the disk, in percent, below which somebody should look.
const SCARCE: u64 = 10;

/// The page.
pub(crate) fn operations_page() -> AnyView {
    page(|visit| async move {
        let caller = visit.operator()?.clone();
        let view = operations()?.operations(&caller).await?;
        Ok(screen(&visit, &view))
    })
}

fn is_well(view: &OperationsView) -> bool {
    let (free, total) = view.room;
    !view.brp.late
        && view.brp_gaps.is_empty()
        && view.trouble.is_empty()
        && view.left_out.is_empty()
        && free.saturating_mul(100) >= total.saturating_mul(SCARCE)
        && view.queues.iter().all(|queue| queue.lag < LAG)
}

fn screen(visit: &Visit, view: &OperationsView) -> Screen {
    let t = visit.t;
    let o = &t.operations;
    let verdict = if is_well(view) {
        alert::ok(o.well)
    } else {
        alert::warning(paragraph(o.not_well))
    };
    let queues = list(view.queues.is_empty(), o.queues_none, || {
        let headers = [o.kind, o.waiting, o.working, o.failed, o.lag, o.picture];
        let most = view.queues.iter().map(|queue| queue.waiting).max();
        let rows = view.queues.iter().map(|one| queue(one, most, t)).collect();
        table("wachtrijen", o.queues_caption, &headers, rows)
    });
    let on_the_way = list(view.on_the_way.is_empty(), o.on_the_way_none, || {
        let rows = view.on_the_way.iter().map(|some| state(some, t)).collect();
        let headers = [o.state, o.number, o.oldest];
        table("onderweg", o.on_the_way_caption, &headers, rows)
    });
    let came = list(view.came.is_empty(), o.came_none, || {
        let most = view.came.iter().map(|one| one.deliveries).max();
        let rows = view.came.iter().map(|one| channel(one, most, t)).collect();
        let headers = [
            t.upload.channel,
            o.last,
            o.deliveries,
            o.rows,
            o.refused,
            o.picture,
        ];
        table("ontvangen", o.came_caption, &headers, rows)
    });
    let trouble = (!view.trouble.is_empty()).then(|| {
        let rows = view.trouble.iter().map(|job| troubled(job, t)).collect();
        let headers = [o.kind, o.subject, o.attempts, o.why, o.since, o.state];
        view! { {heading(o.trouble)}{table("niet-gelukt", o.trouble_caption, &headers, rows)} }
    });
    let left_out = (!view.left_out.is_empty()).then(|| {
        let rows = view.left_out.iter().map(|row| left_out(row, t)).collect();
        let headers = [o.subject, o.left_out_row, o.why, o.since];
        view! { {heading(o.left_out)}{table("niet-verwerkt", o.left_out_caption, &headers, rows)} }
    });
    let body = view! {
        {title(o.title)}
        {verdict}
        {answers(facts(view, t), t)}
        {trouble}
        {left_out}
        {heading(o.queues)}
        {queues}
        {heading(o.on_the_way)}
        {on_the_way}
        {heading(o.came)}
        {came}
        {heading(t.users.sessions)}
        <p class="utrecht-paragraph">{link("/gebruikers/sessies", t.users.sessions_lead)}</p>
    };
    Screen::new(o.title, body).wide()
}

fn list(empty: bool, why: &'static str, table: impl FnOnce() -> AnyView) -> AnyView {
    if empty { paragraph(why) } else { table() }
}

fn facts(view: &OperationsView, t: &'static Texts) -> Vec<Answer> {
    let o = &t.operations;
    let (free, total) = view.room;
    let gigabytes = |bytes: u64| number(t.language, bytes / GIGABYTE);
    let room = fill(
        o.room_value,
        &[("vrij", &gigabytes(free)), ("totaal", &gigabytes(total))],
    );
    let missing = if view.brp_gaps.is_empty() {
        o.brp_complete.to_owned()
    } else {
        ranges(&view.brp_gaps)
    };
    vec![
        brp_age::answer(&view.brp, t),
        Answer::new(o.brp_missing, missing),
        Answer::new(o.room, room),
        Answer::new(o.in_the_box, number(t.language, u64::from(view.in_the_box))),
    ]
}

fn queue(queue: &QueueView, most: Option<u32>, t: &'static Texts) -> Vec<Cell> {
    let o = &t.operations;
    let count = |count: u32| Cell::number(number(t.language, u64::from(count)));
    let lag = fill(o.lag_value, &[("seconden", &number(t.language, queue.lag))]);
    let kind = if queue.lag < LAG { "success" } else { "error" };
    vec![
        Cell::new(kind_name(&queue.kind, t)),
        count(queue.waiting),
        count(queue.working),
        count(queue.failed),
        Cell::number(lag),
        Cell::new(bar(queue.waiting, most.unwrap_or_default(), kind)),
    ]
}

/// The work in words; a kind that this page does not know yet by its own name.
fn kind_name(kind: &str, t: &'static Texts) -> String {
    let o = &t.operations;
    match kind {
        "check" => o.kind_check,
        "store" => o.kind_store,
        "withdraw" => o.kind_withdraw,
        "recheck" => o.kind_recheck,
        "decide" => o.kind_decide,
        "lists" => o.kind_lists,
        "answer" => o.kind_answer,
        "load-brp" => o.kind_brp,
        other => return other.to_owned(),
    }
    .to_owned()
}

fn state(some: &OnTheWay, t: &'static Texts) -> Vec<Cell> {
    let phase = match some.state.as_str() {
        "received" | "complete" => Phase::Received,
        "checking" => Phase::Checking,
        "preview" => Phase::Preview,
        "storing" => Phase::Storing,
        _ => Phase::Parked,
    };
    vec![
        Cell::new(badge::delivery(phase, None, t)),
        Cell::number(number(t.language, u64::from(some.deliveries))),
        Cell::new(some.oldest.clone()),
    ]
}

fn channel(one: &CameBy, most: Option<u32>, t: &'static Texts) -> Vec<Cell> {
    vec![
        Cell::new(badge::channel(one.channel, t)),
        Cell::new(one.last.clone()),
        Cell::number(number(t.language, u64::from(one.deliveries))),
        Cell::number(number(t.language, one.rows)),
        Cell::number(number(t.language, one.refused)),
        Cell::new(bar(one.deliveries, most.unwrap_or_default(), "success")),
    ]
}

fn troubled(job: &TroubleView, t: &'static Texts) -> Vec<Cell> {
    let o = &t.operations;
    let standing = if job.failed {
        badge::badge("error", o.failed)
    } else {
        badge::badge("warning", o.again)
    };
    vec![
        Cell::new(kind_name(&job.kind, t)),
        Cell::new(job.subject.to_string()),
        Cell::number(number(t.language, u64::from(job.attempts))),
        Cell::new(job.why.clone()),
        Cell::new(job.since.clone()),
        Cell::new(standing),
    ]
}

fn left_out(row: &LeftOutView, t: &'static Texts) -> Vec<Cell> {
    vec![
        Cell::new(row.delivery.to_string()),
        Cell::number(number(t.language, u64::from(row.row))),
        Cell::new(row.why.clone()),
        Cell::new(row.since.clone()),
    ]
}
