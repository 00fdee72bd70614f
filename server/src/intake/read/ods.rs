//! Rows of an OpenDocument spreadsheet, streaming over `content.xml`. Own, because calamine expands
//! repeated rows on opening (security L4); here a repeat of nothing costs nothing, and a repeat of
//! something is written row by row until the parent has enough. Runs in the limited child only.

use super::cell;
use super::limits::{COLUMNS, SHEET_ROWS};
use super::record::is_blank;
use super::workbook::{Stop, Writer};
use super::xml::attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Cursor};
use zip::ZipArchive;

/// Beyond this column nothing is told apart: far more than a table may have.
const FAR: u32 = 255;
/// Day 0 of the date system of 1900.
const DAY_ZERO: time::Date = time::macros::date!(1899 - 12 - 30);

/// Writes the first lines of every visible sheet, or all rows of one.
pub(super) fn read(content: &[u8], sheet: Option<u32>, out: &mut Writer<'_>) -> Result<(), Stop> {
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|_| Stop::Broken)?;
    let entry = archive.by_name("content.xml").map_err(|_| Stop::Broken)?;
    let xml = quick_xml::Reader::from_reader(BufReader::with_capacity(64 * 1024, entry));
    Reader {
        xml,
        buffer: Vec::new(),
        hidden_styles: HashSet::new(),
        style: String::new(),
    }
    .read(sheet, out)
}

struct Reader<R> {
    xml: quick_xml::Reader<R>,
    buffer: Vec<u8>,
    /// Table styles that hide their sheet.
    hidden_styles: HashSet<String>,
    style: String,
}

/// One cell of a row, and how often it stands there.
struct Cell {
    text: String,
    times: u32,
}

impl<R: BufRead> Reader<R> {
    fn next(&mut self) -> Result<Event<'static>, Stop> {
        self.buffer.clear();
        match self.xml.read_event_into(&mut self.buffer) {
            Ok(Event::Eof) | Err(_) => Err(Stop::Broken),
            Ok(event) => Ok(event.into_owned()),
        }
    }

    fn read(&mut self, wanted: Option<u32>, out: &mut Writer<'_>) -> Result<(), Stop> {
        let mut index = 0;
        loop {
            match self.next()? {
                Event::Start(tag) | Event::Empty(tag) if name(&tag) == "style" => {
                    self.style = attribute(&tag, "name").unwrap_or_default();
                }
                Event::Start(tag) | Event::Empty(tag) if hides_its_sheet(&tag) => {
                    self.hidden_styles.insert(self.style.clone());
                }
                Event::Start(tag) | Event::Empty(tag) if name(&tag) == "null-date" => {
                    let later = days_later(&tag)?;
                    if later != 0 {
                        out.days_later(later)?;
                    }
                }
                Event::Start(tag) if name(&tag) == "table" => {
                    let style = attribute(&tag, "style-name").unwrap_or_default();
                    let visible = !self.hidden_styles.contains(&style);
                    if visible && wanted.is_none_or(|wanted| wanted == index) {
                        out.sheet(index, &attribute(&tag, "name").unwrap_or_default())?;
                        self.table(out)?;
                    } else {
                        self.skip()?;
                    }
                    index += 1;
                }
                Event::End(tag) if tag.local_name().as_ref() == "spreadsheet" => return Ok(()),
                _ => {}
            }
        }
    }

    /// The rows of one table, up to its end.
    fn table(&mut self, out: &mut Writer<'_>) -> Result<(), Stop> {
        let mut row = 1;
        loop {
            match self.next()? {
                Event::Start(tag) if name(&tag) == "table-row" => {
                    let times = repeated(&tag, "number-rows-repeated");
                    let hidden = attribute(&tag, "visibility").is_some_and(|v| v != "visible");
                    let cells = self.row()?;
                    if !out.sheet_is_enough() {
                        write_rows(&cells, row, times, hidden, out)?;
                    }
                    row = row.saturating_add(times);
                }
                Event::Empty(tag) if name(&tag) == "table-row" => {
                    row = row.saturating_add(repeated(&tag, "number-rows-repeated"));
                }
                Event::Start(tag) if matches!(name(&tag), "shapes" | "table") => self.skip()?,
                Event::End(tag) if tag.local_name().as_ref() == "table" => return out.end_row(),
                _ => {}
            }
        }
    }

    /// The cells of one row, up to its end; blank cells at the end are left out.
    fn row(&mut self) -> Result<Vec<Cell>, Stop> {
        let mut cells = Vec::new();
        loop {
            match self.next()? {
                Event::Start(tag) if is_cell(&tag) => {
                    let times = repeated(&tag, "number-columns-repeated");
                    let paragraphs = self.paragraphs()?;
                    cells.push(Cell {
                        text: value(&tag, paragraphs),
                        times,
                    });
                }
                Event::Empty(tag) if is_cell(&tag) => {
                    let times = repeated(&tag, "number-columns-repeated");
                    cells.push(Cell {
                        text: value(&tag, String::new()),
                        times,
                    });
                }
                Event::End(tag) if tag.local_name().as_ref() == "table-row" => {
                    let end = cells.iter().rposition(|cell| !cell.text.is_empty());
                    cells.truncate(end.map_or(0, |end| end + 1));
                    return Ok(cells);
                }
                _ => {}
            }
        }
    }

    /// The text of a cell, up to its end: paragraphs joined by line ends, notes left out.
    fn paragraphs(&mut self) -> Result<String, Stop> {
        let mut text = String::new();
        let mut paragraphs = 0;
        loop {
            match self.next()? {
                Event::Start(tag) if name(&tag) == "annotation" => self.skip()?,
                Event::Start(tag) | Event::Empty(tag) if name(&tag) == "p" => {
                    if paragraphs > 0 {
                        text.push('\n');
                    }
                    paragraphs += 1;
                }
                Event::Start(tag) | Event::Empty(tag) if name(&tag) == "s" => {
                    let spaces = repeated(&tag, "c").min(1_001);
                    text.extend(std::iter::repeat_n(' ', spaces as usize));
                }
                Event::Start(tag) | Event::Empty(tag) if name(&tag) == "tab" => text.push('\t'),
                Event::Start(tag) | Event::Empty(tag) if name(&tag) == "line-break" => {
                    text.push('\n')
                }
                Event::Text(part) if paragraphs > 0 => text.push_str(&part.xml10_content()),
                Event::CData(part) if paragraphs > 0 => text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) => push_reference(&mut text, &reference)?,
                Event::End(tag) if tag.local_name().as_ref().ends_with("table-cell") => {
                    return Ok(text);
                }
                _ => {}
            }
            if text.len() > 16 * 1024 {
                // Too long for a row already (R08): the rest need not be kept.
                text.truncate(text.floor_char_boundary(16 * 1024 + 1));
            }
        }
    }

    /// Passes over an element, up to its end.
    fn skip(&mut self) -> Result<(), Stop> {
        let mut depth = 1_u32;
        while depth > 0 {
            match self.next()? {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }
}

fn write_rows(
    cells: &[Cell],
    first: u32,
    times: u32,
    hidden: bool,
    out: &mut Writer<'_>,
) -> Result<(), Stop> {
    if !holds_something(cells) {
        return Ok(());
    }
    for row in first..first.saturating_add(times) {
        if out.sheet_is_enough() {
            break;
        }
        if row > SHEET_ROWS {
            return Err(Stop::Broken);
        }
        if hidden && !out.takes_hidden() {
            out.hidden(row)?;
            continue;
        }
        let mut column = 0_u32;
        for cell in cells {
            let end = column.saturating_add(cell.times);
            if !cell.text.is_empty() {
                for at in column.min(FAR)..=end.saturating_sub(1).min(FAR) {
                    out.cell(row, at, &cell.text)?;
                    if out.row_is_enough() {
                        break;
                    }
                }
            }
            column = end;
        }
    }
    Ok(())
}

/// What is blank beyond the last column is nothing, however often it is repeated.
fn holds_something(cells: &[Cell]) -> bool {
    let mut column = 0_u32;
    cells.iter().any(|cell| {
        let near = (column as usize) < COLUMNS;
        column = column.saturating_add(cell.times);
        !cell.text.is_empty() && (near || !is_blank(&cell.text))
    })
}

fn name<'t>(tag: &'t BytesStart<'_>) -> &'t str {
    tag.local_name().into_inner()
}

fn hides_its_sheet(tag: &BytesStart<'_>) -> bool {
    name(tag) == "table-properties" && attribute(tag, "display").as_deref() == Some("false")
}

/// How many days later than in the date system of 1900 numbers of days begin to count in this workbook.
fn days_later(tag: &BytesStart<'_>) -> Result<i32, Stop> {
    let Some(day) = attribute(tag, "date-value") else {
        return Ok(0);
    };
    let days = calendar_day(cell::iso_day(&day)).ok_or(Stop::Broken)? - DAY_ZERO;
    i32::try_from(days.whole_days()).map_err(|_| Stop::Broken)
}

/// `1904-01-01`
fn calendar_day(text: &str) -> Option<time::Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = time::Month::try_from(month.parse::<u8>().ok()?).ok()?;
    time::Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

fn is_cell(tag: &BytesStart<'_>) -> bool {
    matches!(name(tag), "table-cell" | "covered-table-cell")
}

fn repeated(tag: &BytesStart<'_>, attribute_name: &str) -> u32 {
    attribute(tag, attribute_name)
        .and_then(|times| times.parse().ok())
        .unwrap_or(1)
        .max(1)
}

/// The value of a cell as text; a formula's cached one, and an error when it has none.
fn value(tag: &BytesStart<'_>, shown: String) -> String {
    // The first `value-type` is the standard's; LibreOffice adds its own behind it.
    let number = || {
        attribute(tag, "value")
            .and_then(|value| value.parse().ok())
            .map(cell::number)
    };
    match attribute(tag, "value-type").as_deref() {
        Some("float" | "percentage" | "currency") => match number() {
            Some(number) if !cell::is_padded(&shown, &number) => number,
            _ => shown,
        },
        Some("boolean") => {
            cell::truth(attribute(tag, "boolean-value").as_deref() == Some("true")).to_owned()
        }
        Some("date") => {
            attribute(tag, "date-value").map_or(shown, |day| cell::iso_day(&day).to_owned())
        }
        // What is shown comes first: LibreOffice gives an error an empty text as its value.
        Some("string") if shown.is_empty() => attribute(tag, "string-value").unwrap_or_default(),
        None if shown.is_empty() && attribute(tag, "formula").is_some() => {
            cell::NOT_WORKED_OUT.to_owned()
        }
        _ => shown,
    }
}

/// `&amp;`, `&#233;`: only what XML itself defines.
fn push_reference(text: &mut String, reference: &BytesRef<'_>) -> Result<(), Stop> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        text.push(character);
        return Ok(());
    }
    let resolved = quick_xml::escape::resolve_xml_entity(reference).ok_or(Stop::Broken)?;
    text.push_str(resolved);
    Ok(())
}
