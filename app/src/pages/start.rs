//! The start page: what is new for somebody, tiles of what one's role does; a welcome for who is not logged in.

use super::lists::list_name;
use crate::page::{Screen, Visit, entry, news, page};
use crate::parts::icon::Icon;
use crate::parts::tiles::{Tile, tiles};
use crate::parts::{alert, brp_age, button_link, heading, link, paragraph, second_link, title};
use crate::ports::corrections::WaitingCorrection;
use crate::ports::deliveries::Discarded;
use crate::ports::lists::WaitingChange;
use crate::ports::news::{FileNews, NewsOf, RejectedRows, ReturnedRows, WaitingDecision};
use crate::ports::withdrawals::WaitingRequest;
use crate::texts::{Texts, fill, number};
use domain::delivery::FileOutcome;
use domain::role::Role;
use leptos::prelude::*;

/// `/`
pub(crate) fn start() -> AnyView {
    page(|visit| async move {
        let Ok(caller) = visit.caller() else {
            return Ok(welcome(&visit));
        };
        let new = news()?.news(caller).await?;
        let waiting = if caller.role().may_deliver() {
            entry()?.waiting(caller).await?
        } else {
            None
        };
        Ok(tasks(caller.role(), &new, waiting.as_deref(), visit.t))
    })
}

/// What somebody has not seen yet; opening it is enough to be rid of it.
fn new_for(role: Role, news: &NewsOf, t: &'static Texts) -> Option<AnyView> {
    if news.is_empty() {
        return None;
    }
    let waiting = news.waiting.iter().map(|request| waiting_item(request, t));
    let decisions = news.decisions.iter().map(|asked| decision_item(asked, t));
    let corrections = news
        .corrections
        .iter()
        .map(|asked| correction_item(asked, t));
    let lists = news.lists.iter().map(|asked| list_item(asked, t));
    let files = news.files.iter().map(|file| file_item(file, t));
    let returned = news
        .returned
        .iter()
        .map(|rows| returned_item(role, rows, t));
    let rejected = news.rejected.iter().map(|rows| rejected_item(rows, t));
    let p = &t.parties;
    let approval = [
        (news.connections, p.news_connections, "/koppelingen"),
        (news.parked, p.news_parked, "/geparkeerd"),
        (news.incomplete, p.news_incomplete, "/volledigheid"),
        (news.overdue, t.review.news_overdue, "/beoordelen?dagen=7"),
    ];
    let approval =
        approval
            .into_iter()
            .filter(|(count, _, _)| *count > 0)
            .map(|(count, text, way)| {
                let count = number(t.language, u64::from(count));
                view! { <li>{link(way, fill(text, &[("aantal", &count)]))}</li> }.into_any()
            });
    let items = waiting
        .chain(decisions)
        .chain(corrections)
        .chain(lists)
        .chain(returned)
        .chain(rejected)
        .chain(files)
        .chain(approval)
        .collect_view();
    Some(
        view! {
            {heading(t.withdrawals.news_title)}
            {alert::news(view! { <ul class="cims-plain-list">{items}</ul> })}
        }
        .into_any(),
    )
}

fn waiting_item(request: &WaitingRequest, t: &'static Texts) -> AnyView {
    let w = &t.withdrawals;
    let text = if request.undo {
        w.news_waiting_undo
    } else {
        w.news_waiting
    };
    let text = fill(text, &[("partij", &request.party)]);
    let way = format!("/aanleveringen/{}/intrekken", request.delivery);
    view! { <li>{link(way, text)}" "{request.asked_by.clone()}", "{request.asked_at.clone()}</li> }
        .into_any()
}

fn decision_item(asked: &WaitingDecision, t: &'static Texts) -> AnyView {
    let rows = number(t.language, u64::from(asked.rows));
    let text = fill(
        t.decisions.news_waiting,
        &[("aantal", &rows), ("partij", &asked.party)],
    );
    let way = format!("/beoordelen/besluiten/{}", asked.id);
    view! { <li>{link(way, text)}" "{asked.asked_by.clone()}", "{asked.asked_at.clone()}</li> }
        .into_any()
}

fn correction_item(asked: &WaitingCorrection, t: &'static Texts) -> AnyView {
    let text = fill(t.corrections.news, &[("partij", &asked.party)]);
    let way = format!("/beoordelen/correcties/{}", asked.id);
    view! { <li>{link(way, text)}" "{asked.asked_by.clone()}", "{asked.asked_at.clone()}</li> }
        .into_any()
}

fn list_item(asked: &WaitingChange, t: &'static Texts) -> AnyView {
    let text = fill(t.lists.news, &[("lijst", list_name(asked.kind, t))]);
    let way = format!("/codelijsten/wijzigingen/{}", asked.id);
    view! { <li>{link(way, text)}" "{asked.asked_by.clone()}", "{asked.asked_at.clone()}</li> }
        .into_any()
}

fn returned_item(role: Role, rows: &ReturnedRows, t: &'static Texts) -> AnyView {
    let d = &t.decisions;
    let count = number(t.language, u64::from(rows.rows));
    let (text, way) = if role.may_review() {
        (
            d.news_overdue,
            format!("/beoordelen/besluiten/{}", rows.decision),
        )
    } else {
        let way = if rows.stored {
            "/teruggestuurd".to_owned()
        } else {
            format!("/aanleveringen/{}/regels", rows.delivery)
        };
        (d.news_returned, way)
    };
    let text = fill(text, &[("aantal", &count), ("partij", &rows.party)]);
    let file = if role.may_review() {
        let deliveries = number(t.language, u64::from(rows.deliveries));
        let of = || fill(d.news_deliveries, &[("aantal", &deliveries)]);
        (rows.deliveries > 1).then(of)
    } else {
        Some(rows.file_name.clone())
    };
    view! { <li>{link(way, text)}" "{file}</li> }.into_any()
}

fn rejected_item(rows: &RejectedRows, t: &'static Texts) -> AnyView {
    let count = number(t.language, u64::from(rows.rows));
    let text = fill(t.decisions.news_rejected, &[("aantal", &count)]);
    let way = format!("/aanleveringen/{}", rows.delivery);
    view! { <li>{link(way, text)}" "{rows.file_name.clone()}</li> }.into_any()
}

fn file_item(file: &FileNews, t: &'static Texts) -> AnyView {
    let w = &t.withdrawals;
    let all = file.counts.rows();
    let good = u64::from(file.counts.geaccepteerd) + u64::from(file.counts.te_controleren);
    let text = match file.outcome {
        _ if file.discarded == Some(Discarded::ByRivm) => w.news_rivm.to_owned(),
        _ if file.discarded == Some(Discarded::Expired) => w.news_expired.to_owned(),
        _ if file.discarded == Some(Discarded::Thrown) => w.news_thrown.to_owned(),
        None => w.news_preview.to_owned(),
        Some(FileOutcome::Geweigerd) => w.news_refused.to_owned(),
        Some(FileOutcome::Leeg) => w.news_empty.to_owned(),
        Some(FileOutcome::Dubbel) => w.news_double.to_owned(),
        Some(FileOutcome::Verwerkt | FileOutcome::DeelsVerwerkt) => fill(
            w.news_done,
            &[
                ("goed", &number(t.language, good)),
                ("alles", &number(t.language, all)),
            ],
        ),
    };
    let way = format!("/aanleveringen/{}", file.delivery);
    view! { <li>{link(way, text)}" "{file.file_name.clone()}</li> }.into_any()
}

/// `waiting`: when an open registration was typed last.
fn tasks(role: Role, news: &NewsOf, waiting: Option<&str>, t: &'static Texts) -> Screen {
    let f = &t.frame;
    let mut list: Vec<Tile> = Vec::new();
    if role.may_deliver() {
        list.extend([
            (
                Icon::Vaccine,
                "/registreren",
                f.tile_record,
                f.tile_record_text,
            ),
            (
                Icon::Upload,
                "/aanleveren",
                f.tile_upload,
                f.tile_upload_text,
            ),
            (
                Icon::List,
                "/registraties",
                f.tile_registrations,
                f.tile_registrations_text,
            ),
            (
                Icon::History,
                "/aanleveringen",
                f.tile_deliveries,
                f.tile_deliveries_text,
            ),
        ]);
    }
    if role.may_try() && !role.may_deliver() {
        list.push((
            Icon::Upload,
            "/proefbank",
            t.onboarding.bench,
            t.onboarding.bench_tile,
        ));
    }
    if role.may_watch_own_installations() {
        list.push((
            Icon::List,
            "/installaties",
            t.onboarding.own,
            t.onboarding.own_tile,
        ));
    }
    if role.may_manage_own_users() {
        list.push((Icon::Check, "/gebruikers", t.users.title, t.users.tile_text));
        list.push((
            Icon::List,
            "/instelling",
            t.locations.institution,
            t.locations.tile_text,
        ));
    }
    if role.may_key_cards() {
        list.push((Icon::List, "/kaarten", t.cards.title, t.cards.tile_text));
    }
    if role.may_review() {
        list.push((
            Icon::Review,
            "/beoordelen",
            f.tile_review,
            f.tile_review_text,
        ));
    }
    if role.may_approve() || role.may_operate() {
        list.push((
            Icon::Upload,
            "/aanvragen",
            t.onboarding.title,
            t.onboarding.tile_text,
        ));
        list.push((
            Icon::Check,
            "/koppelingen",
            t.parties.title,
            t.parties.tile_text,
        ));
    }
    if role.may_review() {
        list.push((
            Icon::List,
            "/volledigheid",
            t.parties.complete,
            t.parties.complete_tile,
        ));
    }
    if role.may_review() {
        list.push((Icon::List, "/codelijsten", t.lists.title, t.lists.tile_text));
    }
    if role.may_operate() {
        list.push((
            Icon::History,
            "/beheer",
            t.operations.title,
            t.operations.tile_text,
        ));
        list.push((
            Icon::Check,
            "/toegang",
            t.accounts.title,
            t.accounts.tile_text,
        ));
    }
    if role.may_approve() || role.may_review() {
        list.push((
            Icon::Info,
            "/geparkeerd",
            t.parties.parked,
            t.parties.parked_tile,
        ));
    }
    let nothing = (list.is_empty() && news.is_empty()).then(|| alert::info(f.start_no_tasks));
    list.push((Icon::Help, "/hulp", f.tile_help, f.tile_help_text));
    let body = view! {
        {title(f.start_title)}
        {waiting.map(|time| open_input(time, t))}
        {brp(role, news, t)}
        {new_for(role, news, t)}
        {nothing}
        {tiles(list)}
    };
    Screen::new(f.home, body).wide()
}

/// How old the BRP is, for who judges by it; who sends rows hears of it when it is too old.
fn brp(role: Role, news: &NewsOf, t: &'static Texts) -> Option<AnyView> {
    let brp = news.brp.as_ref()?;
    if role.may_review() {
        return Some(brp_age::line(brp, t));
    }
    brp.late.then(|| brp_age::told(brp, t))
}

/// A registration that was not sent: where one comes back to it.
fn open_input(time: &str, t: &'static Texts) -> AnyView {
    let e = &t.entry;
    view! {
        <section class="cims-panel cims-stack">
            {paragraph(fill(e.resumed, &[("tijd", time)]))}
            <p class="utrecht-paragraph">{second_link("/registreren", e.resume)}</p>
        </section>
    }
    .into_any()
}

fn welcome(visit: &Visit) -> Screen {
    let f = &visit.t.frame;
    let out =
        (visit.query("melding").as_deref() == Some("uitgelogd")).then(|| alert::ok(f.logged_out));
    let body = view! {
        {out}
        {title(f.welcome_title)}
        <p class="utrecht-paragraph utrecht-paragraph--lead">{f.welcome_lead}</p>
        {paragraph(f.welcome_text)}
        <p class="utrecht-paragraph">{button_link("/inloggen", f.log_in)}</p>
        {heading(f.welcome_need)}
        <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">
            <li>{f.welcome_need_account}</li>
            <li>{f.welcome_need_second}</li>
        </ul>
    };
    Screen::new(f.home, body)
}
