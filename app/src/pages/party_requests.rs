//! `/aanvragen`, `/aanvragen/nieuw` and `/aanvragen/{id}`: requests for new parties, and how far each is (features F79).
//! The decision itself is that about the connection, on its own page.

use super::choices;
use super::connections::between;
use crate::calls::onboarding::{FileParty, InviteManager};
use crate::page::{Screen, Visit, onboarding, page};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::pager::pager;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{
    alert, badge, button_link, hidden_inputs, paragraph, second_link, submit, title,
};
use crate::ports::Page;
use crate::ports::onboarding::{Manager, PartyFormView, RequestLine, RequestView};
use crate::texts::{Texts, fill};
use domain::onboarding::{Fault, PartyKind, TaskState};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/aanvragen`
pub(crate) fn list() -> AnyView {
    page(|visit| async move {
        let caller = visit.governor()?.clone();
        let list = onboarding()?.party_requests(&caller, visit.page()).await?;
        let may_ask = caller.role().may_operate();
        Ok(list_screen(&visit, &list, may_ask))
    })
}

fn list_screen(visit: &Visit, list: &Page<RequestLine>, may_ask: bool) -> Screen {
    let t = visit.t;
    let (o, p) = (&t.onboarding, &t.parties);
    let requests = if list.items.is_empty() {
        empty(o.none, Vec::new())
    } else {
        let headers = [
            p.party,
            p.between,
            p.channel,
            o.task_test,
            o.state,
            p.asked_by,
            p.asked_at,
            o.open,
        ];
        let rows = list.items.iter().map(|line| row(line, t)).collect();
        let pages = pager("/aanvragen", &[], list.page, list.total, t);
        view! { {table("aanvragen", o.caption, &headers, rows)}{pages} }.into_any()
    };
    let new = may_ask.then(|| {
        view! { <p class="utrecht-paragraph">{button_link("/aanvragen/nieuw", o.new)}</p> }
    });
    let body = view! {
        {title(o.title)}
        {paragraph(o.lead)}
        {new}
        {requests}
    };
    Screen::new(o.title, body).wide()
}

fn row(line: &RequestLine, t: &'static Texts) -> Vec<Cell> {
    let label = fill(t.onboarding.open_label, &[("partij", &line.party)]);
    vec![
        Cell::new(format!("{} ({})", line.party, line.code)),
        Cell::new(between(line.intermediary.as_ref(), t)),
        Cell::new(badge::channel(line.channel, t)),
        Cell::new(state(line.test, t)),
        Cell::new(state(line.approval, t)),
        Cell::new(line.asked_by.clone()),
        Cell::new(line.asked_at.clone()),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/aanvragen/{}", line.id) aria-label=label>{t.onboarding.open}</a>
        }),
    ]
}

const fn state_word(state: TaskState, t: &'static Texts) -> &'static str {
    let o = &t.onboarding;
    match state {
        TaskState::Done => o.task_done,
        TaskState::Todo => o.task_todo,
        TaskState::NotYet => o.task_not_yet,
        TaskState::NotNeeded => o.task_not_needed,
        TaskState::Refused => o.task_refused,
    }
}

fn state(state: TaskState, t: &'static Texts) -> AnyView {
    let kind = match state {
        TaskState::Done => "success",
        TaskState::Todo => "warning",
        TaskState::NotYet | TaskState::NotNeeded => "neutral",
        TaskState::Refused => "error",
    };
    badge::badge(kind, state_word(state, t))
}

/// `/aanvragen/{id}`
pub(crate) fn request() -> AnyView {
    page(|visit| async move {
        let caller = visit.governor()?.clone();
        let view = onboarding()?.party_request(&caller, visit.id()?).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &RequestView) -> Screen {
    let t = visit.t;
    let o = &t.onboarding;
    let line = &view.line;
    let name = fill(o.request_of, &[("partij", &line.party)]);
    let mut messages = Messages::default();
    let word = visit.query("melding");
    if word.as_deref() == Some("naam") && view.manager == Manager::Nobody {
        messages.add("manager", t.onboarding.no_manager);
    }
    let told = (word.as_deref() == Some("gevraagd")).then(|| alert::ok(o.filed));
    let connection = format!("/koppelingen/{}", line.connection);
    let tasks = [
        (o.task_data, "#gegevens".to_owned(), TaskState::Done),
        (o.task_test, format!("{connection}#toets"), line.test),
        (
            o.task_approval,
            format!("{connection}#besluit"),
            line.approval,
        ),
    ];
    let tasks = tasks.map(|(text, href, state)| {
        view! {
            <li class="cims-tasks__item">
                <a class="cims-tasks__link" href=href>{text}</a>
                <span class="cims-tasks__state">{state_word(state, t)}</span>
            </li>
        }
    });
    let open = matches!(line.approval, TaskState::Todo | TaskState::NotYet);
    let body = view! {
        {messages.summary(t)}
        {told}
        {title(name.clone())}
        <ul class="cims-tasks" aria-label=o.tasks>{tasks}</ul>
        {open.then(|| paragraph(o.what_now))}
        {manager(view, &messages, t)}
        <h2 class="utrecht-heading-2" id="gegevens">{o.data}</h2>
        {answers(facts(view, t), t)}
        <p class="utrecht-paragraph">{second_link("/aanvragen", o.title)}</p>
    };
    Screen::new(name, body)
        .under(o.title, "/aanvragen")
        .failed(!messages.is_empty())
}

/// The first manager: to be invited, with a code, or there.
fn manager(view: &RequestView, messages: &Messages, t: &'static Texts) -> Option<AnyView> {
    let (o, u) = (&t.onboarding, &t.users);
    let what = match &view.manager {
        Manager::NotMine => return None,
        Manager::There => paragraph(o.manager_there),
        Manager::Invited { name, code, until } => {
            let facts = vec![
                Answer::new(u.name, name.clone()),
                Answer::new(u.code, code.clone()),
                Answer::new(u.until, until.clone()),
            ];
            let way = fill(u.code_text, &[("adres", "/uitnodiging")]);
            view! { {answers(facts, t)}{paragraph(way)} }.into_any()
        }
        Manager::Nobody => {
            let name = Field {
                name: "name".to_owned(),
                ..Field::new("manager", o.manager_name, "")
            };
            let hidden = vec![("request", view.line.id.to_string())];
            view! {
                {paragraph(o.manager_text)}
                <form class="cims-form" method="post" action=InviteManager::PATH novalidate>
                    {hidden_inputs(hidden)}
                    {name.text(messages, t)}
                    {submit(u.invite_send)}
                </form>
            }
            .into_any()
        }
    };
    Some(view! { <h2 class="utrecht-heading-2" id="beheerder">{o.manager}</h2>{what} }.into_any())
}

fn facts(view: &RequestView, t: &'static Texts) -> Vec<Answer> {
    let (o, p) = (&t.onboarding, &t.parties);
    let (line, form) = (&view.line, &view.form);
    let kind = PartyKind::parse(&form.kind).map_or("", |kind| kind_name(kind, t));
    vec![
        Answer::new(o.name, line.party.clone()),
        Answer::new(o.code, line.code.clone()),
        Answer::new(o.kind, kind),
        Answer::new(o.agb, form.agb.clone()),
        Answer::new(p.between, between(line.intermediary.as_ref(), t)),
        Answer::new(p.channel, badge::channel(line.channel, t)),
        Answer::new(o.columns, form.columns.clone()),
        Answer::new(p.purpose, form.purpose.clone()),
        Answer::new(o.contact, form.contact.clone()),
        Answer::new(p.asked_by, line.asked_by.clone()),
        Answer::new(p.asked_at, line.asked_at.clone()),
    ]
}

const fn kind_name(kind: PartyKind, t: &'static Texts) -> &'static str {
    let o = &t.onboarding;
    match kind {
        PartyKind::Verpleeghuis => o.kind_nursing,
        PartyKind::Ziekenhuis => o.kind_hospital,
        PartyKind::Huisarts => o.kind_practice,
        PartyKind::Arbodienst => o.kind_work,
        PartyKind::Ggd => o.kind_ggd,
        PartyKind::Instelling => o.kind_other,
    }
}

/// `/aanvragen/nieuw`
pub(crate) fn new() -> AnyView {
    page(|visit| async move {
        let caller = visit.operator()?.clone();
        let view = onboarding()?.party_form(&caller, visit.draft()?).await?;
        Ok(form_screen(&visit, &view))
    })
}

fn form_screen(visit: &Visit, view: &PartyFormView) -> Screen {
    let t = visit.t;
    let o = &t.onboarding;
    let mut messages = Messages::default();
    for (id, text) in view.faults.iter().map(|fault| said(*fault, t)) {
        messages.add(id, text);
    }
    let body = view! {
        {messages.summary(t)}
        {title(o.new)}
        {paragraph(o.new_lead)}
        {form(view, &messages, t)}
    };
    Screen::new(o.new, body)
        .under(o.title, "/aanvragen")
        .failed(!messages.is_empty())
}

/// The field that a fault is about, and the words for it.
const fn said(fault: Fault, t: &'static Texts) -> (&'static str, &'static str) {
    let o = &t.onboarding;
    match fault {
        Fault::Name => ("name", o.no_name),
        Fault::Code => ("code", o.no_code),
        Fault::CodeTaken => ("code", o.code_taken),
        Fault::Kind => ("kind", o.no_kind),
        Fault::Agb => ("agb", o.no_agb),
        Fault::AgbKind => ("agb", o.agb_kind),
        Fault::AgbTaken => ("agb", o.agb_taken),
        Fault::Channel => ("channel", t.parties.no_channel),
        Fault::Between => ("intermediary", o.between_types),
        Fault::BetweenTwice => ("between_name", o.between_twice),
        Fault::BetweenName => ("between_name", o.between_no_name),
        Fault::BetweenCode => ("between_code", o.no_code),
        Fault::BetweenTaken => ("between_code", o.code_taken),
        Fault::Columns => ("columns", o.no_columns),
        Fault::Purpose => ("purpose", t.parties.no_purpose),
        Fault::Contact => ("contact", o.no_contact),
    }
}

/// A field of the form, under its own name.
fn field<'a>(id: &'a str, label: &'a str, hint: &'a str, value: &'a str) -> Field<'a> {
    Field {
        name: format!("form[{id}]"),
        hint,
        ..Field::new(id, label, value)
    }
}

fn form(view: &PartyFormView, messages: &Messages, t: &'static Texts) -> AnyView {
    let (o, p) = (&t.onboarding, &t.parties);
    let form = &view.form;
    let choose = |first: &str, from: Vec<(String, String)>| {
        let mut options = vec![(String::new(), first.to_owned())];
        options.extend(from);
        options
    };
    let kinds = PartyKind::ALL.iter().map(|kind| {
        let name = kind_name(*kind, t);
        (kind.as_str().to_owned(), name.to_owned())
    });
    let channels = choices::channels(t);
    let code = Field {
        width: 20,
        ..field("code", o.code, o.code_hint, &form.code)
    };
    let agb = Field {
        width: 10,
        numeric: true,
        ..field("agb", o.agb, o.agb_hint, &form.agb)
    };
    let columns = Field {
        optional: true,
        room: (2, 2_000),
        ..field("columns", o.columns, o.columns_hint, &form.columns)
    };
    let between_name = Field {
        optional: true,
        ..field(
            "between_name",
            o.between_name,
            o.between_name_hint,
            &form.between_name,
        )
    };
    let between_code = Field {
        width: 20,
        optional: true,
        ..field(
            "between_code",
            o.between_code,
            o.between_code_hint,
            &form.between_code,
        )
    };
    let kinds = kinds.collect();
    let kind = field("kind", o.kind, "", &form.kind);
    let intermediary = field(
        "intermediary",
        p.between,
        o.between_hint,
        &form.intermediary,
    );
    let channel = field("channel", p.channel, "", &form.channel);
    let purpose = field("purpose", p.purpose, p.purpose_hint, &form.purpose);
    let contact = field("contact", o.contact, o.contact_hint, &form.contact);
    view! {
        <form class="cims-form" method="post" action=FileParty::PATH novalidate>
            {hidden_inputs(vec![("concept", view.id.to_string())])}
            {field("name", o.name, "", &form.name).text(messages, t)}
            {code.text(messages, t)}
            {kind.select(choose(p.choose, kinds), messages, t)}
            {agb.text(messages, t)}
            {channel.select(choose(p.choose, channels), messages, t)}
            {intermediary.select(choose(p.no_between, view.between.clone()), messages, t)}
            {between_name.text(messages, t)}
            {between_code.text(messages, t)}
            {columns.area(messages, t)}
            {purpose.text(messages, t)}
            {contact.text(messages, t)}
            {submit(o.send)}
        </form>
    }
    .into_any()
}
