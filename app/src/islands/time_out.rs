//! Warns two minutes before the session ends (WCAG 2.2.1): stay, any number of times, or log out.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlFormElement, RequestInit, UrlSearchParams};
use std::time::Duration;

/// Seconds between the warning and the end.
const WARNING: u32 = 120;
/// Time to send what was typed before the session ends.
const KEEPING: Duration = Duration::from_secs(4);
/// Seconds a session lives without action.
const IDLE: u32 = 15 * 60;

/// The dialog; without a script there is a line under each form instead.
#[island]
pub fn TimeOut(
    /// Seconds until the session ends.
    seconds: u32,
    /// Heading.
    title: String,
    /// Text under it.
    text: String,
    /// Button to stay.
    stay: String,
    /// Button to log out.
    leave: String,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |_| arm(dialog, timer, seconds));
    let extend = move |_| {
        let init = RequestInit::new();
        init.set_method("POST");
        // a session that has ended meanwhile shows itself at the next page
        let _ = window().fetch_with_str_and_init("/sessie/verleng", &init);
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        arm(dialog, timer, IDLE);
    };
    view! {
        <dialog class="cims-dialog" node_ref=dialog aria-labelledby="time-out-titel" aria-describedby="time-out-tekst">
            <h2 class="cims-dialog__title" id="time-out-titel">{title}</h2>
            <p class="cims-dialog__text" id="time-out-tekst">{text}</p>
            <div class="utrecht-button-group">
                <button class="utrecht-button utrecht-button--primary-action" type="button" on:click=extend>{stay}</button>
                <form method="post" action="/auth/uitloggen">
                    <button class="utrecht-button utrecht-button--secondary-action" type="submit">{leave}</button>
                </form>
            </div>
        </dialog>
    }
}

/// Sets the clock for the warning; the last one set counts.
fn arm(dialog: NodeRef<Dialog>, timer: StoredValue<Option<TimeoutHandle>>, seconds: u32) {
    timer.update_value(|old| {
        if let Some(old) = old.take() {
            old.clear();
        }
        let wait = Duration::from_secs(u64::from(seconds.saturating_sub(WARNING)));
        *old = set_timeout_with_handle(move || warn(dialog, timer), wait).ok();
    });
}

/// Sends what was typed in a form that asks for it to where it is kept (F07), without waiting for an answer.
fn keep() -> Option<()> {
    let form = document().query_selector("form[data-keep]").ok()??;
    let to = form.get_attribute("data-keep")?;
    let body = UrlSearchParams::new().ok()?;
    for (name, value) in super::typed(&form.dyn_into::<HtmlFormElement>().ok()?) {
        body.append(&name, &value);
    }
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&body);
    let _ = window().fetch_with_str_and_init(&to, &init);
    Some(())
}

/// Shows the dialog, and leaves the page when the session has ended: nothing of a person stays on the screen.
fn warn(dialog: NodeRef<Dialog>, timer: StoredValue<Option<TimeoutHandle>>) {
    if let Some(dialog) = dialog.get_untracked() {
        let _ = dialog.show_modal();
    }
    let leave = || {
        let _ = window().location().assign("/inloggen?reden=verlopen");
    };
    let end = move || {
        keep();
        timer.update_value(|old| *old = set_timeout_with_handle(leave, KEEPING).ok());
    };
    timer.update_value(|old| {
        *old = set_timeout_with_handle(end, Duration::from_secs(u64::from(WARNING)) - KEEPING).ok()
    });
}
