//! `/geparkeerd` and `/geparkeerd/{id}`: deliveries that wait for a decision, with what a header tells and no more
//! (features F-X10).

use super::connections::between;
use crate::calls::parties::{AskForParked, SettleParked};
use crate::page::{Screen, Visit, page, parties};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{
    alert, badge, folded, heading, hidden_inputs, link, paragraph, second_link, submit, title,
};
use crate::ports::parties::{ParkedView, Waits};
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/geparkeerd`
pub(crate) fn list() -> AnyView {
    page(|visit| async move {
        let caller = visit.parker()?.clone();
        let list = parties()?.parked(&caller).await?;
        Ok(list_screen(&visit, &list))
    })
}

fn list_screen(visit: &Visit, list: &[ParkedView]) -> Screen {
    let t = visit.t;
    let p = &t.parties;
    let told = match visit.query("melding").as_deref() {
        Some("vrij") => Some(alert::ok(p.told_released)),
        Some("vernietigd") => Some(alert::ok(p.told_destroyed)),
        _ => None,
    };
    let content = if list.is_empty() {
        empty(p.parked_none, Vec::new())
    } else {
        let headers = [p.received, p.party, p.between, p.channel, p.why, p.open];
        let rows = list.iter().map(|line| row(line, t)).collect();
        view! { {paragraph(p.parked_lead)}{table("geparkeerd", p.parked_caption, &headers, rows)} }
            .into_any()
    };
    let body = view! { {told}{title(p.parked)}{content} };
    Screen::new(p.parked, body).wide()
}

fn row(line: &ParkedView, t: &'static Texts) -> Vec<Cell> {
    let p = &t.parties;
    let label = fill(
        p.parked_open_label,
        &[("partij", &line.party), ("moment", &line.received)],
    );
    vec![
        Cell::new(line.received.clone()),
        Cell::new(line.party.clone()),
        Cell::new(between(line.intermediary.as_ref(), t)),
        Cell::new(badge::channel(line.channel, t)),
        Cell::new(why(line.why, t)),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/geparkeerd/{}", line.id) aria-label=label>{p.open}</a>
        }),
    ]
}

const fn why(why: Waits, t: &'static Texts) -> &'static str {
    let p = &t.parties;
    match why {
        Waits::Approval => p.why_approval,
        Waits::Columns => p.why_columns,
        Waits::Shifted => p.why_shifted,
        Waits::FewMatched => p.why_few,
    }
}

/// `/geparkeerd/{id}`
pub(crate) fn delivery() -> AnyView {
    page(|visit| async move {
        let caller = visit.parker()?.clone();
        let view = parties()?.parked_delivery(&caller, visit.id()?).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &ParkedView) -> Screen {
    let t = visit.t;
    let p = &t.parties;
    let mut messages = Messages::default();
    match visit.query("melding").as_deref() {
        Some("vrijgeven") => messages.add("reden-vrijgeven", p.no_reason),
        Some("vernietigen") => messages.add("reden-vernietigen", p.no_reason),
        _ => {}
    }
    let mut facts = vec![
        Answer::new(p.party, view.party.clone()),
        Answer::new(p.between, between(view.intermediary.as_ref(), t)),
        Answer::new(p.channel, badge::channel(view.channel, t)),
        Answer::new(p.received, view.received.clone()),
        Answer::new(
            p.size,
            fill(p.bytes, &[("aantal", &number(t.language, view.size))]),
        ),
        Answer::new(p.why, why(view.why, t)),
    ];
    if view.stored > 0 {
        facts.push(Answer::new(
            p.stored,
            number(t.language, u64::from(view.stored)),
        ));
    }
    if !view.columns.is_empty() {
        facts.push(Answer::new(p.columns, view.columns.join(", ")));
    }
    let ask = view.may_ask.then(|| {
        view! {
            {paragraph(p.go_ask_text)}
            <form method="post" action=AskForParked::PATH>
                {hidden_inputs(vec![("id", view.id.to_string())])}
                {submit(p.go_ask)}
            </form>
        }
    });
    // Who only reviews has no page of connections.
    let asked = view.asked.filter(|_| visit.governor().is_ok()).map(|id| {
        view! { <p class="utrecht-paragraph">{link(format!("/koppelingen/{id}"), p.see_asked)}</p> }
    });
    let release = view.may_release.then(|| {
        folded(
            p.release,
            settle(view, true, &messages, t),
            messages.at("reden-vrijgeven").is_some(),
        )
    });
    let destroy = view.may_destroy.then(|| {
        folded(
            p.destroy,
            settle(view, false, &messages, t),
            messages.at("reden-vernietigen").is_some(),
        )
    });
    let acts = (ask.is_some() || release.is_some() || destroy.is_some()).then(|| heading(p.what));
    let body = view! {
        {messages.summary(t)}
        {title(p.parked_detail)}
        {answers(facts, t)}
        {asked}
        {acts}
        {ask}
        {release}
        {destroy}
        <p class="utrecht-paragraph">{second_link("/geparkeerd", p.parked)}</p>
    };
    Screen::new(p.parked_detail, body)
        .under(p.parked, "/geparkeerd")
        .failed(!messages.is_empty())
}

fn settle(view: &ParkedView, release: bool, messages: &Messages, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    let (id, text, send, step) = if release {
        ("reden-vrijgeven", p.release_text, p.release, "vrijgeven")
    } else {
        let text = if view.stored > 0 {
            p.destroy_rest_text
        } else {
            p.destroy_text
        };
        ("reden-vernietigen", text, p.destroy, "vernietigen")
    };
    let reason = Field {
        name: "reason".to_owned(),
        ..Field::new(id, p.reason, "")
    };
    let hidden = vec![("id", view.id.to_string()), ("step", step.to_owned())];
    view! {
        <form class="cims-form" method="post" action=SettleParked::PATH novalidate>
            {hidden_inputs(hidden)}
            {paragraph(text)}
            {reason.area(messages, t)}
            {submit(send)}
        </form>
    }
    .into_any()
}
