//! A page to print: a heading, sentences, and names with their values, as a PDF that a screen reader reads too: tagged,
//! with its language and title (decision 10). No font is embedded: every reader brings Helvetica, which has the letters of
//! Windows-1252. Of another letter its plain form stands there, or a question mark; what is read aloud has it whole.

use domain::matching::fold;
use encoding_rs::WINDOWS_1252;
use pdf_writer::types::{StructRole, TableHeaderScope};
use pdf_writer::writers::StructTreeRoot;
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Of A4, in points.
const WIDTH: f32 = 595.0;
/// Of A4, in points.
const HEIGHT: f32 = 842.0;
/// Around the text.
const MARGIN: f32 = 56.0;
/// Where values begin.
const VALUES: f32 = 220.0;
/// Between two lines.
const LINE: f32 = 16.0;
const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

/// What stands on it: no more than fits on one page.
pub(super) struct Printed<'a> {
    /// Two letters.
    pub language: &'a str,
    /// Its heading, and its title for whoever has it open.
    pub title: &'a str,
    /// Below the heading.
    pub parts: Vec<Part<'a>>,
}

/// A piece of a page.
pub(super) enum Part<'a> {
    /// A sentence.
    Text(&'a str),
    /// Names and values.
    Facts(Vec<(&'a str, String)>),
}

/// Makes the file.
pub(super) fn pdf(printed: &Printed<'_>) -> Vec<u8> {
    let mut writing = Writing::new();
    let [catalog, pages, page, content, parents, info] = [(); 6].map(|()| writing.id());
    let [plain, bold, document, tree] = [(); 4].map(|()| writing.id());
    let mut kids = vec![writing.block(StructRole::H1, document, page, BOLD, 20.0, printed.title)];
    for part in &printed.parts {
        writing.y -= LINE / 2.0;
        kids.push(match part {
            Part::Text(text) => writing.block(StructRole::P, document, page, PLAIN, 11.0, text),
            Part::Facts(facts) => writing.table(document, page, facts),
        });
    }
    let mut pdf = writing.pdf;
    let mut element = pdf.struct_element(document);
    element.kind(StructRole::Document).parent(tree);
    element.children().items(kids);
    element.finish();
    let mut root = pdf.catalog(catalog);
    root.pages(pages).lang(TextStr(printed.language));
    root.mark_info().marked(true);
    root.viewer_preferences().display_doc_title(true);
    root.pair(Name(b"StructTreeRoot"), tree);
    root.finish();
    let mut root: StructTreeRoot<'_> = pdf.indirect(tree).start();
    root.child(document);
    root.parent_tree().nums().insert(0, parents);
    root.finish();
    pdf.indirect(parents).array().items(writing.marked);
    pdf.document_info(info).title(TextStr(printed.title));
    pdf.pages(pages).kids([page]).count(1);
    let mut one = pdf.page(page);
    one.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT))
        .parent(pages)
        .contents(content);
    one.struct_parents(0);
    one.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
    one.finish();
    for (id, name) in [(plain, "Helvetica"), (bold, "Helvetica-Bold")] {
        pdf.type1_font(id)
            .base_font(Name(name.as_bytes()))
            .encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.stream(content, &writing.content.finish());
    pdf.finish()
}

struct Writing {
    pdf: Pdf,
    content: Content,
    next: i32,
    /// The element of each marked piece.
    marked: Vec<Ref>,
    /// Where the next line stands.
    y: f32,
}

impl Writing {
    fn new() -> Self {
        Self {
            pdf: Pdf::new(),
            content: Content::new(),
            next: 1,
            marked: Vec::new(),
            y: HEIGHT - MARGIN - LINE,
        }
    }

    const fn id(&mut self) -> Ref {
        let id = Ref::new(self.next);
        self.next += 1;
        id
    }

    /// A text over the whole width.
    fn block(
        &mut self,
        role: StructRole,
        parent: Ref,
        page: Ref,
        font: Name<'static>,
        size: f32,
        text: &str,
    ) -> Ref {
        let id = self.id();
        let lines = lines(text, (WIDTH - 2.0 * MARGIN) / size);
        let mark = self.mark(id, role, font, size, MARGIN, &lines);
        self.y -= LINE.max(size * 1.4) * lines.len() as f32;
        let mut element = self.pdf.struct_element(id);
        element.kind(role).parent(parent).page(page);
        element.actual_text(TextStr(text));
        element.children().marked_content_id(mark);
        id
    }

    /// Names on the left, values on the right.
    fn table(&mut self, parent: Ref, page: Ref, facts: &[(&str, String)]) -> Ref {
        const SIZE: f32 = 11.0;
        let id = self.id();
        let mut rows = Vec::new();
        for (name, value) in facts {
            let row = self.id();
            let cells = [
                (StructRole::TH, BOLD, MARGIN, VALUES - MARGIN - 8.0, *name),
                (
                    StructRole::TD,
                    PLAIN,
                    VALUES,
                    WIDTH - VALUES - MARGIN,
                    value,
                ),
            ];
            let (mut height, mut ids) = (1, Vec::new());
            for (role, font, x, width, text) in cells {
                let cell = self.id();
                let lines = lines(text, width / SIZE);
                let mark = self.mark(cell, role, font, SIZE, x, &lines);
                height = height.max(lines.len());
                let mut element = self.pdf.struct_element(cell);
                element.kind(role).parent(row).page(page);
                element.actual_text(TextStr(text));
                if role == StructRole::TH {
                    element
                        .attributes()
                        .push()
                        .table()
                        .scope(TableHeaderScope::Row);
                }
                element.children().marked_content_id(mark);
                ids.push(cell);
            }
            let mut element = self.pdf.struct_element(row);
            element.kind(StructRole::TR).parent(id);
            element.children().items(ids);
            element.finish();
            self.y -= LINE * height as f32 + 4.0;
            rows.push(row);
        }
        let mut element = self.pdf.struct_element(id);
        element.kind(StructRole::Table).parent(parent);
        element.children().items(rows);
        id
    }

    /// Lines at a place, marked as the content of an element; answers their number on the page.
    fn mark(
        &mut self,
        element: Ref,
        role: StructRole,
        font: Name<'static>,
        size: f32,
        x: f32,
        lines: &[String],
    ) -> i32 {
        let mark = i32::try_from(self.marked.len()).unwrap_or(i32::MAX);
        self.marked.push(element);
        self.content
            .begin_marked_content_with_properties(role.to_name())
            .properties()
            .identify(mark);
        let mut y = self.y;
        for line in lines {
            self.content.begin_text().set_font(font, size);
            self.content.next_line(x, y).show(Str(&encoded(line)));
            self.content.end_text();
            y -= LINE.max(size * 1.4);
        }
        self.content.end_marked_content();
        mark
    }
}

/// Cut where a line is full: between words, and inside a word that is longer than a line. `most`: widths of the letter
/// size.
fn lines(text: &str, most: f32) -> Vec<String> {
    let text: String = text.nfc().collect();
    let mut lines = vec![String::new()];
    let mut wide = 0.0;
    for word in text.split_whitespace() {
        let word_wide: f32 = word.chars().map(width).sum();
        if wide > 0.0 && wide + width(' ') + word_wide > most {
            lines.push(String::new());
            wide = 0.0;
        }
        for (index, letter) in word.chars().enumerate() {
            let line = lines.len() - 1;
            if index == 0 && wide > 0.0 {
                lines[line].push(' ');
                wide += width(' ');
            }
            if wide + width(letter) > most {
                lines.push(String::new());
                wide = 0.0;
            }
            let line = lines.len() - 1;
            lines[line].push(letter);
            wide += width(letter);
        }
    }
    lines
}

/// No letter of Helvetica, plain or bold, is wider; outside Windows-1252 as wide as two.
fn width(letter: char) -> f32 {
    match letter {
        ' ' => 0.28,
        'a'..='l' | 'n'..='v' | 'x'..='z' | '0'..='9' | '.' | ',' | '-' | ':' | '/' | '_' => 0.62,
        'A'..='L' | 'N'..='V' | 'X'..='Z' | 'm' | 'w' => 0.89,
        _ if in_font(letter).is_some() => 1.02,
        _ => 2.04,
    }
}

/// The letter in Windows-1252.
fn in_font(letter: char) -> Option<u8> {
    let mut buffer = [0; 4];
    let (bytes, _, odd) = WINDOWS_1252.encode(letter.encode_utf8(&mut buffer));
    (!odd).then(|| bytes.first().copied()).flatten()
}

/// As the font has it.
fn encoded(line: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    for letter in line.chars() {
        match in_font(letter) {
            Some(byte) => out.push(byte),
            None if is_combining_mark(letter) => {}
            None => out.extend(plain(letter)),
        }
    }
    out
}

/// The plain form of a letter: "IJ" of one that is both, "L" of one with a stroke.
fn plain(letter: char) -> Vec<u8> {
    let whole: Vec<char> = std::iter::once(letter)
        .nfkd()
        .filter(|part| !is_combining_mark(*part))
        .collect();
    let mut plain = Vec::new();
    for part in whole {
        if let Some(byte) = in_font(part) {
            plain.push(byte);
            continue;
        }
        let folded = fold(&part.to_string());
        let letters = folded.chars().filter_map(in_font);
        let capital = part.is_uppercase();
        plain.extend(letters.map(|byte| match capital {
            true => byte.to_ascii_uppercase(),
            false => byte,
        }));
    }
    if plain.is_empty() {
        plain.push(b'?');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(value: &str) -> Vec<u8> {
        pdf(&Printed {
            language: "nl",
            title: "Ontvangstbewijs",
            parts: vec![
                Part::Text("Dit bestand is ontvangen."),
                Part::Facts(vec![("Bestand", value.to_owned())]),
            ],
        })
    }

    fn has(file: &[u8], text: &str) -> bool {
        file.windows(text.len()).any(|part| part == text.as_bytes())
    }

    #[test]
    fn it_is_tagged_has_a_language_and_a_title() {
        let file = printed("maart.csv");
        assert!(file.starts_with(b"%PDF-1.7"));
        for part in [
            "/Lang (nl)",
            "/Title (Ontvangstbewijs)",
            "/Marked true",
            "/S /H1",
            "/S /TH",
            "/Scope /Row",
            "(maart.csv) Tj",
            "/StructTreeRoot 10 0 R",
        ] {
            assert!(has(&file, part), "{part}");
        }
    }

    #[test]
    fn a_letter_that_the_font_lacks_stands_in_its_plain_form() {
        let of = |text: &str| encoded(&lines(text, 99.0).concat());
        assert_eq!(of("é Ł ź €"), b"\xe9 L z \x80");
        assert_eq!(of("e\u{301}x\u{30a}"), b"\xe9x", "composed, or left out");
        assert_eq!(of("Ĳssel ﬁ ẞ"), b"IJssel fi SS");
        assert_eq!(of("日"), b"?");
    }

    #[test]
    fn no_line_is_wider_than_the_page_and_nothing_is_lost() {
        let long = "W".repeat(100);
        for text in [
            "",
            "kort",
            "een paar woorden die samen niet op een regel passen",
            &long,
        ] {
            let cut = lines(text, 20.0);
            assert!(
                cut.iter()
                    .all(|line| line.chars().map(width).sum::<f32>() <= 20.0)
            );
            let left = |text: &str| text.replace(' ', "");
            assert_eq!(left(&cut.concat()), left(text));
        }
        assert_eq!(lines("twee woorden", 20.0), ["twee woorden"]);
    }
}
