//! The own file back as an OpenDocument spreadsheet: text cells, wrong ones coloured and with a note, the token in a
//! hidden column. In go texts of the sender and of the rules; out comes the least archive that LibreOffice opens without a
//! word and that our own reader takes. Nothing in it is a formula: every cell is a text.

use super::Cell;
use std::fmt::Write as _;
use std::io::{self, Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// What the file is; also its first entry, as the standard wants it: not packed.
pub(super) const KIND: &str = "application/vnd.oasis.opendocument.spreadsheet";

const MANIFEST: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">"#,
    r#"<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>"#,
    r#"<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>"#,
    r#"</manifest:manifest>"#
);

/// `tekst` keeps what is typed a text; `fout` is a wrong cell, `kop` the header.
const HEAD: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content"#,
    r#" xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0""#,
    r#" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0""#,
    r#" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0""#,
    r#" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0""#,
    r#" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0""#,
    r#" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0""#,
    r#" xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"><office:automatic-styles>"#,
    r#"<number:text-style style:name="getypt"><number:text-content/></number:text-style>"#,
    r#"<style:style style:name="kolom" style:family="table-column"><style:table-column-properties style:column-width="4cm"/></style:style>"#,
    r#"<style:style style:name="tekst" style:family="table-cell" style:data-style-name="getypt"/>"#,
    r#"<style:style style:name="kop" style:family="table-cell" style:data-style-name="getypt"><style:text-properties fo:font-weight="bold"/></style:style>"#,
    r##"<style:style style:name="fout" style:family="table-cell" style:data-style-name="getypt"><style:table-cell-properties fo:background-color="#fbd5d5"/><style:text-properties fo:font-weight="bold"/></style:style>"##,
    r#"</office:automatic-styles><office:body><office:spreadsheet><table:table table:name="Verbeteren">"#
);

const TAIL: &str = "</table:table></office:spreadsheet></office:body></office:document-content>";

/// The spreadsheet so far.
pub(super) struct Sheet {
    content: String,
}

impl Sheet {
    /// Begins with the header; the last column is hidden.
    pub(super) fn new(names: &[&str]) -> Self {
        let mut content = HEAD.to_owned();
        for at in 1..=names.len() {
            let hidden = if at == names.len() {
                r#" table:visibility="collapse""#
            } else {
                ""
            };
            // Writing to a String cannot fail.
            let _ = write!(
                content,
                r#"<table:table-column table:style-name="kolom" table:default-cell-style-name="tekst"{hidden}/>"#
            );
        }
        let mut sheet = Self { content };
        sheet.line(names.iter().map(|name| (*name, "kop", None)));
        sheet
    }

    /// Adds a row.
    pub(super) fn row<'c>(&mut self, cells: impl Iterator<Item = &'c Cell>) {
        self.line(cells.map(|cell| {
            let style = if cell.note.is_some() { "fout" } else { "tekst" };
            (cell.text.as_str(), style, cell.note.as_deref())
        }));
    }

    fn line<'c>(&mut self, cells: impl Iterator<Item = (&'c str, &'static str, Option<&'c str>)>) {
        let content = &mut self.content;
        content.push_str("<table:table-row>");
        for (text, style, note) in cells {
            let _ = write!(
                content,
                r#"<table:table-cell table:style-name="{style}" office:value-type="string">"#
            );
            if let Some(note) = note {
                content.push_str("<office:annotation><dc:creator>CIMS</dc:creator>");
                paragraphs(content, note);
                content.push_str("</office:annotation>");
            }
            paragraphs(content, text);
            content.push_str("</table:table-cell>");
        }
        content.push_str("</table:table-row>");
    }

    /// The archive.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        self.content.push_str(TAIL);
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let packed = SimpleFileOptions::default();
        let plain = packed.compression_method(CompressionMethod::Stored);
        for (name, options, content) in [
            ("mimetype", plain, KIND),
            ("META-INF/manifest.xml", packed, MANIFEST),
            ("content.xml", packed, &self.content),
        ] {
            archive.start_file(name, options)?;
            archive.write_all(content.as_bytes())?;
        }
        Ok(archive.finish()?.into_inner())
    }
}

/// A text in paragraphs, one a line. Blanks beside blanks are named, or a program would take them for one; what XML cannot
/// hold is left out.
fn paragraphs(content: &mut String, text: &str) {
    for line in text.split('\n') {
        content.push_str("<text:p>");
        let mut blank_before = true;
        for letter in line.chars() {
            match letter {
                ' ' if blank_before => content.push_str("<text:s/>"),
                '\t' => content.push_str("<text:tab/>"),
                '&' => content.push_str("&amp;"),
                '<' => content.push_str("&lt;"),
                '>' => content.push_str("&gt;"),
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
                other => content.push(other),
            }
            blank_before = letter == ' ';
        }
        content.push_str("</text:p>");
    }
}

#[cfg(test)]
mod tests {
    use super::paragraphs;

    #[test]
    fn a_text_keeps_its_blanks_and_lines_and_nothing_in_it_is_markup() {
        let mut content = String::new();
        paragraphs(&mut content, " a  b\u{1}\n<c>&\td");
        assert_eq!(
            content,
            "<text:p><text:s/>a <text:s/>b</text:p><text:p>&lt;c&gt;&amp;<text:tab/>d</text:p>"
        );
    }
}
