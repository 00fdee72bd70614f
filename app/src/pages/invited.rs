//! `/uitnodiging`: somebody who was invited enters the code, and then logs in.

use crate::page::{Screen, still};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::{paragraph, submit, title};
use leptos::prelude::*;

/// `/uitnodiging`
pub(crate) fn invited() -> AnyView {
    still(|visit| {
        let t = visit.t;
        let u = &t.users;
        let mut messages = Messages::default();
        match visit.query("melding").as_deref() {
            Some("code") => messages.add("code", u.code_wrong),
            Some("onbekend") => messages.add("code", u.code_unknown),
            _ => {}
        }
        let code = Field {
            hint: u.enter_hint,
            width: 20,
            ..Field::new("code", u.enter_code, "")
        };
        let body = view! {
            {messages.summary(t)}
            {title(u.enter_title)}
            {paragraph(u.enter_lead)}
            <form class="cims-form" method="post" action="/auth/uitnodiging" autocomplete="off" novalidate>
                {code.text(&messages, t)}
                {submit(u.enter_send)}
            </form>
        };
        Screen::new(u.enter_title, body)
            .narrow()
            .failed(!messages.is_empty())
    })
}
