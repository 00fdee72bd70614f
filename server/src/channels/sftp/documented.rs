//! What suppliers read of limits, times, names and algorithms is what the program does: `docs/leveranciers.md`, and in
//! English `docs/suppliers.md`.

use super::connection::UNHEARD;
use super::gate::{EACH, SEATS_OF_ACCOUNT, STRANGERS_OF_SOURCE};
use super::login::TOO_MANY;
use super::path::{IN, OUT, TEST};
use super::sweep::PROOF_HOURS;
use super::tree::HANDLES;
use super::{exchanges, ssh};
use crate::config::Sftp;
use crate::intake::read::Limits;
use crate::intake::read::limits::{COLUMNS, WORKBOOK_BYTES};
use crate::intake::read::record::{CELL_CHARS, ROW_BYTES};
use crate::intake::receive::KEPT_DAYS;
use crate::store::sftp_accounts::{OVERLAP_DAYS, PENALTY_MINUTES, PENALTY_POINTS};
use app::texts::{EN, NL};
use domain::delivery::dropbox::{CONTROL, NAME_CHARS, Proof, TEMPORARY, TRAILER};
use domain::delivery::rhythm::{CALENDAR_DAYS, SILENT_AFTER, USUAL_DAYS, USUAL_ROWS};
use domain::delivery::trial::LEAST_ROWS;
use domain::delivery::{FileOutcome, RowOutcome};

const DUTCH: &str = include_str!("../../../../docs/leveranciers.md");
const ENGLISH: &str = include_str!("../../../../docs/suppliers.md");

/// Every one of these texts stands in the page.
fn says(page: &str, texts: &[String]) {
    for text in texts {
        assert!(page.contains(text), "{text}");
    }
}

/// 1000000 as 1.000.000, or with commas.
fn count(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

const fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

const fn gib(bytes: u64) -> u64 {
    bytes >> 30
}

#[test]
fn suppliers_read_the_limits_that_hold() {
    let (settings, most) = (Sftp::default(), Limits::SYSTEM);
    assert_eq!(settings.max_file_bytes, most.bytes);
    let a_second = 1_000 / EACH.as_millis();
    let (ninth, next) = (SEATS_OF_ACCOUNT + 1, STRANGERS_OF_SOURCE + 1);
    assert_eq!(PENALTY_POINTS % TOO_MANY, 0);
    let closes = PENALTY_POINTS / TOO_MANY;
    let rows = |separator| count(u64::from(most.rows), separator);
    let files = |separator| count(u64::from(settings.day_files), separator);
    let (file, book, day) = (
        gib(most.bytes),
        mib(WORKBOOK_BYTES),
        gib(settings.day_bytes),
    );
    let (idle, cells) = (
        settings.idle_minutes,
        u64::try_from(CELL_CHARS).unwrap_or(0),
    );
    let kib = ROW_BYTES / 1024;
    says(
        DUTCH,
        &[
            format!(
                "| grootste bestand | {file} GiB en {} regels, een spreadsheet {book} MiB |",
                rows('.')
            ),
            format!(
                "| per instelling in 24 uur | {} bestanden en {day} GiB;",
                files('.')
            ),
            format!(
                "| verbindingen | {SEATS_OF_ACCOUNT} per account; de {ninth}e kan niet inloggen, en na {closes} keer in {PENALTY_MINUTES} minuten is het account voor uw adres dicht (zie 8). Van één adres {a_second} nieuwe per seconde, wie sneller komt wacht even; hoogstens {STRANGERS_OF_SOURCE} die nog niet ingelogd zijn, wie wacht telt mee, en de {next}e sluiten wij meteen |"
            ),
            format!("| open bestanden | {HANDLES} per kanaal |"),
            format!("| zonder iets te doen | na {idle} minuten verbreken"),
            format!("hoogstens {NAME_CHARS} tekens, nooit een BSN"),
            format!("hoogstens {HANDLES} tegelijk |"),
            format!(
                "Hoogstens {COLUMNS} kolommen, {} tekens per cel, {kib} KiB per regel.",
                count(cells, '.')
            ),
        ],
    );
    says(
        ENGLISH,
        &[
            format!(
                "| largest file | {file} GiB and {} rows, a spreadsheet {book} MiB |",
                rows(',')
            ),
            format!(
                "| of an institution in 24 hours | {} files and {day} GiB;",
                files(',')
            ),
            format!(
                "| connections | {SEATS_OF_ACCOUNT} an account; number {ninth} cannot log in, and after {closes} times in {PENALTY_MINUTES} minutes the account is closed for your address (see 8). From one address {a_second} new ones a second, who is faster waits a moment; at most {STRANGERS_OF_SOURCE} that did not log in yet, who waits counts too, and number {next} is closed at once |"
            ),
            format!("| open files | {HANDLES} a channel |"),
            format!("| doing nothing | after {idle} minutes we end"),
            format!("at most {NAME_CHARS}, never a BSN"),
            format!("at most {HANDLES} at a time |"),
            format!(
                "At most {COLUMNS} columns, {} characters a cell, {kib} KiB a row.",
                count(cells, ',')
            ),
        ],
    );
}

#[test]
fn suppliers_read_the_times_that_hold() {
    let settings = Sftp::default();
    let quiet = settings.quiet_seconds / 60;
    let unheard = UNHEARD / 60_000;
    let lane = Limits::PORTAL;
    let rows = |separator| count(u64::from(lane.rows), separator);
    // Written out in the text.
    assert_eq!(CALENDAR_DAYS, 4 * 7);
    says(
        DUTCH,
        &[
            format!("blijft het oude nog {OVERLAP_DAYS} dagen geldig"),
            format!("Een antwoord staat {KEPT_DAYS} dagen in `uit/`"),
            format!("na {quiet} minuten rust"),
            format!(
                "leest uw programma {unheard} minuten niets, dan verbreken wij de verbinding |"
            ),
            format!("Wat na {PROOF_HOURS} uur geen bewijs heeft"),
            format!(
                "na {PENALTY_POINTS} fouten is het account voor uw adres {PENALTY_MINUTES} minuten dicht, en bij herhaling langer; een verbinding te veel telt voor {TOO_MANY}"
            ),
            format!("Hoogstens {} regels en {} MiB.", rows('.'), mib(lane.bytes)),
            format!("| ten minste {LEAST_ROWS} regels |"),
            "van de laatste vier weken".to_owned(),
            format!("wat in de {USUAL_DAYS} dagen ervoor gewoon was"),
            format!("als gewoon ten minste {USUAL_ROWS} regels is"),
        ],
    );
    says(
        ENGLISH,
        &[
            format!("the old one stays valid for {OVERLAP_DAYS} days"),
            format!("An answer stays in `uit/` for {KEPT_DAYS} days"),
            format!("after {quiet} quiet minutes"),
            format!("reads nothing for {unheard} minutes, we end the connection |"),
            format!("What has no proof after {PROOF_HOURS} hours"),
            format!(
                "after {PENALTY_POINTS} failures the account is closed for your address for {PENALTY_MINUTES} minutes, and longer when it goes on; one connection too many counts for {TOO_MANY}"
            ),
            format!("At most {} rows and {} MiB.", rows(','), mib(lane.bytes)),
            format!("| at least {LEAST_ROWS} rows |"),
            "of the last four weeks".to_owned(),
            format!("usual in the {USUAL_DAYS} days before"),
            format!("when usual is {USUAL_ROWS} rows or more"),
        ],
    );
}

/// Of the pages of the portal that a supplier uses, and of that on which RIVM changes its access.
#[test]
fn the_portal_tells_suppliers_the_same() {
    let (lane, most) = (Limits::PORTAL, mib(Limits::PORTAL.bytes));
    // Written out in the texts.
    assert_eq!((CALENDAR_DAYS, SILENT_AFTER), (4 * 7, 3));
    for (texts, separator, weeks, silent) in [
        (&NL, '.', "vier weken", "drie werkdagen"),
        (&EN, ',', "four weeks", "three working days"),
    ] {
        let rows = count(u64::from(lane.rows), separator);
        for text in [texts.onboarding.bench_limits, texts.upload.limit_size] {
            assert!(
                text.contains(&format!("{most} MB")) && text.contains(&rows),
                "{text}"
            );
        }
        for text in [texts.upload.file_hint, texts.upload.page_size] {
            assert!(text.contains(&format!("{most} MB")), "{text}");
        }
        for text in [texts.onboarding.own_lead, texts.parties.complete_lead] {
            assert!(text.contains(weeks), "{text}");
        }
        assert!(texts.parties.calendar.to_lowercase().contains(weeks));
        assert!(texts.parties.silent.contains(silent));
        let overlap = texts.accounts.new_password_text;
        assert!(
            overlap.contains(&format!(" {OVERLAP_DAYS} da")),
            "{overlap}"
        );
    }
}

#[test]
fn suppliers_read_the_names_that_are_used() {
    let mut texts = [IN, OUT, TEST]
        .map(|folder| format!("`{folder}/`"))
        .to_vec();
    let proofs = Proof::ALL.iter();
    texts.extend(proofs.map(|proof| format!("| `{}` |", proof.as_str())));
    texts.push(format!("{CONTROL}`"));
    texts.push(format!("`{TRAILER}<n>`"));
    texts.extend(FileOutcome::ALL.map(|outcome| format!("| `{}` |", outcome.as_str())));
    texts.extend(RowOutcome::ALL.map(|outcome| format!("| `{}` |", outcome.as_str())));
    texts.extend(TEMPORARY.map(|ending| format!("{ending}`")));
    for page in [DUTCH, ENGLISH] {
        says(page, &texts);
    }
}

#[test]
fn suppliers_read_the_algorithms_that_are_offered_and_no_others() {
    let settings = Sftp::default();
    let preferred = ssh(&settings, &[7; 32]).preferred;
    // Two names of one exchange, and two marks, are none to read about.
    let kept = |name: &str| !name.contains('@') && !name.starts_with("ext-info");
    let plain = |name: &str| name.trim_end_matches("@openssh.com").to_owned();
    let exchanges = exchanges(&settings);
    let exchanges = exchanges.iter().map(|name| name.as_ref().to_owned());
    let exchanges: Vec<String> = exchanges.filter(|name| kept(name)).collect();
    let ciphers = preferred.cipher.iter();
    let ciphers: Vec<String> = ciphers.map(|name| plain(name.as_ref())).collect();
    for (page, exchange, cipher) in [
        (DUTCH, "Sleuteluitwisseling: ", "Versleuteling: "),
        (ENGLISH, "Key exchange: ", "Ciphers: "),
    ] {
        for (begins, offered) in [(exchange, &exchanges), (cipher, &ciphers)] {
            let (_, rest) = page.split_once(begins).unwrap_or_default();
            let (list, _) = rest.split_once(". ").unwrap_or_default();
            let named = list.split(", ").map(|name| name.trim_matches('`'));
            let named: Vec<String> = named.map(plain).collect();
            assert_eq!(&named, offered, "{begins}");
        }
    }
}
