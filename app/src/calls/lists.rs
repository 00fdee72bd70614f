//! Posts about code lists: propose a change, submit or agree, say no.

use super::answer::{Posted, go, not_wanted};
use crate::page::{caller, lists};
use crate::parts::pager::address;
use crate::ports::PortError;
use crate::ports::lists::{ListAgreed, Proposed, Wish};
use domain::lists::{Fault, ListKind, Typed};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Most characters of a field that comes back in the address.
const KEPT: usize = 100;

/// The form of an entry, as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ListForm {
    /// Word of the list.
    pub(crate) lijst: String,
    /// It stands on the page of one entry.
    pub(crate) onderdeel: bool,
    /// The entry ends.
    pub(crate) eind: bool,
    /// Batch number, name, code, or name of the product.
    pub(crate) sleutel: String,
    /// Name of the product.
    pub(crate) vaccin: String,
    /// HPK code.
    pub(crate) hpk: String,
    /// Day of release.
    pub(crate) vrijgegeven: String,
    /// Last day of use.
    pub(crate) houdbaar: String,
    /// Doses.
    pub(crate) doses: String,
    /// Days.
    pub(crate) dagen: String,
    /// First day of use.
    pub(crate) eerste: String,
    /// EU number.
    pub(crate) eu: String,
    /// What a target group means.
    pub(crate) betekenis: String,
    /// First age.
    pub(crate) leeftijd: String,
    /// From which day.
    pub(crate) vanaf: String,
    /// Where it comes from.
    pub(crate) bron: String,
}

impl ListForm {
    /// Back to the form, with what was typed; what may hold a name of somebody stays out of the address.
    fn back(&self, kind: ListKind, faults: &[Fault]) -> String {
        let kept = |text: &str| text.chars().take(KEPT).collect::<String>();
        let words: Vec<&str> = faults.iter().map(|fault| fault.as_str()).collect();
        let query = [
            ("melding", words.join(".")),
            ("eind", if self.eind { "1" } else { "" }.to_owned()),
            ("sleutel", kept(&self.sleutel)),
            ("vaccin", kept(&self.vaccin)),
            ("hpk", kept(&self.hpk)),
            ("vrijgegeven", kept(&self.vrijgegeven)),
            ("houdbaar", kept(&self.houdbaar)),
            ("doses", kept(&self.doses)),
            ("dagen", kept(&self.dagen)),
            ("eerste", kept(&self.eerste)),
            ("eu", kept(&self.eu)),
            ("betekenis", kept(&self.betekenis)),
            ("leeftijd", kept(&self.leeftijd)),
            ("vanaf", kept(&self.vanaf)),
        ];
        let page = if self.onderdeel { "/onderdeel" } else { "" };
        let way = address(&format!("/codelijsten/{}{page}", kind.word()), &query);
        format!("{way}#foutoverzicht")
    }
}

/// RIVM-beheer prepares a change of one entry; leads to the page with what it would come to.
#[server(prefix = "/api", endpoint = "lijst-voorstel")]
pub(crate) async fn propose_entry(#[server(default)] form: ListForm) -> Posted {
    go(async move {
        let caller = caller().await?;
        let kind = ListKind::of_word(&form.lijst).ok_or(PortError::NotFound)?;
        let copy = form.clone();
        let wish = Wish {
            kind,
            typed: Typed {
                key: form.sleutel,
                vaccine: form.vaccin,
                hpk: form.hpk,
                released: form.vrijgegeven,
                last_day: form.houdbaar,
                doses: form.doses,
                min_days: form.dagen,
                first_use: form.eerste,
                eu: form.eu,
                meaning: form.betekenis,
                first_age: form.leeftijd,
                end: form.eind,
            },
            from: form.vanaf,
            source: form.bron,
        };
        Ok(match lists()?.propose_entry(&caller, wish).await? {
            Proposed::Made(id) => format!("/codelijsten/wijzigingen/{id}"),
            Proposed::Wrong(faults) => copy.back(kind, &faults),
        })
    })
    .await
}

/// Who prepared it submits it, or the second person agrees.
#[server(prefix = "/api", endpoint = "lijst-akkoord")]
pub(crate) async fn agree_list(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        let word = match lists()?.agree_list(&caller, id).await? {
            ListAgreed::Going => "gaat-in",
            ListAgreed::Waiting => "wacht",
            ListAgreed::SamePerson => "zelfde",
            ListAgreed::Other => "ander",
            ListAgreed::Before => "eerder",
            ListAgreed::Stale => "gewijzigd",
        };
        Ok(format!("/codelijsten/wijzigingen/{id}?melding={word}"))
    })
    .await
}

/// The second person says no, or who prepared it takes it back.
#[server(prefix = "/api", endpoint = "lijst-niet")]
pub(crate) async fn drop_list(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        let dropped = lists()?.drop_list(&caller, id).await;
        not_wanted(format!("/codelijsten/wijzigingen/{id}"), dropped)
    })
    .await
}
