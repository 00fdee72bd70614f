//! What a file of the test lane has to show before its connection can be approved (features F-X7, F79).

use super::{Channel, FileOutcome};

/// Rows that a file of the test lane has at least: fewer show too little.
pub const LEAST_ROWS: u32 = 10;

/// What a file of the test lane came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Outcome of the file.
    pub outcome: FileOutcome,
    /// Rows.
    pub rows: u32,
    /// Rows that were refused.
    pub refused: u32,
    /// Corrections that were not refused.
    pub corrections: u32,
    /// Withdrawals that were not refused.
    pub withdrawals: u32,
    /// Rows without consent that were not refused.
    pub without_consent: u32,
}

/// One thing that a file has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Demand {
    /// At least [`LEAST_ROWS`] rows.
    Rows,
    /// No row refused, nor the file.
    NothingRefused,
    /// A correction (mutatie C).
    Correction,
    /// A withdrawal (mutatie V).
    Withdrawal,
    /// A row without consent, without a word about the person.
    WithoutConsent,
}

impl Demand {
    /// Every demand, in the order of the report.
    pub const ALL: [Self; 5] = [
        Self::Rows,
        Self::NothingRefused,
        Self::Correction,
        Self::Withdrawal,
        Self::WithoutConsent,
    ];

    /// What a channel has to show. A system tells of corrections and withdrawals in its rows; who uploads a file of a
    /// spreadsheet does that on the screen.
    #[must_use]
    pub const fn of(channel: Channel) -> &'static [Self] {
        if channel.needs_source_key() {
            &Self::ALL
        } else {
            &[Self::Rows, Self::NothingRefused]
        }
    }
}

impl Trial {
    /// A file that was refused before a row of it was read.
    pub const REFUSED: Self = Self {
        outcome: FileOutcome::Geweigerd,
        rows: 0,
        refused: 0,
        corrections: 0,
        withdrawals: 0,
        without_consent: 0,
    };

    /// The file shows this.
    #[must_use]
    pub const fn meets(&self, demand: Demand) -> bool {
        match demand {
            Demand::Rows => self.rows >= LEAST_ROWS,
            Demand::NothingRefused => {
                self.rows > 0 && self.refused == 0 && matches!(self.outcome, FileOutcome::Verwerkt)
            }
            Demand::Correction => self.corrections > 0,
            Demand::Withdrawal => self.withdrawals > 0,
            Demand::WithoutConsent => self.without_consent > 0,
        }
    }

    /// The file shows all that a channel asks for.
    #[must_use]
    pub fn conforms(&self, channel: Channel) -> bool {
        Demand::of(channel).iter().all(|demand| self.meets(*demand))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Trial = Trial {
        outcome: FileOutcome::Verwerkt,
        rows: 10,
        refused: 0,
        corrections: 1,
        withdrawals: 1,
        without_consent: 1,
    };

    #[test]
    fn a_file_that_shows_everything_conforms() {
        assert!(GOOD.conforms(Channel::Sftp));
    }

    #[test]
    fn a_file_of_a_spreadsheet_needs_no_row_types() {
        let plain = Trial {
            corrections: 0,
            withdrawals: 0,
            without_consent: 0,
            ..GOOD
        };
        assert!(plain.conforms(Channel::Upload) && !plain.conforms(Channel::Sftp));
        let refused = Trial {
            refused: 1,
            ..plain
        };
        assert!(!refused.conforms(Channel::Upload));
        let few = Trial { rows: 9, ..plain };
        assert!(!few.conforms(Channel::Upload));
    }

    #[test]
    fn each_thing_that_lacks_is_named() {
        let lacks = |trial: Trial| {
            let demands = Demand::ALL.into_iter();
            demands
                .filter(|demand| !trial.meets(*demand))
                .collect::<Vec<_>>()
        };
        for (trial, demand) in [
            (Trial { rows: 9, ..GOOD }, Demand::Rows),
            (Trial { refused: 1, ..GOOD }, Demand::NothingRefused),
            (
                Trial {
                    outcome: FileOutcome::DeelsVerwerkt,
                    ..GOOD
                },
                Demand::NothingRefused,
            ),
            (
                Trial {
                    corrections: 0,
                    ..GOOD
                },
                Demand::Correction,
            ),
            (
                Trial {
                    withdrawals: 0,
                    ..GOOD
                },
                Demand::Withdrawal,
            ),
            (
                Trial {
                    without_consent: 0,
                    ..GOOD
                },
                Demand::WithoutConsent,
            ),
        ] {
            assert_eq!(lacks(trial), [demand]);
            assert!(!trial.conforms(Channel::Sftp));
        }
    }
}
