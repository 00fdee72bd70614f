//! `/registraties/{id}/terugzetten`: undo the withdrawal of one registration (features F09).

use super::withdraw::kept;
use crate::calls::registrations::RestoreRegistration;
use crate::page::{Screen, Visit, entry, page};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::{alert, hidden_inputs, paragraph, second_link, title};
use crate::ports::PortError;
use crate::ports::entry::{DraftView, RegistrationView};
use crate::texts::fill;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/registraties/{id}/terugzetten`
pub(crate) fn restore() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let registration = entry()?.registration(&caller, visit.id()?).await?;
        if !registration.may_restore {
            return Err(PortError::NotFound);
        }
        let kept = kept(&visit, &caller).await?;
        Ok(screen(&visit, &registration, kept.as_ref()))
    })
}

fn screen(visit: &Visit, registration: &RegistrationView, kept: Option<&DraftView>) -> Screen {
    let t = visit.t;
    let (r, w) = (&t.registrations, &t.withdrawals);
    let mut messages = Messages::default();
    if visit.query("melding").as_deref() == Some("reden") {
        messages.add("reason", r.reason_missing);
    }
    let failed = !messages.is_empty();
    let told = match visit.query("melding").as_deref() {
        Some("opnieuw") => Some(alert::error(w.one_again)),
        Some("akkoord") => Some(alert::error(w.not_approved)),
        _ => None,
    };
    let back = format!("/registraties/{}", registration.id);
    let name = fill(r.detail_title, &[("kenmerk", &registration.reference)]);
    let reason = Field {
        hint: w.one_hint,
        ..Field::new(
            "reason",
            w.undo_reason,
            kept.map_or("", |kept| &kept.reason),
        )
    };
    let body = view! {
        {messages.summary(t)}
        {told}
        {title(w.undo_title)}
        {paragraph(name)}
        {paragraph(w.one_text)}
        {paragraph(r.withdraw_history)}
        <form class="cims-form" method="post" action=RestoreRegistration::PATH novalidate>
            {hidden_inputs(vec![("registration", registration.id.to_string())])}
            {reason.area(&messages, t)}
            <div class="utrecht-button-group">
                <button class="utrecht-button utrecht-button--primary-action" type="submit">{w.undo_send}</button>
                {second_link(back.clone(), w.undo_back)}
            </div>
        </form>
    };
    Screen::new(w.undo_title, body)
        .under(r.title, "/registraties")
        .under(r.see, back)
        .failed(failed)
}
