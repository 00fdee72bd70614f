//! Posts about withdrawing a whole delivery: ask, agree, turn down.

use super::answer::{Posted, go};
use crate::page::{caller, withdrawals};
use crate::ports::Caller;
use crate::ports::withdrawals::Asked;
use leptos::prelude::*;
use uuid::Uuid;

/// Asks to withdraw a delivery, or (`undo`) to undo that; without a reason the page asks for it.
#[server(prefix = "/api", endpoint = "aanlevering-intrekken")]
pub(crate) async fn withdraw_delivery(
    delivery: Uuid,
    #[server(default)] reason: String,
    #[server(default)] undo: Option<String>,
) -> Posted {
    go(async move {
        if reason.trim().is_empty() {
            return Ok(address(delivery, "?melding=reden#foutoverzicht"));
        }
        let (caller, port) = (caller().await?, withdrawals()?);
        let asked = if undo.is_some() {
            port.restore_delivery(&caller, delivery, reason).await?
        } else {
            port.withdraw_delivery(&caller, delivery, reason).await?
        };
        Ok(after(&caller, delivery, asked))
    })
    .await
}

/// The second person agrees.
#[server(prefix = "/api", endpoint = "aanlevering-intrekken-akkoord")]
pub(crate) async fn agree_to_withdrawal(delivery: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        let asked = withdrawals()?.agree(&caller, delivery).await?;
        Ok(after(&caller, delivery, asked))
    })
    .await
}

/// The second person refuses, or who asked takes it back.
#[server(prefix = "/api", endpoint = "aanlevering-intrekken-afwijzen")]
pub(crate) async fn turn_down_withdrawal(delivery: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        withdrawals()?.turn_down(&caller, delivery).await?;
        Ok(address(delivery, ""))
    })
    .await
}

fn address(delivery: Uuid, rest: &str) -> String {
    format!("/aanleveringen/{delivery}/intrekken{rest}")
}

/// An institution sees the work on the page of its delivery; RIVM has no such page.
fn after(caller: &Caller, delivery: Uuid, asked: Asked) -> String {
    match asked {
        Asked::Running if caller.party().is_some() => format!("/aanleveringen/{delivery}"),
        Asked::Running | Asked::TooLate | Asked::Again => address(delivery, ""),
        Asked::Waiting => address(delivery, "?melding=gevraagd"),
        Asked::NotApproved => address(delivery, "?melding=akkoord"),
        Asked::SamePerson => address(delivery, "?melding=zelfde#foutoverzicht"),
    }
}
