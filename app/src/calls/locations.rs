//! Posts about the locations of an institution.

use super::answer::{Posted, go};
use crate::page::{caller, locations};
use crate::ports::locations::{ListChanged, Location};
use crate::shell::encode;
use leptos::prelude::*;
use uuid::Uuid;

/// A new location.
#[server(prefix = "/api", endpoint = "locatie-toevoegen")]
pub(crate) async fn add_location(
    #[server(default)] name: String,
    #[server(default)] place: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        if name.trim().is_empty() {
            return Ok(again("naam", None, &name, &place));
        }
        let typed = (name.clone(), place.clone());
        let changed = locations()?.add_location(&caller, name, place).await?;
        Ok(match changed {
            ListChanged::Done => "/instelling?melding=toegevoegd".to_owned(),
            ListChanged::NameTaken => again("bezet", None, &typed.0, &typed.1),
        })
    })
    .await
}

/// Another name or place for a location.
#[server(prefix = "/api", endpoint = "locatie-wijzigen")]
pub(crate) async fn rename_location(
    id: Uuid,
    #[server(default)] name: String,
    #[server(default)] place: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        if name.trim().is_empty() {
            return Ok(again("naam", Some(id), &name, &place));
        }
        let typed = (name.clone(), place.clone());
        let location = Location { id, name, place };
        let changed = locations()?.rename_location(&caller, location).await?;
        Ok(match changed {
            ListChanged::Done => "/instelling?melding=gewijzigd".to_owned(),
            ListChanged::NameTaken => again("bezet", Some(id), &typed.0, &typed.1),
        })
    })
    .await
}

/// A location is used no longer.
#[server(prefix = "/api", endpoint = "locatie-beeindigen")]
pub(crate) async fn end_location(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        locations()?.end_location(&caller, id).await?;
        Ok("/instelling?melding=beeindigd".to_owned())
    })
    .await
}

/// Back to the form with what was typed: the name of a ward, nothing of a person.
fn again(word: &str, of: Option<Uuid>, name: &str, place: &str) -> String {
    let short = |text: &str| encode(&text.trim().chars().take(80).collect::<String>());
    let of = of.map_or_else(String::new, |id| format!("&locatie={id}"));
    format!(
        "/instelling?melding={word}{of}&naam={}&plaats={}#foutoverzicht",
        short(name),
        short(place)
    )
}
