//! `/gebruikers/sessies`: who is logged in, and ending that: RIVM-beheer of everybody, an institution of its own users
//! (security §4.4).

use super::sessions::browser;
use crate::calls::sessions::EndUserSessions;
use crate::page::{Screen, Visit, page, sessions};
use crate::parts::pager::pager;
use crate::parts::table::{Cell, table};
use crate::parts::{alert, badge, hidden_inputs, paragraph, title};
use crate::ports::Page;
use crate::ports::session::UserSession;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/gebruikers/sessies`
pub(crate) fn user_sessions() -> AnyView {
    page(|visit| async move {
        let caller = visit.session_manager()?.clone();
        let list = sessions()?.open_sessions(&caller, visit.page()).await?;
        Ok(screen(&visit, &list, caller.role().may_operate()))
    })
}

fn screen(visit: &Visit, list: &Page<UserSession>, all: bool) -> Screen {
    let t = visit.t;
    let (u, f) = (&t.users, &t.fixed);
    let told = match visit.query("melding").as_deref() {
        Some("beeindigd") => Some(alert::ok(u.told_sessions_ended)),
        Some("al") => Some(alert::info(u.told_before)),
        _ => None,
    };
    let headers = [
        u.name,
        u.sessions_institution,
        f.session_began,
        f.session_last,
        f.session_browser,
        u.action,
    ];
    let rows = list.items.iter().map(|one| row(one, t)).collect();
    let own = (!all).then(|| paragraph(u.sessions_own));
    let body = view! {
        {told}
        {title(u.sessions)}
        {paragraph(u.sessions_lead)}
        {own}
        {table("sessies", u.sessions_caption, &headers, rows)}
        {pager("/gebruikers/sessies", &[], list.page, list.total, t)}
    };
    let (above, way) = if all {
        (t.operations.title, "/beheer")
    } else {
        (u.title, "/gebruikers")
    };
    Screen::new(u.sessions, body).wide().under(above, way)
}

fn row(one: &UserSession, t: &'static Texts) -> Vec<Cell> {
    let (u, f) = (&t.users, &t.fixed);
    let act = if one.current {
        badge::badge("success", f.session_current)
    } else {
        let single = fill(
            u.session_end_label,
            &[("naam", &one.name), ("moment", &one.began)],
        );
        let every = fill(u.session_end_all_label, &[("naam", &one.name)]);
        let all = one
            .several
            .then(|| button(one, None, u.session_end_all, every));
        view! {
            {button(one, Some(one.id.to_string()), u.session_end, single)}
            {all}
        }
        .into_any()
    };
    let institution = if one.institution.is_empty() {
        "-".to_owned()
    } else {
        one.institution.clone()
    };
    vec![
        Cell::new(one.name.clone()),
        Cell::new(institution),
        Cell::new(one.began.clone()),
        Cell::new(one.last_seen.clone()),
        browser(&one.browser, t),
        Cell::new(act),
    ]
}

fn button(
    one: &UserSession,
    session: Option<String>,
    text: &'static str,
    label: String,
) -> impl IntoView + use<> {
    let user = std::iter::once(("user", one.user.to_string()));
    let hidden = user.chain(session.map(|session| ("session", session)));
    view! {
        <form method="post" action=EndUserSessions::PATH>
            {hidden_inputs(hidden.collect())}
            <button class="utrecht-button utrecht-button--secondary-action" type="submit" aria-label=label>{text}</button>
        </form>
    }
}
