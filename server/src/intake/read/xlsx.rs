//! Rows of an XLSX workbook, cell by cell: never a dense range (security L2). Runs in the limited
//! child only. The cached value of a formula counts, and a formula without one is an error; hidden rows are named and
//! left out.

use super::cell;
use super::workbook::{Stop, Writer};
use super::xml::attribute;
use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use quick_xml::events::{BytesStart, Event};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, Cursor};
use zip::ZipArchive;

/// Days from the start of the date system of 1900 to that of 1904.
const DAYS_TO_1904: i32 = 1_462;
/// Most digits to which a format pads a number.
const WIDEST: usize = 20;

/// What the sheet itself says of its cells, and the reader of the cells does not tell.
#[derive(Default)]
struct Marks {
    /// Numbers of the rows that the sender has hidden or filtered away.
    hidden: HashSet<u32>,
    /// Row and column, counted from 0, of cells whose format pads a whole number with zeros, and to how many digits.
    padded: HashMap<(u32, u32), usize>,
}

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
    let main = main_part(content);
    // The header has no numbers, and most workbooks no such format.
    let padding = match sheet {
        Some(_) => padding_styles(content, &main.0),
        None => HashMap::new(),
    };
    let paths = if may_hide || !padding.is_empty() {
        sheet_paths(content, &main)
    } else {
        BTreeMap::new()
    };
    if since_1904(content, &main) {
        out.days_later(DAYS_TO_1904)?;
    }
    for (index, name) in visible {
        let path = paths.get(&name);
        let mut marks = path.map_or_else(Marks::default, |path| marks(content, path, &padding));
        if !may_hide {
            marks.hidden.clear();
        }
        out.sheet(index, &name)?;
        rows(&mut book, &name, &marks, out)?;
    }
    Ok(())
}

fn rows(
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    marks: &Marks,
    out: &mut Writer<'_>,
) -> Result<(), Stop> {
    let mut cells = book
        .worksheet_cells_reader(name)
        .map_err(|_| Stop::Broken)?;
    while let Some(cell) = cells
        .next_cell_with_formula_metadata()
        .map_err(|_| Stop::Broken)?
    {
        let (row, column) = cell.pos;
        let text = match (&cell.value, cell.formula) {
            (DataRef::Empty, None) => continue,
            // One that was worked out to an empty text has that text.
            (DataRef::Empty, Some(_)) => cell::NOT_WORKED_OUT.into(),
            (value, _) => text(value),
        };
        let text = match marks.padded.get(&(row, column)) {
            Some(&width) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{text:0>width$}").into()
            }
            _ => text,
        };
        let row = row + 1;
        if marks.hidden.contains(&row) {
            out.hidden(row)?;
        } else {
            out.cell(row, column, &text)?;
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

/// The folder of the main part, with its slash, and the name of that part: some programs call it other than `workbook.xml`.
fn main_part(content: &[u8]) -> (String, String) {
    let mut found = "xl/workbook.xml".to_owned();
    each_tag(content, "_rels/.rels", |tag| {
        let is_it = attribute(tag, "Type").is_some_and(|kind| kind.ends_with("/officeDocument"));
        if is_it && let Some(target) = attribute(tag, "Target") {
            target.trim_start_matches('/').clone_into(&mut found);
        }
        !is_it
    });
    let at = found.rfind('/').map_or(0, |slash| slash + 1);
    let name = found.split_off(at);
    (found, name)
}

/// Path in the archive of each sheet, by name. Empty when the workbook does not say: then no row
/// counts as hidden.
fn sheet_paths(content: &[u8], (folder, main): &(String, String)) -> BTreeMap<String, String> {
    let mut targets = BTreeMap::new();
    each_tag(content, &format!("{folder}_rels/{main}.rels"), |tag| {
        if let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target")) {
            let path = target
                .strip_prefix('/')
                .map_or_else(|| format!("{folder}{target}"), str::to_owned);
            targets.insert(id, path);
        }
        true
    });
    let mut paths = BTreeMap::new();
    each_tag(content, &format!("{folder}{main}"), |tag| {
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
fn since_1904(content: &[u8], (folder, main): &(String, String)) -> bool {
    let mut since = false;
    each_tag(content, &format!("{folder}{main}"), |tag| {
        let is_it = tag.local_name().as_ref() == "workbookPr";
        if is_it {
            since = attribute(tag, "date1904").is_some_and(|value| value == "1" || value == "true");
        }
        !is_it
    });
    since
}

/// What a sheet says of its rows and cells. Cells in a style of `padding` that do not say where they stand are left as
/// they are.
fn marks(content: &[u8], path: &str, padding: &HashMap<usize, usize>) -> Marks {
    let mut marks = Marks::default();
    let mut number = 0;
    each_tag(content, path, |tag| {
        match tag.local_name().as_ref() {
            "row" => {
                number = attribute(tag, "r")
                    .and_then(|r| r.parse().ok())
                    .unwrap_or(number + 1);
                if attribute(tag, "hidden").is_some_and(|value| value == "1" || value == "true") {
                    marks.hidden.insert(number);
                }
            }
            "c" if !padding.is_empty() => {
                let style = attribute(tag, "s").and_then(|style| style.parse().ok());
                let width = style.and_then(|style: usize| padding.get(&style));
                let place = width.and_then(|_| place(&attribute(tag, "r")?));
                marks.padded.extend(place.zip(width.copied()));
            }
            _ => {}
        }
        true
    });
    marks
}

/// `AB12` as row and column, counted from 0.
fn place(name: &str) -> Option<(u32, u32)> {
    let digits = name.find(|letter: char| letter.is_ascii_digit())?;
    let column = name[..digits].bytes().try_fold(0_u32, |column, letter| {
        let letter = letter.to_ascii_uppercase().checked_sub(b'A')?;
        column.checked_mul(26)?.checked_add(u32::from(letter) + 1)
    })?;
    let row: u32 = name[digits..].parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

/// Cell styles that pad whole numbers with zeros, and to how many digits: those with a format as `00000`.
fn padding_styles(content: &[u8], folder: &str) -> HashMap<usize, usize> {
    let (mut formats, mut styles) = (HashMap::new(), HashMap::new());
    let (mut in_cells, mut at) = (false, 0);
    each_tag(content, &format!("{folder}styles.xml"), |tag| {
        match tag.local_name().as_ref() {
            "numFmt" => {
                let code = attribute(tag, "formatCode").unwrap_or_default();
                let zeros = code.split(';').next().unwrap_or_default();
                let pads = zeros.len() > 1 && zeros.bytes().all(|byte| byte == b'0');
                if pads && let Some(id) = attribute(tag, "numFmtId") {
                    formats.insert(id, zeros.len().min(WIDEST));
                }
            }
            "cellXfs" => in_cells = true,
            "xf" if in_cells => {
                let width = attribute(tag, "numFmtId").and_then(|id| formats.get(&id));
                styles.extend(width.map(|width| (at, *width)));
                at += 1;
            }
            "cellStyles" | "dxfs" => return false,
            _ => {}
        }
        true
    });
    styles
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
