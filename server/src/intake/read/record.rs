//! One line of a table in buffers that are used again for the next line: reading a million rows
//! allocates as much as reading one.

/// Most bytes in a line (specification §3): one more is rule R08.
pub const ROW_BYTES: usize = 16 * 1024;
/// Most characters in a cell: one more is rule R08. `domain` judges the columns it knows.
pub const CELL_CHARS: usize = 1_000;
/// Stands where bytes could not be decoded; a noncharacter, so no sender means it (rule R09).
pub const UNDECODABLE: char = '\u{FFFF}';

/// The cells of one line, and its number as the sender's spreadsheet shows it.
/// Holds personal data, so it has no `Debug`.
#[derive(Default)]
pub struct Record {
    number: u32,
    text: String,
    ends: Vec<usize>,
    /// Bytes between two cells that belong to neither.
    gap: usize,
    too_long: bool,
    too_wide: bool,
    undecodable: bool,
}

/// The same as it is looked at, wherever the text is kept.
#[derive(Clone, Copy)]
pub struct Fields<'r> {
    /// Row number as the sender sees it.
    pub number: u32,
    /// The cells one behind the other.
    pub(super) text: &'r str,
    /// Where each cell ends.
    pub(super) ends: &'r [usize],
    /// Bytes between two cells that belong to neither.
    pub(super) gap: usize,
    /// Rule R08 for the line: more than 16 KiB. Its cells are then not whole.
    pub too_long: bool,
    /// Rule R05, seen already by who read the line. Its cells are then not there.
    pub too_wide: bool,
    /// Rule R09: bytes of this line are no text in the encoding of the file.
    pub undecodable: bool,
}

impl<'r> Fields<'r> {
    /// Number of fields.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.ends.len()
    }

    /// One cell, `""` beyond the last.
    #[must_use]
    pub fn get(&self, index: usize) -> &'r str {
        let Some(&end) = self.ends.get(index) else {
            return "";
        };
        let start = index
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] + self.gap);
        &self.text[start..end]
    }

    /// Number of fields up to and including the last that holds more than white space.
    #[must_use]
    pub fn filled_width(&self) -> usize {
        (0..self.width())
            .rev()
            .find(|&index| !is_blank(self.get(index)))
            .map_or(0, |index| index + 1)
    }
}

impl Record {
    /// Row number as the sender sees it.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// What there is to see of it.
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields {
            undecodable: self.undecodable || is_marked(&self.text),
            ..self.unmarked()
        }
    }

    fn unmarked(&self) -> Fields<'_> {
        Fields {
            number: self.number,
            text: &self.text,
            ends: &self.ends,
            gap: self.gap,
            too_long: self.too_long,
            too_wide: self.too_wide,
            undecodable: self.undecodable,
        }
    }

    /// Number of fields.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// True for a line without a single field.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all cells, and of what parts them.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Bytes it has room for.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.text.capacity()
    }

    /// One cell, `""` beyond the last.
    #[must_use]
    pub fn get(&self, index: usize) -> &str {
        self.unmarked().get(index)
    }

    /// All cells in order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Rule R08 for the line: more than 16 KiB. Its cells are then not whole.
    #[must_use]
    pub const fn too_long(&self) -> bool {
        self.too_long
    }

    /// Empties it for the line with this number.
    pub fn begin(&mut self, number: u32) {
        self.number = number;
        self.text.clear();
        self.ends.clear();
        self.gap = 0;
        self.too_long = false;
        self.too_wide = false;
        self.undecodable = false;
    }

    /// Begins a line of which only the number is known, because it holds too much.
    pub fn begin_too_long(&mut self, number: u32) {
        self.begin(number);
        self.too_long = true;
    }

    /// Begins a line of which only the number is known, because it has more cells than any header.
    pub fn begin_too_wide(&mut self, number: u32) {
        self.begin(number);
        self.too_wide = true;
    }

    /// Adds one cell; what no longer fits in a line is left out and remembered as too long.
    pub fn push(&mut self, cell: &str) {
        // As in a CSV of the same row: the cells and what parts them.
        if self.text.len() + self.ends.len() + cell.len() > ROW_BYTES {
            self.too_long = true;
        } else {
            self.text.push_str(cell);
        }
        self.ends.push(self.text.len());
    }

    /// Puts other text in one cell.
    pub(super) fn replace(&mut self, index: usize, cell: &str) {
        let mut cells: Vec<String> = self.cells().map(str::to_owned).collect();
        if let Some(old) = cells.get_mut(index) {
            cell.clone_into(old);
        }
        self.text.clear();
        self.ends.clear();
        self.gap = 0;
        for cell in &cells {
            self.push(cell);
        }
    }

    /// Fills it from raw parts: the bytes of all cells one after the other, and where each ends.
    pub(super) fn fill(&mut self, number: u32, parts: &mut Parts) {
        self.begin(number);
        self.too_long = parts.too_long;
        self.gap = parts.gap;
        std::mem::swap(&mut self.ends, &mut parts.ends);
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        std::mem::swap(&mut bytes, &mut parts.bytes);
        self.text = String::from_utf8(bytes).unwrap_or_else(|_| {
            self.undecodable = true;
            self.ends.fill(0);
            self.gap = 0;
            String::new()
        });
    }

    /// The cells as owned texts: for the few lines in which a header is sought.
    #[must_use]
    pub fn to_line(&self) -> Line {
        Line {
            number: self.number,
            cells: self.cells().map(str::to_owned).collect(),
            too_long: self.too_long,
        }
    }
}

/// A line kept: number and cells.
pub struct Line {
    /// Row number as the sender sees it.
    pub number: u32,
    /// Its cells.
    pub cells: Vec<String>,
    /// Cells are missing: the line holds more than 16 KiB.
    pub too_long: bool,
}

/// What the splitter gathers of a line before it is known to be text.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) bytes: Vec<u8>,
    pub(super) ends: Vec<usize>,
    /// Bytes between two cells that belong to neither.
    pub(super) gap: usize,
    pub(super) too_long: bool,
}

impl Parts {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.gap = 0;
        self.too_long = false;
    }

    /// Adds bytes to the cell at hand, as long as the line stays within its limit.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.bytes.len() + self.ends.len() + bytes.len() > ROW_BYTES {
            self.too_long = true;
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Ends the cell at hand. Beyond the limit of a line cells are no longer told apart.
    pub(super) fn end_cell(&mut self) {
        if self.too_long || self.bytes.len() + self.ends.len() > ROW_BYTES {
            self.too_long = true;
        } else {
            self.ends.push(self.bytes.len());
        }
    }
}

/// Bytes of it could not be decoded.
pub(super) fn is_marked(text: &str) -> bool {
    // Its first byte is rare, so looking for that one is quick in texts with accents too.
    memchr::memchr(0xEF, text.as_bytes()).is_some() && text.contains(UNDECODABLE)
}

/// Nothing to see in it, as the rules take it: white space, and what takes no room.
#[must_use]
pub fn is_blank(cell: &str) -> bool {
    domain::row::blank(cell)
}
