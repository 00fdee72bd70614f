//! Answer files of a delivery (specification §7): for every one, also empty, refused and doubled.
//!
//! Made of what is stored, so they can be made again. Never a BSN, name or date of birth: findings hold no
//! value, and a source key that looks like a BSN was never kept.

use super::{answer_files, receive};
use crate::keys::{Keys, Purpose, Sealed};
use crate::store::StoreError;
use crate::store::answers::{self, Row, Whole};
use domain::decision::Told;
use domain::delivery::{Counts, FileOutcome, RowOutcome};
use domain::finding::{Code, Finding, WireFinding};
use domain::row::Column;
use domain::text::Lang;
use serde::Serialize;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use std::io::Write;
use time::OffsetDateTime;
use uuid::Uuid;

/// Rows read at a time: the answer on a million rows takes no memory.
const PAGE: i64 = 5_000;
/// Spreadsheets take a file for UTF-8 when it begins so.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why an answer could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The database; `NotFound` when there is no such delivery for who asks.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The other side went away.
    #[error("the answer could not be written: {0}")]
    Write(#[from] std::io::Error),
}

/// Stands for a rule where RIVM sent a row back.
pub const RETURNED: &str = "TERUG";

/// Stands for a rule where RIVM refused a row for good: the message says why.
pub const REJECTED: &str = "AFGEWEZEN";

/// What is told of such a row. A sentence of our own: what RIVM typed to its sender may hold something of a person, and stands in
/// the portal alone.
pub const ASKED: &str =
    "Het RIVM vraagt u deze regel te verbeteren. Zie het bericht in het portaal.";

/// What is said of a file that nobody proved to be whole in time (security F18).
pub(crate) const UNPROVED: &str = "Binnen 24 uur kwam er geen bewijs dat dit bestand volledig is. Lever het opnieuw aan, met het bewijs.";

/// `<naam>.resultaat.csv`: a line per finding; a row without findings has one line with its outcome, one that RIVM sent
/// back a line that says so, and one that it refused for good a line with why.
///
/// # Errors
/// When the database fails or `out` refuses.
pub async fn csv(
    connection: &mut PgConnection,
    delivery: Uuid,
    out: &mut (impl Write + Send),
) -> Result<(), AnswerError> {
    let whole = answers::whole(connection, delivery)
        .await?
        .ok_or(StoreError::NotFound)?;
    head(out)?;
    for finding in read(whole.findings)? {
        finding_line(
            out,
            "",
            "",
            whole.outcome.as_deref().unwrap_or_default(),
            &finding,
        )?;
    }
    let mut after = 0;
    loop {
        let rows = answers::rows(connection, delivery, after, PAGE).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.row_number;
        for row in rows {
            row_lines(out, row)?;
        }
    }
}

fn row_lines(out: &mut impl Write, row: Row) -> Result<(), AnswerError> {
    let rejected = row.rejected.then(|| told(row.told.as_deref()));
    let (number, key) = (
        row.row_number.to_string(),
        row.source_key.unwrap_or_default(),
    );
    let findings = read(row.findings)?;
    if findings.is_empty() {
        writeln(
            out,
            [
                number.as_str(),
                key.as_str(),
                row.outcome.as_str(),
                "",
                "",
                "",
            ],
        )?;
    }
    for finding in findings {
        finding_line(out, &number, &key, &row.outcome, &finding)?;
    }
    if row.returned {
        writeln(out, [&number, &key, &row.outcome, "", RETURNED, ASKED])?;
    }
    if let Some(told) = rejected {
        let why = told.sentence(Lang::Nl);
        writeln(out, [&number, &key, &row.outcome, "", REJECTED, why])?;
    }
    Ok(())
}

/// What is told of a row that RIVM refused for good; no word of it where a ruling did, or a decision of before.
#[must_use]
pub fn told(word: Option<&str>) -> Told {
    word.and_then(Told::parse).unwrap_or(Told::Judged)
}

fn finding_line(
    out: &mut impl Write,
    number: &str,
    key: &str,
    outcome: &str,
    finding: &Finding,
) -> Result<(), AnswerError> {
    let column = finding.column.map_or("", Column::name);
    Ok(writeln(
        out,
        [
            number,
            key,
            outcome,
            column,
            finding.code.as_str(),
            &finding.message(),
        ],
    )?)
}

/// Mark and header line of a result.
pub(crate) fn head(out: &mut impl Write) -> std::io::Result<()> {
    out.write_all(BOM)?;
    let names = [
        "regel",
        "bronsleutel",
        "uitkomst",
        "kolom",
        "code",
        "melding",
    ];
    writeln(out, names)
}

/// A line of a result.
pub(crate) fn writeln(out: &mut impl Write, cells: [&str; 6]) -> std::io::Result<()> {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.write_all(b";")?;
        }
        out.write_all(quoted(&guarded(cell)).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// What a spreadsheet would run as a formula gets one `'` before it (security §4.7).
pub(super) fn guarded(cell: &str) -> String {
    let first = cell.trim_start_matches('\'').chars().next();
    let risky = |c| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\0' | '＝' | '＋' | '－' | '＠'
        )
    };
    if first.is_some_and(risky) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([';', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[derive(Serialize)]
struct WireAnswer<'a> {
    aanlevering: Uuid,
    bestand: Option<&'a str>,
    uitkomst: Option<&'a str>,
    regels: u64,
    overgeslagen: i32,
    uitkomsten: Counts,
    codes: BTreeMap<String, i64>,
    bevindingen: Vec<WireFinding>,
}

/// `<naam>.resultaat.json`: totals per outcome and per code.
///
/// # Errors
/// When the database fails or `out` refuses.
pub async fn json(
    connection: &mut PgConnection,
    delivery: Uuid,
    out: &mut (impl Write + Send),
) -> Result<(), AnswerError> {
    let whole = answers::whole(connection, delivery)
        .await?
        .ok_or(StoreError::NotFound)?;
    let findings = read(whole.findings.clone())?;
    let counts = counts(&whole);
    let answer = WireAnswer {
        aanlevering: delivery,
        bestand: whole.file_name.as_deref(),
        uitkomst: whole.outcome.as_deref(),
        regels: counts.rows(),
        overgeslagen: whole.skipped,
        uitkomsten: counts,
        codes: answers::codes(connection, delivery)
            .await?
            .into_iter()
            .collect(),
        bevindingen: findings.iter().map(Finding::wire).collect(),
    };
    serde_json::to_writer(&mut *out, &answer).map_err(std::io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

/// Both results, `.csv` and `.json`, of a file that nobody proved to be whole in time: it never became a delivery.
///
/// # Errors
/// When it cannot be written as JSON.
pub(super) fn unproved(upload: Uuid, name: &str) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let refused = FileOutcome::Geweigerd.as_str();
    let finding = WireFinding {
        message: UNPROVED.into(),
        ..Finding::whole(Code::A14).wire()
    };
    let mut table = Vec::new();
    head(&mut table)?;
    writeln(
        &mut table,
        ["", "", refused, "", finding.code.as_str(), UNPROVED],
    )?;
    let answer = WireAnswer {
        aanlevering: upload,
        bestand: Some(name),
        uitkomst: Some(refused),
        regels: 0,
        overgeslagen: 0,
        uitkomsten: Counts::default(),
        codes: BTreeMap::new(),
        bevindingen: vec![finding],
    };
    let mut json = serde_json::to_vec(&answer)?;
    json.push(b'\n');
    Ok((table, json))
}

/// `<naam>.ontvangst.json` of a file, as it lies in `uit/` for one of the drop box.
///
/// # Errors
/// When the database fails or `out` refuses; `NotFound` without such a delivery, and without its digest.
pub async fn receipt(
    connection: &mut PgConnection,
    keys: &Keys,
    delivery: Uuid,
    out: &mut (impl Write + Send),
) -> Result<(), AnswerError> {
    let received = received(connection, keys, delivery).await?;
    let (name, at) = (received.file_name, received.at);
    let content = answer_files::receipt_of(&name, received.whole, at, delivery)?;
    Ok(out.write_all(&content)?)
}

/// What came, of whom, and when.
pub struct Received {
    /// Name of who delivered it.
    pub party: String,
    /// Name of the file, as it is kept.
    pub file_name: String,
    /// Its bytes.
    pub whole: receive::Whole,
    /// When.
    pub at: OffsetDateTime,
    /// It was sent to try something out.
    pub is_test: bool,
}

/// What a receipt says of a file.
///
/// # Errors
/// When the database fails; `NotFound` without such a delivery, and without its digest.
pub async fn received(
    connection: &mut PgConnection,
    keys: &Keys,
    delivery: Uuid,
) -> Result<Received, StoreError> {
    let receipt = answers::receipt(connection, delivery).await?;
    let sealed = receipt.sha256_sealed.ok_or(StoreError::NotFound)?;
    let broken = || StoreError::Broken("digest of a file".to_owned());
    let purpose = Purpose::Sha256.of(delivery.as_bytes());
    let plain = keys
        .open(&Sealed::from_bytes(sealed), &purpose)
        .map_err(|_| broken())?;
    let size = receipt.file_size.unwrap_or_default();
    Ok(Received {
        party: receipt.party,
        file_name: receipt.file_name.unwrap_or_default(),
        whole: receive::Whole {
            size: u64::try_from(size).unwrap_or_default(),
            sha256: plain.as_slice().try_into().map_err(|_| broken())?,
        },
        at: receipt.received_at,
        is_test: receipt.test_lane,
    })
}

/// What a delivery came to, for `cims import`.
pub struct Summary {
    /// State, as the store has it.
    pub state: String,
    /// Outcome; none when it is parked.
    pub outcome: Option<FileOutcome>,
    /// Rows per outcome.
    pub counts: Counts,
    /// Rows read.
    pub rows: u32,
    /// Rows skipped.
    pub skipped: u32,
    /// Findings about the file.
    pub findings: Vec<Finding>,
    /// Nothing will happen to it any more by itself.
    pub ended: bool,
}

/// What a delivery came to.
///
/// # Errors
/// When the database fails.
pub async fn summary(connection: &mut PgConnection, delivery: Uuid) -> Result<Summary, StoreError> {
    let whole = answers::whole(connection, delivery)
        .await?
        .ok_or(StoreError::NotFound)?;
    let outcome = whole
        .outcome
        .as_ref()
        .and_then(|word| serde_json::from_value(word.as_str().into()).ok());
    Ok(Summary {
        outcome,
        counts: counts(&whole),
        rows: u32::try_from(whole.rows_read).unwrap_or_default(),
        skipped: u32::try_from(whole.skipped).unwrap_or_default(),
        ended: matches!(
            whole.state.as_str(),
            "done" | "parked" | "preview" | "discarded" | "withdrawn"
        ),
        findings: read(whole.findings)?,
        state: whole.state,
    })
}

/// Rows of a delivery that have a finding, page by page: (number, outcome, findings). Empty at the end.
///
/// # Errors
/// When the database fails.
pub async fn found(
    connection: &mut PgConnection,
    delivery: Uuid,
    after: &mut i32,
) -> Result<Vec<(u32, RowOutcome, Vec<Finding>)>, StoreError> {
    loop {
        let rows = answers::rows(connection, delivery, *after, PAGE).await?;
        let Some(last) = rows.last() else {
            return Ok(Vec::new());
        };
        *after = last.row_number;
        let mut found = Vec::new();
        for row in rows {
            let findings = read(row.findings)?;
            if let (false, Some(outcome)) = (findings.is_empty(), RowOutcome::parse(&row.outcome)) {
                found.push((
                    u32::try_from(row.row_number).unwrap_or_default(),
                    outcome,
                    findings,
                ));
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
}

fn counts(whole: &Whole) -> Counts {
    let number = |count: i32| u32::try_from(count).unwrap_or_default();
    Counts {
        geaccepteerd: number(whole.geaccepteerd),
        te_controleren: number(whole.te_controleren),
        afgekeurd: number(whole.afgekeurd),
        dubbel: number(whole.dubbel),
        geteld: number(whole.geteld),
    }
}

fn read(findings: serde_json::Value) -> Result<Vec<Finding>, StoreError> {
    serde_json::from_value(findings).map_err(|_| StoreError::Broken("findings".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{guarded, quoted};

    #[test]
    fn a_cell_cannot_become_a_formula_or_a_new_cell() {
        assert_eq!(guarded("-1"), "'-1");
        assert_eq!(guarded("'=1"), "''=1");
        assert_eq!(guarded("a-1"), "a-1");
        assert_eq!(quoted("a;b\"c"), "\"a;b\"\"c\"");
    }
}
