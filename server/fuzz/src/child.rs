//! The limited child without its limits, and what its parent relies on.

use crate::intake::read::limits::{COLUMNS, HEADER_LINES};
use crate::intake::read::message::{Format, Message};
use crate::intake::read::record::ROW_BYTES;
use crate::intake::read::workbook;
use std::io::{self, Write};

/// A parent that has heard enough hangs up.
const ENOUGH: usize = 1 << 20;
/// Longest line that the parent takes.
const LINE: usize = 256 * 1024;
/// Most cells of a line in which a header is sought.
const HEAD_CELLS: usize = 256;

struct Parent(Vec<u8>);

impl Write for Parent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() > ENOUGH {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Has a workbook read in each way that there is, twice; tells its format when it may be read.
pub fn read(content: &[u8]) -> Option<Format> {
    let mut format = None;
    for (sheet, hidden) in [(None, false), (Some(0), false), (Some(0), true)] {
        let said = run(content, sheet, hidden);
        assert!(said == run(content, sheet, hidden), "twice is not the same");
        let (lines, whole) = said;
        if whole {
            assert_eq!(lines.last(), Some(&b'\n'));
        }
        let mut lines = lines.split_inclusive(|byte| *byte == b'\n').peekable();
        let (mut last, mut rows) = (0, 0);
        while let Some(line) = lines.next() {
            assert!(line.len() <= LINE);
            let is_last = lines.peek().is_none();
            if is_last && !whole {
                // The pipe broke here.
                break;
            }
            if line.starts_with(b"[") {
                let number = row(line, sheet.is_some());
                assert!(number > last, "row {number} after {last}");
                (last, rows) = (number, rows + 1);
            } else {
                let message: Message = serde_json::from_slice(line).expect("a message");
                match message {
                    Message::Format(found) => format = Some(found),
                    Message::DaysLater(_) => {}
                    Message::Sheet { .. } => (last, rows) = (0, 0),
                    Message::Long(number) | Message::Wide(number) => {
                        assert!(number > last, "row {number} after {last}");
                        (last, rows) = (number, rows + 1);
                    }
                    Message::Hidden(number) => {
                        assert!(!hidden && number > 0);
                        rows += 1;
                    }
                    Message::Done | Message::Broken(_) | Message::Refused { .. } => {
                        assert!(is_last, "something after the end");
                        continue;
                    }
                }
            }
            assert!(!is_last, "no end");
            // The row at hand, and one told before it was known to be enough.
            assert!(sheet.is_some() || rows <= HEADER_LINES + 3);
        }
    }
    format
}

fn run(content: &[u8], sheet: Option<u32>, hidden: bool) -> (Vec<u8>, bool) {
    let mut parent = Parent(Vec::new());
    let whole = workbook::run(content, &mut parent, sheet, hidden).is_ok();
    (parent.0, whole)
}

/// `[number, "cell", …]` within the limits of a row; its number.
fn row(line: &[u8], of_table: bool) -> u32 {
    let row: Vec<serde_json::Value> = serde_json::from_slice(line).expect("a row");
    let number = row[0].as_u64().expect("its number");
    let number = u32::try_from(number).expect("a number of a row");
    let cells = &row[1..];
    assert!(cells.len() <= if of_table { COLUMNS } else { HEAD_CELLS });
    let bytes: usize = cells
        .iter()
        .map(|cell| cell.as_str().expect("a text").len())
        .sum();
    assert!(bytes <= ROW_BYTES);
    number
}
