//! Deliveries as their party sees them, under row-level security.

use super::{PartyTx, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

/// A delivery in the history, or on its page.
pub struct Line {
    /// Key.
    pub id: Uuid,
    /// Name of the file.
    pub file_name: Option<String>,
    /// Channel on the wire.
    pub channel: String,
    /// State.
    pub state: String,
    /// Outcome on the wire.
    pub outcome: Option<String>,
    /// csv, xlsx, ods.
    pub format: Option<String>,
    /// Encoding, delimiter, header row.
    pub format_info: serde_json::Value,
    /// Findings about the file.
    pub findings: serde_json::Value,
    /// The delivery it doubles.
    pub doubles: Option<Uuid>,
    /// Rows read.
    pub rows_read: i32,
    /// Rows skipped.
    pub skipped: i32,
    /// Rows that need no storing any more, while it is stored.
    pub done: i64,
    /// Counts per outcome.
    pub geaccepteerd: i32,
    /// Counts per outcome.
    pub te_controleren: i32,
    /// Counts per outcome.
    pub afgekeurd: i32,
    /// Counts per outcome.
    pub dubbel: i32,
    /// Counts per outcome.
    pub geteld: i32,
    /// When.
    pub received_at: OffsetDateTime,
    /// By whom.
    pub received_by: Option<String>,
    /// Repairs switched off: H codes.
    pub repairs_off: Vec<String>,
    /// The raw file is still there.
    pub has_file: bool,
    /// When the raw file went.
    pub file_gone_at: Option<OffsetDateTime>,
    /// When it was decided that it goes on, when it waited for that.
    pub let_go_at: Option<OffsetDateTime>,
    /// A withdrawal runs: `true` when it is an undoing.
    pub turning: Option<bool>,
    /// Rows it went through.
    pub turned: Option<i32>,
    /// Rows it goes through.
    pub to_turn: Option<i32>,
    /// The sheet the sender chose, counted from 0.
    pub sheet: Option<i32>,
    /// The sender takes hidden rows along.
    pub with_hidden: bool,
    /// Nobody submitted it in time.
    pub expired: bool,
    /// Its receipt can be made.
    pub has_receipt: bool,
}

/// Files of the party, newest first. What was typed in the entry form stands under "Mijn registraties".
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    limit: i64,
    offset: i64,
) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query_as!(
        Line,
        r#"SELECT d.id, d.file_name, d.channel, d.state, d.outcome, d.format, d.format_info, d.findings, d.doubles, d.rows_read,
                  d.skipped, 0::bigint AS "done!", d.geaccepteerd, d.te_controleren, d.afgekeurd, d.dubbel, d.geteld,
                  d.received_at, u.name AS "received_by?", d.repairs_off,
                  d.blob_id IS NOT NULL AS "has_file!", d.sheet, d.with_hidden, d.blob_gone_at AS file_gone_at, d.let_go_at, d.expired, d.sha256_sealed IS NOT NULL AS "has_receipt!",
                  CASE WHEN w.id IS NOT NULL THEN w.undoes IS NOT NULL END AS "turning?", w.reversed + w.kept AS "turned?", w.rows AS "to_turn?"
           FROM deliveries d LEFT JOIN users u ON u.id = d.received_by
           LEFT JOIN withdrawals w ON w.party_id = d.party_id AND w.delivery_id = d.id AND w.state = 'running'
           WHERE d.party_id = $1 AND d.channel <> 'portaal' AND NOT d.test_lane ORDER BY d.seq DESC LIMIT $2 OFFSET $3"#,
        party,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Files of the party.
///
/// # Errors
/// When the database fails.
pub async fn total(tx: &mut PartyTx<'_>, party: Uuid) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(
        r#"SELECT count(*) AS "number!" FROM deliveries WHERE party_id = $1 AND channel <> 'portaal' AND NOT test_lane"#,
        party
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// One delivery of the party.
///
/// # Errors
/// When the database fails.
pub async fn one(tx: &mut PartyTx<'_>, party: Uuid, id: Uuid) -> Result<Option<Line>, StoreError> {
    let row = sqlx::query_as!(
        Line,
        r#"SELECT d.id, d.file_name, d.channel, d.state, d.outcome, d.format, d.format_info, d.findings, d.doubles, d.rows_read,
                  d.skipped,
                  CASE WHEN d.state = 'storing' THEN (SELECT count(*) FROM delivery_rows r WHERE r.delivery_id = d.id
                                                      AND (r.state <> 'pending' OR r.outcome = 'AFGEKEURD')) ELSE 0 END AS "done!",
                  d.geaccepteerd, d.te_controleren, d.afgekeurd, d.dubbel, d.geteld, d.received_at, u.name AS "received_by?",
                  d.repairs_off, d.blob_id IS NOT NULL AS "has_file!", d.sheet, d.with_hidden, d.blob_gone_at AS file_gone_at, d.let_go_at, d.expired, d.sha256_sealed IS NOT NULL AS "has_receipt!",
                  CASE WHEN w.id IS NOT NULL THEN w.undoes IS NOT NULL END AS "turning?", w.reversed + w.kept AS "turned?", w.rows AS "to_turn?"
           FROM deliveries d LEFT JOIN users u ON u.id = d.received_by
           LEFT JOIN withdrawals w ON w.party_id = d.party_id AND w.delivery_id = d.id AND w.state = 'running'
           WHERE d.party_id = $1 AND d.id = $2 AND NOT d.test_lane"#,
        party,
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// A delivery of the party waits for "Indienen".
///
/// # Errors
/// When the database fails.
pub async fn waits(tx: &mut PartyTx<'_>, party: Uuid, id: Uuid) -> Result<bool, StoreError> {
    let waits = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM deliveries WHERE party_id = $1 AND id = $2 AND state = 'preview') AS "waits!""#,
        party,
        id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(waits)
}

/// Accepted rows of a delivery that withdrew a registration.
///
/// # Errors
/// When the database fails.
pub async fn withdrawals(tx: &mut PartyTx<'_>, id: Uuid) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(
        r#"SELECT count(*) AS "number!" FROM delivery_rows
           WHERE delivery_id = $1 AND mutation = 'V' AND outcome IN ('GEACCEPTEERD', 'TE_CONTROLEREN')"#,
        id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// A finding, and the rows that have it.
pub struct Group {
    /// The finding.
    pub finding: serde_json::Value,
    /// Row numbers.
    pub rows: Vec<i32>,
}

/// Findings of a delivery's rows, equal ones together; repairs aside.
///
/// # Errors
/// When the database fails.
pub async fn groups(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Vec<Group>, StoreError> {
    let rows = sqlx::query_as!(
        Group,
        r#"SELECT f AS "finding!", array_agg(r.row_number ORDER BY r.row_number) AS "rows!"
           FROM delivery_rows r, jsonb_array_elements(r.findings) AS f
           WHERE r.delivery_id = $1 AND f ->> 'severity' <> 'hersteld' GROUP BY f"#,
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Rows that change how many doses of a person this party reports, by what they change.
pub struct Doses {
    /// Before the row.
    pub before: i16,
    /// With it.
    pub after: i16,
    /// Doses of the first series of the product.
    pub series: Option<i16>,
    /// More than the series has, and than the row says.
    pub above: bool,
    /// Row numbers.
    pub rows: Vec<i32>,
}

/// What a delivery does for persons, as far as its own party knows them.
///
/// # Errors
/// When the database fails.
pub async fn doses(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Vec<Doses>, StoreError> {
    let rows = sqlx::query_as!(
        Doses,
        r#"SELECT doses_before AS "before!", doses_after AS "after!", doses_series AS series,
                  COALESCE(doses_above, false) AS "above!", array_agg(row_number ORDER BY row_number) AS "rows!"
           FROM delivery_rows WHERE delivery_id = $1 AND doses_after IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 4 DESC, 1, 2, 3"#,
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Rows that the party's own registrations, or earlier rows of the file, know already.
pub struct Doubles {
    /// They say something else than what is known (rules D04, D05).
    pub differ: bool,
    /// Row numbers.
    pub rows: Vec<i32>,
}

/// Doubles of a delivery as its own party may see them.
///
/// # Errors
/// When the database fails.
pub async fn doubles(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Vec<Doubles>, StoreError> {
    let rows = sqlx::query_as!(
        Doubles,
        r#"SELECT outcome <> 'DUBBEL' AS "differ!", array_agg(row_number ORDER BY row_number) AS "rows!"
           FROM delivery_rows
           WHERE delivery_id = $1 AND (outcome = 'DUBBEL' OR outcome = 'TE_CONTROLEREN'
                 AND (findings @> '[{"code": "D04"}]' OR findings @> '[{"code": "D05"}]'))
           GROUP BY 1 ORDER BY 1"#,
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Repairs of one kind in one column, and a row that has one, sealed.
pub struct Repaired {
    /// Code of the kind.
    pub code: String,
    /// Name of the column.
    pub column: String,
    /// Number of values.
    pub count: i64,
    /// Key, which the sealed value is bound to.
    pub id: Uuid,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Repairs, sealed.
    pub repairs_sealed: Option<Vec<u8>>,
    /// The row, sealed: whom it is about.
    pub raw_sealed: Option<Vec<u8>>,
}

/// Kinds of repairs of a delivery, each with the first rows that have it: a million repaired rows are not opened for a page.
///
/// # Errors
/// When the database fails.
pub async fn repairs(
    tx: &mut PartyTx<'_>,
    id: Uuid,
    examples: i64,
) -> Result<Vec<Repaired>, StoreError> {
    let rows = sqlx::query_as!(
        Repaired,
        r#"SELECT k.code AS "code!", k.col AS "column!", k.number AS "count!", e.id, e.row_number, e.repairs_sealed, e.raw_sealed
           FROM (SELECT f ->> 'code' AS code, f ->> 'column' AS col, count(*) AS number
                 FROM delivery_rows r, jsonb_array_elements(r.findings) AS f
                 WHERE r.delivery_id = $1 AND r.repairs_sealed IS NOT NULL AND f ->> 'severity' = 'hersteld' GROUP BY 1, 2) AS k
           CROSS JOIN LATERAL (
               SELECT r.id, r.row_number, r.repairs_sealed, r.raw_sealed FROM delivery_rows r
               WHERE r.delivery_id = $1 AND r.repairs_sealed IS NOT NULL
                 AND r.findings @> jsonb_build_array(jsonb_build_object('code', k.code, 'column', k.col))
               ORDER BY r.row_number LIMIT $2) AS e
           ORDER BY k.code, k.col, e.row_number"#,
        id,
        examples
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Rows that RIVM refused for good, for one reason.
pub struct Rejected {
    /// What their sender is told.
    pub told: Option<String>,
    /// Row numbers.
    pub rows: Vec<i32>,
}

/// Rows of a delivery that RIVM refused for good, by what their sender is told.
///
/// # Errors
/// When the database fails.
pub async fn rejected(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Vec<Rejected>, StoreError> {
    let rows = sqlx::query_as!(
        Rejected,
        r#"SELECT rejected_for AS told, array_agg(row_number ORDER BY row_number) AS "rows!"
           FROM delivery_rows WHERE delivery_id = $1 AND state = 'rejected' GROUP BY 1 ORDER BY min(row_number)"#,
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A row with a value that was repaired.
pub struct RepairedRow {
    /// Key, which the sealed values are bound to.
    pub id: Uuid,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Repairs, sealed.
    pub repairs_sealed: Vec<u8>,
    /// As delivered, sealed.
    pub raw_sealed: Option<Vec<u8>>,
}

/// The rows of a delivery with one kind of repair in a column, in their order; and how many there are.
///
/// # Errors
/// When the database fails.
pub async fn repaired(
    tx: &mut PartyTx<'_>,
    id: Uuid,
    (code, column): (&str, &str),
    limit: i64,
    offset: i64,
) -> Result<(Vec<RepairedRow>, i64), StoreError> {
    let rows = sqlx::query_as!(
        RepairedRow,
        r#"SELECT id, row_number, repairs_sealed AS "repairs_sealed!", raw_sealed FROM delivery_rows
           WHERE delivery_id = $1 AND repairs_sealed IS NOT NULL
             AND findings @> jsonb_build_array(jsonb_build_object('code', $2::text, 'column', $3::text))
           ORDER BY row_number LIMIT $4 OFFSET $5"#,
        id,
        code,
        column,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    let total = sqlx::query_scalar!(
        r#"SELECT count(*) AS "number!" FROM delivery_rows
           WHERE delivery_id = $1 AND repairs_sealed IS NOT NULL
             AND findings @> jsonb_build_array(jsonb_build_object('code', $2::text, 'column', $3::text))"#,
        id,
        code,
        column
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((rows, total))
}

/// A delivery that belongs to another: its rows took the place of refused ones, or the reverse.
pub struct Other {
    /// Its key.
    pub id: Uuid,
    /// Name of its file.
    pub name: Option<String>,
    /// It came before: the rows that were refused stand in it.
    pub before: bool,
}

/// Deliveries whose refused rows this one mended, and those that mended its own.
///
/// # Errors
/// When the database fails.
pub async fn others(tx: &mut PartyTx<'_>, delivery: Uuid) -> Result<Vec<Other>, StoreError> {
    let rows = sqlx::query_as!(
        Other,
        r#"SELECT DISTINCT d.id, d.file_name AS name, o.before AS "before!"
           FROM (SELECT b.delivery_id, true AS before FROM delivery_rows n JOIN delivery_rows b ON b.id = n.replaces
                 WHERE n.delivery_id = $1
                 UNION ALL
                 SELECT n.delivery_id, false FROM delivery_rows b JOIN delivery_rows n ON n.replaces = b.id
                 WHERE b.delivery_id = $1) AS o
           JOIN deliveries d ON d.id = o.delivery_id WHERE d.id <> $1 AND d.state <> 'discarded' ORDER BY 3 DESC, 1"#,
        delivery
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
