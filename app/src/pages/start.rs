//! The start page: tiles of what one's role does; a welcome for who is not logged in.

use crate::page::{Screen, Visit, still};
use crate::parts::icon::Icon;
use crate::parts::tiles::{Tile, tiles};
use crate::parts::{alert, button_link, heading, paragraph, title};
use crate::texts::Texts;
use domain::role::Role;
use leptos::prelude::*;

/// `/`
pub(crate) fn start() -> AnyView {
    still(|visit| match visit.caller() {
        Ok(caller) => tasks(caller.role(), visit.t),
        Err(_) => welcome(visit),
    })
}

fn tasks(role: Role, t: &'static Texts) -> Screen {
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
    if role.may_review() {
        list.push((
            Icon::Review,
            "/beoordelen",
            f.tile_review,
            f.tile_review_text,
        ));
    }
    let nothing = list.is_empty().then(|| alert::info(f.start_no_tasks));
    list.push((Icon::Help, "/hulp", f.tile_help, f.tile_help_text));
    let body = view! {
        {title(f.start_title)}
        {nothing}
        {tiles(list)}
    };
    Screen::new(f.home, body).wide()
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
