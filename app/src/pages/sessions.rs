//! `/sessies`: where one is logged in, and ending it.

use crate::calls::sessions::EndSession;
use crate::page::{Screen, page, sessions as port};
use crate::parts::table::{Cell, table};
use crate::parts::{badge, hidden_inputs, paragraph, title};
use crate::ports::session::SessionLine;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/sessies`
pub(crate) fn sessions() -> AnyView {
    page(|visit| async move {
        let (caller, t) = (visit.caller()?, visit.t);
        let f = &t.fixed;
        let list = port()?.mine(caller).await?;
        let headers = [
            f.session_began,
            f.session_last,
            f.session_browser,
            f.session_action,
        ];
        let rows = list.iter().map(|line| row(line, t)).collect();
        let body = view! {
            {title(f.sessions_title)}
            {paragraph(f.sessions_lead)}
            {table("sessies", f.sessions_caption, &headers, rows)}
        };
        Ok(Screen::new(f.sessions_title, body).wide())
    })
}

fn row(line: &SessionLine, t: &'static Texts) -> Vec<Cell> {
    let f = &t.fixed;
    let act = if line.current {
        badge::badge("success", f.session_current)
    } else {
        let label = fill(f.session_end_label, &[("moment", &line.began)]);
        view! {
            <form method="post" action=EndSession::PATH>
                {hidden_inputs(vec![("session", line.id.to_string())])}
                <button class="utrecht-button utrecht-button--secondary-action" type="submit" aria-label=label>{f.session_end}</button>
            </form>
        }
        .into_any()
    };
    vec![
        Cell::new(line.began.clone()),
        Cell::new(line.last_seen.clone()),
        browser(&line.browser, t),
        Cell::new(act),
    ]
}

/// "Firefox, Windows".
pub(super) fn browser(named: &str, t: &'static Texts) -> Cell {
    if named.is_empty() {
        Cell::new(t.frame.browser_unknown)
    } else {
        Cell::new(named.to_owned())
    }
}
