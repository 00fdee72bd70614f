//! The own file back (features F23): refused rows with their reasons, corrected and delivered again as it is.

use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::Deliveries;
use app::ports::deliveries::MendedRow;
use domain::row::{Column, RowText};
use server::intake::answer::AnswerError;
use server::intake::own_file::{self, OwnFile};
use server::intake::read::Format;
use server::store::{StoreError, party_tx};
use uuid::Uuid;

fn rows() -> Vec<RowText> {
    vec![
        good(EREBOS, "01-04-2000"),
        with(good(NAOMI, "01-04-1987"), &[(Column::Dosisnummer, "nul")]),
        with(
            good(FROUKE, "24-03-2000"),
            &[
                (Column::Batchnummer, "???"),
                (Column::Vaccinatieplaats, "=Dörp;\"x\""),
            ],
        ),
    ]
}

/// The same without what a CSV has to quote.
fn plain_rows() -> Vec<RowText> {
    let plain = |row| with(row, &[(Column::Vaccinatieplaats, "Voorbeeldstad")]);
    rows().into_iter().map(plain).collect()
}

async fn back(world: &World, id: Uuid) -> OwnFile {
    let mut tx = party_tx(&world.road.db, &world.maria).await.unwrap();
    own_file::make(&mut tx, &world.road.keys, id).await.unwrap()
}

/// Corrects the cells in the text of the file, as a person would in a spreadsheet.
fn corrected(text: &str) -> String {
    text.replace(";nul;", ";1;").replace(";???;", ";EJ6795;")
}

async fn repaired(world: &World) -> i64 {
    world.count("delivery_rows WHERE state = 'repaired'").await
}

#[tokio::test]
async fn a_csv_goes_back_in_its_own_form_and_comes_in_again_as_it_is() {
    let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let wide = |text: &str| {
        let marked = std::iter::once(0xfeff).chain(text.encode_utf16());
        marked.flat_map(u16::to_le_bytes).collect()
    };
    let plain = |text: &str| text.as_bytes().to_vec();
    type Encode<'e> = &'e dyn Fn(&str) -> Vec<u8>;
    let forms: [(&str, Encode<'_>); 3] = [
        ("utf-8", &plain),
        ("windows-1252", &latin),
        ("utf-16", &wide),
    ];
    for (name, encode) in forms {
        let world = World::new().await;
        // Words and order of the sender, a column we do not know, and another delimiter.
        let mut lines =
            vec!["BSN;geb datum;Akkoord;prikdatum;merk;lot;dosis;kleur;plaats".to_owned()];
        for row in rows() {
            let cells = [
                Column::Bsn,
                Column::Geboortedatum,
                Column::Toestemming,
                Column::Vaccinatiedatum,
                Column::Vaccin,
                Column::Batchnummer,
                Column::Dosisnummer,
            ];
            let mut cells: Vec<String> = cells.map(|column| row.get(column).to_owned()).into();
            cells.push("blauw".to_owned());
            cells.push(format!(
                "\"{}\"",
                row.get(Column::Vaccinatieplaats).replace('"', "\"\"")
            ));
            lines.push(cells.join(";"));
        }
        let id = world
            .upload(&world.maria, &encode(&(lines.join("\r\n") + "\r\n")))
            .await;
        let file = back(&world, id).await;
        assert_eq!((file.rows, file.format), (2, Format::Csv), "{name}");
        let (text, _, broken) = match name {
            "windows-1252" => encoding_rs::WINDOWS_1252.decode(&file.content),
            "utf-16" => encoding_rs::UTF_16LE.decode(&file.content),
            _ => encoding_rs::UTF_8.decode(&file.content),
        };
        assert!(!broken, "{name}");
        let text = text.trim_start_matches('\u{feff}').to_owned();
        assert!(
            text.starts_with("BSN;geb datum;Akkoord;prikdatum;merk;lot;dosis;plaats;foutcode;melding;cims_regel\r\n"),
            "{name}: {text}"
        );
        assert!(
            text.contains(";V31;") && text.contains(";V26;") && !text.contains(EREBOS),
            "{name}"
        );
        assert!(
            text.contains("\"'=Dörp;\"\"x\"\"\""),
            "{name}: no cell comes alive"
        );

        // Delivered again as it is: refused again, nothing doubled, nothing repaired.
        world.upload(&world.maria, &encode(&text)).await;
        assert_eq!(
            (repaired(&world).await, world.count("reports").await),
            (0, 1),
            "{name}"
        );
        let again = world.upload(&world.maria, &encode(&corrected(&text))).await;
        let view = world.portal.delivery(&world.maria, again).await.unwrap();
        assert_eq!(view.line.counts.geaccepteerd, 2, "{name}");
        let first = world.portal.delivery(&world.maria, id).await.unwrap();
        let keys = |list: &[(Uuid, String)]| list.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        assert!(
            keys(&view.mends).contains(&id),
            "{name}: it says which rows it mends"
        );
        assert!(keys(&first.mended_by).contains(&again) && first.mends.is_empty());
        assert!(
            view.file_findings
                .iter()
                .all(|finding| finding.code.as_str() != "A10"),
            "{name}"
        );
        assert_eq!(
            (repaired(&world).await, world.count("reports").await),
            (4, 3),
            "{name}: the attempt in between is mended with it"
        );
        assert_eq!(
            world
                .portal
                .refused(&world.maria, id, 1, None)
                .await
                .unwrap()
                .rows
                .total,
            0,
            "{name}"
        );
        assert_eq!(
            back(&world, id).await.rows,
            0,
            "{name}: nothing is left to mend"
        );
    }
}

#[tokio::test]
async fn a_workbook_goes_back_with_its_wrong_cells_marked_and_comes_in_again() {
    let world = World::new().await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (at, column) in (0_u16..).zip(Column::ALL) {
        sheet.write_string(0, at, column.name()).unwrap();
        for (line, row) in (1_u32..).zip(rows()) {
            sheet.write_string(line, at, row.get(column)).unwrap();
        }
    }
    let id = world
        .upload(&world.maria, &book.save_to_buffer().unwrap())
        .await;
    let file = back(&world, id).await;
    assert_eq!(file.format, Format::Xlsx);
    refused_again(&world, &file).await;
    // As in the program of the sender: coloured cells with a note, the way back to the row in a column nobody sees; the
    // wrong cells are typed anew, and all else stays as it came.
    let (told, mended) = in_openpyxl(&file.content);
    for told_of in [
        "hidden cims_regel",
        "dosisnummer=nul coloured CIMS:\nHet dosisnummer moet",
        "batchnummer=??? coloured CIMS:\nDit batchnummer kan niet",
    ] {
        assert!(told.contains(told_of), "{told_of}: {told}");
    }
    assert_eq!(told.matches(" coloured ").count(), 2, "{told}");
    let before = world.count("reports").await;
    let again = world.upload(&world.maria, &mended).await;
    let view = world.portal.delivery(&world.maria, again).await.unwrap();
    assert_eq!(view.line.counts.geaccepteerd, 2);
    assert!(view.mends.iter().any(|(mended, _)| *mended == id));
    assert_eq!(world.count("reports").await, before + 2);
    assert_eq!(
        repaired(&world).await,
        4,
        "with the attempt in between, not beside it"
    );
}

/// What somebody sees who opens the workbook, and the workbook with other values typed in its wrong cells.
fn in_openpyxl(content: &[u8]) -> (String, Vec<u8>) {
    const SCRIPT: &str = "
import openpyxl, sys
book = openpyxl.load_workbook(sys.argv[1])
sheet = book.active
names = [cell.value for cell in sheet[1]]
for cell in sheet[1]:
    if sheet.column_dimensions[cell.column_letter].hidden:
        print('hidden', cell.value)
for row in sheet.iter_rows(min_row=2):
    for name, cell in zip(names, row):
        if cell.comment:
            marked = cell.fill.fill_type == 'solid'
            print(f'{name}={cell.value}', 'coloured' if marked else 'plain', cell.comment.text)
        if name in ('dosisnummer', 'batchnummer') and cell.value in ('nul', '???'):
            cell.value = '1' if name == 'dosisnummer' else 'EJ6795'
book.save(sys.argv[1])
";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("terug.xlsx");
    std::fs::write(&path, content).unwrap();
    let ran = std::process::Command::new("/usr/bin/python3")
        .args(["-c", SCRIPT])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let told = String::from_utf8(ran.stdout).unwrap();
    (told, std::fs::read(path).unwrap())
}

/// As it is, the file is one we read: the same two rows are refused for the same reasons.
async fn refused_again(world: &World, file: &OwnFile) {
    let again = world.upload(&world.maria, &file.content).await;
    let view = world.portal.delivery(&world.maria, again).await.unwrap();
    assert_eq!(
        (view.line.counts.afgekeurd, view.line.counts.rows()),
        (2, 2)
    );
    let codes: Vec<_> = view
        .groups
        .iter()
        .map(|group| group.finding.code.as_str())
        .collect();
    assert!(
        codes.contains(&"V31") && codes.contains(&"V26"),
        "{codes:?}"
    );
}

/// The text of an entry of an archive.
fn entry(content: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(content)).unwrap();
    std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
}

/// An ODS of nothing but texts.
fn ods(lines: &[Vec<String>]) -> Vec<u8> {
    let cell = |text: &String| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let line = |cells: &Vec<String>| {
        let cells: String = cells.iter().map(cell).collect();
        format!("<table:table-row>{cells}</table:table-row>")
    };
    let urn = "urn:oasis:names:tc:opendocument:xmlns";
    let content = format!(
        "<office:document-content xmlns:office=\"{urn}:office:1.0\" xmlns:table=\"{urn}:table:1.0\" xmlns:text=\"{urn}:text:1.0\">\
         <office:body><office:spreadsheet><table:table table:name=\"a\">{}</table:table></office:spreadsheet></office:body>\
         </office:document-content>",
        lines.iter().map(line).collect::<String>()
    );
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_str()),
    ] {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(name, options).unwrap();
        std::io::Write::write_all(&mut archive, text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[tokio::test]
async fn an_open_document_goes_back_as_one_and_replaces_the_earlier_attempt() {
    let world = World::new().await;
    let header = Column::ALL.map(|column| column.name().to_owned()).to_vec();
    let line = |row: RowText| {
        Column::ALL
            .map(|column| row.get(column).replace('"', "&quot;"))
            .to_vec()
    };
    let lines: Vec<Vec<String>> = std::iter::once(header)
        .chain(rows().into_iter().map(line))
        .collect();
    let id = world.upload(&world.maria, &ods(&lines)).await;
    let file = back(&world, id).await;
    assert_eq!((file.rows, file.format), (2, Format::Ods));
    let content = entry(&file.content, "content.xml");
    for part in [
        "table:style-name=\"fout\"",
        "<office:annotation>",
        "table:visibility=\"collapse\"",
        "=Dörp;\"x\"",
    ] {
        assert!(content.contains(part), "{part}: {content}");
    }
    refused_again(&world, &file).await;
    // Corrected in the spreadsheet, its rows take the place of those that were refused.
    let content = content
        .replace("<text:p>nul</text:p>", "<text:p>1</text:p>")
        .replace("<text:p>???</text:p>", "<text:p>EJ6795</text:p>");
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [
        ("mimetype", entry(&file.content, "mimetype")),
        ("content.xml", content),
    ] {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(name, options).unwrap();
        std::io::Write::write_all(&mut archive, text.as_bytes()).unwrap();
    }
    let corrected = archive.finish().unwrap().into_inner();
    world.upload(&world.maria, &corrected).await;
    assert_eq!(
        (repaired(&world).await, world.count("reports").await),
        (4, 3),
        "both attempts are mended"
    );
}

#[tokio::test]
async fn a_row_of_which_no_cell_was_kept_comes_back_with_its_number() {
    let world = World::new().await;
    let text = String::from_utf8(csv(&plain_rows())).unwrap();
    let cut: String = text
        .lines()
        .enumerate()
        .map(|(at, line)| match at {
            2 => "J;999990019\r\n".to_owned(),
            _ => format!("{line}\r\n"),
        })
        .collect();
    let id = world.upload(&world.maria, cut.as_bytes()).await;
    let file = String::from_utf8(back(&world, id).await.content).unwrap();
    assert!(
        file.contains(";R05;regel 3: Deze regel heeft een ander aantal kolommen dan de kopregel.;"),
        "{file}"
    );
    assert!(file.contains(";V26;batchnummer: "), "{file}");
    assert!(!file.contains("999990019"), "{file}");
}

#[tokio::test]
async fn a_token_of_somebody_else_or_none_at_all_changes_nothing() {
    let world = World::new().await;
    let id = world.upload(&world.maria, &csv(&plain_rows())).await;
    let text = String::from_utf8(back(&world, id).await.content).unwrap();
    // Another party finds the file and delivers it, corrected.
    let theirs = corrected(text.trim_start_matches('\u{feff}'));
    world.upload(&world.piet, theirs.as_bytes()).await;
    assert_eq!(repaired(&world).await, 0);
    let mut tx = party_tx(&world.road.db, &world.piet).await.unwrap();
    let foreign = own_file::make(&mut tx, &world.road.keys, id).await;
    assert!(matches!(
        foreign,
        Err(AnswerError::Store(StoreError::NotFound))
    ));
    drop(tx);
    // Tokens that nobody gave out are no tokens.
    let invented = theirs
        .lines()
        .map(|line| match line.rsplit_once(';') {
            Some((rest, token)) if token.len() == 36 => format!("{rest};{}", Uuid::new_v4()),
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\r\n");
    let again = world.upload(&world.maria, invented.as_bytes()).await;
    let view = world.portal.delivery(&world.maria, again).await.unwrap();
    let codes: Vec<_> = view
        .groups
        .iter()
        .map(|group| (group.finding.code.as_str(), group.rows.first.as_str()))
        .collect();
    let counts = view.line.counts;
    assert_eq!(
        (counts.geaccepteerd, repaired(&world).await),
        (2, 0),
        "{codes:?}"
    );
}

#[tokio::test]
async fn whichever_attempt_is_mended_the_others_are_mended_with_it() {
    for of_the_last in [true, false] {
        let world = World::new().await;
        let first = world.upload(&world.maria, &csv(&plain_rows())).await;
        let file = back(&world, first).await;
        let second = world.upload(&world.maria, &file.content).await;
        assert_eq!(repaired(&world).await, 0);
        let from = if of_the_last { second } else { first };
        let text = String::from_utf8(back(&world, from).await.content).unwrap();
        world
            .upload(&world.maria, corrected(&text).as_bytes())
            .await;
        assert_eq!(repaired(&world).await, 4, "{of_the_last}");
        for id in [first, second] {
            assert_eq!(back(&world, id).await.rows, 0, "{of_the_last}");
        }
        assert_eq!(world.count("reports").await, 3);
    }
}

#[tokio::test]
async fn a_row_that_was_copied_with_its_token_is_a_row_of_its_own() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &csv(&plain_rows())).await;
    let text = String::from_utf8(back(&world, first).await.content).unwrap();
    // Two rows with one token, of two persons: one is right, the other is not.
    let wrong = text.lines().find(|line| line.contains(";nul;")).unwrap();
    let other = wrong
        .replace(NAOMI, EREBOS)
        .replace("01-04-1987", "01-04-2000");
    let second = format!("{}{other}\r\n", text.replacen(";nul;", ";1;", 1));
    let second = world.upload(&world.maria, second.as_bytes()).await;
    assert_eq!(repaired(&world).await, 1, "the first attempt of the one");
    assert_eq!(back(&world, second).await.rows, 2);
    // Sent as it was in the first file, the same token is right again: the copy still waits for its own correction.
    world
        .upload(&world.maria, corrected(&text).as_bytes())
        .await;
    assert_eq!(back(&world, second).await.rows, 1);
}

#[tokio::test]
async fn a_download_from_before_a_row_was_mended_in_vain_still_mends_it() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &csv(&plain_rows())).await;
    let text = String::from_utf8(back(&world, first).await.content).unwrap();
    // An attempt that is refused, of the same download.
    let second = world.upload(&world.maria, text.as_bytes()).await;
    // On the screen somebody changes one of its rows, and it is still refused: the row has another key now.
    let view = world
        .portal
        .refused_row(&world.maria, first, 3, None)
        .await
        .unwrap();
    let cells = Column::ALL.map(|column| match column {
        Column::Dosisnummer => (column, "elf".to_owned()),
        other => (other, view.line.row.get(other).to_owned()),
    });
    let mended = MendedRow {
        number: view.line.number,
        seen: view.line.seen,
        cells: cells.into(),
        reason: None,
        everywhere: false,
        anyway: true,
    };
    let answer = world
        .portal
        .mend(&world.maria, first, vec![mended], None)
        .await
        .unwrap();
    assert_eq!(answer.refused, 1);

    let third = world
        .upload(&world.maria, corrected(&text).as_bytes())
        .await;
    let view = world.portal.delivery(&world.maria, third).await.unwrap();
    assert_eq!(view.line.counts.geaccepteerd, 2);
    assert!(view.mends.iter().any(|(id, _)| *id == first));
    assert_eq!(repaired(&world).await, 4, "both rows, in both files");
    for id in [first, second] {
        assert_eq!(back(&world, id).await.rows, 0, "nothing stays open");
    }
}
