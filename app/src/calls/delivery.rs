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

/// "Alles of niets": stores what the preview showed when no row is refused.
#[server(prefix = "/api", endpoint = "aanlevering-alles-of-niets")]
pub(crate) async fn submit_whole_delivery(delivery: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        Ok(if deliveries()?.submit_whole(&caller, delivery).await? {
            format!("/aanleveringen/{delivery}")
        } else {
            format!("/aanleveringen/{delivery}?fout=afgekeurd#foutoverzicht")
        })
    })
    .await
}

/// Switches a kind of repair off or on in the preview.
#[server(prefix = "/api", endpoint = "aanlevering-herstel")]
pub(crate) async fn switch_repair(delivery: Uuid, code: String, on: bool) -> Posted {
    go(async move {
        let caller = caller().await?;
        deliveries()?
            .switch_repair(&caller, delivery, code, on)
            .await?;
        Ok(format!("/aanleveringen/{delivery}"))
    })
    .await
}

/// Chooses the sheet of a workbook in the preview.
#[server(prefix = "/api", endpoint = "aanlevering-werkblad")]
pub(crate) async fn choose_sheet(delivery: Uuid, sheet: Option<u32>) -> Posted {
    go(async move {
        let caller = caller().await?;
        let Some(sheet) = sheet else {
            return Ok(format!(
                "/aanleveringen/{delivery}?fout=werkblad#foutoverzicht"
            ));
        };
        deliveries()?.choose_sheet(&caller, delivery, sheet).await?;
        Ok(format!("/aanleveringen/{delivery}"))
    })
    .await
}

/// Takes hidden rows along in the preview, or leaves them out again.
#[server(prefix = "/api", endpoint = "aanlevering-verborgen")]
pub(crate) async fn take_hidden(delivery: Uuid, on: bool) -> Posted {
    go(async move {
        let caller = caller().await?;
        deliveries()?.take_hidden(&caller, delivery, on).await?;
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
