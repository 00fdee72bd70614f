//! The own file back (features F23): refused rows with their reasons, corrected and delivered again as it is.

use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::Deliveries;
use domain::row::{Column, RowText};
use server::intake::answer::AnswerError;
use server::intake::own_file::{self, OwnFile};
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
        assert_eq!((file.rows, file.workbook), (2, false), "{name}");
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
            (2, 3),
            "{name}"
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
    assert!(file.workbook);
    // As it is, the file is one we read: the same two rows are refused for the same reasons.
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
    // The cells that are wrong are coloured and have a note that says why.
    let parts = zip_names(&file.content);
    assert!(
        parts.iter().any(|name| name.contains("comments")),
        "{parts:?}"
    );
}

fn zip_names(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.split("PK\u{1}\u{2}")
        .skip(1)
        .filter_map(|entry| entry.split("xl/").nth(1))
        .map(|name| name.chars().take(40).collect())
        .collect()
}

#[tokio::test]
async fn a_token_of_somebody_else_or_none_at_all_changes_nothing() {
    let world = World::new().await;
    let plain: Vec<RowText> = rows()
        .into_iter()
        .map(|row| with(row, &[(Column::Vaccinatieplaats, "Voorbeeldstad")]))
        .collect();
    let id = world.upload(&world.maria, &csv(&plain)).await;
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
        .map(|group| (group.finding.code.as_str(), group.rows.as_str()))
        .collect();
    let counts = view.line.counts;
    assert_eq!(
        (counts.geaccepteerd, repaired(&world).await),
        (2, 0),
        "{codes:?}"
    );
}
