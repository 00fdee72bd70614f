//! `/aanleveringen`: the history of deliveries of the own institution.

use crate::page::{Screen, Visit, deliveries as port, page};
use crate::parts::pager::pager;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{badge, button_link, link, second_link, title};
use crate::ports::Page;
use crate::ports::deliveries::{DeliveryLine, Phase};
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;

/// `/aanleveringen`
pub(crate) fn deliveries() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let list = port()?.list(&caller, visit.page()).await?;
        Ok(screen(&visit, list))
    })
}

fn screen(visit: &Visit, list: Page<DeliveryLine>) -> Screen {
    let t = visit.t;
    let u = &t.upload;
    let content = if list.items.is_empty() {
        let links = vec![
            button_link("/registreren", t.frame.tile_record),
            second_link("/aanleveren", t.frame.tile_upload),
        ];
        empty(u.empty, links)
    } else {
        let headers = [
            u.file,
            u.received,
            u.by,
            u.channel,
            u.state,
            u.rows,
            t.withdrawals.result_files,
        ];
        let rows = list.items.iter().map(|line| row(line, t)).collect();
        let pages = pager("/aanleveringen", &[], list.page, list.total, t);
        let count = match list.total {
            1 => u.count_one.to_owned(),
            total => fill(u.count, &[("aantal", &number(t.language, total))]),
        };
        view! {
            <p class="utrecht-paragraph">{count}</p>
            {table("aanleveringen", u.list_caption, &headers, rows)}
            {pages}
        }
        .into_any()
    };
    let body = view! {
        {title(u.list_title)}
        <p class="utrecht-paragraph">{button_link("/aanleveren", t.frame.tile_upload)}</p>
        <p class="utrecht-paragraph">{link("/teruggestuurd", t.returned.link)}</p>
        <p class="utrecht-paragraph">{link("/kwaliteit", t.numbers.quality)}</p>
        {content}
    };
    Screen::new(u.list_title, body).wide()
}

/// How many rows, and what became of them; what is nought is left out.
fn outcomes(line: &DeliveryLine, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let counts = &line.counts;
    let list = [
        (counts.geaccepteerd, u.count_accepted),
        (counts.te_controleren, u.count_review),
        (counts.afgekeurd, u.count_refused),
        (counts.dubbel, u.count_double),
        (counts.geteld, u.count_counted),
    ];
    let items = list
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, label)| {
            view! { <li>{number(t.language, u64::from(count))}" "{label}</li> }
        });
    let items = items.collect_view();
    view! {
        <strong>{number(t.language, counts.rows())}</strong>
        <ul class="cims-plain-list">{items}</ul>
    }
    .into_any()
}

/// The answer files, which are there from the end on, and the own file back while there are refused rows to mend.
fn answers(line: &DeliveryLine, t: &'static Texts) -> AnyView {
    let w = &t.withdrawals;
    let file = [("bestand", line.file_name.as_str())];
    let one = |name: &str, text: &'static str, label: &str| {
        let way = format!("/aanleveringen/{}/{name}", line.id);
        view! { <a class="utrecht-link utrecht-link--html-a" href=way aria-label=fill(label, &file)>{text}</a>" " }
    };
    let ended = matches!(
        line.phase,
        Phase::Done | Phase::Withdrawn | Phase::Withdrawing | Phase::Restoring
    ) || line.phase == Phase::Discarded && line.outcome.is_some();
    let mend = matches!(line.phase, Phase::Preview | Phase::Done) && line.counts.afgekeurd > 0;
    view! {
        {ended.then(|| one("resultaat.csv", w.result_csv, w.result_csv_label))}
        {ended.then(|| one("resultaat.json", w.result_json, w.result_json_label))}
        {mend.then(|| one("verbeteren", w.own_file, w.own_file_label))}
    }
    .into_any()
}

fn row(line: &DeliveryLine, t: &'static Texts) -> Vec<Cell> {
    vec![
        Cell::new(link(
            format!("/aanleveringen/{}", line.id),
            line.file_name.clone(),
        )),
        Cell::new(line.received.clone()),
        Cell::new(line.received_by.clone()),
        Cell::new(badge::channel(line.channel, t)),
        Cell::new(badge::delivery(line.phase, line.outcome, t)),
        Cell::new(outcomes(line, t)),
        Cell::new(answers(line, t)),
    ]
}
