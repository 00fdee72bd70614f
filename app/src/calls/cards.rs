//! Posts about paper cards.

use super::answer::{Posted, go};
use crate::form::RowForm;
use crate::page::{caller, cards};
use crate::ports::cards::{Keyed, KeyedAgain, TypedCard};
use domain::card::{Choice, REKEYED};
use domain::row::{Column, RowText};
use leptos::prelude::*;
use uuid::Uuid;

/// Keeps what the first keys; what is to be looked at leads back. `only_keep`: the session is about to end, so it is only kept.
#[server(prefix = "/api", endpoint = "kaart-invoeren")]
pub(crate) async fn key_card(
    #[server(default)] row: RowForm,
    #[server(default)] concept: Option<Uuid>,
    #[server(default)] number: String,
    #[server(default)] party: String,
    #[server(default)] so_on_card: Option<String>,
    #[server(default)] only_keep: bool,
) -> Posted {
    go(async move {
        let (mut caller, cards) = (caller().await?, cards()?);
        caller.only_keeps |= only_keep;
        let typed = TypedCard {
            number,
            party,
            row: row.to_row(),
            so_on_card: so_on_card.is_some(),
        };
        Ok(match cards.key_card(&caller, concept, typed).await? {
            Keyed::Waiting(card) => format!("/kaarten/{card}?melding=wacht"),
            Keyed::LookAgain(card) => {
                format!("/kaarten/invoeren?concept={card}#foutoverzicht")
            }
        })
    })
    .await
}

/// A second person keys a card again.
#[server(prefix = "/api", endpoint = "kaart-nogmaals")]
pub(crate) async fn key_again(card: Uuid, #[server(default)] row: RowForm) -> Posted {
    go(async move {
        let caller = caller().await?;
        let done = cards()?
            .key_again(&caller, card, keyed(&row.to_row()))
            .await?;
        Ok(told(card, done))
    })
    .await
}

/// Only what is keyed twice.
fn keyed(typed: &RowText) -> RowText {
    let mut row = RowText::default();
    for column in REKEYED {
        row.set(column, typed.get(column));
    }
    row
}

/// Says what is right where two differ, and why.
#[server(prefix = "/api", endpoint = "kaart-verschil")]
pub(crate) async fn settle_card(
    card: Uuid,
    #[server(default)] choice: RowForm,
    #[server(default)] other: RowForm,
    #[server(default)] reason: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let choices = choices(&choice, &other);
        let done = cards()?.settle_card(&caller, card, choices, reason).await?;
        Ok(told(card, done))
    })
    .await
}

fn choices(choice: &RowForm, other: &RowForm) -> Vec<(Column, Choice)> {
    let chosen = |column: Column| {
        let choice = match choice.input(column.name()) {
            "eerste" => Choice::First,
            "tweede" => Choice::Second,
            "anders" => Choice::Other(other.input(column.name()).to_owned()),
            _ => return None,
        };
        Some((column, choice))
    };
    REKEYED.into_iter().filter_map(chosen).collect()
}

/// Throws an own card away that nobody keyed again.
#[server(prefix = "/api", endpoint = "kaart-weggooien")]
pub(crate) async fn discard_card(card: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        cards()?.discard_card(&caller, card).await?;
        Ok("/kaarten?melding=weg".to_owned())
    })
    .await
}

fn told(card: Uuid, done: KeyedAgain) -> String {
    let (word, failed) = match done {
        KeyedAgain::Stored => ("opgeslagen", false),
        KeyedAgain::Differs => ("verschil", false),
        KeyedAgain::SamePerson => ("zelfde", false),
        KeyedAgain::NoChoice => ("keuze", true),
        KeyedAgain::NoReason => ("reden", true),
        KeyedAgain::NotApproved => ("akkoord", false),
    };
    let anchor = if failed { "#foutoverzicht" } else { "" };
    format!("/kaarten/{card}?melding={word}{anchor}")
}
