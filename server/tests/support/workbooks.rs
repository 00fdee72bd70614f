//! Workbooks for tests, honest ones and ones made to harm.

use std::io::{Cursor, Write};

/// Lines of cells, the header first.
pub(crate) type Table = Vec<Vec<String>>;

/// The minimum header and three columns more.
pub(crate) const HEADER: &str =
    "bronsleutel;toestemming;bsn;geboortedatum;vaccinatiedatum;vaccin;batchnummer;dosisnummer";
/// A row without findings under [`HEADER`].
pub(crate) const GOOD: &str = "R-1;J;999990019;01-04-1940;27-01-2021;Comirnaty;EJ6795;1";

/// Lines of a text with `;` as a table.
pub(crate) fn table(text: &str) -> Table {
    text.lines()
        .map(|line| line.split(';').map(str::to_owned).collect())
        .collect()
}

/// The table as XLSX, every cell a text.
pub(crate) fn xlsx(table: &Table) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(table) {
        for (column, cell) in (0..).zip(cells) {
            if !cell.is_empty() {
                sheet.write_string(row, column, cell).expect("written");
            }
        }
    }
    book.save_to_buffer().expect("a workbook")
}

/// An ODS with these tables in it.
pub(crate) fn ods_with(tables: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" office:version=\"1.3\">\
         <office:automatic-styles><style:style style:name=\"weg\" style:family=\"table\">\
         <style:table-properties table:display=\"false\"/></style:style></office:automatic-styles>\
         <office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    zip_of(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("content.xml", content.as_bytes()),
    ])
}

/// A zip archive with these entries.
pub(crate) fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, content) in entries {
        archive.start_file(*name, options).expect("begun");
        archive.write_all(content).expect("written");
    }
    archive.finish().expect("closed").into_inner()
}

/// An XLSX of hand-made parts: the inside of `sheetData`, and shared strings.
pub(crate) fn xlsx_parts(sheet_data: &str, shared: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let sheet =
        format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet_data}</sheetData></worksheet>");
    let types = format!(
        "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>"
    );
    let root = format!(
        "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"Blad1\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let book_relations = format!(
        "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"r2\" Type=\"{relations}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let mut entries: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", book_relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", shared.as_bytes()),
    ];
    entries.extend_from_slice(more);
    zip_of(&entries)
}

/// The parts of an honest workbook, with some put in their place or added.
pub(crate) fn with_parts(more: &[(&str, &[u8])]) -> Vec<u8> {
    let honest = xlsx(&table(&format!("{HEADER}\n{GOOD}\n")));
    let mut archive = zip::ZipArchive::new(Cursor::new(honest)).expect("a zip");
    let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).expect("an entry");
        let mut content = Vec::new();
        std::io::copy(&mut entry, &mut content).expect("inflated");
        entries.push((entry.name().expect("a name").into_owned(), content));
    }
    for (name, content) in more {
        entries.retain(|(old, _)| old != name);
        entries.push(((*name).to_owned(), content.to_vec()));
    }
    let entries: Vec<(&str, &[u8])> = entries
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    zip_of(&entries)
}

/// A file made to harm, and what is to become of it.
pub(crate) struct Hostile {
    /// What it tries.
    pub(crate) what: &'static str,
    pub(crate) ending: &'static str,
    pub(crate) content: Vec<u8>,
    pub(crate) outcome: &'static str,
    /// File findings.
    pub(crate) codes: &'static [&'static str],
}

fn refused(what: &'static str, content: Vec<u8>, codes: &'static [&'static str]) -> Hostile {
    Hostile {
        what,
        ending: "xlsx",
        content,
        outcome: "GEWEIGERD",
        codes,
    }
}

/// All of them. Bombs are as small as shows that they are weighed.
pub(crate) fn corpus() -> Vec<Hostile> {
    let shared = |text: &str| xlsx_parts("", text, &[]);
    let spaces = " ".repeat(20 << 20);
    let wide: Vec<u8> = "\u{FEFF}<!DOCTYPE x []><x/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let corners = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>bsn</t></is></c></row>\
                   <row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    let mut all = vec![
        refused(
            "a promise of four billion strings",
            shared("<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" count=\"1\" uniqueCount=\"4294967295\"><si><t>a</t></si></sst>"),
            &["A06"],
        ),
        refused(
            "two cells at the corners of the sheet",
            xlsx_parts(corners, "<sst/>", &[]),
            &["A08"],
        ),
        refused(
            "a bomb beside the sheet",
            xlsx_parts("", "<sst/>", &[("xl/media/a.bin", spaces.as_bytes())]),
            &["A06"],
        ),
        refused(
            "a bomb in one string",
            shared(&format!("<sst><si><t>{spaces}</t></si></sst>")),
            &["A06"],
        ),
        refused(
            "millions of empty strings",
            shared(&format!("<sst>{}</sst>", "<si/>".repeat(1_000_001))),
            &["A06"],
        ),
        refused(
            "millions of empty strings in two tags each",
            shared(&format!("<sst>{}</sst>", "<si></si>".repeat(1_000_001))),
            &["A06"],
        ),
        refused(
            "entities in entities",
            shared("<!DOCTYPE sst [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><sst><si><t>&b;</t></si></sst>"),
            &["A02"],
        ),
        refused(
            "a document type in UTF-16",
            xlsx_parts("", "<sst/>", &[("xl/styles.xml", &wide)]),
            &["A02"],
        ),
        refused(
            "macros",
            with_parts(&[("xl/vbaProject.bin", b"<x/>")]),
            &["A05"],
        ),
        refused(
            "links to other workbooks",
            with_parts(&[("xl/externalLinks/externalLink1.xml", b"<x/>")]),
            &["A05"],
        ),
        refused(
            "macros of old",
            with_parts(&[("xl/macrosheets/sheet1.xml", b"<x/>")]),
            &["A05"],
        ),
        refused(
            "macros in ODS",
            odd_ods("Basic/Standard/Module1.xml", b"<x/>"),
            &["A05"],
        ),
        refused("encrypted entries", encrypted(), &["A03"]),
        refused(
            "encrypted ODS",
            odd_ods(
                "META-INF/manifest.xml",
                b"<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>",
            ),
            &["A03"],
        ),
        refused("a link in the archive", linked(), &["A02"]),
        refused("more parts than any workbook has", many_parts(513), &["A06"]),
    ];
    all.extend(cut());
    all.extend(repeated());
    all.extend(texts());
    all
}

/// An ODS with this part in it.
fn odd_ods(name: &str, content: &[u8]) -> Vec<u8> {
    zip_of(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("content.xml", b"<x/>"),
        (name, content),
    ])
}

fn encrypted() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    archive.start_file("xl/workbook.xml", plain).expect("begun");
    archive.write_all(b"<x/>").expect("written");
    let mut content = archive.finish().expect("closed").into_inner();
    // Bit 0 of the flags: in the local header and in the central directory.
    content[6] |= 1;
    let directory = content
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .expect("a directory");
    content[directory + 8] |= 1;
    content
}

fn linked() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default();
    archive.start_file("xl/workbook.xml", plain).expect("begun");
    archive
        .add_symlink("xl/sharedStrings.xml", "/etc/passwd", plain)
        .expect("linked");
    archive.finish().expect("closed").into_inner()
}

/// An honest workbook with so many parts.
pub(crate) fn many_parts(entries: usize) -> Vec<u8> {
    let archive = zip::ZipArchive::new(Cursor::new(with_parts(&[]))).expect("a zip");
    let names: Vec<String> = (archive.len()..entries)
        .map(|n| format!("xl/media/{n}"))
        .collect();
    let more: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), b"x".as_slice()))
        .collect();
    with_parts(&more)
}

/// Workbooks of which the rest is missing.
fn cut() -> Vec<Hostile> {
    let whole = xlsx(&table(&format!("{HEADER}\n{GOOD}\n")));
    let cells = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>bsn</t></is></c></row><row r=\"2\"><c r=\"A2\"";
    vec![
        refused("half of it", whole[..whole.len() / 2].to_vec(), &["A11"]),
        refused(
            "all but its end",
            whole[..whole.len() - 10].to_vec(),
            &["A11"],
        ),
        refused("its first bytes", whole[..40].to_vec(), &["A11"]),
        refused(
            "a sheet cut in a cell",
            xlsx_parts(cells, "<sst/>", &[]),
            &["A11"],
        ),
    ]
}

/// The header as cells of ODS.
pub(crate) fn ods_header() -> String {
    HEADER
        .split(';')
        .map(|name| format!("<table:table-cell office:value-type=\"string\"><text:p>{name}</text:p></table:table-cell>"))
        .collect()
}

/// Sheets that say "the same again" millions of times.
fn repeated() -> Vec<Hostile> {
    let ods = |what: &'static str,
               rows: &str,
               outcome: &'static str,
               codes: &'static [&'static str]| Hostile {
        what,
        ending: "ods",
        content: ods_with(&format!(
            "<table:table table:name=\"a\"><table:table-row>{}</table:table-row>{rows}</table:table>",
            ods_header()
        )),
        outcome,
        codes,
    };
    let text = |text: &str, more: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"{more}><text:p>{text}</text:p></table:table-cell>"
        )
    };
    vec![
        ods(
            "emptiness to the end of the sheet",
            "<table:table-row table:number-rows-repeated=\"1048570\">\
             <table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>",
            "LEEG",
            &[],
        ),
        ods(
            "a cell four billion times in three rows",
            &format!(
                "<table:table-row table:number-rows-repeated=\"3\">{}</table:table-row>",
                text("x", " table:number-columns-repeated=\"4000000000\"")
            ),
            "GEWEIGERD",
            &[],
        ),
        ods(
            "four billion blank rows",
            &format!(
                "<table:table-row table:number-rows-repeated=\"4000000000\">\
                 <table:table-cell table:number-columns-repeated=\"3\"/>{}</table:table-row>",
                text(" ", "")
            ),
            "GEWEIGERD",
            &["A11"],
        ),
    ]
}

/// What is no workbook.
fn texts() -> Vec<Hostile> {
    let text = format!("{HEADER}\n{GOOD}\n");
    let book = xlsx(&table(&text));
    let csv = |what: &'static str, content: Vec<u8>, codes: &'static [&'static str]| Hostile {
        ending: "csv",
        ..refused(what, content, codes)
    };
    vec![
        csv(
            "a text with a workbook behind it",
            [text.as_bytes(), &book].concat(),
            &["A11", "A18"],
        ),
        csv(
            "a text behind the first bytes of a PDF",
            [b"%PDF-1.7\n", text.as_bytes()].concat(),
            &["A02"],
        ),
        csv(
            "a quote that is never closed",
            format!("{text}\"{}", "x".repeat(4 << 20)).into_bytes(),
            &["A11"],
        ),
    ]
}
