//! `/koppelingen` and `/koppelingen/{id}`: who may deliver by which channel, who asked, and what the privacycoördinator
//! says (features F79-F81).

use super::choices;
use super::clusters::amount;
use super::trials;
use crate::calls::parties::{AskConnection, DecideConnection, DecideParty};
use crate::page::{Screen, Visit, page, parties};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::Field;
use crate::parts::filter;
use crate::parts::messages::Messages;
use crate::parts::pager::pager;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{
    alert, badge, folded, heading, hidden_inputs, link, paragraph, second_link, submit, title,
};
use crate::ports::parties::{
    ConnectionFilter, ConnectionList, ConnectionView, Side, StandingView, StepView,
};
use crate::texts::{Texts, fill, number};
use domain::connection::{ConnectionState, ConnectionStep, PartyStatus};
use domain::delivery::Channel;
use domain::row::Column;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/koppelingen`
pub(crate) fn list() -> AnyView {
    page(|visit| async move {
        let caller = visit.governor()?.clone();
        let filter = filter(&visit);
        let list = parties()?
            .connections(&caller, filter.clone(), visit.page())
            .await?;
        Ok(list_screen(&visit, &filter, &list))
    })
}

fn filter(visit: &Visit) -> ConnectionFilter {
    let text = |name| visit.query(name).filter(|text| !text.trim().is_empty());
    ConnectionFilter {
        partij: text("partij"),
        koppelvlak: text("koppelvlak").and_then(|text| Channel::parse(&text)),
        stand: text("stand").and_then(|text| ConnectionState::parse(&text)),
    }
}

/// The filter as it stands in an address.
fn query(filter: &ConnectionFilter) -> Vec<(&'static str, String)> {
    let values = [
        ("partij", filter.partij.as_deref()),
        ("koppelvlak", filter.koppelvlak.map(Channel::as_str)),
        ("stand", filter.stand.map(ConnectionState::as_str)),
    ];
    let filled = values
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    filled
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}

/// With some hundred connections one is found by its party, channel or state.
fn bar(filter: &ConnectionFilter, total: u64, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    let party = filter.partij.clone().unwrap_or_default();
    let channel = filter.koppelvlak.map(Channel::as_str).unwrap_or_default();
    let standing = filter
        .stand
        .map(ConnectionState::as_str)
        .unwrap_or_default();
    let mut channels = vec![(String::new(), p.all_channels.to_owned())];
    channels.extend(choices::channels(t));
    let mut states = vec![(String::new(), p.all_states.to_owned())];
    states.extend(
        ConnectionState::ALL.map(|one| (one.as_str().to_owned(), state_name(one, t).to_owned())),
    );
    let fields = vec![
        Field::new("partij", p.find_party, &party).filter(),
        Field::new("koppelvlak", p.find_channel, channel).filter_select(channels),
        Field::new("stand", p.find_state, standing).filter_select(states),
    ];
    filter::bar(
        "/koppelingen",
        amount(total, p.count_one, p.count, t),
        *filter != ConnectionFilter::default(),
        fields,
        t,
    )
}

const fn state_name(state: ConnectionState, t: &'static Texts) -> &'static str {
    let p = &t.parties;
    match state {
        ConnectionState::Requested => p.state_requested,
        ConnectionState::Approved => p.state_approved,
        ConnectionState::Refused => p.state_refused,
        ConnectionState::Suspended => p.state_suspended,
        ConnectionState::Ended => p.state_ended,
    }
}

fn list_screen(visit: &Visit, filter: &ConnectionFilter, list: &ConnectionList) -> Screen {
    let t = visit.t;
    let p = &t.parties;
    let messages = missing(visit);
    let before =
        (visit.query("melding").as_deref() == Some("bestaat")).then(|| alert::info(p.asked_before));
    let connections = if list.connections.items.is_empty() {
        let filtered = *filter != ConnectionFilter::default();
        let why = if filtered {
            t.review.empty_filter
        } else {
            p.none
        };
        empty(why, Vec::new())
    } else {
        let headers = [
            p.party, p.between, p.channel, p.state, p.asked_by, p.asked_at, p.open,
        ];
        let rows = list
            .connections
            .items
            .iter()
            .map(|line| row(line, t))
            .collect();
        let pages = pager(
            "/koppelingen",
            &query(filter),
            list.connections.page,
            list.connections.total,
            t,
        );
        view! { {table("koppelingen", p.caption, &headers, rows)}{pages} }.into_any()
    };
    let jump = (!list.parties.is_empty()).then(|| {
        view! { <p class="utrecht-paragraph">{link("#koppeling-vragen", p.ask)}</p> }
    });
    let ask = (!list.parties.is_empty()).then(|| ask_form(list, &messages, t));
    let body = view! {
        {messages.summary(t)}
        {before}
        {title(p.title)}
        {paragraph(p.lead)}
        {jump}
        {bar(filter, list.connections.total, t)}
        {connections}
        {ask}
    };
    Screen::new(p.title, body)
        .wide()
        .failed(!messages.is_empty())
}

fn missing(visit: &Visit) -> Messages {
    let p = &visit.t.parties;
    let mut messages = Messages::default();
    match visit.query("melding").as_deref() {
        Some("instelling") => messages.add("party", p.no_party),
        Some("koppelvlak") => messages.add("channel", p.no_channel),
        Some("doel") => messages.add("purpose", p.no_purpose),
        Some("kolommen") => messages.add("without", p.no_columns),
        _ => {}
    }
    messages
}

fn row(line: &ConnectionView, t: &'static Texts) -> Vec<Cell> {
    let p = &t.parties;
    let channel = badge::channel(line.channel, t);
    let label = fill(
        p.open_label,
        &[("koppelvlak", channel), ("partij", &line.party)],
    );
    vec![
        Cell::new(line.party.clone()),
        Cell::new(between(line.intermediary.as_ref(), t)),
        Cell::new(channel),
        Cell::new(state(line, t)),
        Cell::new(line.asked_by.clone()),
        Cell::new(line.asked_at.clone()),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/koppelingen/{}", line.id) aria-label=label>{p.open}</a>
        }),
    ]
}

pub(super) fn between(name: Option<&String>, t: &'static Texts) -> String {
    name.cloned()
        .unwrap_or_else(|| t.parties.no_between.to_owned())
}

fn state(line: &ConnectionView, t: &'static Texts) -> AnyView {
    let colour = match line.state {
        ConnectionState::Approved if line.waits() => {
            return badge::badge("warning", t.parties.state_wider);
        }
        ConnectionState::Approved => "success",
        ConnectionState::Requested => "warning",
        ConnectionState::Refused | ConnectionState::Suspended => "error",
        ConnectionState::Ended => "neutral",
    };
    badge::badge(colour, state_name(line.state, t))
}

fn ask_form(list: &ConnectionList, messages: &Messages, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    let choose = |first: &str, from: &[(String, String)]| {
        let mut options = vec![(String::new(), first.to_owned())];
        options.extend(from.iter().cloned());
        options
    };
    let channels = choices::channels(t);
    let purpose = Field {
        hint: p.purpose_hint,
        ..Field::new("purpose", p.purpose, "")
    };
    let without = Field {
        hint: p.without_hint,
        optional: true,
        ..Field::new("without", p.without, "")
    };
    view! {
        <h2 class="utrecht-heading-2" id="koppeling-vragen">{p.ask}</h2>
        {paragraph(p.ask_text)}
        <form class="cims-form" method="post" action=AskConnection::PATH novalidate>
            {hidden_inputs(Vec::new())}
            {Field::new("party", p.party, "").select(choose(p.choose, &list.parties), messages, t)}
            {Field::new("intermediary", p.between, "").select(choose(p.no_between, &list.between), messages, t)}
            {Field::new("channel", p.channel, "").select(choose(p.choose, &channels), messages, t)}
            {purpose.text(messages, t)}
            {without.text(messages, t)}
            {submit(p.ask_send)}
        </form>
    }
    .into_any()
}

/// `/koppelingen/{id}`
pub(crate) fn connection() -> AnyView {
    page(|visit| async move {
        let caller = visit.governor()?.clone();
        let view = parties()?.connection(&caller, visit.id()?).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &ConnectionView) -> Screen {
    let t = visit.t;
    let p = &t.parties;
    let name = format!("{}: {}", view.party, badge::channel(view.channel, t));
    let mut messages = Messages::default();
    let word = visit.query("melding");
    let chosen = visit
        .query("stap")
        .as_deref()
        .and_then(ConnectionStep::parse);
    let side = visit.query("wie").as_deref().and_then(Side::parse);
    if let (Some("reden"), Some(step)) = (word.as_deref(), chosen) {
        let missing = match step {
            ConnectionStep::Approve => p.no_explanation,
            _ => p.no_reason,
        };
        messages.add(reason_id(side, step), missing);
    }
    let told = match word.as_deref() {
        Some("gevraagd") => Some(alert::ok(p.asked_told)),
        Some("welkom") => Some(alert::ok(t.onboarding.told_welcome)),
        Some("zelfde") => Some(alert::error(p.told_same)),
        Some("ander") => Some(alert::error(p.told_other)),
        Some("niet-getest") => Some(alert::error(p.told_not_tried)),
        Some("klaar") => Some(alert::ok(match visit.query("aantal") {
            Some(count) if count.bytes().all(|byte| byte.is_ascii_digit()) && count != "0" => {
                fill(p.told_going, &[("aantal", &count)])
            }
            _ => p.told_done.to_owned(),
        })),
        _ => None,
    };
    let steps = (!view.may.is_empty()).then(|| {
        let forms = view.may.iter().map(|step| {
            let form = step_form(view, *step, &messages, t);
            folded(
                step_name(*step, t),
                form,
                side.is_none() && chosen == Some(*step),
            )
        });
        view! { <h2 class="utrecht-heading-2" id="besluit">{p.what}</h2>{forms.collect_view()} }
    });
    let columns =
        (!view.columns.is_empty() || !view.wanted.is_empty()).then(|| paragraph(p.columns_text));
    let body = view! {
        {messages.summary(t)}
        {told}
        {title(name.clone())}
        <p class="utrecht-paragraph">{state(view, t)}</p>
        {answers(facts(view, t), t)}
        {paragraph(p.standard_text)}
        {columns}
        {party(view, t)}
        {trials::report(view, t)}
        {steps}
        {history(view, t)}
        {whole(view, side.zip(chosen), &messages, t)}
        <p class="utrecht-paragraph">{second_link("/koppelingen", p.title)}</p>
    };
    Screen::new(name, body)
        .under(p.title, "/koppelingen")
        .failed(!messages.is_empty())
}

/// Its parties as a whole, with what can be decided about each; `chosen` is what was tried without a reason.
fn whole(
    view: &ConnectionView,
    chosen: Option<(Side, ConnectionStep)>,
    messages: &Messages,
    t: &'static Texts,
) -> Option<AnyView> {
    let p = &t.parties;
    if view.standings.is_empty() {
        return None;
    }
    let parts = view.standings.iter().map(|standing| {
        let forms = standing.may.iter().map(|step| {
            let form = party_form(view, standing, *step, messages, t);
            let open = chosen == Some((standing.side, *step));
            folded(party_step(*step, &standing.name, t), form, open)
        });
        let steps = standing.history.iter().map(|step| happened(step, t));
        let history = (!standing.history.is_empty())
            .then(|| view! { <ol class="cims-timeline">{steps.collect_view()}</ol> });
        view! {
            <h3 class="utrecht-heading-3">{standing.name.clone()}</h3>
            <p class="utrecht-paragraph">{party_state(standing.status, t)}</p>
            {history}
            {forms.collect_view()}
        }
    });
    Some(
        view! {
            {heading(p.whole)}
            {paragraph(p.whole_text)}
            {parts.collect_view()}
        }
        .into_any(),
    )
}

fn party_state(status: PartyStatus, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    match status {
        PartyStatus::Requested => badge::badge("warning", p.status_requested),
        PartyStatus::Active => badge::badge("success", p.status_active),
        PartyStatus::Suspended => badge::badge("error", p.state_suspended),
        PartyStatus::Ended => badge::badge("neutral", p.state_ended),
        PartyStatus::Refused => badge::badge("error", p.state_refused),
    }
}

fn party_step(step: ConnectionStep, name: &str, t: &'static Texts) -> String {
    let p = &t.parties;
    let text = match step {
        ConnectionStep::Suspend => p.party_suspend,
        ConnectionStep::Reopen => p.party_reopen,
        ConnectionStep::End => p.party_end,
        ConnectionStep::Approve | ConnectionStep::Refuse => step_name(step, t),
    };
    fill(text, &[("naam", name)])
}

fn party_form(
    view: &ConnectionView,
    standing: &StandingView,
    step: ConnectionStep,
    messages: &Messages,
    t: &'static Texts,
) -> AnyView {
    let p = &t.parties;
    let text = match step {
        ConnectionStep::Suspend => p.party_suspend_text,
        ConnectionStep::Reopen => p.party_reopen_text,
        _ => p.party_end_text,
    };
    let reason = Field {
        name: "reason".to_owned(),
        ..Field::new(reason_id(Some(standing.side), step), p.reason, "")
    };
    let hidden = vec![
        ("id", view.id.to_string()),
        ("side", standing.side.as_str().to_owned()),
        ("step", step.as_str().to_owned()),
    ];
    view! {
        <form class="cims-form" method="post" action=DecideParty::PATH novalidate>
            {hidden_inputs(hidden)}
            {paragraph(text)}
            {reason.area(messages, t)}
            {submit(party_step(step, &standing.name, t))}
        </form>
    }
    .into_any()
}

/// That its party, or the one in between, is new, and the request for it.
fn party(view: &ConnectionView, t: &'static Texts) -> AnyView {
    let o = &t.onboarding;
    let new = view.new_party.then(|| alert::info(o.new_party));
    let new_between = view.new_between.then(|| alert::info(o.new_between));
    let request = view.request.map(|id| {
        view! { <p class="utrecht-paragraph">{link(format!("/aanvragen/{id}"), o.see_request)}</p> }
    });
    view! { {new}{new_between}{request} }.into_any()
}

/// All that happened to it, the oldest first.
fn history(view: &ConnectionView, t: &'static Texts) -> Option<AnyView> {
    if view.history.is_empty() {
        return None;
    }
    let steps = view.history.iter().map(|step| happened(step, t));
    Some(
        view! {
            {heading(t.onboarding.history)}
            <ol class="cims-timeline">{steps.collect_view()}</ol>
        }
        .into_any(),
    )
}

fn happened(step: &StepView, t: &'static Texts) -> AnyView {
    let o = &t.onboarding;
    let what = step.step.map_or(o.step_asked, |step| step_name(step, t));
    let what = match &step.by {
        Some(name) => fill(o.step_by, &[("stap", what), ("naam", name)]),
        None => what.to_owned(),
    };
    let columns = (!step.columns.is_empty())
        .then(|| fill(o.step_columns, &[("kolommen", &step.columns.join(", "))]));
    let purpose = step.purpose.as_ref();
    let purpose = purpose.map(|purpose| fill(o.step_purpose, &[("doel", purpose)]));
    let said = match step.step {
        Some(ConnectionStep::Approve) => o.step_explained,
        _ => o.step_reason,
    };
    let reason = step.reason.as_ref();
    let reason = reason.map(|reason| fill(said, &[("reden", reason)]));
    let let_go = (step.let_go > 0).then(|| {
        let count = number(t.language, u64::from(step.let_go));
        fill(o.step_let_go, &[("aantal", &count)])
    });
    view! {
        <li class="cims-timeline__item">
            <span class="cims-timeline__when">{step.at.clone()}</span>
            <p class="utrecht-paragraph">{what}</p>
            {columns.map(paragraph)}
            {purpose.map(paragraph)}
            {reason.map(paragraph)}
            {let_go.map(paragraph)}
        </li>
    }
    .into_any()
}

fn facts(view: &ConnectionView, t: &'static Texts) -> Vec<Answer> {
    let p = &t.parties;
    let mut facts = vec![
        Answer::new(p.party, view.party.clone()),
        Answer::new(p.between, between(view.intermediary.as_ref(), t)),
        Answer::new(p.channel, badge::channel(view.channel, t)),
        Answer::new(p.purpose, view.purpose.clone()),
    ];
    let wanted = view.wanted_purpose.iter();
    facts.extend(wanted.map(|purpose| Answer::new(p.wanted_purpose, purpose.clone())));
    let names = |held: bool| -> Vec<&str> {
        let columns = Column::ALL.into_iter();
        let columns = columns.filter(|column| view.standard.contains(column) == held);
        columns.map(Column::name).collect()
    };
    facts.push(Answer::new(p.standard, names(true).join(", ")));
    if view.standard.len() < Column::COUNT {
        facts.push(Answer::new(p.standard_not, names(false).join(", ")));
    }
    for (key, list) in [(p.columns, &view.columns), (p.wanted, &view.wanted)] {
        if !list.is_empty() {
            facts.push(Answer::new(key, list.join(", ")));
        }
    }
    let asked = view.asked_by.iter();
    facts.extend(asked.map(|name| Answer::new(p.asked_by, name.clone())));
    facts.push(Answer::new(p.asked_at, view.asked_at.clone()));
    let decided = [
        (p.decided_by, &view.decided_by),
        (p.decided_at, &view.decided_at),
        (p.reason, &view.reason),
    ];
    for (key, value) in decided {
        facts.extend(value.iter().map(|value| Answer::new(key, value.clone())));
    }
    facts
}

fn step_name(step: ConnectionStep, t: &'static Texts) -> &'static str {
    let p = &t.parties;
    match step {
        ConnectionStep::Approve => p.approve,
        ConnectionStep::Refuse => p.refuse,
        ConnectionStep::Suspend => p.suspend,
        ConnectionStep::Reopen => p.reopen,
        ConnectionStep::End => p.end,
    }
}

const fn reason_id(side: Option<Side>, step: ConnectionStep) -> &'static str {
    match (side, step) {
        (None, ConnectionStep::Suspend) => "reden-opschorten",
        (None, ConnectionStep::Reopen) => "reden-heropenen",
        (None, ConnectionStep::End) => "reden-beeindigen",
        (Some(Side::Party), ConnectionStep::Suspend) => "reden-partij-opschorten",
        (Some(Side::Party), ConnectionStep::Reopen) => "reden-partij-heropenen",
        (Some(Side::Party), ConnectionStep::End) => "reden-partij-beeindigen",
        (Some(Side::Between), ConnectionStep::Suspend) => "reden-tussenpartij-opschorten",
        (Some(Side::Between), ConnectionStep::Reopen) => "reden-tussenpartij-heropenen",
        (Some(Side::Between), ConnectionStep::End) => "reden-tussenpartij-beeindigen",
        (_, ConnectionStep::Approve) => "reden-akkoord",
        (_, ConnectionStep::Refuse) => "reden-afwijzen",
    }
}

fn step_form(
    view: &ConnectionView,
    step: ConnectionStep,
    messages: &Messages,
    t: &'static Texts,
) -> AnyView {
    let p = &t.parties;
    let text = match step {
        ConnectionStep::Approve => p.approve_text,
        ConnectionStep::Refuse => p.refuse_text,
        ConnectionStep::Suspend => p.suspend_text,
        ConnectionStep::Reopen => p.reopen_text,
        ConnectionStep::End => p.end_text,
    };
    let label = match step {
        ConnectionStep::Approve => p.explanation,
        _ => p.reason,
    };
    let reason = Field {
        name: "reason".to_owned(),
        ..Field::new(reason_id(None, step), label, "")
    };
    let hidden = vec![
        ("id", view.id.to_string()),
        ("step", step.as_str().to_owned()),
    ];
    view! {
        <form class="cims-form" method="post" action=DecideConnection::PATH novalidate>
            {hidden_inputs(hidden)}
            {paragraph(text)}
            {reason.area(messages, t)}
            {submit(step_name(step, t))}
        </form>
    }
    .into_any()
}
