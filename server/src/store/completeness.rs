//! What each installation delivered lately, to see what did not come (features F61). No row and no file name.

use super::{PartyTx, StoreError};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// An installation and what came of it since a moment.
pub struct Installation {
    /// Key of the account.
    pub id: Uuid,
    /// Name of the account.
    pub account: String,
    /// As in the names of its files.
    pub installation: String,
    /// Name of the party.
    pub party: String,
    /// Name of who runs it.
    pub intermediary: Option<String>,
    /// A file is expected each working day.
    pub daily: bool,
    /// When the account was given out.
    pub created_at: OffsetDateTime,
    /// The last file, whenever that was.
    pub last_at: Option<OffsetDateTime>,
    /// Files since the moment.
    pub files: i64,
    /// Of those refused as a whole.
    pub refused: i64,
    /// Rows read of them.
    pub rows_read: i64,
    /// Rows their control files promised, of the files that had one.
    pub promised: i64,
    /// Rows read of those files.
    pub promised_read: i64,
    /// Uploads that never counted.
    pub aborted: i64,
    /// Numbers of its files, taken or doubled.
    pub numbers: Vec<i32>,
    /// Days on which files came, Dutch time.
    pub days: Vec<Date>,
}

/// Every installation that brings rows, with what came since a moment.
///
/// # Errors
/// When the database fails.
pub async fn installations(
    tx: &mut PartyTx<'_>,
    since: OffsetDateTime,
) -> Result<Vec<Installation>, StoreError> {
    Ok(sqlx::query_as!(
        Installation,
        r#"SELECT a.id, a.name AS account, a.installation, p.name AS party, i.name AS "intermediary?", a.rhythm = 'workday' AS "daily!", a.created_at,
                  (SELECT max(l.received_at) FROM deliveries l WHERE l.account_id = a.id AND NOT l.test_lane) AS last_at,
                  d.files AS "files!", d.refused AS "refused!", d.rows_read AS "rows_read!", d.promised AS "promised!", d.promised_read AS "promised_read!",
                  (SELECT count(*) FROM sftp_uploads u WHERE u.account_id = a.id AND u.state = 'void' AND u.gone_at >= $1
                                                         AND u.why NOT IN ('control-file', 'removed', 'replaced')) AS "aborted!",
                  d.numbers AS "numbers!", d.days AS "days!"
           FROM sftp_accounts a JOIN parties p ON p.id = a.party_id LEFT JOIN parties i ON i.id = a.intermediary_id
                CROSS JOIN LATERAL (
                    SELECT count(*) AS files, count(*) FILTER (WHERE outcome = 'GEWEIGERD') AS refused, COALESCE(sum(rows_read), 0)::bigint AS rows_read,
                           COALESCE(sum(promised_rows), 0)::bigint AS promised,
                           COALESCE(sum(rows_read) FILTER (WHERE promised_rows IS NOT NULL), 0)::bigint AS promised_read,
                           COALESCE(array_agg(file_sequence) FILTER (WHERE file_sequence IS NOT NULL AND outcome IS DISTINCT FROM 'GEWEIGERD'), '{}') AS numbers,
                           COALESCE(array_agg(DISTINCT (received_at AT TIME ZONE 'Europe/Amsterdam')::date), '{}') AS days
                    FROM deliveries WHERE account_id = a.id AND received_at >= $1 AND NOT test_lane) d
           WHERE a.ended_at IS NULL AND a.purpose = 'rows' ORDER BY p.name, a.installation"#,
        since
    )
    .fetch_all(&mut **tx)
    .await?)
}
