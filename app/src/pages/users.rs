//! `/gebruikers` and `/gebruikers/uitnodiging/{id}`: an institution manages who works for it (features F86).

use crate::calls::users::{EndUser, Invite, Readmit, TakeBack};
use crate::page::{Screen, Visit, page, users as port};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::radios::Radios;
use crate::parts::table::{Cell, table};
use crate::parts::{
    alert, badge, heading, hidden_inputs, link, paragraph, second_link, small_form, submit, title,
};
use crate::ports::users::{InvitationLine, InvitationView, UserLine, UserList};
use crate::shell::role_name;
use crate::texts::{Texts, fill};
use domain::role::Role;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/gebruikers`
pub(crate) fn users() -> AnyView {
    page(|visit| async move {
        let caller = visit.manager()?.clone();
        let list = port()?.users(&caller).await?;
        Ok(list_screen(&visit, &list))
    })
}

fn list_screen(visit: &Visit, list: &UserList) -> Screen {
    let t = visit.t;
    let u = &t.users;
    let mut messages = Messages::default();
    let mut told = None;
    match visit.query("melding").as_deref() {
        Some("naam") => messages.add("name", u.no_name),
        Some("rol") => messages.add("role", u.no_role),
        Some("beeindigd") => told = Some(alert::ok(u.told_ended)),
        Some("toegelaten") => told = Some(alert::ok(u.told_readmitted)),
        Some("ingetrokken") => told = Some(alert::ok(u.told_taken_back)),
        Some("al") => told = Some(alert::info(u.told_before)),
        Some("laatste") => told = Some(alert::error(u.told_last)),
        _ => {}
    }
    let rows = list.users.iter().map(|one| user(one, t)).collect();
    let invited = (!list.invitations.is_empty()).then(|| {
        let rows = list.invitations.iter().map(|one| invitation(one, t));
        let headers = [u.name, u.role, u.until, u.action];
        view! {
            {heading(u.invited)}
            {table("uitnodigingen", u.invited_caption, &headers, rows.collect())}
        }
    });
    let body = view! {
        {told}
        {messages.summary(t)}
        {title(u.title)}
        {table("gebruikers", u.caption, &[u.name, u.role, u.last, u.action], rows)}
        <p class="utrecht-paragraph">{link("/gebruikers/sessies", u.sessions)}</p>
        {invited}
        {heading(u.invite)}
        {invite(&messages, t)}
    };
    Screen::new(u.title, body)
        .wide()
        .failed(!messages.is_empty())
}

fn user(one: &UserLine, t: &'static Texts) -> Vec<Cell> {
    let u = &t.users;
    let last = match &one.last {
        _ if one.unused => badge::badge("warning", u.unused),
        Some(at) => at.clone().into_any(),
        None => u.never.into_any(),
    };
    let key = || {
        vec![
            ("user", one.id.to_string()),
            ("role", one.role.as_str().to_owned()),
        ]
    };
    let button = |action: &'static str, text: &'static str, label: &str| {
        let label = fill(label, &[("naam", &one.name)]);
        view! {
            <form method="post" action=action>
                {hidden_inputs(key())}
                <button class="utrecht-button utrecht-button--secondary-action" type="submit" aria-label=label>{text}</button>
            </form>
        }
    };
    let acts = if one.own {
        badge::badge("neutral", u.you)
    } else {
        let again = one
            .unused
            .then(|| button(Readmit::PATH, u.readmit, u.readmit_label));
        view! {
            {again}
            {button(EndUser::PATH, u.end, u.end_label)}
        }
        .into_any()
    };
    vec![
        Cell::new(one.name.clone()),
        Cell::new(role_name(one.role, t)),
        Cell::new(last),
        Cell::new(acts),
    ]
}

fn invitation(one: &InvitationLine, t: &'static Texts) -> Vec<Cell> {
    let u = &t.users;
    let label = fill(u.show_label, &[("naam", &one.name)]);
    vec![
        Cell::new(one.name.clone()),
        Cell::new(role_name(one.role, t)),
        Cell::new(one.until.clone()),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/gebruikers/uitnodiging/{}", one.id) aria-label=label>{u.show}</a>
        }),
    ]
}

fn invite(messages: &Messages, t: &'static Texts) -> AnyView {
    let u = &t.users;
    let roles = Radios {
        id: "role",
        legend: u.invite_role,
        hint: "",
        value: "",
        options: &[
            (Role::Invoerder.as_str(), u.role_enters),
            (Role::Instellingsbeheerder.as_str(), u.role_manages),
        ],
        inline: false,
    };
    view! {
        {paragraph(u.invite_text)}
        <form class="cims-form" method="post" action=Invite::PATH novalidate>
            {hidden_inputs(Vec::new())}
            {Field::new("name", u.invite_name, "").text(messages, t)}
            {roles.named("role", messages, t)}
            {submit(u.invite_send)}
        </form>
    }
    .into_any()
}

/// `/gebruikers/uitnodiging/{id}`
pub(crate) fn invitation_page() -> AnyView {
    page(|visit| async move {
        let caller = visit.manager()?.clone();
        let view = port()?.invitation(&caller, visit.id()?).await?;
        Ok(invitation_screen(&visit, &view))
    })
}

fn invitation_screen(visit: &Visit, view: &InvitationView) -> Screen {
    let t = visit.t;
    let u = &t.users;
    let facts = vec![
        Answer::new(u.name, view.line.name.clone()),
        Answer::new(u.role, role_name(view.line.role, t)),
        Answer::new(u.code, view.code.clone()),
        Answer::new(u.until, view.line.until.clone()),
    ];
    let way = fill(u.code_text, &[("adres", "/uitnodiging")]);
    let hidden = vec![("id", view.line.id.to_string())];
    let body = view! {
        {title(u.invitation)}
        {answers(facts, t)}
        {paragraph(way)}
        {small_form(TakeBack::PATH, hidden, u.take_back)}
        <p class="utrecht-paragraph">{second_link("/gebruikers", u.title)}</p>
    };
    Screen::new(u.invitation, body).under(u.title, "/gebruikers")
}
