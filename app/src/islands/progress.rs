//! How far a delivery is: asks once a second and opens the page anew when there is something to see.

use crate::calls::progress::delivery_progress;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;
use uuid::Uuid;

/// The bar with its text. Without a script the page refreshes itself.
#[island]
pub fn Progress(
    /// The delivery.
    delivery: Uuid,
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
        let ask = move || {
            spawn_local(async move {
                match delivery_progress(delivery).await {
                    Ok(now) if now.working => state.set((now.done, now.total)),
                    Ok(_) => {
                        let _ = window().location().reload();
                    }
                    // a lost connection: the next question may succeed
                    Err(_) => {}
                }
            });
        };
        // it ends with the page
        let _ = set_interval_with_handle(ask, Duration::from_secs(1));
    });
    let text = move || match state.get() {
        (_, 0) => start.clone(),
        (done, total) => rows.replace("{gedaan}", &done.to_string()).replace("{totaal}", &total.to_string()),
    };
    view! {
        <div class="cims-progress">
            <progress class="cims-progress__bar" aria-label=label
                max=move || state.get().1.max(1).to_string() value=move || state.get().0.to_string()></progress>
            <p class="cims-progress__text" role="status">{text}</p>
        </div>
    }
}
