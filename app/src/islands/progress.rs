//! How far a delivery is: asks once a second and opens the page anew when there is something to see.
//!
//! It asks with `fetch` itself: the client of server functions would be a tenth of the wasm for one question.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{RequestInit, Response, UrlSearchParams};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use wasm_bindgen_futures::JsFuture;

/// Where the question goes; it does not slide the session.
pub const PATH: &str = "/api/aanlevering-voortgang";

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HowFar {
    /// A worker is busy with it, or it waits for one.
    pub working: bool,
    /// Rows done.
    pub done: u32,
    /// Rows in all, 0 when not known yet.
    pub total: u32,
}

/// The bar with its text; without a number of rows it only says that it is busy. Without a script the page refreshes itself.
#[island]
pub fn Progress(
    /// Key of the delivery.
    delivery: String,
    /// Rows done.
    done: u32,
    /// Rows in all, 0 when not known yet.
    total: u32,
    /// "Regel {gedaan} van {totaal}".
    rows: String,
    /// Text while the number of rows is not known.
    start: String,
    /// Name of the bar.
    label: String,
) -> impl IntoView {
    let state = RwSignal::new((done, total));
    Effect::new(move |_| {
        let delivery = delivery.clone();
        let ask = move || {
            let delivery = delivery.clone();
            spawn_local(async move {
                match how_far(&delivery).await {
                    Some(now) if now.working => state.set((now.done, now.total)),
                    Some(_) => {
                        let _ = window().location().reload();
                    }
                    // a lost connection: the next question may succeed
                    None => {}
                }
            });
        };
        // it ends with the page
        let _ = set_interval_with_handle(ask, Duration::from_secs(1));
    });
    let text = move || match state.get() {
        (_, 0) => start.clone(),
        (done, total) => rows
            .replace("{gedaan}", &done.to_string())
            .replace("{totaal}", &total.to_string()),
    };
    view! {
        <div class="cims-progress">
            <progress class="cims-progress__bar" aria-label=label
                max=move || state.get().1.max(1).to_string()
                value=move || Some(state.get()).filter(|(_, total)| *total > 0).map(|(done, _)| done.to_string())></progress>
            <p class="cims-progress__text" role="status">{text}</p>
        </div>
    }
}

/// Asks once; `None` when there was no answer.
async fn how_far(delivery: &str) -> Option<HowFar> {
    let question = UrlSearchParams::new().ok()?;
    question.append("delivery", delivery);
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&question);
    let answer = JsFuture::from(window().fetch_with_str_and_init(PATH, &init))
        .await
        .ok()?;
    let text = answer.dyn_into::<Response>().ok()?.text().ok()?;
    leptos::serde_json::from_str(&JsFuture::from(text).await.ok()?.as_string()?).ok()
}
