//! Rows of an XLSX workbook, cell by cell: never a dense range (security L2). Runs in the limited
//! child only. The cached value of a formula counts; hidden rows are named and left out.

use super::cell;
use super::workbook::{Stop, Writer};
use super::xml::attribute;
use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use quick_xml::events::{BytesStart, Event};
use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Cursor};
use zip::ZipArchive;

/// Writes the first lines of every visible sheet, or all rows of one.
pub(super) fn read(
    content: &[u8],
    sheet: Option<u32>,
    may_hide: bool,
    out: &mut Writer<'_>,
) -> Result<(), Stop> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(content)).map_err(|_| Stop::Broken)?;
    let visible: Vec<(u32, String)> = (0_u32..)
        .zip(book.sheets_metadata())
        .filter(|(_, meta)| {
            meta.visible == SheetVisible::Visible && meta.typ == SheetType::WorkSheet
        })
        .map(|(index, meta)| (index, meta.name.clone()))
        .filter(|(index, _)| sheet.is_none_or(|wanted| wanted == *index))
        .collect();
    let paths = if may_hide {
        sheet_paths(content)
    } else {
        BTreeMap::new()
    };
    if since_1904(content) {
        out.since_1904()?;
    }
    for (index, name) in visible {
        let hidden = paths
            .get(&name)
            .map_or_else(HashSet::new, |path| hidden_rows(content, path));
        out.sheet(index, &name)?;
        rows(&mut book, &name, &hidden, out)?;
    }
    Ok(())
}

fn rows(
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    hidden: &HashSet<u32>,
    out: &mut Writer<'_>,
) -> Result<(), Stop> {
    let mut cells = book
        .worksheet_cells_reader(name)
        .map_err(|_| Stop::Broken)?;
    while let Some(cell) = cells.next_cell().map_err(|_| Stop::Broken)? {
        let (row, column) = cell.get_position();
        if matches!(cell.get_value(), DataRef::Empty) {
            continue;
        }
        let row = row + 1;
        if hidden.contains(&row) {
            out.hidden(row)?;
        } else {
            out.cell(row, column, &text(cell.get_value()))?;
        }
        if out.sheet_is_enough() {
            break;
        }
    }
    out.end_row()
}

fn text<'c>(value: &'c DataRef<'_>) -> std::borrow::Cow<'c, str> {
    match value {
        DataRef::Empty => "".into(),
        DataRef::String(text) => text.as_str().into(),
        DataRef::SharedString(text) => (*text).into(),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a cell holds a double; beyond it digits are lost already"
        )]
        DataRef::Int(value) => cell::number(*value as f64).into(),
        DataRef::Float(value) => cell::number(*value).into(),
        DataRef::Bool(value) => cell::truth(*value).into(),
        DataRef::Error(error) => error.to_string().into(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => cell::iso_day(text).into(),
        DataRef::DateTime(moment) => moment_text(moment).into(),
    }
}

/// A styled number as the day it stands for, in the date system of its workbook; a bare time as a
/// time. What is no day at all stays the number it is.
fn moment_text(moment: &calamine::ExcelDateTime) -> String {
    const BEYOND: f64 = 2_958_466.0;
    let value = moment.as_f64();
    if moment.is_duration() || !(0.0..BEYOND).contains(&value) {
        return cell::number(value);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if value < 1.0 {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// Path in the archive of each sheet, by name. Empty when the workbook does not say: then no row
/// counts as hidden.
fn sheet_paths(content: &[u8]) -> BTreeMap<String, String> {
    let mut targets = BTreeMap::new();
    each_tag(content, "xl/_rels/workbook.xml.rels", |tag| {
        if let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target")) {
            let path = target
                .strip_prefix('/')
                .map_or_else(|| format!("xl/{target}"), str::to_owned);
            targets.insert(id, path);
        }
        true
    });
    let mut paths = BTreeMap::new();
    each_tag(content, "xl/workbook.xml", |tag| {
        if tag.local_name().as_ref() == "sheet"
            && let (Some(name), Some(id)) = (attribute(tag, "name"), attribute(tag, "id"))
            && let Some(path) = targets.get(&id)
        {
            paths.insert(name, path.clone());
        }
        true
    });
    paths
}

/// The workbook counts days from 1904, as those of old Macs do.
fn since_1904(content: &[u8]) -> bool {
    let mut since = false;
    each_tag(content, "xl/workbook.xml", |tag| {
        let is_it = tag.local_name().as_ref() == "workbookPr";
        if is_it {
            since = attribute(tag, "date1904").is_some_and(|value| value == "1" || value == "true");
        }
        !is_it
    });
    since
}

/// Numbers of the rows that the sender has hidden or filtered away.
fn hidden_rows(content: &[u8], path: &str) -> HashSet<u32> {
    let mut hidden = HashSet::new();
    let mut number = 0;
    each_tag(content, path, |tag| {
        if tag.local_name().as_ref() == "row" {
            number = attribute(tag, "r")
                .and_then(|r| r.parse().ok())
                .unwrap_or(number + 1);
            if attribute(tag, "hidden").is_some_and(|value| value == "1" || value == "true") {
                hidden.insert(number);
            }
        }
        true
    });
    hidden
}

/// Calls for every opening tag of an entry, until told to stop. What cannot be read ends it: the
/// reader of the cells will meet the same trouble and say so.
fn each_tag(content: &[u8], path: &str, mut visit: impl FnMut(&BytesStart<'_>) -> bool) {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(content)) else {
        return;
    };
    let Some(index) = archive
        .file_names()
        .position(|name| name.is_ok_and(|name| name.eq_ignore_ascii_case(path)))
    else {
        return;
    };
    let Ok(entry) = archive.by_index(index) else {
        return;
    };
    let mut xml = quick_xml::Reader::from_reader(BufReader::new(entry));
    visit_tags(&mut xml, &mut visit);
}

fn visit_tags<R: BufRead>(
    xml: &mut quick_xml::Reader<R>,
    visit: &mut impl FnMut(&BytesStart<'_>) -> bool,
) {
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let more = match xml.read_event_into(&mut buffer) {
            Ok(Event::Start(tag) | Event::Empty(tag)) => visit(&tag),
            Ok(Event::Eof) | Err(_) => false,
            Ok(_) => true,
        };
        if !more {
            return;
        }
    }
}
