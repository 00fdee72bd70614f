//! The standard spreadsheet: header, drop-down lists, hints, one example row and an explanation, all
//! from the tables of `domain`. Every cell is text, so that no program changes a number unasked.

use super::read::rows::EXAMPLE;
use domain::codes::{AgeGroup, CodeLists, Consent, Mutation, NoBsnReason, Sex};
use domain::row::Column;
use domain::row::columns::Requirement;
use domain::text::Lang;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format, Formula,
    Workbook, Worksheet, XlsxError,
};

/// Version of the standard format. A column or list that changes makes a new one.
pub const VERSION: &str = "1.0";
/// Day of this version: the file must not differ from one writing to the next.
const VERSION_DAY: (u16, u8, u8) = (2021, 1, 6);
/// Rows with lists and hints: what the portal takes in one file.
const LAST_ROW: u32 = super::read::Limits::PORTAL.rows;
const DATA_SHEET: &str = "Aanlevering";
const LISTS_SHEET: &str = "Lijsten";

/// The example row; its bronsleutel tells every reader to skip it.
const EXAMPLE_ROW: [(Column, &str); 13] = [
    (Column::Mutatie, "N"),
    (Column::Bronsleutel, EXAMPLE),
    (Column::Toestemming, "J"),
    (Column::Bsn, "999990019"),
    (Column::Geboortedatum, "02-05-1940"),
    (Column::Achternaam, "Bultenaar"),
    (Column::Vaccinatiedatum, "27-01-2021"),
    (Column::Vaccin, "Comirnaty"),
    (Column::Batchnummer, "EJ6795"),
    (Column::Dosisnummer, "1"),
    (Column::Doelgroep, "BEWONER_INSTELLING"),
    (Column::UitvoerderAgb, "01234567"),
    (Column::BigNummer, "19065432101"),
];

fn example(column: Column) -> &'static str {
    EXAMPLE_ROW
        .iter()
        .find(|(of, _)| *of == column)
        .map_or("", |(_, text)| text)
}

/// The template as CSV: `;`, UTF-8 with BOM, CRLF.
#[must_use]
pub fn csv() -> String {
    let line = |text: fn(Column) -> &'static str| Column::ALL.map(text).join(";");
    format!("\u{FEFF}{}\r\n{}\r\n", line(Column::name), line(example))
}

/// The template as XLSX.
///
/// # Errors
/// When a text is longer than the format allows: a fault in our own tables.
pub fn xlsx(lists: &CodeLists) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (year, month, day) = VERSION_DAY;
    let properties = DocProperties::new()
        .set_title("Aanlevering COVID-19-vaccinaties")
        .set_subject(format!("Aanleverspecificatie {VERSION}"))
        .set_custom_property("versie", VERSION)
        .set_creation_datetime(&ExcelDateTime::from_ymd(year, month, day)?);
    book.set_properties(&properties);
    data_sheet(book.add_worksheet(), lists)?;
    explanation_sheet(book.add_worksheet(), lists)?;
    lists_sheet(book.add_worksheet(), lists)?;
    book.save_to_buffer()
}

fn data_sheet(sheet: &mut Worksheet, lists: &CodeLists) -> Result<(), XlsxError> {
    sheet.set_name(DATA_SHEET)?;
    sheet.set_freeze_panes(1, 0)?;
    let text = Format::new().set_num_format("@");
    let grey = text.clone().set_italic().set_font_color(Color::Gray);
    let header = text.clone().set_bold();
    let required = header.clone().set_background_color(Color::RGB(0x00D9_EBF7));
    for column in Column::ALL {
        let at = at(column);
        sheet.set_column_format(at, &text)?;
        sheet.set_column_width(at, width(column))?;
        let dress = if column.requirement() == Requirement::Always {
            &required
        } else {
            &header
        };
        sheet.write_string_with_format(0, at, column.name(), dress)?;
        if !example(column).is_empty() {
            sheet.write_string_with_format(1, at, example(column), &grey)?;
        }
        sheet.add_data_validation(1, at, LAST_ROW, at, &validation(column, lists)?)?;
    }
    Ok(())
}

/// Choices of a column that has a list, in the order of the tables.
fn choices(column: Column, lists: &CodeLists) -> Vec<String> {
    match column {
        Column::Mutatie => Mutation::ALL
            .iter()
            .map(|one| one.as_str().to_owned())
            .collect(),
        Column::Toestemming => Consent::ALL
            .iter()
            .map(|one| one.as_str().to_owned())
            .collect(),
        Column::GeenBsnReden => NoBsnReason::ALL
            .iter()
            .map(|one| one.as_str().to_owned())
            .collect(),
        Column::Geslacht => Sex::ALL.iter().map(|one| one.as_str().to_owned()).collect(),
        Column::Vaccin => lists
            .vaccines()
            .iter()
            .map(|vaccine| vaccine.name.clone())
            .collect(),
        Column::Doelgroep => lists
            .groups()
            .iter()
            .map(|one| one.as_str().to_owned())
            .collect(),
        Column::Leeftijdsgroep => AgeGroup::ALL
            .iter()
            .map(|one| one.as_str().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

/// The choices of the explanation: of the age groups with their ages.
fn meanings(column: Column, lists: &CodeLists) -> Vec<String> {
    if column != Column::Leeftijdsgroep {
        return choices(column, lists);
    }
    let ages = lists.age_bounds().ages().into_iter();
    let ages = ages.map(|(group, first, last)| match last {
        Some(last) => format!("{group} ({first}-{last})"),
        None => format!("{group} ({first} en ouder)"),
    });
    ages.collect()
}

/// The hint of a column, and its list if it has one. Other values stay possible: the rules decide.
fn validation(column: Column, lists: &CodeLists) -> Result<DataValidation, XlsxError> {
    let choices = choices(column, lists);
    let rule = if choices.is_empty() {
        DataValidation::new().allow_any_value()
    } else {
        let letter = char::from(b'A' + u8::try_from(column.index()).unwrap_or(0));
        let range = format!("={LISTS_SHEET}!${letter}$2:${letter}${}", choices.len() + 1);
        DataValidation::new().allow_list_formula(Formula::new(range))
    };
    rule.set_input_title(column.title())?
        .set_input_message(column.hint())?
        .set_error_style(DataValidationErrorStyle::Warning)
        .set_error_title(column.title())?
        .set_error_message("Deze waarde staat niet in de lijst.")
}

/// The lists behind the drop-downs, one under each column's letter; hidden, so never read as data.
fn lists_sheet(sheet: &mut Worksheet, lists: &CodeLists) -> Result<(), XlsxError> {
    sheet.set_name(LISTS_SHEET)?;
    sheet.set_hidden(true);
    for column in Column::ALL {
        let choices = choices(column, lists);
        for (row, choice) in (1..).zip(&choices) {
            sheet.write_string(row, at(column), choice)?;
        }
    }
    Ok(())
}

fn explanation_sheet(sheet: &mut Worksheet, lists: &CodeLists) -> Result<(), XlsxError> {
    sheet.set_name("Uitleg")?;
    let bold = Format::new().set_bold();
    let wrap = Format::new().set_text_wrap();
    for (at, width) in [(0, 22.0), (1, 30.0), (2, 70.0), (3, 50.0)] {
        sheet.set_column_width(at, width)?;
    }
    sheet.write_string_with_format(0, 0, "Vaccinaties aanleveren", &bold)?;
    let lines = [
        format!("Versie {VERSION} van het standaardformaat."),
        format!(
            "Vul op het werkblad {DATA_SHEET} 1 regel per vaccinatie in. De volgorde van de kolommen is vrij."
        ),
        format!("De voorbeeldregel ({EXAMPLE}) slaan we over. U mag hem laten staan."),
        "Een kolom die leeg mag blijven, mag u ook weghalen.".to_owned(),
        "Alle cellen zijn tekst. Zo blijft de eerste nul van een nummer staan.".to_owned(),
        "Gaf de persoon geen toestemming? Vul dan geen persoonsgegevens in.".to_owned(),
    ];
    let mut row = 1;
    for line in &lines {
        sheet.write_string(row, 0, line)?;
        row += 1;
    }
    row += 1;
    for (at, title) in (0..).zip(["Kolom", "Wanneer invullen", "Wat vult u in", "Keuzes"]) {
        sheet.write_string_with_format(row, at, title, &bold)?;
    }
    for column in Column::ALL {
        row += 1;
        sheet.write_string(row, 0, column.name())?;
        sheet.write_string_with_format(row, 1, when(column.requirement()), &wrap)?;
        sheet.write_string_with_format(row, 2, column.hint(), &wrap)?;
        sheet.write_string_with_format(row, 3, meanings(column, lists).join(", "), &wrap)?;
    }
    Ok(())
}

/// When to fill a column, in words.
#[must_use]
pub const fn when(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Always => "Altijd",
        Requirement::WithConsent => "Bij toestemming J",
        Requirement::WithoutConsent => "Alleen bij toestemming N",
        Requirement::BsnOrReason => "Bij toestemming J, of vul geen_bsn_reden in",
        Requirement::VaccineOrHpk => "Vaccin of HPK-code",
        Requirement::UnlessInProfile => "Als het niet in uw profiel staat",
        Requirement::ByChannel => "Verplicht voor systemen, en bij C en V",
        Requirement::Optional => "Mag leeg blijven",
    }
}

/// The same in a language of the screens.
#[must_use]
pub const fn when_in(requirement: Requirement, lang: Lang) -> &'static str {
    match (lang, requirement) {
        (Lang::Nl, _) => when(requirement),
        (Lang::En, Requirement::Always) => "Always",
        (Lang::En, Requirement::WithConsent) => "With consent J",
        (Lang::En, Requirement::WithoutConsent) => "Only with consent N",
        (Lang::En, Requirement::BsnOrReason) => "With consent J, or fill in geen_bsn_reden",
        (Lang::En, Requirement::VaccineOrHpk) => "Vaccine or HPK code",
        (Lang::En, Requirement::UnlessInProfile) => "When it is not in your profile",
        (Lang::En, Requirement::ByChannel) => "Required of systems, and with C and V",
        (Lang::En, Requirement::Optional) => "May stay empty",
    }
}

fn at(column: Column) -> u16 {
    u16::try_from(column.index()).unwrap_or(u16::MAX)
}

fn width(column: Column) -> f64 {
    let letters = column.name().len().max(example(column).len());
    f64::from(u32::try_from(letters).unwrap_or(20)) + 3.0
}
