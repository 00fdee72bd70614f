//! `/toegankelijkheid`, `/privacy`, `/cookies`: what we promise and how we keep it.

use crate::islands::time_out;
use crate::page::{Screen, still};
use crate::parts::table::{Cell, table};
use crate::parts::{file_days, heading, paragraph, title};
use leptos::prelude::*;

/// `/toegankelijkheid`
pub(crate) fn accessibility() -> AnyView {
    still(|visit| {
        let f = &visit.t.fixed;
        let body = view! {
            {title(f.access_title)}
            <p class="utrecht-paragraph utrecht-paragraph--lead">{f.access_lead}</p>
            {heading(f.access_status_title)}
            {paragraph(f.access_status)}
            {heading(f.access_test_title)}
            {list(&[f.access_test_axe, f.access_test_keyboard])}
            {heading(f.access_report_title)}
            {paragraph(f.access_report)}
        };
        Screen::new(f.access_title, body)
    })
}

/// `/privacy`
pub(crate) fn privacy() -> AnyView {
    still(|visit| {
        let f = &visit.t.fixed;
        let promises = [
            f.privacy_consent,
            f.privacy_brp,
            f.privacy_sealed,
            f.privacy_audit,
            f.privacy_draft,
        ];
        let body = view! {
            {title(f.privacy_title)}
            <p class="utrecht-paragraph utrecht-paragraph--lead">{f.privacy_lead}</p>
            {list(&promises)}
            <p class="utrecht-paragraph">{file_days(visit.t)}</p>
        };
        Screen::new(f.privacy_title, body)
    })
}

/// `/cookies`
pub(crate) fn cookies() -> AnyView {
    still(|visit| {
        let f = &visit.t.fixed;
        let rows = [
            ("__Host-cims", f.cookie_session, f.cookie_session_life),
            ("__Host-cims-login", f.cookie_login, f.cookie_login_life),
            (time_out::ENDS, f.storage_ends, f.cookie_session_life),
            (time_out::TOLD, f.storage_told, f.cookie_session_life),
            ("cims-kleur", f.cookie_colour, f.cookie_year),
            ("cims-taal", f.cookie_language, f.cookie_year),
        ];
        let rows = rows.map(|(name, purpose, life)| {
            vec![
                Cell::new(view! { <code class="utrecht-code">{name}</code> }),
                Cell::new(purpose),
                Cell::new(life),
            ]
        });
        let body = view! {
            {title(f.cookies_title)}
            <p class="utrecht-paragraph utrecht-paragraph--lead">{f.cookies_lead}</p>
            {table("cookies", f.cookies_caption, &[f.cookie_name, f.cookie_use, f.cookie_life], rows.into())}
        };
        Screen::new(f.cookies_title, body)
    })
}

fn list(items: &[&'static str]) -> AnyView {
    let items = items.iter().map(|text| view! { <li>{*text}</li> });
    view! { <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{items.collect_view()}</ul> }.into_any()
}
