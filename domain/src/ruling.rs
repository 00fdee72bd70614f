//! What RIVM rules about vaccinations of a person that contradict each other, so that one counts for each jab (features F48,
//! F50).

use crate::delivery::Channel;

/// What is ruled about a stored row that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum RulingKind {
    /// It is the same jab as another one: one of the two counts.
    Merge,
    /// It is right, beside whatever else is known.
    Keep,
    /// It does not count.
    Refuse,
}

impl RulingKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Merge, Self::Keep, Self::Refuse];

    /// The name in the store and in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Keep => "keep",
            Self::Refuse => "refuse",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Channels in the order in which their word counts, where nothing else is configured (features F48): systems of record before
/// files that are sent, files before what is typed, paper last.
pub const PRIORITY: [Channel; 7] = [
    Channel::Lsp,
    Channel::Ggd,
    Channel::Sftp,
    Channel::Zorgmail,
    Channel::Portaal,
    Channel::Upload,
    Channel::Papier,
];

/// The new one is the better source: one of its channels stands before every channel of the known one. `priority` names
/// channels, the best first; a channel that is not in it comes last, and between equals the known one stays.
#[must_use]
pub fn is_better_source(priority: &[Channel], new: &[Channel], known: &[Channel]) -> bool {
    let best = |channels: &[Channel]| {
        let places = channels.iter().map(|channel| {
            priority
                .iter()
                .position(|one| one == channel)
                .unwrap_or(priority.len())
        });
        places.min().unwrap_or(usize::MAX)
    };
    best(new) < best(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_as_written() {
        for kind in RulingKind::ALL {
            assert_eq!(RulingKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(RulingKind::parse("surprise"), None);
    }

    #[test]
    fn the_better_channel_wins_and_between_equals_the_known_one_stays() {
        assert!(Channel::ALL.iter().all(|one| PRIORITY.contains(one)));
        let priority = [Channel::Lsp, Channel::Sftp, Channel::Upload];
        assert!(is_better_source(
            &priority,
            &[Channel::Sftp],
            &[Channel::Upload]
        ));
        assert!(!is_better_source(
            &priority,
            &[Channel::Sftp],
            &[Channel::Sftp]
        ));
        assert!(!is_better_source(
            &priority,
            &[Channel::Upload],
            &[Channel::Papier, Channel::Lsp]
        ));
        assert!(
            is_better_source(&priority, &[Channel::Upload], &[Channel::Papier]),
            "what is not in the list comes last"
        );
    }
}
