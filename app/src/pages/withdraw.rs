//! `/registraties/{id}/intrekken`: consequence, reason, and a way back (features F09).

use crate::calls::registrations::WithdrawRegistration;
use crate::page::{Screen, Visit, entry, page};
use crate::parts::field::{Field, asked_tick};
use crate::parts::messages::Messages;
use crate::parts::{hidden_inputs, paragraph, second_link, title};
use crate::ports::entry::{DraftView, RegistrationView};
use crate::ports::{Caller, PortError, PortResult};
use crate::texts::fill;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The one reason that has no term.
const CONSENT: &str = "consent_withdrawn";

/// `/registraties/{id}/intrekken`
pub(crate) fn withdraw() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let registration = entry()?.registration(&caller, visit.id()?).await?;
        if !registration.may_change {
            return Err(PortError::NotFound);
        }
        let kept = kept(&visit, &caller).await?;
        Ok(screen(&visit, &registration, kept.as_ref()))
    })
}

/// What was typed when the session ended.
pub(super) async fn kept(visit: &Visit, caller: &Caller) -> PortResult<Option<DraftView>> {
    match visit.draft()? {
        Some(draft) => entry()?.draft(caller, draft).await.map(Some),
        None => Ok(None),
    }
}

fn screen(visit: &Visit, registration: &RegistrationView, kept: Option<&DraftView>) -> Screen {
    let t = visit.t;
    let r = &t.registrations;
    let mut messages = Messages::default();
    match visit.query("melding").as_deref() {
        Some("reden") => messages.add("reason", r.reason_missing),
        Some("te-laat") => messages.add(CONSENT, r.withdraw_too_late),
        _ => {}
    }
    let failed = !messages.is_empty();
    let back = format!("/registraties/{}", registration.id);
    let name = fill(r.detail_title, &[("kenmerk", &registration.reference)]);
    let reason = Field {
        hint: r.reason_hint,
        ..Field::new(
            "reason",
            r.withdraw_reason,
            kept.map_or("", |kept| &kept.reason),
        )
    };
    let ticked = visit.query("vinkje").is_some();
    let consent = ticked || kept.is_some_and(|kept| kept.confirmed);
    let body = view! {
        {messages.summary(t)}
        {title(r.withdraw_title)}
        {paragraph(name)}
        {paragraph(r.withdraw_text)}
        {paragraph(r.withdraw_history)}
        {(!registration.withdraw_freely).then(|| paragraph(r.withdraw_old))}
        <form class="cims-form" method="post" action=WithdrawRegistration::PATH novalidate>
            {hidden_inputs(vec![("registration", registration.id.to_string())])}
            {reason.area(&messages, t)}
            {asked_tick(CONSENT, r.withdraw_consent, consent, false, &messages, t)}
            <div class="utrecht-button-group">
                <button class="utrecht-button utrecht-button--primary-action utrecht-button--danger" type="submit">{r.withdraw_send}</button>
                {second_link(back.clone(), r.withdraw_back)}
            </div>
        </form>
    };
    Screen::new(r.withdraw_title, body)
        .under(r.title, "/registraties")
        .under(r.see, back)
        .failed(failed)
}
