//! `/aanleveringen/{id}`: progress, preview or result of a delivery. The five counts always add up.

use super::clusters::amount;
use super::preview;
use super::withdraw_delivery::on_delivery;
use crate::islands::Progress;
use crate::page::{Screen, Visit, deliveries, news, page, withdrawals};
use crate::parts::messages::Messages;
use crate::parts::table::{Cell, table};
use crate::parts::{
    alert, badge, findings::findings, fold, heading, link, paragraph, row_ranges, second_link,
    title,
};
use crate::ports::deliveries::{
    DeliveryView, Discarded, FindingGroup, Phase, RawFile, RejectedGroup, RepairGroup,
};
use crate::ports::withdrawals::WithdrawalView;
use crate::texts::{Texts, fill, number};
use domain::delivery::{Counts, FileOutcome};
use leptos::prelude::*;
use uuid::Uuid;

/// `/aanleveringen/{id}`
pub(crate) fn delivery() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let id = visit.id()?;
        let view = deliveries()?.delivery(&caller, id).await?;
        let withdrawal = match view.line.phase {
            Phase::Done | Phase::Withdrawn => {
                news()?.seen(&caller, id).await?;
                Some(withdrawals()?.withdrawal(&caller, id).await?)
            }
            Phase::Discarded => {
                news()?.seen(&caller, id).await?;
                None
            }
            _ => None,
        };
        Ok(screen(&visit, view, withdrawal))
    })
}

fn screen(visit: &Visit, delivery: DeliveryView, withdrawal: Option<WithdrawalView>) -> Screen {
    let t = visit.t;
    let u = &t.upload;
    let line = &delivery.line;
    let mut messages = Messages::default();
    if visit.query("fout").as_deref() == Some("afgekeurd") && line.counts.afgekeurd > 0 {
        messages.add("alles-of-niets", u.whole_refused);
    }
    if visit.query("fout").as_deref() == Some("werkblad") && !delivery.sheets.is_empty() {
        messages.add("werkblad", u.sheet_missing);
    }
    let state = match line.phase {
        Phase::Received
        | Phase::Checking
        | Phase::Storing
        | Phase::Withdrawing
        | Phase::Restoring => working(&delivery, t),
        Phase::Preview => waiting(&delivery, &messages, t),
        Phase::Done => result(&delivery, t),
        Phase::Parked => alert::info(u.parked_text),
        Phase::Discarded => discarded(&delivery, t),
        // what became of it stands in the block of the withdrawal
        Phase::Withdrawn => counts(&line.counts, t),
    };
    let withdrawal = withdrawal.map(|view| on_delivery(&delivery, &view, t));
    let read = matches!(
        line.phase,
        Phase::Preview | Phase::Done | Phase::Storing | Phase::Withdrawn
    )
    .then(|| details(&delivery, t));
    // What was withdrawn does not begin with what was taken in.
    let (first, then) = match line.phase {
        Phase::Withdrawn => (withdrawal, Some(state)),
        _ => (Some(state), withdrawal),
    };
    // While it waits, for whatever, it is not let go.
    let let_go = delivery.let_go.as_ref();
    let let_go = let_go.filter(|_| line.phase != Phase::Parked);
    let let_go = let_go.map(|at| paragraph(fill(u.let_go, &[("moment", at)])));
    let name = fill(u.delivery_title, &[("bestand", &line.file_name)]);
    let failed = !messages.is_empty();
    let body = view! {
        {messages.summary(t)}
        {title(name)}
        <p class="utrecht-paragraph">{badge::delivery(line.phase, line.outcome, t)}" "{line.received.clone()}</p>
        {let_go}
        {steps(line.phase, t)}
        {first}
        {then}
        {read}
        {raw_file(&delivery.raw_file, t)}
        <p class="utrecht-paragraph">{second_link("/aanleveren", u.again)}</p>
    };
    // the file name is the sender's: it stays out of the title of the document
    Screen::new(u.delivery, body)
        .under(u.list_title, "/aanleveringen")
        .wide()
        .failed(failed)
}

/// When the file goes, or when it went (features F26).
fn raw_file(file: &RawFile, t: &'static Texts) -> Option<AnyView> {
    let w = &t.withdrawals;
    match file {
        RawFile::Until(day) => Some(paragraph(fill(w.file_until, &[("dag", day)]))),
        RawFile::Gone(at) => Some(paragraph(fill(w.file_gone, &[("moment", at)]))),
        RawFile::None => None,
    }
}

fn steps(phase: Phase, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let here = match phase {
        Phase::Received | Phase::Checking | Phase::Parked => 0,
        Phase::Preview => 1,
        Phase::Storing
        | Phase::Done
        | Phase::Discarded
        | Phase::Withdrawing
        | Phase::Withdrawn
        | Phase::Restoring => 2,
    };
    let items = [u.step_read, u.step_preview, u.step_result]
        .into_iter()
        .enumerate()
        .map(|(index, text)| {
            let class = if index < here {
                "cims-steps__item cims-steps__item--done"
            } else {
                "cims-steps__item"
            };
            view! { <li class=class aria-current=(index == here).then_some("step")>{text}</li> }
        });
    view! { <ol class="cims-steps" aria-label=u.steps>{items.collect_view()}</ol> }.into_any()
}

fn working(delivery: &DeliveryView, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let id = delivery.line.id;
    view! {
        // without a script the page asks for itself again; with one the island does
        <noscript><meta http-equiv="refresh" content="3"/></noscript>
        <Progress
            delivery=id.to_string()
            done=delivery.progress.0
            total=delivery.progress.1
            rows=u.progress_rows.to_owned()
            start=u.progress_start.to_owned()
            label=t.withdrawals.progress_label.to_owned()
        />
        {paragraph(u.progress_close)}
        <noscript><p class="utrecht-paragraph">{u.progress_refresh}</p></noscript>
        <p class="utrecht-paragraph">{link(format!("/aanleveringen/{id}"), u.refresh)}</p>
    }
    .into_any()
}

fn waiting(delivery: &DeliveryView, messages: &Messages, t: &'static Texts) -> AnyView {
    view! {
        {heading(t.upload.preview_title)}
        {delivery.may_submit.then(|| counts(&delivery.line.counts, t))}
        {preview::sheets(delivery, messages, t)}
        {preview::hidden_rows(delivery, t)}
        {preview::mend(delivery, t)}
        {preview::choices(delivery, t)}
    }
    .into_any()
}

fn result(delivery: &DeliveryView, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let line = &delivery.line;
    let counts_of = &line.counts;
    let what = match line.outcome {
        Some(FileOutcome::Leeg) => alert::ok(u.result_empty),
        Some(FileOutcome::Geweigerd) => alert::error(u.result_refused_file),
        Some(FileOutcome::Dubbel) => {
            let earlier = delivery
                .doubles
                .map(|id| link(format!("/aanleveringen/{id}"), u.doubles_link));
            let told = if delivery.doubles_waits {
                alert::warning(u.doubles_waits)
            } else {
                alert::info(u.outcome_dubbel)
            };
            view! { {told}{earlier} }.into_any()
        }
        _ => {
            let taken_in = u64::from(counts_of.geaccepteerd) + u64::from(counts_of.te_controleren);
            let good = taken_in.saturating_sub(u64::from(delivery.withdrawals));
            let stored = fill(
                u.result_sentence,
                &[
                    ("goed", &number(t.language, good)),
                    ("alles", &number(t.language, counts_of.rows())),
                ],
            );
            let besides = [
                (
                    delivery.withdrawals,
                    u.result_withdrawn_one,
                    u.result_withdrawn,
                ),
                (counts_of.geteld, u.result_counted_one, u.result_counted),
                (
                    counts_of.te_controleren,
                    u.result_review_one,
                    u.result_review,
                ),
                (delivery.mendable(), u.result_refused_one, u.result_refused),
            ];
            let besides = besides.map(|(count, one, many)| some_rows(count, one, many, t));
            // Nothing to be glad of where nothing is settled.
            let settled = counts_of.geaccepteerd > 0 || counts_of.dubbel > 0;
            let stored = if settled {
                alert::ok(stored)
            } else {
                alert::info(stored)
            };
            view! { {stored}{besides.map(|text| text.map(paragraph)).collect_view()} }.into_any()
        }
    };
    view! {
        {heading(u.result_title)}
        {what}
        {counts(counts_of, t)}
        {others(u.mends, &delivery.mends)}
        {others(u.mended_by, &delivery.mended_by)}
        {rejected(&delivery.rejected, t)}
        {preview::mend(delivery, t)}
        {downloads(delivery, t)}
    }
    .into_any()
}

/// Rows that RIVM refused for good, and why (features F54).
fn rejected(groups: &[RejectedGroup], t: &'static Texts) -> Option<AnyView> {
    if groups.is_empty() {
        return None;
    }
    let u = &t.upload;
    let rows = groups.iter().map(|group| {
        vec![
            Cell::new(group.told.sentence(t.language)),
            Cell::new(row_ranges(&group.rows, t)),
            Cell::number(number(t.language, u64::from(group.count))),
        ]
    });
    let headers = [t.decisions.why, u.in_rows, u.times];
    Some(
        view! {
            {heading(u.rejected)}
            {paragraph(u.rejected_text)}
            {table("afgewezen", u.rejected, &headers, rows.collect())}
        }
        .into_any(),
    )
}

/// A sentence about some rows; none when there are none.
fn some_rows(
    count: u32,
    one: &'static str,
    many: &'static str,
    t: &'static Texts,
) -> Option<String> {
    match count {
        0 => None,
        1 => Some(one.to_owned()),
        _ => {
            let count = number(t.language, u64::from(count));
            Some(fill(many, &[("aantal", &count)]))
        }
    }
}

fn downloads(delivery: &DeliveryView, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let base = format!("/aanleveringen/{}", delivery.line.id);
    let receipt = delivery.has_receipt.then(|| {
        let way = |file: &str| format!("{base}/{file}");
        view! {
            <li>{link(way("ontvangstbewijs.pdf"), u.download_receipt)}</li>
            <li>{link(way("ontvangst.json"), t.onboarding.attempt_receipt)}</li>
        }
    });
    view! {
        {heading(u.downloads)}
        <ul class="utrecht-unordered-list utrecht-unordered-list--html-content cims-no-print">
            {receipt}
            <li>{link(format!("{base}/resultaat.csv"), u.download_result_csv)}</li>
            <li>{link(format!("{base}/resultaat.json"), u.download_result_json)}</li>
        </ul>
    }
    .into_any()
}

/// Who saw to it that it never counted; with its answer when it ended with one.
fn discarded(delivery: &DeliveryView, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let why = match delivery.discarded {
        Some(Discarded::ByRivm) => u.discarded_rivm,
        Some(Discarded::Expired) => u.discarded_expired,
        Some(Discarded::Thrown) | None => u.discarded_thrown,
    };
    let answer = delivery.line.outcome.map(|_| downloads(delivery, t));
    view! { {alert::info(why)}{answer} }.into_any()
}

/// The five outcomes; they add up to the rows that were read.
fn counts(counts: &Counts, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let list = [
        ("success", counts.geaccepteerd, u.count_accepted),
        ("warning", counts.te_controleren, u.count_review),
        ("error", counts.afgekeurd, u.count_refused),
        ("neutral", counts.dubbel, u.count_double),
        ("neutral", counts.geteld, u.count_counted),
    ];
    let items = list.map(|(kind, count, label)| {
        view! {
            <li class=format!("cims-counts__item cims-counts__item--{kind}")>
                <strong class="cims-counts__number">{number(t.language, u64::from(count))}</strong>" "
                <span class="cims-counts__label">{label}</span>
            </li>
        }
    });
    let known = some_rows(counts.dubbel, u.doubles_known_one, u.doubles_known, t).map(paragraph);
    view! {
        <p class="utrecht-paragraph">{amount(counts.rows(), u.counts_total_one, u.counts_total, t)}</p>
        {preview::bar(counts)}
        <ul class="cims-counts">{items}</ul>
        {known}
    }
    .into_any()
}

/// How it was read, what was found, what was repaired.
fn details(delivery: &DeliveryView, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let read = (!delivery.read_as.is_empty()).then(|| paragraph(delivery.read_as.clone()));
    let skipped = some_rows(delivery.skipped, u.skipped_one, u.skipped, t).map(paragraph);
    let hidden = (delivery.line.phase != Phase::Preview)
        .then(|| preview::hidden_rows(delivery, t))
        .flatten();
    let file =
        findings(&delivery.file_findings, t).map(|list| view! { {heading(u.file_messages)}{list} });
    let groups = if delivery.groups.is_empty() {
        delivery
            .file_findings
            .is_empty()
            .then(|| paragraph(u.no_messages))
            .into_any()
    } else {
        let headers = [
            u.message,
            u.what_to_do,
            u.column,
            u.severity,
            u.in_rows,
            u.times,
        ];
        let rows = delivery
            .groups
            .iter()
            .map(|group| group_row(group, t))
            .collect();
        view! { {heading(u.messages)}{table("meldingen", u.messages_caption, &headers, rows)} }
            .into_any()
    };
    view! {
        {read}{skipped}{hidden}{file}{groups}
        {repairs(delivery, t)}
        {preview::switches(delivery, t)}
        {preview::persons(delivery, t)}
    }
    .into_any()
}

fn group_row(group: &FindingGroup, t: &'static Texts) -> Vec<Cell> {
    let finding = &group.finding;
    let code = finding.code;
    let message = view! {
        {link(format!("/hulp/regels/{}", code.as_str()), code.as_str())}" "{finding.message_in(t.language).into_owned()}
    };
    vec![
        Cell::new(message),
        Cell::new(code.help().how_to_fix),
        Cell::new(finding.column.map(|column| column.title_in(t.language))),
        Cell::new(badge::severity(finding.severity, t)),
        Cell::new(row_ranges(&group.rows, t)),
        Cell::number(number(t.language, u64::from(group.count))),
    ]
}

fn repairs(delivery: &DeliveryView, t: &'static Texts) -> Option<AnyView> {
    let (list, id) = (&delivery.repairs, delivery.line.id);
    if list.is_empty() {
        return None;
    }
    let u = &t.upload;
    let total: u64 = list.iter().map(|group| u64::from(group.count)).sum();
    // The link to all of a kind stands at its last example.
    let all = |group: &RepairGroup| {
        let path = format!(
            "/aanleveringen/{id}/herstel/{}/{}",
            group.code,
            group.column.name()
        );
        let shown = u32::try_from(group.examples.len()).unwrap_or(u32::MAX);
        let text = fill(
            u.repaired_all,
            &[("aantal", &number(t.language, u64::from(group.count)))],
        );
        (group.count > shown).then(|| link(path, text))
    };
    let all = &all;
    let rows = list.iter().flat_map(|group| {
        let last = group.examples.len().saturating_sub(1);
        let message = group
            .code
            .parse::<domain::finding::Code>()
            .map_or("", |code| code.sentence(t.language));
        group
            .examples
            .iter()
            .enumerate()
            .map(move |(at, (row, before, after))| {
                let more = (at == last).then(|| all(group)).flatten();
                let name = format!("{} {message} ", group.code);
                vec![
                    Cell::new(view! { {name}{more} }),
                    Cell::new(group.column.title_in(t.language)),
                    Cell::number(number(t.language, u64::from(group.count))),
                    Cell::number(row.to_string()),
                    Cell::new(before.clone()),
                    Cell::new(after.clone()),
                ]
            })
    });
    let headers = [u.message, u.column, u.times, u.row, u.before, u.after];
    let shown = view! {
        {paragraph(u.repairs_text)}
        {table("herstel", u.repair_caption, &headers, rows.collect())}
    };
    Some(fold(
        match total {
            1 => u.repairs_one.to_owned(),
            many => fill(u.repairs, &[("aantal", &number(t.language, many))]),
        },
        shown,
    ))
}

/// Links to deliveries that belong to this one; nothing when there are none.
fn others(text: &'static str, list: &[(Uuid, String)]) -> Option<AnyView> {
    if list.is_empty() {
        return None;
    }
    let links = list.iter().map(|(id, name)| {
        view! { " "{link(format!("/aanleveringen/{id}"), name.clone())} }
    });
    let links = links.collect_view();
    Some(view! { <p class="utrecht-paragraph">{text}{links}</p> }.into_any())
}
