//! How far a delivery is, asked by the island once a second; it does not slide the session.

use crate::islands::progress::HowFar;
use crate::page::{caller, deliveries};
use crate::ports::deliveries::Phase;
use leptos::prelude::*;
use uuid::Uuid;

/// How far is this delivery of the own institution? Any failure reads as "no longer working", so that the page is asked anew.
#[server(prefix = "/api", endpoint = "aanlevering-voortgang")]
pub(crate) async fn delivery_progress(delivery: Uuid) -> Result<HowFar, ServerFnError> {
    let ended = HowFar {
        working: false,
        done: 0,
        total: 0,
    };
    let Ok(caller) = caller().await else {
        return Ok(ended);
    };
    let Ok(port) = deliveries() else {
        return Ok(ended);
    };
    Ok(port
        .delivery(&caller, delivery)
        .await
        .map_or(ended, |view| HowFar {
            working: matches!(
                view.line.phase,
                Phase::Received | Phase::Checking | Phase::Storing
            ),
            done: view.progress.0,
            total: view.progress.1,
        }))
}
