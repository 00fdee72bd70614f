//! `/inloggen`: where one goes to log in, and why one is here again.

use crate::page::{Screen, still};
use crate::parts::pager::address;
use crate::parts::{alert, button_link, link, paragraph, title};
use leptos::prelude::*;

/// `/inloggen`
pub(crate) fn login() -> AnyView {
    still(|visit| {
        let f = &visit.t.frame;
        let notice = match visit.query("reden").as_deref() {
            Some("verlopen") => Some(alert::warning(paragraph(f.log_in_expired))),
            Some("elders") => Some(alert::warning(paragraph(f.log_in_elsewhere))),
            Some("beheer") => Some(alert::warning(paragraph(f.log_in_ended))),
            Some("uitgelogd") => Some(alert::ok(f.logged_out)),
            Some("geen-toegang") => Some(alert::error(f.log_in_no_access)),
            Some("niet-gebruikt") => Some(alert::error(visit.t.users.log_in_unused)),
            Some("storing") => Some(alert::error(f.log_in_down)),
            Some("afgebroken") => Some(alert::info(f.log_in_cancelled)),
            Some("zwak") => Some(alert::error(f.log_in_weak)),
            Some("mislukt") => Some(alert::error(f.log_in_failed)),
            _ => None,
        };
        let kept = visit.query("bewaard").is_some();
        // the server drops a `next` that is no path of ours
        let start = address(
            "/auth/start",
            &[("next", visit.query("next").unwrap_or_default())],
        );
        let body = view! {
            {title(f.log_in_title)}
            {notice}
            {kept.then(|| paragraph(f.log_in_kept))}
            {paragraph(f.log_in_text)}
            <p class="utrecht-paragraph">{button_link(start, f.log_in)}</p>
            <p class="utrecht-paragraph">{link("/uitnodiging", visit.t.users.enter_link)}</p>
        };
        Screen::new(f.log_in_title, body).narrow()
    })
}
