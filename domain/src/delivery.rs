//! Deliveries: channels, outcomes and counts (specification §1).

pub mod dropbox;
pub mod rhythm;
pub mod trial;
pub mod withdrawal;

use crate::finding::{Finding, Severity};
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

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 7] = [
        Self::Portaal,
        Self::Upload,
        Self::Sftp,
        Self::Zorgmail,
        Self::Ggd,
        Self::Lsp,
        Self::Papier,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Portaal => "portaal",
            Self::Upload => "upload",
            Self::Sftp => "sftp",
            Self::Zorgmail => "zorgmail",
            Self::Ggd => "ggd",
            Self::Lsp => "lsp",
            Self::Papier => "papier",
        }
    }

    /// Reads the name on the wire.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == text)
    }

    /// Deliveries from systems: rows bring their own source key (R03).
    #[must_use]
    pub const fn needs_source_key(self) -> bool {
        matches!(self, Self::Sftp | Self::Zorgmail | Self::Ggd | Self::Lsp)
    }

    /// Files of it are tried before it is approved (features F79, F-X7).
    #[must_use]
    pub const fn is_tried(self) -> bool {
        matches!(self, Self::Upload | Self::Sftp)
    }

    /// A person is at the screen: previews and questions are possible; elsewhere the file parks.
    #[must_use]
    pub const fn is_portal(self) -> bool {
        matches!(self, Self::Portaal | Self::Upload)
    }
}

impl RowOutcome {
    /// Its row is in the register.
    #[must_use]
    pub const fn is_stored(self) -> bool {
        matches!(self, Self::Geaccepteerd | Self::TeControleren)
    }

    /// Every outcome, in the order of specification §1.
    pub const ALL: [Self; 5] = [
        Self::Geaccepteerd,
        Self::TeControleren,
        Self::Afgekeurd,
        Self::Dubbel,
        Self::Geteld,
    ];

    /// The word on the wire: `GEACCEPTEERD`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Geaccepteerd => "GEACCEPTEERD",
            Self::TeControleren => "TE_CONTROLEREN",
            Self::Afgekeurd => "AFGEKEURD",
            Self::Dubbel => "DUBBEL",
            Self::Geteld => "GETELD",
        }
    }

    /// Reads the word on the wire.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }

    /// The one outcome of a row: AFGEKEURD before DUBBEL before GETELD before TE_CONTROLEREN before
    /// GEACCEPTEERD. `counted` is a row without consent.
    #[must_use]
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>, counted: bool) -> Self {
        let worst = findings.into_iter().map(|finding| finding.severity).max();
        match worst {
            Some(Severity::Fout) => Self::Afgekeurd,
            Some(Severity::Dubbel) => Self::Dubbel,
            _ if counted => Self::Geteld,
            Some(Severity::Controle) => Self::TeControleren,
            Some(Severity::Waarschuwing | Severity::Hersteld) | None => Self::Geaccepteerd,
        }
    }
}

impl FileOutcome {
    /// Every outcome, in the order of specification §1.
    pub const ALL: [Self; 5] = [
        Self::Verwerkt,
        Self::DeelsVerwerkt,
        Self::Geweigerd,
        Self::Dubbel,
        Self::Leeg,
    ];

    /// Rows of the file are in the register.
    #[must_use]
    pub const fn stored_rows(self) -> bool {
        matches!(self, Self::Verwerkt | Self::DeelsVerwerkt)
    }

    /// The word on the wire: `VERWERKT`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verwerkt => "VERWERKT",
            Self::DeelsVerwerkt => "DEELS_VERWERKT",
            Self::Geweigerd => "GEWEIGERD",
            Self::Dubbel => "DUBBEL",
            Self::Leeg => "LEEG",
        }
    }

    /// Reads the word on the wire.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }

    /// The outcome of a file from its rows and file findings. Parking is the caller's: a parked file
    /// has no outcome yet.
    #[must_use]
    pub fn of<'a>(counts: &Counts, file_findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        match file_findings
            .into_iter()
            .map(|finding| finding.severity)
            .max()
        {
            Some(Severity::Fout) => return Self::Geweigerd,
            Some(Severity::Dubbel) => return Self::Dubbel,
            _ => {}
        }
        match (counts.rows(), counts.afgekeurd) {
            (0, _) => Self::Leeg,
            (_, 0) => Self::Verwerkt,
            (rows, refused) if rows == u64::from(refused) => Self::Geweigerd,
            _ => Self::DeelsVerwerkt,
        }
    }
}

impl Counts {
    /// Counts one row.
    pub const fn add(&mut self, outcome: RowOutcome) {
        let count = match outcome {
            RowOutcome::Geaccepteerd => &mut self.geaccepteerd,
            RowOutcome::TeControleren => &mut self.te_controleren,
            RowOutcome::Afgekeurd => &mut self.afgekeurd,
            RowOutcome::Dubbel => &mut self.dubbel,
            RowOutcome::Geteld => &mut self.geteld,
        };
        *count += 1;
    }

    /// Adds the rows of another part of the file.
    pub const fn append(&mut self, next: Self) {
        self.geaccepteerd += next.geaccepteerd;
        self.te_controleren += next.te_controleren;
        self.afgekeurd += next.afgekeurd;
        self.dubbel += next.dubbel;
        self.geteld += next.geteld;
    }

    /// Moves one row to another outcome: what D01 and D02 do at the end of the file.
    pub fn move_row(&mut self, from: RowOutcome, to: RowOutcome) {
        let count = match from {
            RowOutcome::Geaccepteerd => &mut self.geaccepteerd,
            RowOutcome::TeControleren => &mut self.te_controleren,
            RowOutcome::Afgekeurd => &mut self.afgekeurd,
            RowOutcome::Dubbel => &mut self.dubbel,
            RowOutcome::Geteld => &mut self.geteld,
        };
        *count = count.saturating_sub(1);
        self.add(to);
    }

    /// Rows with an outcome.
    #[must_use]
    pub const fn of(&self, outcome: RowOutcome) -> u32 {
        match outcome {
            RowOutcome::Geaccepteerd => self.geaccepteerd,
            RowOutcome::TeControleren => self.te_controleren,
            RowOutcome::Afgekeurd => self.afgekeurd,
            RowOutcome::Dubbel => self.dubbel,
            RowOutcome::Geteld => self.geteld,
        }
    }

    /// All rows: every row has exactly one outcome.
    #[must_use]
    pub fn rows(&self) -> u64 {
        [
            self.geaccepteerd,
            self.te_controleren,
            self.afgekeurd,
            self.dubbel,
            self.geteld,
        ]
        .map(u64::from)
        .iter()
        .sum()
    }
}
