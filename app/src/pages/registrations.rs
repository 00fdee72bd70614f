//! `/registraties`: what this institution recorded, with a filter in the address (codes and dates only).

use super::choices;
use crate::page::{Screen, Visit, entry, page};
use crate::parts::field::Field;
use crate::parts::filter;
use crate::parts::messages::Messages;
use crate::parts::pager::pager;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{badge, button_link, second_link, title};
use crate::ports::Page;
use crate::ports::entry::{RegistrationFilter, RegistrationLine, Standing};
use crate::texts::{Texts, fill, number};
use domain::dates::parse_full;
use domain::delivery::RowOutcome;
use leptos::prelude::*;

/// `/registraties`
pub(crate) fn registrations() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let filter = filter(&visit);
        let list = entry()?
            .registrations(&caller, filter.clone(), visit.page())
            .await?;
        Ok(screen(&visit, &filter, list))
    })
}

fn filter(visit: &Visit) -> RegistrationFilter {
    RegistrationFilter {
        van: visit.query("van"),
        tot: visit.query("tot"),
        vaccin: visit.query("vaccin"),
        uitkomst: visit
            .query("uitkomst")
            .and_then(|outcome| Standing::parse(&outcome)),
    }
}

fn query(filter: &RegistrationFilter) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let outcome = filter
        .uitkomst
        .map(|outcome| outcome.as_str().to_owned())
        .unwrap_or_default();
    vec![
        ("van", text(&filter.van)),
        ("tot", text(&filter.tot)),
        ("vaccin", text(&filter.vaccin)),
        ("uitkomst", outcome),
    ]
}

fn screen(visit: &Visit, filter: &RegistrationFilter, list: Page<RegistrationLine>) -> Screen {
    let t = visit.t;
    let r = &t.registrations;
    let filtered = *filter != RegistrationFilter::default();
    let content = if list.items.is_empty() {
        let (why, links) = if filtered {
            (r.empty_filter, vec![second_link("/registraties", r.clear)])
        } else {
            let record = button_link("/registreren", t.frame.tile_record);
            (
                r.empty,
                vec![record, second_link("/aanleveren", t.frame.tile_upload)],
            )
        };
        empty(why, links)
    } else {
        let headers = [
            r.date,
            r.person,
            r.vaccine,
            r.batch,
            r.dose,
            r.outcome,
            r.recorded,
            r.recorded_by,
            r.open,
        ];
        let rows = list.items.iter().map(|line| row(line, t)).collect();
        let pages = pager("/registraties", &query(filter), list.page, list.total, t);
        view! {
            {table("registraties", r.caption, &headers, rows)}
            {pages}
        }
        .into_any()
    };
    let mut messages = Messages::default();
    for (name, title, text) in [("van", r.from, &filter.van), ("tot", r.until, &filter.tot)] {
        let wrong = |text: &String| parse_full(text, visit.frame.today.year()).is_err();
        if text.as_ref().is_some_and(wrong) {
            messages.add(name, fill(r.no_date, &[("veld", title)]));
        }
    }
    let failed = !messages.is_empty();
    let body = view! {
        {messages.summary(t)}
        {title(r.title)}
        {bar(filter, filtered, list.total, t)}
        {content}
    };
    Screen::new(r.title, body).wide().failed(failed)
}

/// "128 registraties"
fn count(total: u64, t: &'static Texts) -> String {
    let r = &t.registrations;
    if total == 1 {
        r.count_one.to_owned()
    } else {
        fill(r.count, &[("aantal", &number(t.language, total))])
    }
}

fn bar(filter: &RegistrationFilter, filtered: bool, total: u64, t: &'static Texts) -> AnyView {
    let r = &t.registrations;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (van, tot, vaccin) = (text(&filter.van), text(&filter.tot), text(&filter.vaccin));
    let outcome = filter.uitkomst.map(Standing::as_str).unwrap_or_default();
    let fields = vec![
        Field::new("van", r.from, &van).date(),
        Field::new("tot", r.until, &tot).date(),
        Field::new("vaccin", r.vaccine, &vaccin)
            .filter_select(choices::vaccines(r.all_vaccines, t)),
        Field::new("uitkomst", r.outcome, outcome).filter_select(standings(t)),
    ];
    filter::bar("/registraties", count(total, t), filtered, fields, t)
}

/// Where a registration can stand, for a drop-down.
fn standings(t: &'static Texts) -> Vec<(String, String)> {
    let text = |standing| match standing {
        Standing::Accepted => badge::outcome_text(RowOutcome::Geaccepteerd, t),
        Standing::InReview => badge::outcome_text(RowOutcome::TeControleren, t),
        Standing::Withdrawn => t.frame.withdrawn,
    };
    let first = (String::new(), t.registrations.all_outcomes.to_owned());
    let all = Standing::ALL.map(|one| (one.as_str().to_owned(), text(one).to_owned()));
    std::iter::once(first).chain(all).collect()
}

/// Outcomes for a drop-down, with an empty first choice.
pub(crate) fn outcomes(
    first: &str,
    list: &[RowOutcome],
    t: &'static Texts,
) -> Vec<(String, String)> {
    let all = list.iter().map(|outcome| {
        (
            outcome.as_str().to_owned(),
            badge::outcome_text(*outcome, t).to_owned(),
        )
    });
    std::iter::once((String::new(), first.to_owned()))
        .chain(all)
        .collect()
}

fn row(line: &RegistrationLine, t: &'static Texts) -> Vec<Cell> {
    let r = &t.registrations;
    let label = fill(
        r.open_label,
        &[("datum", &line.date), ("vaccin", &line.vaccine)],
    );
    let person = if line.bsn_masked.is_empty() {
        Cell::new(r.no_bsn)
    } else {
        Cell::new(view! { <span class="cims-code">{line.bsn_masked.clone()}</span> })
    };
    vec![
        Cell::new(view! { <span class="cims-nowrap">{line.date.clone()}</span> }),
        person,
        Cell::new(line.vaccine.clone()),
        Cell::new(view! { <span class="cims-code">{line.batch.clone()}</span> }),
        Cell::number(line.dose.to_string()),
        Cell::new(state(line.outcome, line.corrected, line.withdrawn, t)),
        Cell::new(line.recorded.clone()),
        Cell::new(line.recorded_by.clone()),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/registraties/{}", line.id) aria-label=label>{r.open}</a>
        }),
    ]
}

/// Badges: outcome, corrected, withdrawn.
fn state(outcome: RowOutcome, corrected: bool, withdrawn: bool, t: &'static Texts) -> AnyView {
    if withdrawn {
        return badge::badge("neutral", t.frame.withdrawn);
    }
    view! {
        {badge::outcome(outcome, t)}
        {corrected.then(|| view! { " "{badge::badge("neutral", t.frame.corrected)} })}
    }
    .into_any()
}
