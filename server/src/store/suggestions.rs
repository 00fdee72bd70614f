//! What was suggested about waiting rows, and how often that was right. Values only as keyed hashes.

use super::{StoreError, WorkerTx};
use domain::row::Column;
use domain::suggestion::SuggestionKind;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A suggestion that was shown.
pub struct Shown {
    /// The row.
    pub row: Uuid,
    /// Kind, by its name in the store.
    pub kind: String,
    /// The column it would change.
    pub column: Column,
    /// Keyed hash of what it would put there.
    pub value_mac: String,
}

/// Remembers what was shown of a row the first time.
///
/// # Errors
/// When the database fails.
pub async fn note(
    tx: &mut WorkerTx<'_>,
    shown: &[Shown],
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let rows: Vec<Uuid> = shown.iter().map(|one| one.row).collect();
    let kinds: Vec<String> = shown.iter().map(|one| one.kind.clone()).collect();
    let columns: Vec<String> = shown
        .iter()
        .map(|one| one.column.name().to_owned())
        .collect();
    let macs: Vec<String> = shown.iter().map(|one| one.value_mac.clone()).collect();
    sqlx::query!(
        "INSERT INTO suggestions (row_id, kind, column_name, value_mac, shown_at)
         SELECT r, k, c, m, $5 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS n (r, k, c, m)
         ON CONFLICT ON CONSTRAINT suggestions_pk DO NOTHING",
        &rows,
        &kinds,
        &columns,
        &macs,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was shown of these rows and has no answer yet.
///
/// # Errors
/// When the database fails.
pub async fn open(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<Vec<Shown>, StoreError> {
    let found = sqlx::query!(
        "SELECT row_id, kind, column_name, value_mac FROM suggestions WHERE row_id = ANY ($1) AND settled_at IS NULL",
        rows
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found
        .into_iter()
        .filter_map(|one| {
            Some(Shown {
                row: one.row_id,
                kind: one.kind,
                column: Column::parse(&one.column_name)?,
                value_mac: one.value_mac,
            })
        })
        .collect())
}

/// The column of this row was changed: was it what had been suggested?
///
/// # Errors
/// When the database fails.
pub async fn settle(
    tx: &mut WorkerTx<'_>,
    shown: &Shown,
    right: bool,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE suggestions SET settled_at = $3, was_right = $4 WHERE row_id = $1 AND kind = $2 AND settled_at IS NULL",
        shown.row,
        shown.kind,
        at,
        right
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// These rows were accepted as they stand: what was suggested of them was not right.
///
/// # Errors
/// When the database fails.
pub async fn as_it_stood(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE suggestions SET settled_at = $2, was_right = false WHERE row_id = ANY ($1) AND settled_at IS NULL",
        rows,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Rows wait again that were accepted as they stood at this moment: what was suggested of them has no answer yet.
///
/// # Errors
/// When the database fails.
pub async fn ask_again(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    settled_at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE suggestions SET settled_at = NULL, was_right = NULL WHERE row_id = ANY ($1) AND settled_at = $2 AND NOT was_right",
        rows,
        settled_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How often each kind was right, of how many with an answer.
///
/// # Errors
/// When the database fails.
pub async fn record(tx: &mut WorkerTx<'_>) -> Result<Vec<(SuggestionKind, i64, i64)>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT kind, count(*) FILTER (WHERE was_right) AS "right!", count(*) AS "settled!"
           FROM suggestions WHERE settled_at IS NOT NULL GROUP BY kind"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let kind = |name: &str| {
        SuggestionKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
    };
    Ok(found
        .into_iter()
        .filter_map(|one| Some((kind(&one.kind)?, one.right, one.settled)))
        .collect())
}

/// How often each of these batches was given in these days.
///
/// # Errors
/// When the database fails.
pub async fn given(
    tx: &mut WorkerTx<'_>,
    lots: &[String],
    from: Date,
    until: Date,
) -> Result<Vec<(String, i64)>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT batch AS "batch!", count(*) AS "times!" FROM vaccinations
           WHERE batch = ANY ($1) AND vaccinated_on BETWEEN $2 AND $3 AND effective AND valid_to IS NULL GROUP BY batch"#,
        lots,
        from,
        until
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found
        .into_iter()
        .map(|one| (one.batch, one.times))
        .collect())
}
