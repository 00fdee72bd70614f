//! Through which channel a party may deliver, who asked for that and who agreed (features F79-F81). The same person
//! never does both: `connections_four_eyes` refuses it too.

use super::{PartyTx, StoreError, WorkerTx};
use app::ports::PAGE_ROWS;
use app::ports::parties::ConnectionFilter;
use domain::connection::{ColumnSet, ConnectionState};
use domain::delivery::Channel;
use domain::row::Column;
use time::OffsetDateTime;
use uuid::Uuid;

/// A connection, as staff sees it.
pub struct Connection {
    /// Key.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Its key.
    pub party_id: Uuid,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// Channel on the wire.
    pub channel: String,
    /// requested, approved, refused, suspended, ended.
    pub state: String,
    /// What the data is used for.
    pub purpose: String,
    /// Columns of the format that may stand in its files.
    pub standard: Vec<String>,
    /// Columns besides those.
    pub columns: Vec<String>,
    /// Columns asked for besides.
    pub wanted: Vec<String>,
    /// What it is asked to be used for instead.
    pub wanted_purpose: Option<String>,
    /// Who asked for what is open now, or last.
    pub asked_by: Option<Uuid>,
    /// The name of who asked.
    pub asked_name: Option<String>,
    /// When.
    pub asked_at: OffsetDateTime,
    /// Who decided last.
    pub decided_name: Option<String>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
    /// Why, sealed.
    pub reason_sealed: Option<Vec<u8>>,
    /// Nobody approved its party yet.
    pub new_party: bool,
    /// Nobody approved its party in between yet.
    pub new_between: bool,
}

/// A page of connections, what waits for a decision first; and how many there are.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut PartyTx<'_>,
    filter: &ConnectionFilter,
    page: u32,
) -> Result<(Vec<Connection>, u64), StoreError> {
    let total = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM connections c JOIN parties p ON p.id = c.party_id LEFT JOIN parties i ON i.id = c.intermediary_id
           WHERE ($1::text IS NULL OR strpos(lower(p.name), lower($1)) > 0 OR strpos(lower(i.name), lower($1)) > 0)
             AND ($2::text IS NULL OR c.channel = $2) AND ($3::text IS NULL OR c.state = $3)"#,
        filter.partij.as_deref(),
        filter.koppelvlak.map(Channel::as_str),
        filter.stand.map(ConnectionState::as_str)
    )
    .fetch_one(&mut **tx)
    .await?;
    let skipped = (i64::from(page) - 1) * i64::from(PAGE_ROWS);
    let found = some(tx, None, filter, skipped).await?;
    Ok((found, u64::try_from(total).unwrap_or_default()))
}

/// One connection.
///
/// # Errors
/// When the database fails; `NotFound` without such a connection.
pub async fn one(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Connection, StoreError> {
    let found = some(tx, Some(id), &ConnectionFilter::default(), 0).await?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

async fn some(
    tx: &mut PartyTx<'_>,
    only: Option<Uuid>,
    filter: &ConnectionFilter,
    skipped: i64,
) -> Result<Vec<Connection>, StoreError> {
    Ok(sqlx::query_as!(
        Connection,
        r#"SELECT c.id, p.name AS party, p.id AS party_id, i.name AS "intermediary?", c.channel, c.state, c.purpose, c.standard, c.columns, c.wanted, c.wanted_purpose,
                  COALESCE(c.wanted_by, c.requested_by) AS asked_by, a.name AS "asked_name?", COALESCE(c.wanted_at, c.requested_at) AS "asked_at!",
                  d.name AS "decided_name?", c.decided_at, c.reason_sealed, p.status = 'requested' AS "new_party!",
                  COALESCE(i.status = 'requested', false) AS "new_between!"
           FROM connections c JOIN parties p ON p.id = c.party_id LEFT JOIN parties i ON i.id = c.intermediary_id
                LEFT JOIN users a ON a.id = COALESCE(c.wanted_by, c.requested_by) LEFT JOIN users d ON d.id = c.decided_by
           WHERE ($1::uuid IS NULL OR c.id = $1)
             AND ($4::text IS NULL OR strpos(lower(p.name), lower($4)) > 0 OR strpos(lower(i.name), lower($4)) > 0)
             AND ($5::text IS NULL OR c.channel = $5) AND ($6::text IS NULL OR c.state = $6)
           ORDER BY c.state <> 'requested' AND c.wanted_by IS NULL, p.name, c.channel, c.requested_at LIMIT $2 OFFSET $3"#,
        only,
        i64::from(PAGE_ROWS),
        skipped,
        filter.partij.as_deref(),
        filter.koppelvlak.map(Channel::as_str),
        filter.stand.map(ConnectionState::as_str)
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// How many connections wait for a decision of somebody else than who asked.
///
/// # Errors
/// When the database fails.
pub async fn waiting(tx: &mut PartyTx<'_>, besides: Uuid) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM connections
           WHERE (state = 'requested' OR wanted_by IS NOT NULL) AND COALESCE(wanted_by, requested_by) IS DISTINCT FROM $1"#,
        besides
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A connection by SFTP that is approved or asked for: an installation of it may have an access to the drop box.
pub struct BySftp {
    /// Key.
    pub id: Uuid,
    /// Whose rows.
    pub party_id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Who runs the installation.
    pub intermediary_id: Option<Uuid>,
    /// The name of who does.
    pub intermediary: Option<String>,
    /// It is approved.
    pub approved: bool,
}

/// All of them by name, or one.
///
/// # Errors
/// When the database fails.
pub async fn by_sftp(tx: &mut WorkerTx<'_>, only: Option<Uuid>) -> Result<Vec<BySftp>, StoreError> {
    Ok(sqlx::query_as!(
        BySftp,
        r#"SELECT c.id, c.party_id, p.name AS party, c.intermediary_id, i.name AS "intermediary?", c.state = 'approved' AS "approved!"
           FROM connections c JOIN parties p ON p.id = c.party_id LEFT JOIN parties i ON i.id = c.intermediary_id
           WHERE c.channel = 'sftp' AND c.state IN ('requested', 'approved') AND p.status NOT IN ('ended', 'refused')
             AND (i.id IS NULL OR i.status NOT IN ('ended', 'refused')) AND ($1::uuid IS NULL OR c.id = $1)
           ORDER BY p.name, i.name NULLS FIRST"#,
        only
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Parties to choose from: code and name; those that deliver, or those in between.
///
/// # Errors
/// When the database fails.
pub async fn parties(tx: &mut PartyTx<'_>) -> Result<Vec<(String, String, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT code, name, kind = 'tussenpartij' AS "between!" FROM parties WHERE kind <> 'rivm' AND status NOT IN ('ended', 'refused') ORDER BY name"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.code, row.name, row.between))
        .collect())
}

/// What somebody asks for.
pub struct Request<'a> {
    /// Key of the party.
    pub party: Uuid,
    /// Key of the party in between.
    pub intermediary: Option<Uuid>,
    /// Channel on the wire.
    pub channel: &'a str,
    /// What the data is used for; none says nothing new about it.
    pub purpose: Option<&'a str>,
    /// Columns of the format; what is asked for besides an approved connection stands in `columns`.
    pub standard: &'a [String],
    /// Columns besides.
    pub columns: &'a [String],
    /// Who asks.
    pub by: Uuid,
}

/// What a connection is for, unless somebody says so.
const PURPOSE: &str = "vaccinatieregistratie";

/// Asks for a connection; for one that is approved, for columns besides or another purpose. None when there is nothing to
/// ask: all of it is approved, or waits for a decision already.
///
/// # Errors
/// When the database fails.
pub async fn ask(tx: &mut WorkerTx<'_>, request: &Request<'_>) -> Result<Option<Uuid>, StoreError> {
    let approved = sqlx::query!(
        "SELECT id, purpose, standard, columns FROM connections
         WHERE party_id = $1 AND intermediary_id IS NOT DISTINCT FROM $2 AND channel = $3 AND state = 'approved' AND wanted_by IS NULL FOR UPDATE",
        request.party,
        request.intermediary,
        request.channel
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(approved) = approved else {
        return ask_anew(tx, request).await;
    };
    let set = ColumnSet {
        standard: &approved.standard,
        extra: &approved.columns,
    };
    let columns = request.columns.iter().filter(|column| !set.holds(column));
    let columns: Vec<String> = columns.cloned().collect();
    let purpose = request
        .purpose
        .filter(|wanted| wanted.trim().to_lowercase() != approved.purpose.trim().to_lowercase());
    if columns.is_empty() && purpose.is_none() {
        return Ok(None);
    }
    sqlx::query!(
        "UPDATE connections SET wanted = $2, wanted_purpose = $3, wanted_by = $4, wanted_at = now() WHERE id = $1",
        approved.id,
        &columns,
        purpose,
        request.by
    )
    .execute(&mut **tx)
    .await?;
    let said = Noted {
        step: "asked",
        by: request.by,
        columns: &columns,
        purpose,
        reason_sealed: None,
    };
    note(tx, approved.id, &said).await?;
    Ok(Some(approved.id))
}

async fn ask_anew(
    tx: &mut WorkerTx<'_>,
    request: &Request<'_>,
) -> Result<Option<Uuid>, StoreError> {
    let purpose = request.purpose.unwrap_or(PURPOSE);
    // A file that waits may name columns of the format, too: those are in `standard`.
    let columns = request.columns.iter();
    let columns = columns.filter(|name| Column::parse(name).is_none());
    let columns: Vec<String> = columns.cloned().collect();
    let made = sqlx::query_scalar!(
        "INSERT INTO connections (id, party_id, intermediary_id, channel, purpose, standard, columns, requested_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (party_id, intermediary_id, channel) WHERE state IN ('requested', 'approved', 'suspended') DO NOTHING RETURNING id",
        crate::clock::new_key(),
        request.party,
        request.intermediary,
        request.channel,
        purpose,
        request.standard,
        &columns,
        request.by
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(id) = made {
        let said = Noted {
            step: "asked",
            by: request.by,
            columns: &columns,
            purpose: Some(purpose),
            reason_sealed: None,
        };
        note(tx, id, &said).await?;
    }
    Ok(made)
}

/// What happened to a connection, to be written down.
struct Noted<'a> {
    step: &'a str,
    by: Uuid,
    columns: &'a [String],
    purpose: Option<&'a str>,
    reason_sealed: Option<&'a [u8]>,
}

/// Writes down what happened to a connection; nothing of it is ever changed.
async fn note(tx: &mut WorkerTx<'_>, id: Uuid, said: &Noted<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO connection_steps (id, party_id, connection_id, step, by, columns, purpose, reason_sealed)
         SELECT $2, party_id, id, $3, $4, $5, $6, $7 FROM connections WHERE id = $1",
        id,
        crate::clock::new_key(),
        said.step,
        said.by,
        said.columns,
        said.purpose,
        said.reason_sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What happened to a connection.
pub struct Step {
    /// When.
    pub at: OffsetDateTime,
    /// asked, or a step of `domain::connection`.
    pub step: String,
    /// Who.
    pub by_name: Option<String>,
    /// Columns it was about.
    pub columns: Vec<String>,
    /// The purpose it was about.
    pub purpose: Option<String>,
    /// Why, sealed for the connection.
    pub reason_sealed: Option<Vec<u8>>,
    /// Deliveries that waited and went on by it.
    pub let_go: i64,
}

/// All that happened to a connection, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn steps(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Vec<Step>, StoreError> {
    Ok(sqlx::query_as!(
        Step,
        r#"SELECT s.at, s.step, u.name AS "by_name?", s.columns, s.purpose, s.reason_sealed, let_go_by_step(s.id) AS "let_go!"
           FROM connection_steps s LEFT JOIN users u ON u.id = s.by WHERE s.connection_id = $1 ORDER BY s.at, s.id"#,
        id
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// What the decision is about.
pub struct Locked {
    /// Key of the party.
    pub party_id: Uuid,
    /// Key of the party in between.
    pub intermediary_id: Option<Uuid>,
    /// Channel on the wire.
    pub channel: String,
    /// State.
    pub state: String,
    /// Columns asked for besides.
    pub wanted: Vec<String>,
    /// What it is asked to be used for instead.
    pub wanted_purpose: Option<String>,
    /// Who asked for what is open now.
    pub asked_by: Option<Uuid>,
    /// Status of the party.
    pub party_status: String,
    /// Who filed the request for the party.
    pub party_asked_by: Option<Uuid>,
    /// Who filed the request for the party in between, while that waits for its first approval.
    pub between_asked_by: Option<Uuid>,
}

/// Locks a connection to decide about it, and its party: see [`hold`].
///
/// # Errors
/// When the database fails; `NotFound` without such a connection.
pub async fn lock(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Locked, StoreError> {
    Ok(sqlx::query_as!(
        Locked,
        "SELECT c.party_id, c.intermediary_id, c.channel, c.state, c.wanted, c.wanted_purpose, COALESCE(c.wanted_by, c.requested_by) AS asked_by,
                p.status AS party_status, p.requested_by AS party_asked_by,
                (SELECT i.requested_by FROM parties i WHERE i.id = c.intermediary_id AND i.status = 'requested') AS between_asked_by
         FROM connections c JOIN parties p ON p.id = c.party_id WHERE c.id = $1 FOR UPDATE OF c FOR NO KEY UPDATE OF p",
        id
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A party of a connection as a whole.
pub struct Whole {
    /// Key.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Status, as the table says it.
    pub status: String,
    /// It runs the installation.
    pub between: bool,
}

/// The parties of a connection, who delivers first; RIVM is none that anybody decides about.
///
/// # Errors
/// When the database fails.
pub async fn wholes(tx: &mut PartyTx<'_>, connection: Uuid) -> Result<Vec<Whole>, StoreError> {
    Ok(sqlx::query_as!(
        Whole,
        r#"SELECT p.id, p.name, p.status, p.id IS NOT DISTINCT FROM c.intermediary_id AS "between!"
           FROM connections c JOIN parties p ON p.id IN (c.party_id, c.intermediary_id)
           WHERE c.id = $1 AND p.kind <> 'rivm' ORDER BY 4"#,
        connection
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Locks a party of a connection to decide about it; its key and status.
///
/// # Errors
/// When the database fails; `NotFound` without such a party.
pub async fn lock_party(
    tx: &mut WorkerTx<'_>,
    connection: Uuid,
    between: bool,
) -> Result<(Uuid, String), StoreError> {
    let row = sqlx::query!(
        "SELECT id, status FROM parties
         WHERE id = (SELECT CASE WHEN $2 THEN c.intermediary_id ELSE c.party_id END FROM connections c WHERE c.id = $1) AND kind <> 'rivm'
         FOR NO KEY UPDATE",
        connection,
        between
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.id, row.status))
}

/// A party goes to another status; what, who and why stay.
///
/// # Errors
/// When the database fails.
pub async fn move_party(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    step: &str,
    status: &str,
    by: Uuid,
    reason_sealed: &[u8],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE parties SET status = $2 WHERE id = $1",
        party,
        status
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO party_steps (id, party_id, step, by, reason_sealed) VALUES ($1, $2, $3, $4, $5)",
        crate::clock::new_key(),
        party,
        step,
        by,
        reason_sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// When a party was suspended, opened again or ended, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn party_steps(tx: &mut PartyTx<'_>, party: Uuid) -> Result<Vec<Step>, StoreError> {
    Ok(sqlx::query_as!(
        Step,
        r#"SELECT s.at, s.step, u.name AS "by_name?", '{}'::text[] AS "columns!", NULL::text AS purpose, s.reason_sealed AS "reason_sealed?",
                  let_go_by_step(s.id) AS "let_go!"
           FROM party_steps s LEFT JOIN users u ON u.id = s.by WHERE s.party_id = $1 ORDER BY s.at, s.id"#,
        party
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// What somebody decides about a connection.
pub struct Decision<'a> {
    /// The step, as in the audit.
    pub step: &'a str,
    /// State it leads to.
    pub state: &'a str,
    /// It takes the columns and the purpose that were asked for.
    pub widen: bool,
    /// Columns that it is about.
    pub columns: &'a [String],
    /// The purpose that it is about.
    pub purpose: Option<&'a str>,
    /// Who.
    pub by: Uuid,
    /// Why, sealed.
    pub reason_sealed: &'a [u8],
}

/// Moves it to another state, or (approved as it was) widens it by what was asked; either way nothing is asked any more.
///
/// # Errors
/// When the database fails; constraint `connections_four_eyes` when who asked decides.
pub async fn decide(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    decision: &Decision<'_>,
) -> Result<(), StoreError> {
    let standard = decision.columns.iter();
    let standard = standard.filter(|name| Column::parse(name).is_some());
    let standard: Vec<String> = standard.cloned().collect();
    sqlx::query!(
        "UPDATE connections SET state = $2, requested_by = COALESCE(wanted_by, requested_by), decided_by = $4, decided_at = now(), reason_sealed = $5,
                                columns = CASE WHEN $3 THEN ARRAY(SELECT unnest(columns) UNION (SELECT unnest(wanted) EXCEPT SELECT unnest($6::text[])) ORDER BY 1)
                                               ELSE columns END,
                                standard = CASE WHEN $3 THEN ARRAY(SELECT unnest(standard) UNION SELECT unnest($6::text[]) ORDER BY 1) ELSE standard END,
                                purpose = CASE WHEN $3 THEN COALESCE(wanted_purpose, purpose) ELSE purpose END,
                                wanted = '{}', wanted_purpose = NULL, wanted_by = NULL, wanted_at = NULL
         WHERE id = $1",
        id,
        decision.state,
        decision.widen,
        decision.by,
        decision.reason_sealed,
        &standard
    )
    .execute(&mut **tx)
    .await?;
    let said = Noted {
        step: decision.step,
        by: decision.by,
        columns: decision.columns,
        purpose: decision.purpose,
        reason_sealed: Some(decision.reason_sealed),
    };
    note(tx, id, &said).await
}

/// A party that was asked for is active from now on; false when it was before.
///
/// # Errors
/// When the database fails; constraint `parties_four_eyes` when who asked for it decides.
pub async fn activate(tx: &mut WorkerTx<'_>, party: Uuid, by: Uuid) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE parties SET status = 'active', activated_by = $2, activated_at = now() WHERE id = $1 AND status = 'requested'",
        party,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A party that was asked for is refused, unless another connection of it, or through it, still waits; false when it does.
///
/// # Errors
/// When the database fails.
pub async fn turn_away(tx: &mut WorkerTx<'_>, party: Uuid) -> Result<bool, StoreError> {
    // In a statement of its own: of two refusals at once the second sees the first.
    sqlx::query!(
        "SELECT id FROM parties WHERE id = $1 FOR NO KEY UPDATE",
        party
    )
    .fetch_one(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "UPDATE parties SET status = 'refused' WHERE id = $1 AND status = 'requested'
           AND NOT EXISTS (SELECT FROM connections c WHERE c.party_id = $1 AND c.state IN ('requested', 'approved', 'suspended'))
           AND NOT EXISTS (SELECT FROM connections c WHERE c.intermediary_id = $1 AND c.state IN ('requested', 'approved', 'suspended'))",
        party
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which deliveries are looked at to see whether they may go on.
#[derive(Debug, Clone, Copy)]
pub enum Waiting {
    /// Those of a connection.
    Connection(Uuid),
    /// Those of a party, or through it.
    Party(Uuid),
    /// One.
    Delivery(Uuid),
}

/// A delivery that goes on.
pub struct GoesOn {
    /// Its key.
    pub id: Uuid,
    /// It was submitted after its preview: its rows are stored from there.
    pub submitted: bool,
}

/// Deliveries that wait for approval although nothing holds them any more go on. Each remembers by which decision: the newest
/// that opened what it came by.
///
/// # Errors
/// When the database fails.
pub async fn let_go(tx: &mut WorkerTx<'_>, waiting: Waiting) -> Result<Vec<GoesOn>, StoreError> {
    let (connection, party, delivery) = match waiting {
        Waiting::Connection(id) => (Some(id), None, None),
        Waiting::Party(id) => (None, Some(id), None),
        Waiting::Delivery(id) => (None, None, Some(id)),
    };
    let waiting = sqlx::query!(
        r#"SELECT d.id, d.channel, d.strange, c.standard, c.columns FROM deliveries d
                JOIN connections c ON c.party_id = d.party_id AND c.intermediary_id IS NOT DISTINCT FROM d.intermediary_id AND c.channel = d.channel
                JOIN parties p ON p.id = c.party_id
         WHERE d.state = 'parked' AND d.parked_reason IN ('approval', 'A10')
           AND ($2::uuid IS NULL OR $2 IN (d.party_id, d.intermediary_id)) AND ($3::uuid IS NULL OR d.id = $3)
           AND ($1::uuid IS NULL OR c.id = $1) AND p.status = 'active' AND c.state = 'approved'
           AND NOT EXISTS (SELECT FROM parties i WHERE i.id = d.intermediary_id AND i.status <> 'active')
         FOR UPDATE OF d"#,
        connection,
        party,
        delivery
    )
    .fetch_all(&mut **tx)
    .await?;
    // Outside the portal a column nobody approved holds a file; in the portal its sender was told that it is left out.
    let free = waiting.into_iter().filter(|waits| {
        let in_portal = Channel::parse(&waits.channel).is_some_and(Channel::is_portal);
        let set = ColumnSet {
            standard: &waits.standard,
            extra: &waits.columns,
        };
        let left_out = |name: &str| in_portal && Column::parse(name).is_none();
        let mut strange = waits.strange.iter();
        strange.all(|name| left_out(name) || set.holds(name))
    });
    let free: Vec<Uuid> = free.map(|waits| waits.id).collect();
    Ok(sqlx::query_as!(
        GoesOn,
        r#"WITH said AS (
             SELECT f.id, n.at, n.of_connection, n.of_party FROM deliveries f LEFT JOIN LATERAL (
                 SELECT s.at, s.id AS of_connection, NULL::uuid AS of_party
                 FROM connection_steps s JOIN connections c ON c.id = s.connection_id
                 WHERE c.party_id = f.party_id AND c.intermediary_id IS NOT DISTINCT FROM f.intermediary_id AND c.channel = f.channel
                   AND c.state = 'approved' AND s.step IN ('approve', 'reopen')
                 UNION ALL
                 SELECT s.at, NULL, s.id FROM party_steps s WHERE s.party_id IN (f.party_id, f.intermediary_id) AND s.step = 'reopen'
                 ORDER BY 1 DESC LIMIT 1) n ON true
             WHERE f.id = ANY ($1))
         UPDATE deliveries d
         SET state = CASE WHEN submitted_at IS NOT NULL OR (NOT preview AND progress > 0) THEN 'storing' ELSE 'complete' END, parked_reason = NULL,
             let_go_by = said.of_connection, let_go_by_party = said.of_party, let_go_at = said.at
         FROM said WHERE d.id = said.id RETURNING d.id, d.submitted_at IS NOT NULL AS "submitted!""#,
        &free
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Whoever decides about the parties of a delivery, or a connection of theirs, waits until this transaction ends; and this one
/// waits for them. So of a delivery that is parked and a connection that is opened, one sees the other.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<(), StoreError> {
    // In the order in which a decision takes them.
    sqlx::query!(
        "SELECT p.id FROM deliveries d JOIN parties p ON p.id IN (d.party_id, d.intermediary_id)
         WHERE d.id = $1 ORDER BY p.id IS NOT DISTINCT FROM d.intermediary_id FOR SHARE OF p",
        delivery
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// The party may deliver by this channel at this moment: asked at each chunk (security F26).
///
/// # Errors
/// When the database fails.
pub async fn is_open(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM deliveries d JOIN parties p ON p.id = d.party_id
                          JOIN connections c ON c.party_id = d.party_id AND c.intermediary_id IS NOT DISTINCT FROM d.intermediary_id AND c.channel = d.channel
                          WHERE d.id = $1 AND p.status = 'active' AND c.state = 'approved'
                            AND NOT EXISTS (SELECT FROM parties i WHERE i.id = d.intermediary_id AND i.status <> 'active')) AS "open!""#,
        delivery
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A delivery that is parked.
#[derive(Clone)]
pub struct Parked {
    /// Key.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Key of the party.
    pub party_id: Uuid,
    /// Key of the party in between.
    pub intermediary_id: Option<Uuid>,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// Channel on the wire.
    pub channel: String,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// Bytes.
    pub file_size: i64,
    /// Columns besides those of the format.
    pub strange: Vec<String>,
    /// approval, A10, A15, A20.
    pub why: String,
    /// Last row of it that is in the register; 0 when none is.
    pub stored: i32,
    /// The connection that waits for a decision about it.
    pub asked: Option<Uuid>,
}

/// Every parked delivery, or one; the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn parked(tx: &mut PartyTx<'_>, only: Option<Uuid>) -> Result<Vec<Parked>, StoreError> {
    Ok(sqlx::query_as!(
        Parked,
        r#"SELECT d.id AS "id!", p.name AS party, p.id AS party_id, d.intermediary_id, i.name AS "intermediary?", d.channel AS "channel!",
                  d.received_at AS "received_at!", COALESCE(d.file_size, 0) AS "file_size!", d.strange AS "strange!", COALESCE(d.why, '') AS "why!",
                  COALESCE(d.rows_stored, 0) AS "stored!",
                  (SELECT c.id FROM connections c WHERE c.party_id = d.party_id AND c.intermediary_id IS NOT DISTINCT FROM d.intermediary_id
                     AND c.channel = d.channel AND (c.state = 'requested' OR c.state = 'suspended' OR c.wanted_by IS NOT NULL) LIMIT 1) AS asked
           FROM parked_deliveries() d JOIN parties p ON p.id = d.party_id LEFT JOIN parties i ON i.id = d.intermediary_id
           WHERE $1::uuid IS NULL OR d.id = $1 ORDER BY d.received_at, d.id"#,
        only
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Remembers the names of the columns that a parked delivery waits for.
///
/// # Errors
/// When the database fails.
pub async fn waits_for(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    strange: &[String],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET strange = $2 WHERE id = $1",
        delivery,
        strange
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How somebody settled a parked delivery.
pub struct Settled<'a> {
    /// The delivery.
    pub delivery: Uuid,
    /// It goes on; else it is destroyed.
    pub release: bool,
    /// Who.
    pub by: Uuid,
    /// Why, sealed.
    pub reason_sealed: &'a [u8],
}

/// A parked delivery that somebody settled.
pub struct Was {
    /// Whose.
    pub party_id: Uuid,
    /// It came by the drop box: answers go there.
    pub dropped: bool,
    /// It was submitted after its preview.
    pub submitted: bool,
    /// Rows of it are in the register: it ended with those.
    pub stored: bool,
}

/// Lets a parked delivery go on. Else it is thrown away, or, when rows of it are in the register, it ends with those. None when
/// it is not parked any more.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    tx: &mut WorkerTx<'_>,
    settled: &Settled<'_>,
) -> Result<Option<Was>, StoreError> {
    Ok(sqlx::query_as!(
        Was,
        r#"WITH was AS (SELECT id, submitted_at IS NOT NULL AS submitted, progress > 0 AND (NOT preview OR submitted_at IS NOT NULL) AS stored
                      FROM deliveries WHERE id = $1 AND state = 'parked' FOR UPDATE)
         UPDATE deliveries d SET settled_sealed = $4, settled_by = $3, settled_at = now(), parked_reason = NULL,
                released = CASE WHEN $2 THEN array_append(released, parked_reason) ELSE released END,
                state = CASE WHEN $2 AND (submitted OR stored) THEN 'storing' WHEN $2 THEN 'complete' WHEN stored THEN 'done' ELSE 'discarded' END,
                outcome = CASE WHEN $2 THEN NULL WHEN stored THEN 'DEELS_VERWERKT' ELSE 'GEWEIGERD' END,
                finished_at = CASE WHEN NOT $2 THEN now() END,
                geaccepteerd = CASE WHEN $2 OR stored THEN geaccepteerd ELSE 0 END, te_controleren = CASE WHEN $2 OR stored THEN te_controleren ELSE 0 END,
                afgekeurd = CASE WHEN $2 OR stored THEN afgekeurd ELSE 0 END, dubbel = CASE WHEN $2 OR stored THEN dubbel ELSE 0 END,
                geteld = CASE WHEN $2 OR stored THEN geteld ELSE 0 END
         FROM was WHERE d.id = was.id
         RETURNING d.party_id, d.account_id IS NOT NULL AS "dropped!", was.submitted AS "submitted!", was.stored AS "stored!""#,
        settled.delivery,
        settled.release,
        settled.by,
        settled.reason_sealed
    )
    .fetch_optional(&mut **tx)
    .await?)
}
