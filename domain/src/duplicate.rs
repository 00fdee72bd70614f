//! Doubles and contradictions inside one file (D01, D02), on 64-bit keys: 28 bytes a row, whatever the rows hold.
//!
//! Feed every row with [`InFile::add`]; at the end [`InFile::finish`] gives the findings by line, sparse. Rows that
//! stage 1 refused are not compared: what they mean to say is not known, and one bad row never stops another.

use crate::codes::Mutation;
use crate::finding::{Code, Filled, Finding};
use crate::row::{Accepted, AnonymousCount, Checked, Content};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Collects the keys of a file's rows.
#[derive(Debug, Clone, Default)]
pub struct InFile {
    lines: Vec<u32>,
    content: Vec<u64>,
    key: Vec<u64>,
    jab: Vec<u64>,
}

/// What a row is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// Digest of the content, the source key aside.
    content: u64,
    /// Digest of mutatie and source key; [`NONE`] without a key.
    key: u64,
    /// Digest of BSN, date and dose; [`NONE`] without a BSN.
    jab: u64,
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

impl Keys {
    /// Of a row that stage 1 accepted.
    fn of(line: u32, accepted: &Accepted) -> Self {
        match accepted {
            Accepted::Vaccination(jab) => {
                let key = jab.source_key().map(|key| key.as_str());
                Self::of_content(&Content::from(&**jab), key)
            }
            Accepted::Count(count) => Self::of_count(line, count),
            // A withdrawal says nothing but its key. Beside a correction of the same key that keeps its consent
            // it says something else (D02).
            Accepted::Withdrawal { key, mutation } => Self {
                content: digest(b"V", key.as_str()),
                key: of_key(*mutation, Some(key.as_str())),
                jab: NONE,
            },
        }
    }

    /// Of a vaccination.
    pub(crate) fn of_content(content: &Content<'_>, key: Option<&str>) -> Self {
        Self {
            content: content.digest(),
            key: of_key(content.mutation, key),
            jab: content.jab().unwrap_or(NONE),
        }
    }

    fn of_count(line: u32, count: &AnonymousCount) -> Self {
        let mut text = Vec::with_capacity(64);
        count.write_canonical(&mut text);
        let key = count.source_key.as_ref().map(|key| key.as_str());
        // Without consent two equal rows are two people, unless the source key says otherwise. No key holds a space, so
        // a row without one equals no other.
        let own = key.map_or_else(|| format!(" {line}"), str::to_owned);
        Self {
            content: digest(&text, &own),
            key: of_key(Mutation::New, key),
            jab: NONE,
        }
    }
}

impl InFile {
    /// Adds one row, in the order of the file.
    pub fn add(&mut self, line: u32, checked: &Checked) {
        if let Some(accepted) = &checked.accepted {
            self.add_keys(line, Keys::of(line, accepted));
        }
    }

    /// Adds one row of which only the keys are known, in the order of the file.
    pub fn add_keys(&mut self, line: u32, keys: Keys) {
        self.lines.push(line);
        self.content.push(keys.content);
        self.key.push(keys.key);
        self.jab.push(keys.jab);
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
    // Once, and more than once: side by side, for both are asked of each key.
    let mut seen = vec![[0_u64; 2]; places / 64];
    for (word, bit) in keys.iter().map(|&key| place(key)) {
        let [once, more] = &mut seen[word];
        *more |= *once & bit;
        *once |= bit;
    }
    let is_suspect = |key: u64| {
        let (word, bit) = place(key);
        key != NONE && seen[word][1] & bit != 0
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

fn of_key(mutation: Mutation, key: Option<&str>) -> u64 {
    key.map_or(NONE, |key| digest(mutation.as_str().as_bytes(), key))
}

/// Of two texts; each brings its length with it.
fn digest(kind: &[u8], text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(kind);
    hasher.write(text.as_bytes());
    hasher.finish()
}
