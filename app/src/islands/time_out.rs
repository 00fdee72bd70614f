//! Warns before the session ends (WCAG 2.2.1): two minutes before, when nothing is done, with a button to stay,
//! any number of times; ten minutes before the end that no action moves.
//!
//! All tabs of the browser share one session, so they share its end too: as a moment in the browser's storage,
//! which says nothing about anybody. A tab that was left alone then does not log out one that is worked in.

use crate::kept::ONLY_KEEP_ADDED;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use leptos::web_sys::js_sys::Date;
use leptos::web_sys::{HtmlFormElement, HtmlInputElement, RequestInit, UrlSearchParams};
use std::time::Duration;

/// Seconds between the warning and an end that an action moves.
const WARNING: i64 = 120;
/// Seconds between the warning and an end that nothing moves (ux §3.4).
const LAST_WARNING: i64 = 600;
/// Seconds to send what was typed before the session ends.
const KEEPING: i64 = 4;
/// Where the tabs share the end of the session: seconds since 1970. Whole numbers: what reads and writes
/// fractions would be a tenth of the wasm.
pub const ENDS: &str = "cims-sessie-einde";
/// Where the tabs share when one of them told of the absolute end: seconds since 1970.
pub const TOLD: &str = "cims-sessie-verteld";

/// The dialog; without a script there is a line under each form instead.
#[island]
pub fn TimeOut(
    /// Seconds until the session ends when nothing is done.
    seconds: u32,
    /// Seconds until it ends whatever is done.
    absolute: u32,
    /// Seconds that an action gives.
    idle: u32,
    /// Heading of the warning that an action takes away.
    idle_title: String,
    /// Heading of the warning before the absolute end.
    absolute_title: String,
    /// Text under it.
    text: String,
    /// Button to stay.
    stay: String,
    /// Button to close the warning before the absolute end.
    go_on: String,
    /// Button to log out.
    leave: String,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let last = RwSignal::new(false);
    let watch = StoredValue::new(None::<Watch>);
    Effect::new(move |_| {
        let now = now();
        let ends = now + i64::from(seconds);
        put(ENDS, ends);
        watch.set_value(Some(Watch {
            dialog,
            last,
            ends,
            absolute: now + i64::from(absolute),
            timer: None,
        }));
        arm(watch);
    });
    let extend = move |_| {
        if !last.get_untracked() {
            let init = RequestInit::new();
            init.set_method("POST");
            // a session that has ended meanwhile shows itself at the next page
            let _ = window().fetch_with_str_and_init("/sessie/verleng", &init);
            watch.update_value(|watch| {
                if let Some(watch) = watch {
                    watch.ends = watch.absolute.min(now() + i64::from(idle));
                    put(ENDS, watch.ends);
                }
            });
        }
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
        arm(watch);
    };
    view! {
        <dialog class="cims-dialog" node_ref=dialog aria-labelledby="time-out-titel" aria-describedby="time-out-tekst">
            <h2 class="cims-dialog__title" id="time-out-titel">{move || if last.get() { absolute_title.clone() } else { idle_title.clone() }}</h2>
            <p class="cims-dialog__text" id="time-out-tekst">{text}</p>
            <div class="utrecht-button-group">
                <button class="utrecht-button utrecht-button--primary-action" type="button" on:click=extend>
                    {move || if last.get() { go_on.clone() } else { stay.clone() }}
                </button>
                <form method="post" action="/auth/uitloggen">
                    <button class="utrecht-button utrecht-button--secondary-action" type="submit">{leave}</button>
                </form>
            </div>
        </dialog>
    }
}

/// What one tab knows. Moments are seconds since 1970, by the clock of the browser.
struct Watch {
    dialog: NodeRef<Dialog>,
    /// The warning is about the absolute end.
    last: RwSignal<bool>,
    /// The end as this tab knows it.
    ends: i64,
    absolute: i64,
    timer: Option<TimeoutHandle>,
}

impl Watch {
    /// When the session ends, as the tab that was last used knows it.
    fn ends(&self) -> i64 {
        get(ENDS).unwrap_or(self.ends).min(self.absolute)
    }

    /// Seconds before the end at which to warn.
    fn warning(&self) -> i64 {
        if self.is_last() {
            LAST_WARNING
        } else {
            WARNING
        }
    }

    fn is_last(&self) -> bool {
        self.absolute - self.ends() <= 1
    }

    /// Seconds until `before` seconds before the end.
    fn until(&self, before: i64) -> i64 {
        self.ends() - now() - before
    }

    fn set(&mut self, seconds: i64, then: impl FnOnce() + 'static) {
        if let Some(old) = self.timer.take() {
            old.clear();
        }
        let wait = Duration::from_secs(seconds.max(0).unsigned_abs());
        self.timer = set_timeout_with_handle(then, wait).ok();
    }

    fn dialog_is_open(&self) -> bool {
        self.dialog
            .get_untracked()
            .is_some_and(|dialog| dialog.open())
    }

    fn warn(&self) {
        self.last.set(self.is_last());
        if self.is_last() {
            put(TOLD, now());
        }
        if let Some(dialog) = self.dialog.get_untracked() {
            let _ = dialog.show_modal();
        }
    }

    /// The warning before the absolute end is shown once, not on every page of the last ten minutes.
    fn was_told(&self) -> bool {
        self.is_last() && get(TOLD).is_some_and(|told| now() - told < LAST_WARNING)
    }
}

type Shared = StoredValue<Option<Watch>>;

fn now() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    let seconds = (Date::now() / 1000.0) as i64;
    seconds
}

fn get(key: &str) -> Option<i64> {
    let storage = window().local_storage().ok()??;
    storage.get_item(key).ok()??.parse().ok()
}

fn put(key: &str, moment: i64) {
    // without storage a tab knows of its own pages only
    if let Ok(Some(storage)) = window().local_storage() {
        let _: Result<(), JsValue> = storage.set_item(key, &moment.to_string());
    }
}

/// Sets the clock of this tab; the last one set counts.
fn arm(watch: Shared) {
    watch.update_value(|inner| {
        let Some(inner) = inner else { return };
        let wait = inner.until(inner.warning());
        if wait > 0 {
            inner.set(wait, move || arm(watch));
        } else if inner.dialog_is_open() || inner.was_told() {
            inner.set(inner.until(KEEPING), move || end(watch));
        } else {
            inner.warn();
            inner.set(inner.until(KEEPING), move || end(watch));
        }
    });
}

/// Leaves the page when the session has ended: nothing of a person stays on the screen. Unless another tab
/// was used meanwhile.
fn end(watch: Shared) {
    watch.update_value(|inner| {
        let Some(inner) = inner else { return };
        if inner.until(KEEPING) > 0 {
            if let Some(dialog) = inner.dialog.get_untracked() {
                dialog.close();
            }
            inner.set(0, move || arm(watch));
            return;
        }
        let kept = keep().is_some();
        inner.set(KEEPING, move || leave(kept));
    });
}

/// Leaves for the login page; a form takes what was typed along, and the way back to it. `kept`: it went ahead already.
fn leave(kept: bool) {
    let login = if kept {
        "/inloggen?reden=verlopen&bewaard=1"
    } else {
        "/inloggen?reden=verlopen"
    };
    if kept || send_along().or_else(keep_whole).is_none() {
        let _ = window().location().assign(login);
    }
}

/// Sends the form in which somebody typed, with an address that says that it is only to be kept.
fn keep_whole() -> Option<()> {
    let forms = document().forms();
    let form = (0..forms.length())
        .filter_map(|at| forms.item(at)?.dyn_into::<HtmlFormElement>().ok())
        .find(|form| form.method() == "post" && was_typed_in(form))?;
    form.set_action(&(form.action() + ONLY_KEEP_ADDED));
    form.submit().ok()
}

/// A text stands there that did not come with the page.
fn was_typed_in(form: &HtmlFormElement) -> bool {
    let elements = form.elements();
    (0..elements.length())
        .filter_map(|at| elements.item(at))
        .any(|element| {
            let input = element.unchecked_ref::<HtmlInputElement>();
            // "text" and "textarea"
            input.type_().starts_with("text") && input.value() != input.default_value()
        })
}

fn send_along() -> Option<()> {
    let form = document()
        .query_selector("form[data-keep-along]")
        .ok()??
        .dyn_into::<HtmlFormElement>()
        .ok()?;
    // should the session live a second longer than this clock says, still nothing more is done than keeping
    let only = document().create_element("input").ok()?;
    for (name, value) in [("type", "hidden"), ("name", "only_keep"), ("value", "true")] {
        only.set_attribute(name, value).ok()?;
    }
    form.append_child(&only).ok()?;
    form.submit().ok()
}

/// Sends what was typed in a form that asks for it to where it is kept (F07), without waiting for an answer. Nothing is
/// kept of a person before the question about consent has an answer.
fn keep() -> Option<()> {
    let form = document().query_selector("form[data-keep]").ok()??;
    let to = form.get_attribute("data-keep")?;
    let body = UrlSearchParams::new().ok()?;
    let mut answered = false;
    for (name, value) in super::typed(&form.dyn_into::<HtmlFormElement>().ok()?) {
        answered |= name == "row[toestemming]" || name == "vaccination";
        body.append(&name, &value);
    }
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&body);
    let _ = window().fetch_with_str_and_init(&to, &init);
    answered.then_some(())
}
