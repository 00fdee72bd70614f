//! Rows in PostgreSQL's binary COPY format, for staging tables (performance §2).
//!
//! Fields are written in the order of the COPY statement; a row says first how many it has.

use time::{Date, macros::date};
use uuid::Uuid;

/// Signature, flags and extension length of the format.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// A buffer of rows.
#[derive(Debug)]
pub struct CopyRows {
    bytes: Vec<u8>,
    rows: u64,
}

impl CopyRows {
    /// An empty buffer with room for some rows.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let mut buffer = Vec::with_capacity(bytes + HEAD.len() + 2);
        buffer.extend_from_slice(HEAD);
        Self {
            bytes: buffer,
            rows: 0,
        }
    }

    /// Begins a row of so many fields.
    pub fn row(&mut self, fields: i16) {
        self.bytes.extend_from_slice(&fields.to_be_bytes());
        self.rows += 1;
    }

    /// Rows begun.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// A `bytea`.
    pub fn bytes(&mut self, value: &[u8]) {
        // A field of 2 GiB cannot come from a row of 16 KiB.
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    /// NULL.
    pub fn null(&mut self) {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    /// A `text`.
    pub fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    /// A `text`, NULL when empty.
    pub fn text_or_null(&mut self, value: &str) {
        if value.is_empty() {
            self.null()
        } else {
            self.text(value)
        }
    }

    /// A `uuid`.
    pub fn uuid(&mut self, value: Uuid) {
        self.bytes(value.as_bytes());
    }

    /// A `smallint`.
    pub fn smallint(&mut self, value: i16) {
        self.bytes(&value.to_be_bytes());
    }

    /// An `integer`.
    pub fn integer(&mut self, value: i32) {
        self.bytes(&value.to_be_bytes());
    }

    /// A `bigint`.
    pub fn bigint(&mut self, value: i64) {
        self.bytes(&value.to_be_bytes());
    }

    /// A `boolean`.
    pub fn boolean(&mut self, value: bool) {
        self.bytes(&[u8::from(value)]);
    }

    /// A `date`: days since 2000-01-01.
    pub fn date(&mut self, value: Date) {
        self.integer(value.to_julian_day() - date!(2000 - 01 - 01).to_julian_day());
    }

    /// A `jsonb`, from its text.
    pub fn jsonb(&mut self, text: &str) {
        let length = i32::try_from(text.len() + 1).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.push(1);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Ends the data.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        self.bytes
    }
}
