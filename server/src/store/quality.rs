//! How good what a party delivers is, week by week, and why rows of it are refused (features F54). No row of it.

use super::{PartyTx, StoreError};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// What was delivered in a week.
pub struct Week {
    /// Its Monday, Dutch time.
    pub monday: Date,
    /// Rows.
    pub rows: i64,
    /// Rows that are refused now.
    pub refused: i64,
}

/// What a party delivered since a moment, by week.
///
/// # Errors
/// When the database fails.
pub async fn weeks(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    since: OffsetDateTime,
) -> Result<Vec<Week>, StoreError> {
    Ok(sqlx::query_as!(
        Week,
        r#"SELECT date_trunc('week', received_at AT TIME ZONE 'Europe/Amsterdam')::date AS "monday!",
                  sum(geaccepteerd + te_controleren + afgekeurd + dubbel + geteld)::bigint AS "rows!", sum(afgekeurd)::bigint AS "refused!"
           FROM deliveries d
           WHERE party_id = $1 AND received_at >= $2 AND state = 'done' AND NOT test_lane
             AND NOT EXISTS (SELECT FROM withdrawals w WHERE w.id = d.id)
           GROUP BY 1 ORDER BY 1"#,
        party,
        since
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Why rows of a party are refused now, of what it delivered since a moment: (rule code, rows), the most first. Of a row
/// that RIVM refused it is what made the row wait.
///
/// # Errors
/// When the database fails.
pub async fn causes(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    since: OffsetDateTime,
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT f.code AS "code!", count(*) AS "rows!"
           FROM deliveries d JOIN delivery_rows r ON r.delivery_id = d.id AND r.outcome = 'AFGEKEURD'
           CROSS JOIN LATERAL (SELECT one ->> 'code' AS code FROM jsonb_array_elements(r.findings) WITH ORDINALITY AS all_of (one, place)
                               ORDER BY one ->> 'severity' <> 'fout', place LIMIT 1) AS f
           WHERE d.party_id = $1 AND d.received_at >= $2 AND d.state = 'done' AND NOT d.test_lane AND d.afgekeurd > 0
           GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $3"#,
        party,
        since,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, row.rows)).collect())
}
