//! Paper cards (features F11). Each step names the state it comes from, so that two of the same do one thing; that two
//! people do it, the table demands too (`paper_cards_two_people`).

use super::{PartyTx, StoreError, WorkerTx};
use app::ports::PAGE_ROWS;
use time::OffsetDateTime;
use uuid::Uuid;

/// A card in a list.
pub struct CardRow {
    /// Key.
    pub id: Uuid,
    /// Number on the card.
    pub number: Option<String>,
    /// Name of its party.
    pub party: Option<String>,
    /// draft, waiting, differs, stored.
    pub state: String,
    /// Who keyed it first.
    pub first_by: Uuid,
    /// Name of who did.
    pub first_name: String,
    /// When.
    pub first_at: OffsetDateTime,
    /// What became of its row.
    pub outcome: Option<String>,
}

/// A page of cards that wait for somebody, the oldest first; and how many there are.
///
/// # Errors
/// When the database fails.
pub async fn open(tx: &mut PartyTx<'_>, page: u32) -> Result<(Vec<CardRow>, i64), StoreError> {
    let total = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM paper_cards WHERE state IN ('waiting', 'differs')"#
    )
    .fetch_one(&mut **tx)
    .await?;
    let found = sqlx::query_as!(
        CardRow,
        r#"SELECT c.id, c.number, p.name AS "party?", c.state, c.first_by, u.name AS first_name, c.first_at, c.outcome
           FROM paper_cards c LEFT JOIN parties p ON p.id = c.party_id JOIN users u ON u.id = c.first_by
           WHERE c.state IN ('waiting', 'differs') ORDER BY c.first_at, c.id LIMIT $1 OFFSET $2"#,
        i64::from(PAGE_ROWS),
        i64::from(page.saturating_sub(1)) * i64::from(PAGE_ROWS)
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok((found, total))
}

/// Cards the caller did not finish; row-level security hides those of others.
///
/// # Errors
/// When the database fails.
pub async fn drafts(tx: &mut PartyTx<'_>) -> Result<Vec<CardRow>, StoreError> {
    Ok(sqlx::query_as!(
        CardRow,
        r#"SELECT c.id, c.number, p.name AS "party?", c.state, c.first_by, u.name AS first_name, c.first_at, c.outcome
           FROM paper_cards c LEFT JOIN parties p ON p.id = c.party_id JOIN users u ON u.id = c.first_by
           WHERE c.state = 'draft' ORDER BY c.first_at DESC LIMIT 20"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// What was stored last, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn stored(tx: &mut PartyTx<'_>, most: i64) -> Result<Vec<CardRow>, StoreError> {
    Ok(sqlx::query_as!(
        CardRow,
        r#"SELECT c.id, c.number, p.name AS "party?", c.state, c.first_by, u.name AS first_name, c.first_at, c.outcome
           FROM paper_cards c LEFT JOIN parties p ON p.id = c.party_id JOIN users u ON u.id = c.first_by
           WHERE c.state = 'stored' ORDER BY c.second_at DESC LIMIT $1"#,
        most
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A card with what was keyed.
pub struct Card {
    /// Key.
    pub id: Uuid,
    /// Whose card.
    pub party_id: Option<Uuid>,
    /// Name of the party.
    pub party: Option<String>,
    /// Number on the card.
    pub number: Option<String>,
    /// State.
    pub state: String,
    /// Who keyed it first.
    pub first_by: Uuid,
    /// Name of who did.
    pub first_name: String,
    /// When.
    pub first_at: OffsetDateTime,
    /// What the first keyed, sealed.
    pub first_sealed: Option<Vec<u8>>,
    /// Keyed hashes of what is keyed twice.
    pub first_macs: Vec<String>,
    /// Name of who keyed it again.
    pub second_name: Option<String>,
    /// What the second keyed, sealed.
    pub second_sealed: Option<Vec<u8>>,
    /// Names of the columns in which the two differed.
    pub differed: Vec<String>,
    /// Name of who settled that.
    pub settled_name: Option<String>,
    /// When.
    pub settled_at: Option<OffsetDateTime>,
    /// What became of its row.
    pub outcome: Option<String>,
    /// What the rules found.
    pub findings: serde_json::Value,
}

/// One, locked.
///
/// # Errors
/// When the database fails.
pub async fn one(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Option<Card>, StoreError> {
    Ok(sqlx::query_as!(
        Card,
        r#"SELECT c.id, c.party_id, p.name AS "party?", c.number, c.state, c.first_by, u.name AS first_name, c.first_at, c.first_sealed,
                  c.first_macs, s.name AS "second_name?", c.second_sealed, c.differed, d.name AS "settled_name?", c.settled_at, c.outcome, c.findings
           FROM paper_cards c LEFT JOIN parties p ON p.id = c.party_id JOIN users u ON u.id = c.first_by
                LEFT JOIN users s ON s.id = c.second_by LEFT JOIN users d ON d.id = c.settled_by
           WHERE c.id = $1 FOR UPDATE OF c"#,
        id
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// What the first keyed.
pub struct FirstKeyed<'a> {
    /// Key.
    pub id: Uuid,
    /// Who.
    pub by: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// All of it, sealed.
    pub sealed: &'a [u8],
    /// Whose card, once that is known.
    pub party: Option<Uuid>,
    /// Its number, once that is one.
    pub number: Option<&'a str>,
    /// Keyed hashes of what is keyed twice; empty in a draft.
    pub macs: &'a [String],
    /// It waits for a second person.
    pub ready: bool,
}

/// Keeps what the first keyed; `false` when that card is not a draft of this person (any more).
///
/// # Errors
/// When the database fails; constraint `paper_cards_number` when the party used the number before.
pub async fn keep(tx: &mut WorkerTx<'_>, keyed: &FirstKeyed<'_>) -> Result<bool, StoreError> {
    let state = if keyed.ready { "waiting" } else { "draft" };
    let done = sqlx::query!(
        "INSERT INTO paper_cards AS c (id, party_id, number, state, first_by, first_at, first_sealed, first_macs) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET party_id = $2, number = $3, state = $4, first_at = $6, first_sealed = $7, first_macs = $8
         WHERE c.state = 'draft' AND c.first_by = $5",
        keyed.id,
        keyed.party,
        keyed.number,
        state,
        keyed.by,
        keyed.at,
        keyed.sealed,
        keyed.macs
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Another card of this party with this number: key, and when it was keyed.
///
/// # Errors
/// When the database fails.
pub async fn with_number(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    number: &str,
    besides: Uuid,
) -> Result<Option<(Uuid, OffsetDateTime)>, StoreError> {
    let row = sqlx::query!(
        "SELECT id, first_at FROM paper_cards WHERE party_id = $1 AND number = $2 AND state <> 'draft' AND id <> $3",
        party,
        number,
        besides
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.id, row.first_at)))
}

/// Throws a card away that its first keyer may throw away: nobody keyed it again. Answers its party; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn discard(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    by: Uuid,
) -> Result<Option<Option<Uuid>>, StoreError> {
    Ok(sqlx::query_scalar!(
        "DELETE FROM paper_cards WHERE id = $1 AND first_by = $2 AND state IN ('draft', 'waiting') RETURNING party_id",
        id,
        by
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Keeps what a second person keyed of a locked card, because it differs.
///
/// # Errors
/// When the database fails, or the second person is the first (`paper_cards_two_people`).
pub async fn differs(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    by: Uuid,
    at: OffsetDateTime,
    sealed: &[u8],
    differed: &[String],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE paper_cards SET state = 'differs', second_by = $2, second_at = $3, second_sealed = $4, differed = $5
         WHERE id = $1 AND state = 'waiting'",
        id,
        by,
        at,
        sealed,
        differed
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A card whose row is a delivery now.
pub struct Done<'a> {
    /// The card.
    pub id: Uuid,
    /// Who keyed it again, or settled what differed.
    pub by: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// Why so, sealed: only where the two differed.
    pub reason_sealed: Option<&'a [u8]>,
    /// Its delivery.
    pub delivery: Uuid,
    /// What became of the row.
    pub outcome: &'a str,
    /// What the rules found.
    pub findings: serde_json::Value,
}

/// Ends a locked card; what was keyed is gone from it.
///
/// # Errors
/// When the database fails, or who did it is who keyed it first (`paper_cards_two_people`).
pub async fn done(tx: &mut WorkerTx<'_>, done: &Done<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE paper_cards SET state = 'stored', first_sealed = NULL, second_sealed = NULL, first_macs = '{}',
                second_by = COALESCE(second_by, $2), second_at = COALESCE(second_at, $3),
                settled_by = CASE WHEN state = 'differs' THEN $2::uuid END, settled_at = CASE WHEN state = 'differs' THEN $3::timestamptz END,
                reason_sealed = $4, delivery_id = $5, outcome = $6, findings = $7
         WHERE id = $1 AND state IN ('waiting', 'differs')",
        done.id,
        done.by,
        done.at,
        done.reason_sealed,
        done.delivery,
        done.outcome,
        done.findings
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The one party that delivers and has this code or AGB code: key, and whether it may by paper (features F-X10).
///
/// # Errors
/// When the database fails.
pub async fn party(tx: &mut WorkerTx<'_>, text: &str) -> Result<Option<(Uuid, bool)>, StoreError> {
    let mut found = sqlx::query!(
        r#"SELECT p.id, p.status = 'active' AND EXISTS (SELECT FROM connections c WHERE c.party_id = p.id AND c.intermediary_id IS NULL
                                                           AND c.channel = 'papier' AND c.state = 'approved') AS "open!"
           FROM parties p WHERE p.kind NOT IN ('rivm', 'tussenpartij')
             AND (p.code = upper($1) OR EXISTS (SELECT FROM party_agb a WHERE a.party_id = p.id AND a.agb = $1 AND a.valid_to IS NULL)) LIMIT 2"#,
        text
    )
    .fetch_all(&mut **tx)
    .await?;
    let one = found.pop().filter(|_| found.is_empty());
    Ok(one.map(|row| (row.id, row.open)))
}

/// This party may deliver by paper at this moment.
///
/// # Errors
/// When the database fails.
pub async fn is_open(tx: &mut WorkerTx<'_>, party: Uuid) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM parties p JOIN connections c ON c.party_id = p.id
                          WHERE p.id = $1 AND p.status = 'active' AND c.intermediary_id IS NULL AND c.channel = 'papier' AND c.state = 'approved') AS "open!""#,
        party
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Deletes drafts that nobody touched since.
///
/// # Errors
/// When the database fails.
pub async fn delete_drafts(
    tx: &mut WorkerTx<'_>,
    before: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM paper_cards WHERE state = 'draft' AND first_at < $1",
        before
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes one card that nobody finished in time; its key and party.
///
/// # Errors
/// When the database fails.
pub async fn delete_forgotten(
    tx: &mut WorkerTx<'_>,
    before: OffsetDateTime,
) -> Result<Option<(Uuid, Uuid)>, StoreError> {
    let row = sqlx::query!(
        r#"DELETE FROM paper_cards WHERE id = (SELECT id FROM paper_cards WHERE state IN ('waiting', 'differs') AND first_at < $1
                                               ORDER BY first_at LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING id, party_id AS "party_id!""#,
        before
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.id, row.party_id)))
}
