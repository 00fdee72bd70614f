//! `/gebruikers` and `/gebruikers/uitnodiging/{id}`: an institution manages who works for it, and RIVM-beheer who is the contact
//! of a supplier (features F86).

use crate::calls::users::{EndUser, Invite, Readmit, TakeBack};
use crate::page::{Screen, Visit, page, users as port};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::radios::Radios;
use crate::parts::table::{Cell, empty, table};
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
        let caller = visit.inviter()?.clone();
        let list = port()?.users(&caller).await?;
        Ok(if caller.party().is_some() {
            list_screen(&visit, &list)
        } else {
            contacts_screen(&visit, &list)
        })
    })
}

/// What came of what was pressed: messages at the form, or a line above the page.
fn said(visit: &Visit, no_name: &'static str) -> (Messages, Option<AnyView>) {
    let u = &visit.t.users;
    let mut messages = Messages::default();
    let mut told = None;
    match visit.query("melding").as_deref() {
        Some("naam") => messages.add("name", no_name),
        Some("rol") => messages.add("role", u.no_role),
        Some("leverancier") => messages.add("supplier", u.no_supplier),
        Some("beeindigd") => told = Some(alert::ok(u.told_ended)),
        Some("toegelaten") => told = Some(alert::ok(u.told_readmitted)),
        Some("ingetrokken") => told = Some(alert::ok(u.told_taken_back)),
        Some("al") => told = Some(alert::info(u.told_before)),
        Some("laatste") => told = Some(alert::error(u.told_last)),
        _ => {}
    }
    (messages, told)
}

fn list_screen(visit: &Visit, list: &UserList) -> Screen {
    let t = visit.t;
    let u = &t.users;
    let (messages, told) = said(visit, u.no_name);
    let rows = list.users.iter().map(|one| user(one, t)).collect();
    let body = view! {
        {told}
        {messages.summary(t)}
        {title(u.title)}
        {table("gebruikers", u.caption, &[u.name, u.role, u.last, u.action], rows)}
        <p class="utrecht-paragraph">{link("/gebruikers/sessies", u.sessions)}</p>
        {invited(list, u.role, t)}
        {heading(u.invite)}
        {invite(&messages, t)}
    };
    Screen::new(u.title, body)
        .wide()
        .failed(!messages.is_empty())
}

/// The same page for RIVM-beheer: contacts of suppliers.
fn contacts_screen(visit: &Visit, list: &UserList) -> Screen {
    let t = visit.t;
    let u = &t.users;
    let (messages, told) = said(visit, u.no_contact);
    let contacts = if list.users.is_empty() {
        empty(u.contacts_none, Vec::new())
    } else {
        let rows = list.users.iter().map(|one| user(one, t)).collect();
        let headers = [u.name, u.supplier, u.last, u.action];
        table("gebruikers", u.contacts_caption, &headers, rows)
    };
    let body = view! {
        {told}
        {messages.summary(t)}
        {title(u.contacts)}
        {paragraph(u.contacts_lead)}
        {contacts}
        {invited(list, u.supplier, t)}
        {heading(u.invite_contact)}
        {invite_contact(visit, list, &messages)}
    };
    Screen::new(u.contacts, body)
        .wide()
        .under(t.accounts.title, "/toegang")
        .failed(!messages.is_empty())
}

/// The supplier, for RIVM; else the role: of a supplier there is one role.
fn what(role: Role, supplier: Option<&str>, t: &'static Texts) -> String {
    supplier.unwrap_or_else(|| role_name(role, t)).to_owned()
}

fn user(one: &UserLine, t: &'static Texts) -> Vec<Cell> {
    let u = &t.users;
    let supplier = one.supplier.as_ref();
    let last = match &one.last {
        _ if one.unused => badge::badge("warning", u.unused),
        Some(at) => at.clone().into_any(),
        None => u.never.into_any(),
    };
    let key = || -> Vec<(&'static str, String)> {
        let supplier = supplier.map(|(id, _)| ("supplier", id.to_string()));
        let who = [
            ("user", one.id.to_string()),
            ("role", one.role.as_str().to_owned()),
        ];
        who.into_iter().chain(supplier).collect()
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
        Cell::new(what(one.role, supplier.map(|(_, name)| name.as_str()), t)),
        Cell::new(last),
        Cell::new(acts),
    ]
}

/// Who was invited and did not come yet; nothing when there is nobody. `what`: what of them the second column names.
fn invited(list: &UserList, what: &'static str, t: &'static Texts) -> Option<AnyView> {
    if list.invitations.is_empty() {
        return None;
    }
    let u = &t.users;
    let rows = list.invitations.iter().map(|one| invitation(one, t));
    let headers = [u.name, what, u.until, u.action];
    let shown = view! {
        {heading(u.invited)}
        {table("uitnodigingen", u.invited_caption, &headers, rows.collect())}
    };
    Some(shown.into_any())
}

fn invitation(one: &InvitationLine, t: &'static Texts) -> Vec<Cell> {
    let u = &t.users;
    let label = fill(u.show_label, &[("naam", &one.name)]);
    vec![
        Cell::new(one.name.clone()),
        Cell::new(what(one.role, one.supplier.as_deref(), t)),
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

/// The form that invites a contact; without a supplier there is nobody to invite.
fn invite_contact(visit: &Visit, list: &UserList, messages: &Messages) -> AnyView {
    let t = visit.t;
    let u = &t.users;
    if list.suppliers.is_empty() {
        return paragraph(u.no_suppliers);
    }
    let chosen = visit.query("leverancier").unwrap_or_default();
    let mut options = vec![(String::new(), t.parties.choose.to_owned())];
    let suppliers = list.suppliers.iter();
    options.extend(suppliers.map(|(id, name)| (id.to_string(), name.clone())));
    let role = vec![("role", Role::Leverancier.as_str().to_owned())];
    view! {
        {paragraph(u.invite_contact_text)}
        <form class="cims-form" method="post" action=Invite::PATH novalidate>
            {hidden_inputs(role)}
            {Field::new("supplier", u.supplier, &chosen).select(options, messages, t)}
            {Field::new("name", u.contact_name, "").text(messages, t)}
            {submit(u.invite_send)}
        </form>
    }
    .into_any()
}

/// `/gebruikers/uitnodiging/{id}`
pub(crate) fn invitation_page() -> AnyView {
    page(|visit| async move {
        let caller = visit.inviter()?.clone();
        let view = port()?.invitation(&caller, visit.id()?).await?;
        Ok(invitation_screen(&visit, &view))
    })
}

fn invitation_screen(visit: &Visit, view: &InvitationView) -> Screen {
    let t = visit.t;
    let u = &t.users;
    let supplier = view.line.supplier.clone();
    let (all, way) = match supplier {
        Some(_) => (u.contacts, u.code_text_contact),
        None => (u.title, u.code_text),
    };
    let mut facts = vec![
        Answer::new(u.name, view.line.name.clone()),
        Answer::new(u.role, role_name(view.line.role, t)),
        Answer::new(u.code, view.code.clone()),
        Answer::new(u.until, view.line.until.clone()),
    ];
    facts.extend(supplier.map(|name| Answer::new(u.supplier, name)));
    let way = fill(way, &[("adres", "/uitnodiging")]);
    let hidden = vec![("id", view.line.id.to_string())];
    let body = view! {
        {title(u.invitation)}
        {answers(facts, t)}
        {paragraph(way)}
        {small_form(TakeBack::PATH, hidden, u.take_back)}
        <p class="utrecht-paragraph">{second_link("/gebruikers", all)}</p>
    };
    Screen::new(u.invitation, body).under(all, "/gebruikers")
}
