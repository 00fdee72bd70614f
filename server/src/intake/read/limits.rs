//! How much a file may hold (specification §3, security §6.1): told before an upload, checked here.

use domain::delivery::Channel;

const MIB: u64 = 1024 * 1024;

/// Most columns in a file: one more is rule A22.
pub const COLUMNS: usize = 64;
/// Lines among which the header is sought.
pub const HEADER_LINES: usize = 15;
/// Rows of the largest sheet that a spreadsheet program makes.
pub const SHEET_ROWS: u32 = 1_048_576;
/// Most bytes in a workbook, whatever the channel (rule A06).
pub const WORKBOOK_BYTES: u64 = 20 * MIB;

/// What a channel allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes; one more is rule A06.
    pub bytes: u64,
    /// Most rows; one more is rule A07.
    pub rows: u32,
}

impl Limits {
    /// A set of the BRP: 17.5 million persons (domain §10) of 245 bytes each, where a line of all columns that are usual has
    /// 90 to 150.
    pub const BRP_BYTES: u64 = 4 * 1024 * MIB;
    /// Portal and paper.
    pub const PORTAL: Self = Self {
        bytes: 20 * MIB,
        rows: 20_000,
    };
    /// SFTP, Zorgmail, GGD, and commands that know no channel.
    pub const SYSTEM: Self = Self {
        bytes: 1024 * MIB,
        rows: 1_000_000,
    };

    /// The limits of a channel.
    #[must_use]
    pub const fn of(channel: Channel) -> Self {
        match channel {
            Channel::Portaal | Channel::Upload | Channel::Papier => Self::PORTAL,
            Channel::Sftp | Channel::Zorgmail | Channel::Ggd | Channel::Lsp => Self::SYSTEM,
        }
    }
}

/// "20 MB", "1 GB": as people read it.
#[must_use]
pub fn bytes_in_words(bytes: u64) -> String {
    let mib = bytes / MIB;
    if mib >= 1024 && mib.is_multiple_of(1024) {
        format!("{} GB", mib / 1024)
    } else if mib > 0 {
        format!("{mib} MB")
    } else {
        format!("{bytes} bytes")
    }
}

/// "20.000": with the dots of Dutch.
#[must_use]
pub fn count_in_words(count: u32) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_as_people_write_them() {
        assert_eq!(bytes_in_words(Limits::PORTAL.bytes), "20 MB");
        assert_eq!(bytes_in_words(Limits::SYSTEM.bytes), "1 GB");
        assert_eq!(count_in_words(999), "999");
        assert_eq!(count_in_words(20_000), "20.000");
        assert_eq!(count_in_words(1_000_000), "1.000.000");
    }
}
