//! Deliveries: channels, outcomes, counts and states (specification §1, security §3).

use serde::{Deserialize, Serialize};

/// The way a delivery came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Entry form of the portal.
    Portaal,
    /// File upload in the portal.
    Upload,
    /// SFTP drop box.
    Sftp,
    /// Encrypted attachment by Zorgmail.
    Zorgmail,
    /// Daily pull of the GGD staging table.
    Ggd,
    /// FHIR message through the LSP.
    Lsp,
    /// Paper card keyed by RIVM.
    Papier,
}

/// What became of a row. Every row of a file ends in exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowOutcome {
    /// Stored.
    Geaccepteerd,
    /// Stored, RIVM looks at it.
    TeControleren,
    /// Refused.
    Afgekeurd,
    /// Known already.
    Dubbel,
    /// No consent: counted, nothing about the person kept.
    Geteld,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FileOutcome {
    /// All rows in: no row refused.
    Verwerkt,
    /// Some rows refused.
    DeelsVerwerkt,
    /// Nothing in.
    Geweigerd,
    /// Same content received before.
    Dubbel,
    /// Header only: a valid report of "0 vaccinaties".
    Leeg,
}

/// Rows per outcome; they always add up to the rows read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows with outcome GEACCEPTEERD.
    pub geaccepteerd: u32,
    /// Rows with outcome TE_CONTROLEREN.
    pub te_controleren: u32,
    /// Rows with outcome AFGEKEURD.
    pub afgekeurd: u32,
    /// Rows with outcome DUBBEL.
    pub dubbel: u32,
    /// Rows with outcome GETELD.
    pub geteld: u32,
}
