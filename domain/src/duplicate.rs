//! Doubles and contradictions inside one file (D01, D02), on 64-bit keys: 28 bytes a row, whatever the rows hold.
//!
//! Feed every row with [`InFile::add`]; at the end [`InFile::finish`] gives the findings by line, sparse. Rows that
//! stage 1 refused are not compared: what they mean to say is not known, and one bad row never stops another.

use crate::finding::{Code, Filled, Finding};
use crate::row::{Accepted, Checked, Vaccination};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Collects the keys of a file's rows.
#[derive(Debug, Clone, Default)]
pub struct InFile {
    lines: Vec<u32>,
    /// Digest of the content of each row, the source key aside.
    content: Vec<u64>,
    /// Digest of mutatie and source key; [`NONE`] without a key.
    key: Vec<u64>,
    /// Digest of BSN, date and dose; [`NONE`] without a BSN.
    jab: Vec<u64>,
    /// Reused for the text of each row.
    buffer: Vec<u8>,
}

/// A finding of the whole file on one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFileFinding {
    /// The row, as the sender sees it.
    pub line: u32,
    /// D01 or D02, naming the other row.
    pub finding: Finding,
}

/// No such key. A digest that happens to be 0 counts as none: one in 2⁶⁴.
const NONE: u64 = 0;

impl InFile {
    /// Adds one row, in the order of the file.
    pub fn add(&mut self, line: u32, checked: &Checked) {
        let Some(accepted) = &checked.accepted else {
            return;
        };
        self.buffer.clear();
        let (key, jab) = match accepted {
            Accepted::Vaccination(vaccination) => {
                vaccination.write_canonical(&mut self.buffer);
                let key = vaccination.source_key().map_or(NONE, |key| {
                    digest(
                        vaccination.mutation().as_str().as_bytes(),
                        key.as_str().as_bytes(),
                    )
                });
                (key, jab_digest(vaccination))
            }
            Accepted::Count(count) => {
                count.write_canonical(&mut self.buffer);
                // Without consent two equal rows are two people, unless the source key says otherwise.
                match &count.source_key {
                    Some(key) => self.buffer.extend_from_slice(key.as_str().as_bytes()),
                    // No key holds a space, so this equals no other row.
                    None => self.buffer.extend_from_slice(format!(" {line}").as_bytes()),
                }
                (
                    count
                        .source_key
                        .as_ref()
                        .map_or(NONE, |key| digest(b"N", key.as_str().as_bytes())),
                    NONE,
                )
            }
            Accepted::Withdrawal { key, mutation } => {
                // A withdrawal says nothing but its key. Beside a correction of the same key that keeps its consent
                // it says something else (D02).
                let key = key.as_str().as_bytes();
                self.buffer.extend_from_slice(b"V\x1f");
                self.buffer.extend_from_slice(key);
                (digest(mutation.as_str().as_bytes(), key), NONE)
            }
        };
        self.lines.push(line);
        self.content.push(digest(b"", &self.buffer));
        self.key.push(key);
        self.jab.push(jab);
    }

    /// Adds the rows of the next part of the file.
    pub fn append(&mut self, mut next: Self) {
        self.lines.append(&mut next.lines);
        self.content.append(&mut next.content);
        self.key.append(&mut next.key);
        self.jab.append(&mut next.jab);
    }

    /// D01 and D02 of the whole file, by line; D02 before D01 on the same row.
    #[must_use]
    pub fn finish(self) -> Vec<InFileFinding> {
        let mut found = Vec::new();
        let mut contradictions: Vec<(u32, u32)> = Vec::new();
        for keys in [&self.key, &self.jab] {
            for group in groups(&mut suspects(keys), keys) {
                self.contradictions(group, &mut contradictions);
            }
        }
        contradictions.sort_unstable();
        contradictions.dedup_by_key(|(row, _)| *row);
        found.extend(
            contradictions
                .iter()
                .map(|&(row, other)| self.finding(Code::D02, row, other)),
        );
        for group in groups(&mut suspects(&self.content), &self.content) {
            let (first, others) = (group[0], &group[1..]);
            found.extend(
                others
                    .iter()
                    .map(|&row| self.finding(Code::D01, row, first)),
            );
        }
        found.sort_by_key(|found| (found.line, found.finding.code != Code::D02));
        found
    }

    /// Rows of one group that say different things: each with the first row that says something else.
    fn contradictions(&self, group: &[u32], found: &mut Vec<(u32, u32)>) {
        let content = |row: u32| self.content[row as usize];
        let first = group[0];
        let Some(second) = group
            .iter()
            .copied()
            .find(|&row| content(row) != content(first))
        else {
            return;
        };
        found.extend(group.iter().map(|&row| {
            (
                row,
                if content(row) == content(first) {
                    second
                } else {
                    first
                },
            )
        }));
    }

    fn finding(&self, code: Code, row: u32, other: u32) -> InFileFinding {
        let finding = Finding::whole(code).filled(Filled::Line(self.lines[other as usize]));
        InFileFinding {
            line: self.lines[row as usize],
            finding,
        }
    }
}

/// Rows whose key may occur more than once, and few others. Nearly every key of a file occurs once: not to sort
/// those is what makes this quick. Rows without key are left out.
fn suspects(keys: &[u64]) -> Vec<u32> {
    // Sixteen places a row: one row in sixteen meets a stranger. The upper bits of the product are the best mixed.
    let places = (keys.len() * 16).next_power_of_two().max(64);
    let shift = 64 - places.trailing_zeros();
    let place = |key: u64| {
        let at = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift) as usize;
        (at / 64, 1_u64 << (at % 64))
    };
    let mut once = vec![0_u64; places / 64];
    let mut twice = once.clone();
    for (word, bit) in keys.iter().map(|&key| place(key)) {
        twice[word] |= once[word] & bit;
        once[word] |= bit;
    }
    let is_suspect = |key: u64| {
        let (word, bit) = place(key);
        key != NONE && twice[word] & bit != 0
    };
    (0..)
        .zip(keys)
        .filter(|&(_, &key)| is_suspect(key))
        .map(|(row, _)| row)
        .collect()
}

/// Rows with the same key, each group in file order; groups of one left out.
fn groups<'r>(rows: &'r mut [u32], keys: &'r [u64]) -> impl Iterator<Item = &'r [u32]> {
    rows.sort_unstable_by_key(|&row| (keys[row as usize], row));
    rows.chunk_by(|&a, &b| keys[a as usize] == keys[b as usize])
        .filter(|group| group.len() > 1)
}

fn jab_digest(vaccination: &Vaccination) -> u64 {
    vaccination.person().bsn().map_or(NONE, |bsn| {
        let mut hasher = FxHasher::default();
        hasher.write(bsn.as_bytes());
        hasher.write_i32(vaccination.date().to_julian_day());
        hasher.write_u8(vaccination.dose());
        hasher.finish()
    })
}

fn digest(kind: &[u8], text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(kind);
    hasher.write_u8(0x1f);
    hasher.write(text);
    hasher.finish()
}
