//! Posts about a previewed delivery: submit it or throw it away.

use super::answer::{Posted, go};
use crate::page::{caller, deliveries};
use leptos::prelude::*;
use uuid::Uuid;

/// "Indienen": stores what the preview showed.
#[server(prefix = "/api", endpoint = "aanlevering-indienen")]
pub(crate) async fn submit_delivery(delivery: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        deliveries()?.submit(&caller, delivery).await?;
        Ok(format!("/aanleveringen/{delivery}"))
    })
    .await
}

/// Throws the preview away.
#[server(prefix = "/api", endpoint = "aanlevering-weggooien")]
pub(crate) async fn discard_delivery(delivery: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        deliveries()?.discard(&caller, delivery).await?;
        Ok(format!("/aanleveringen/{delivery}"))
    })
    .await
}
