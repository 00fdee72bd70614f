//! Posts about corrections that an institution asked RIVM for.

use super::answer::{Posted, go, not_wanted};
use crate::form::RowForm;
use crate::page::{caller, corrections};
use crate::ports::corrections::Corrected;
use domain::row::{Column, RowText};
use leptos::prelude::*;
use uuid::Uuid;

/// Prepares a correction of a registration, or its withdrawal.
#[server(prefix = "/api", endpoint = "correctie-beginnen")]
pub(crate) async fn begin_correction(
    registration: Uuid,
    #[server(default)] withdraw: Option<String>,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let id = corrections()?
            .begin_correction(&caller, registration, withdraw.is_some())
            .await?;
        Ok(format!("/beoordelen/correcties/{id}"))
    })
    .await
}

/// Keeps what was changed, and leads to what it would come to.
#[server(prefix = "/api", endpoint = "correctie-bewaren")]
pub(crate) async fn save_correction(
    id: Uuid,
    #[server(default)] row: RowForm,
    #[server(default)] request: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let mut cells = RowText::default();
        for column in Column::ALL {
            cells.set(column, row.input(column.name()));
        }
        corrections()?
            .save_correction(&caller, id, cells, request)
            .await?;
        Ok(format!("/beoordelen/correcties/{id}"))
    })
    .await
}

/// Who prepared it asks for it, or the second person agrees.
#[server(prefix = "/api", endpoint = "correctie-akkoord")]
pub(crate) async fn decide_correction(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        let word = match corrections()?.decide_correction(&caller, id).await? {
            Corrected::Done => "klaar",
            Corrected::Waiting => "wacht",
            Corrected::SamePerson => "zelfde",
            Corrected::NotYet => "nog-niet",
            Corrected::Other => "ander",
            Corrected::Before => "eerder",
        };
        Ok(format!("/beoordelen/correcties/{id}?melding={word}"))
    })
    .await
}

/// The second person says no, or who asked takes it back.
#[server(prefix = "/api", endpoint = "correctie-niet")]
pub(crate) async fn drop_correction(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        let dropped = corrections()?.drop_correction(&caller, id).await;
        not_wanted(format!("/beoordelen/correcties/{id}"), dropped)
    })
    .await
}
