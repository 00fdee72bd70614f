//! The post of a mended row.

use super::answer::{Posted, go};
use crate::form::RowForm;
use crate::page::{caller, deliveries};
use crate::ports::deliveries::{MendAnswer, MendedRow};
use domain::row::{Column, RowText};
use leptos::prelude::*;
use uuid::Uuid;

/// Judges the row anew; leads to the rows that are left, or back to what is still wrong. `only_keep`: the session is
/// about to end, so what was typed is only kept.
#[server(prefix = "/api", endpoint = "regel-verbeteren")]
pub(crate) async fn mend_row(
    delivery: Uuid,
    number: u32,
    seen: Uuid,
    #[server(default)] row: RowForm,
    #[server(default)] reason: String,
    #[server(default)] concept: Option<Uuid>,
    #[server(default)] only_keep: bool,
) -> Posted {
    go(async move {
        let mut caller = caller().await?;
        caller.only_keeps |= only_keep;
        // Cells as in a spreadsheet: every column is one input here, none is folded away.
        let mut cells = RowText::default();
        for column in Column::ALL {
            cells.set(column, row.input(column.name()));
        }
        let mended = MendedRow {
            number,
            seen,
            row: cells,
            reason,
            everywhere: !row.input("everywhere").is_empty(),
            draft: concept,
        };
        let answer = deliveries()?.mend(&caller, delivery, mended).await?;
        let list = format!("/aanleveringen/{delivery}/regels");
        Ok(match answer {
            MendAnswer::Good => format!("{list}?goed={number}"),
            MendAnswer::Refused => format!("{list}/{number}?opnieuw=1#foutoverzicht"),
            MendAnswer::RightAlready => format!("{list}?al={number}"),
            MendAnswer::Kept(draft) => format!("{list}/{number}?concept={draft}"),
        })
    })
    .await
}
