//! How far a delivery is, asked by the island once a second; it does not slide the session.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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

/// How far is this delivery of the own institution? Any failure reads as "no longer working", so that the page is asked anew.
#[server(prefix = "/api", endpoint = "aanlevering-voortgang")]
pub async fn delivery_progress(
    /// The delivery.
    delivery: Uuid,
) -> Result<HowFar, ServerFnError> {
    use crate::page::{caller, deliveries};
    use crate::ports::deliveries::Phase;
    let ended = HowFar { working: false, done: 0, total: 0 };
    let Ok(caller) = caller().await else { return Ok(ended) };
    let Ok(port) = deliveries() else { return Ok(ended) };
    Ok(port.delivery(&caller, delivery).await.map_or(ended, |view| HowFar {
        working: matches!(view.line.phase, Phase::Received | Phase::Checking | Phase::Storing),
        done: view.progress.0,
        total: view.progress.1,
    }))
}
