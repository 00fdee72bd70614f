//! `/toegang` and `/toegang/{id}`: RIVM-beheer gives out an access to the drop box, and another password or key later, says where
//! it may come from, lets it in again, and ends it (security §5.1).

use super::connections::between;
use crate::calls::accounts::{ChangeAccount, GiveAccount};
use crate::page::{Screen, Visit, accounts, page, shown_once, was_shown};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::{Field, tick};
use crate::parts::messages::Messages;
use crate::parts::pager::pager;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{
    alert, badge, folded, heading, hidden_inputs, link, paragraph, second_link, small_form, submit,
    title,
};
use crate::ports::accounts::{
    ANYWHERE, AccountFor, AccountKey, AccountLine, AccountList, AccountView,
};
use crate::texts::{Texts, fill, number};
use domain::delivery::dropbox::Proof;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/toegang`
pub(crate) fn list() -> AnyView {
    page(|visit| async move {
        let caller = visit.operator()?.clone();
        let list = accounts()?.accounts(&caller, visit.page()).await?;
        Ok(list_screen(&visit, &list))
    })
}

fn list_screen(visit: &Visit, list: &AccountList) -> Screen {
    let t = visit.t;
    let a = &t.accounts;
    let p = &t.parties;
    let messages = not_given(visit);
    let accounts = &list.accounts;
    let content = if accounts.items.is_empty() {
        empty(a.none, Vec::new())
    } else {
        let headers = [
            a.name,
            p.party,
            p.between,
            p.installation,
            a.brings,
            a.last,
            a.standing,
            p.open,
        ];
        let rows = accounts.items.iter().map(|line| row(line, t)).collect();
        let pages = pager("/toegang", &[], accounts.page, accounts.total, t);
        view! { {table("toegang", a.caption, &headers, rows)}{pages} }.into_any()
    };
    let body = view! {
        {messages.summary(t)}
        {title(a.title)}
        <p class="utrecht-paragraph">{link("#toegang-uitgeven", a.give)}</p>
        <p class="utrecht-paragraph">{link("/gebruikers", t.users.contacts)}</p>
        {content}
        <h2 class="utrecht-heading-2" id="toegang-uitgeven">{a.give}</h2>
        {give(visit, &list.connections, &messages)}
    };
    Screen::new(a.title, body)
        .wide()
        .failed(!messages.is_empty())
}

/// Why an access was not given out.
fn not_given(visit: &Visit) -> Messages {
    let a = &visit.t.accounts;
    let mut messages = Messages::default();
    let wrong = match visit.query("melding").as_deref() {
        Some("koppeling") => ("connection", a.no_connection),
        Some("naam") => ("name", a.no_name),
        Some("naam-bezet") => ("name", a.name_taken),
        Some("installatie") => ("installation", a.no_installation),
        Some("installatie-bezet") => ("installation", a.installation_taken),
        Some("sleutel") => ("key", a.no_key),
        Some("soort") => ("key", a.weak_key),
        Some("herkomst") => ("sources", a.no_sources),
        _ => return messages,
    };
    messages.add(wrong.0, wrong.1);
    messages
}

/// The form that gives one out; without a connection there is nobody to give it to.
fn give(visit: &Visit, connections: &[AccountFor], messages: &Messages) -> AnyView {
    let t = visit.t;
    let (a, p) = (&t.accounts, &t.parties);
    if connections.is_empty() {
        return view! {
            {paragraph(a.give_none)}
            <p class="utrecht-paragraph">{link("/koppelingen", p.title)}</p>
        }
        .into_any();
    }
    let asked = visit.query("koppeling").unwrap_or_default();
    let mut ids = connections.iter().map(|one| one.id.to_string());
    let chosen = ids.find(|id| *id == asked).unwrap_or_default();
    let mut choices = vec![(String::new(), p.choose.to_owned())];
    choices.extend(connections.iter().map(|one| choice(one, t)));
    let proof = visit.query("bewijs").and_then(|word| Proof::parse(&word));
    let proof = proof.unwrap_or(Proof::Rename).as_str();
    let proofs = Proof::ALL.map(|one| (one.as_str().to_owned(), proof_name(one, t).to_owned()));
    let any = visit.query("ritme").as_deref() == Some("any");
    let rhythm = if any { "any" } else { "workday" };
    let rhythms = [("workday", true), ("any", false)];
    let rhythms = rhythms.map(|(word, daily)| (word.to_owned(), rhythm_name(daily, t).to_owned()));
    let name = Field {
        hint: a.name_hint,
        ..Field::new("name", a.name, "")
    };
    let installation = Field {
        hint: a.installation_hint,
        ..Field::new("installation", p.installation, "")
    };
    let key = Field {
        hint: a.give_key_hint,
        optional: true,
        ..Field::new("key", a.key, "")
    };
    let sources = Field {
        hint: a.sources_hint,
        room: (3, 4_000),
        ..Field::new("sources", a.sources, "")
    };
    view! {
        {paragraph(a.give_text)}
        <form class="cims-form" method="post" action=GiveAccount::PATH novalidate autocomplete="off">
            {hidden_inputs(Vec::new())}
            {Field::new("connection", a.connection, &chosen).select(choices, messages, t)}
            {name.text(messages, t)}
            {installation.text(messages, t)}
            {Field::new("proof", a.proof, proof).select(Vec::from(proofs), messages, t)}
            {Field::new("rhythm", a.rhythm, rhythm).select(Vec::from(rhythms), messages, t)}
            {key.area(messages, t)}
            {sources.area(messages, t)}
            {submit(a.give_send)}
        </form>
    }
    .into_any()
}

/// A connection in a list: its key, and whose it is, who brings the rows, and whether that was approved.
fn choice(from: &AccountFor, t: &'static Texts) -> (String, String) {
    let (a, p) = (&t.accounts, &t.parties);
    let state = if from.approved {
        p.state_approved
    } else {
        p.state_requested
    };
    let words = match &from.intermediary {
        Some(between) => fill(
            a.choice_between,
            &[
                ("partij", &from.party),
                ("tussenpartij", between),
                ("status", state),
            ],
        ),
        None => fill(a.choice, &[("partij", &from.party), ("status", state)]),
    };
    (from.id.to_string(), words)
}

const fn proof_name(proof: Proof, t: &'static Texts) -> &'static str {
    let a = &t.accounts;
    match proof {
        Proof::Rename => a.proof_rename,
        Proof::Control => a.proof_control,
        Proof::Trailer => a.proof_trailer,
        Proof::Quiet => a.proof_quiet,
    }
}

const fn rhythm_name(daily: bool, t: &'static Texts) -> &'static str {
    if daily {
        t.accounts.rhythm_workday
    } else {
        t.accounts.rhythm_any
    }
}

fn row(line: &AccountLine, t: &'static Texts) -> Vec<Cell> {
    let a = &t.accounts;
    let label = fill(a.open_label, &[("naam", &line.name)]);
    vec![
        Cell::new(line.name.clone()),
        Cell::new(line.party.clone()),
        Cell::new(between(line.intermediary.as_ref(), t)),
        Cell::new(line.installation.clone()),
        Cell::new(brings(line, t)),
        Cell::new(line.last.clone().unwrap_or_else(|| a.never.to_owned())),
        Cell::new(standing(line, t)),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/toegang/{}", line.id) aria-label=label>{t.parties.open}</a>
        }),
    ]
}

const fn brings(line: &AccountLine, t: &'static Texts) -> &'static str {
    if line.brp {
        t.accounts.brings_brp
    } else {
        t.accounts.brings_rows
    }
}

fn standing(line: &AccountLine, t: &'static Texts) -> AnyView {
    let a = &t.accounts;
    match &line.ended {
        Some(at) => badge::badge("neutral", fill(a.ended, &[("moment", at)])),
        None if line.closed > 0 => badge::badge("warning", a.closed),
        None => badge::badge("success", a.in_use),
    }
}

/// `/toegang/{id}`
pub(crate) fn account() -> AnyView {
    page(|visit| async move {
        let caller = visit.operator()?.clone();
        let view = accounts()?
            .account(&caller, visit.id()?, shown_once())
            .await?;
        if view.password.is_some() {
            was_shown();
        }
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &AccountView) -> Screen {
    let t = visit.t;
    let a = &t.accounts;
    let word = visit.query("melding");
    let mut messages = Messages::default();
    let told = match word.as_deref() {
        Some("sleutel") => {
            messages.add("key", a.no_key);
            None
        }
        Some("soort") => {
            messages.add("key", a.weak_key);
            None
        }
        Some("herkomst") => {
            messages.add("sources", a.no_sources);
            None
        }
        Some("reden") => {
            messages.add("reason", t.parties.no_reason);
            None
        }
        Some("klaar") => Some(alert::ok(a.told_done)),
        Some("uitgegeven") => Some(alert::ok(a.told_given)),
        Some("wachtwoord") if view.password.is_none() => Some(alert::info(a.told_gone)),
        Some("al") => Some(alert::info(a.told_before)),
        Some("laatste") => Some(alert::error(a.told_last)),
        _ => None,
    };
    let shown = view.password.as_ref().map(|password| {
        let facts = vec![Answer::new(a.password, password.clone())];
        view! {
            <section class="cims-panel cims-stack">
                <h2 class="utrecht-heading-2">{a.shown_title}</h2>
                {answers(facts, t)}
                {paragraph(a.shown_text)}
            </section>
        }
    });
    let forms = view.line.ended.is_none().then(|| {
        view! {
            {closed(view, t)}
            {passwords(view, t)}
            {keys(view, &messages, t)}
            {sources(view, &messages, t)}
            {end(&view.line, &messages, t)}
        }
    });
    let name = format!("{}: {}", a.title, view.line.name);
    let body = view! {
        {messages.summary(t)}
        {told}
        {title(name.clone())}
        <p class="utrecht-paragraph">{standing(&view.line, t)}</p>
        {shown}
        {answers(facts(view, t), t)}
        {forms}
        <p class="utrecht-paragraph">{second_link("/toegang", a.title)}</p>
    };
    Screen::new(name, body)
        .under(a.title, "/toegang")
        .failed(!messages.is_empty())
}

fn facts(view: &AccountView, t: &'static Texts) -> Vec<Answer> {
    let (a, p, line) = (&t.accounts, &t.parties, &view.line);
    let password = if view.has_password {
        a.password_yes
    } else {
        a.password_no
    };
    let proof = Proof::parse(&view.proof).map_or("", |proof| proof_name(proof, t));
    let from = if view.sources.is_empty() {
        a.anywhere.to_owned()
    } else {
        view.sources.join(", ")
    };
    let mut facts = vec![
        Answer::new(p.party, line.party.clone()),
        Answer::new(p.between, between(line.intermediary.as_ref(), t)),
        Answer::new(p.installation, line.installation.clone()),
        Answer::new(a.brings, brings(line, t)),
        Answer::new(a.proof, proof),
        Answer::new(a.rhythm, rhythm_name(view.daily, t)),
        Answer::new(
            a.last,
            line.last.clone().unwrap_or_else(|| a.never.to_owned()),
        ),
        Answer::new(a.password, password),
        Answer::new(a.sources, from),
    ];
    if let Some(reason) = &view.end_reason {
        facts.push(Answer::new(p.reason, reason.clone()));
    }
    facts
}

/// What every form of the page brings along.
fn hidden(line: &AccountLine, step: &'static str) -> Vec<(&'static str, String)> {
    vec![("id", line.id.to_string()), ("step", step.to_owned())]
}

/// For how many addresses failed logins closed it, until when, and a button that ends that.
fn closed(view: &AccountView, t: &'static Texts) -> Option<AnyView> {
    let a = &t.accounts;
    let line = &view.line;
    let until = line.closed_until.as_ref()?;
    let told = if line.closed == 1 {
        fill(a.closed_one, &[("moment", until)])
    } else {
        let count = number(t.language, u64::from(line.closed));
        fill(a.closed_many, &[("aantal", &count), ("moment", until)])
    };
    Some(
        view! {
            {heading(a.closed)}
            {paragraph(told)}
            {paragraph(a.let_in_text)}
            {small_form(ChangeAccount::PATH, hidden(line, "toelaten"), a.let_in)}
        }
        .into_any(),
    )
}

/// It ends for good, so somebody says why.
fn end(line: &AccountLine, messages: &Messages, t: &'static Texts) -> AnyView {
    let a = &t.accounts;
    let reason = Field::new("reason", t.parties.reason, "");
    let form = view! {
        <form class="cims-form" method="post" action=ChangeAccount::PATH novalidate autocomplete="off">
            {hidden_inputs(hidden(line, "einde"))}
            {paragraph(a.end_text)}
            {reason.area(messages, t)}
            {submit(a.end)}
        </form>
    };
    view! {
        {heading(a.end)}
        {folded(a.end, form, messages.at("reason").is_some())}
    }
    .into_any()
}

fn passwords(view: &AccountView, t: &'static Texts) -> AnyView {
    let a = &t.accounts;
    let valid = match &view.old_until {
        Some(moment) => fill(a.old_until, &[("moment", moment)]),
        None if view.has_password => a.old_none.to_owned(),
        None => a.password_no.to_owned(),
    };
    let end_old = view
        .old_until
        .is_some()
        .then(|| small_form(ChangeAccount::PATH, hidden(&view.line, "oud"), a.end_old));
    let form = view! {
        <form class="cims-form" method="post" action=ChangeAccount::PATH novalidate>
            {hidden_inputs(hidden(&view.line, "wachtwoord"))}
            {paragraph(a.new_password_text)}
            {tick("now", "now", a.at_once, false, false)}
            {submit(a.new_password)}
        </form>
    };
    view! {
        {heading(a.password)}
        {paragraph(valid)}
        {end_old}
        {folded(a.new_password, form, false)}
    }
    .into_any()
}

fn keys(view: &AccountView, messages: &Messages, t: &'static Texts) -> AnyView {
    let a = &t.accounts;
    let list = if view.keys.is_empty() {
        paragraph(a.keys_none)
    } else {
        let rows = view.keys.iter().map(|key| key_row(view, key, t)).collect();
        let headers = [a.algorithm, a.fingerprint, a.action];
        table("sleutels", a.keys_caption, &headers, rows)
    };
    let key = Field {
        hint: a.key_hint,
        ..Field::new("key", a.key, "")
    };
    let form = view! {
        <form class="cims-form" method="post" action=ChangeAccount::PATH novalidate autocomplete="off">
            {hidden_inputs(hidden(&view.line, "sleutel"))}
            {key.area(messages, t)}
            {tick("alone", "alone", a.alone, false, false)}
            {submit(a.add_key)}
        </form>
    };
    view! {
        {heading(a.keys)}
        {list}
        {folded(a.add_key, form, messages.at("key").is_some())}
    }
    .into_any()
}

fn key_row(view: &AccountView, key: &AccountKey, t: &'static Texts) -> Vec<Cell> {
    let a = &t.accounts;
    let label = fill(a.drop_key_label, &[("vingerafdruk", &key.fingerprint)]);
    let mut with = hidden(&view.line, "sleutel-weg");
    with.push(("key", key.fingerprint.clone()));
    vec![
        Cell::new(key.algorithm.clone()),
        Cell::new(key.fingerprint.clone()),
        Cell::new(view! {
            <form method="post" action=ChangeAccount::PATH>
                {hidden_inputs(with)}
                <button class="utrecht-button utrecht-button--secondary-action" type="submit" aria-label=label>{a.drop_key}</button>
            </form>
        }),
    ]
}

fn sources(view: &AccountView, messages: &Messages, t: &'static Texts) -> AnyView {
    let a = &t.accounts;
    let now = if view.sources.is_empty() {
        ANYWHERE.to_owned()
    } else {
        view.sources.join("\n")
    };
    let field = Field {
        hint: a.sources_hint,
        room: (6, 4_000),
        ..Field::new("sources", a.sources, &now)
    };
    let form = view! {
        <form class="cims-form" method="post" action=ChangeAccount::PATH novalidate autocomplete="off">
            {hidden_inputs(hidden(&view.line, "herkomst"))}
            {field.area(messages, t)}
            {submit(a.change_sources)}
        </form>
    };
    view! {
        {heading(a.sources)}
        {folded(a.change_sources, form, messages.at("sources").is_some())}
    }
    .into_any()
}
