//! Accounts of the drop box, and what failed logins cost (security §5.1, §5.2).

use super::{StoreError, WorkerTx};
use domain::delivery::dropbox::{Proof, is_account_name, is_installation};
use time::OffsetDateTime;
use uuid::Uuid;

/// Points in [`PENALTY_MINUTES`] after which an account is closed for a source.
pub(crate) const PENALTY_POINTS: i32 = 15;
/// Minutes in which points add up, and that the first ban lasts; each next one lasts half as long again.
pub(crate) const PENALTY_MINUTES: f64 = 30.0;
/// Days after which points and bans that are over are forgotten, and with them that the next ban lasts longer.
const PENALTY_DAYS: i32 = 7;

/// Days that the password before is still valid at a change (security G17).
pub const OVERLAP_DAYS: i32 = 7;

/// An installation that delivers for a party.
#[derive(Debug, Clone)]
pub struct Account {
    /// Key.
    pub id: Uuid,
    /// Whose rows it brings.
    pub party: Uuid,
    /// Code of that party, as in the names of files.
    pub party_code: String,
    /// Who runs the installation, when that is another party.
    pub intermediary: Option<Uuid>,
    /// Name to log in with.
    pub name: String,
    /// As in the names of files.
    pub installation: String,
    /// How it proves that a file is whole.
    pub proof: Proof,
    /// Brings sets of the BRP, no rows of a party.
    pub brp: bool,
    /// Its connection is asked for, or was never: it delivers to the test lane. Ended or refused, what comes is set aside.
    pub test_lane: bool,
}

/// An account with all that a login is held against.
pub struct Login {
    /// The account.
    pub account: Account,
    /// Argon2id, in PHC form.
    pub password: Option<String>,
    /// The one before, while it is still valid.
    pub password_before: Option<String>,
    /// OpenSSH lines.
    pub public_keys: Vec<String>,
    /// The address is on its list.
    pub expected_here: bool,
    /// Closed for this address for now.
    pub banned: bool,
}

/// The account of a name that is in use, as seen from an address; it may be closed for the source of that.
///
/// # Errors
/// When the database fails.
pub async fn login(
    tx: &mut WorkerTx<'_>,
    name: &str,
    address: &str,
    source: &str,
) -> Result<Option<Login>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT a.id, a.party_id, p.code, a.intermediary_id, a.name, a.installation, a.proof, a.purpose = 'brp' AS "brp!", a.password_hash,
                  (a.purpose = 'rows' AND COALESCE(
                      (SELECT bool_or(c.state = 'requested') FROM connections c WHERE c.party_id = a.party_id
                         AND c.intermediary_id IS NOT DISTINCT FROM a.intermediary_id AND c.channel = 'sftp'), true)) AS "test_lane!",
                  a.public_keys, CASE WHEN a.password_before_until > now() THEN a.password_before END AS password_before,
                  (a.sources = '{}' OR $2::text::inet <<= ANY (a.sources)) AS "expected_here!",
                  EXISTS (SELECT FROM sftp_penalties x WHERE x.account_id = a.id AND x.address = $3 AND x.banned_until > now()) AS "banned!"
           FROM sftp_accounts a JOIN parties p ON p.id = a.party_id WHERE a.name = $1 AND a.ended_at IS NULL"#,
        name,
        address,
        source
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(Login {
            account: Account {
                id: row.id,
                party: row.party_id,
                party_code: row.code,
                intermediary: row.intermediary_id,
                name: row.name,
                installation: row.installation,
                proof: proof(&row.proof)?,
                brp: row.brp,
                test_lane: row.test_lane,
            },
            password: row.password_hash,
            password_before: row.password_before,
            public_keys: row.public_keys,
            expected_here: row.expected_here,
            banned: row.banned,
        })
    })
    .transpose()
}

pub(super) fn proof(word: &str) -> Result<Proof, StoreError> {
    Proof::parse(word).ok_or_else(|| StoreError::Broken("proof".to_owned()))
}

/// Somebody may come in from this address: it is on a list, or an account has none.
///
/// # Errors
/// When the database fails.
pub async fn anybody_from(tx: &mut WorkerTx<'_>, address: &str) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM sftp_accounts WHERE ended_at IS NULL AND (sources = '{}' OR $1::text::inet <<= ANY (sources))) AS "known!""#,
        address
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Adds points for a failed login; true when the account (or, without one, the names we do not know) is now closed for this
/// source: an IPv4 address, or the /64 of an IPv6 address.
///
/// # Errors
/// When the database fails.
pub async fn penalty(
    tx: &mut WorkerTx<'_>,
    account: Option<Uuid>,
    source: &str,
    points: i32,
) -> Result<bool, StoreError> {
    let score = sqlx::query_scalar!(
        "INSERT INTO sftp_penalties AS p (account_id, address, score) VALUES ($1, $2, $3)
         ON CONFLICT (account_id, address) DO UPDATE
             SET score = CASE WHEN p.since < now() - make_interval(mins => 30) THEN 0 ELSE p.score END + EXCLUDED.score,
                 since = CASE WHEN p.since < now() - make_interval(mins => 30) THEN now() ELSE p.since END
         RETURNING score",
        account,
        source,
        points
    )
    .fetch_one(&mut **tx)
    .await?;
    if score < PENALTY_POINTS {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE sftp_penalties SET score = 0, since = now(), bans = bans + 1, banned_until = now() + make_interval(secs => $3::float8 * 60 * power(1.5, LEAST(bans, 12)))
         WHERE account_id IS NOT DISTINCT FROM $1 AND address = $2",
        account,
        source,
        PENALTY_MINUTES
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

/// A login that succeeded: when, and its source begins anew.
///
/// # Errors
/// When the database fails.
pub async fn welcome(tx: &mut WorkerTx<'_>, account: Uuid, source: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE sftp_accounts SET last_login_at = now() WHERE id = $1",
        account
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE sftp_penalties SET score = 0 WHERE account_id = $1 AND address = $2",
        account,
        source
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets points and bans that are over for days.
///
/// # Errors
/// When the database fails.
pub async fn forget_penalties(tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM sftp_penalties WHERE GREATEST(since, banned_until) < now() - make_interval(days => $1)",
        PENALTY_DAYS
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Lets an account in again from a source, or from wherever it was closed: points and bans begin anew. Answers (account, party)
/// and how many sources it was closed for.
///
/// # Errors
/// When the database fails; `NotFound` without such an account.
pub async fn unban(
    tx: &mut WorkerTx<'_>,
    name: &str,
    source: Option<&str>,
) -> Result<((Uuid, Uuid), i64), StoreError> {
    let row = sqlx::query!(
        r#"WITH known AS (SELECT id, party_id FROM sftp_accounts WHERE name = $1 AND ended_at IS NULL),
                gone AS (DELETE FROM sftp_penalties x USING known WHERE x.account_id = known.id AND ($2::text IS NULL OR x.address = $2)
                         RETURNING x.banned_until)
           SELECT id, party_id, (SELECT count(*) FROM gone WHERE banned_until > now()) AS "closed!" FROM known"#,
        name,
        source
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(((row.id, row.party_id), row.closed))
}

/// A new account, as somebody at RIVM gives it out.
pub struct NewAccount<'a> {
    /// Whose rows.
    pub party: Uuid,
    /// Who runs it.
    pub intermediary: Option<Uuid>,
    /// Name to log in with.
    pub name: &'a str,
    /// As in the names of files.
    pub installation: &'a str,
    /// How it proves that a file is whole.
    pub proof: Proof,
    /// workday or any.
    pub rhythm: &'a str,
    /// Brings sets of the BRP, no rows of a party.
    pub brp: bool,
    /// Argon2id of the password, when it has one.
    pub password: Option<&'a str>,
    /// OpenSSH lines.
    pub public_keys: &'a [String],
    /// Networks, as PostgreSQL reads them; empty is anywhere.
    pub sources: &'a [String],
}

const NAME_FORM: &str = "sftp_accounts_name_form";
const INSTALLATION_FORM: &str = "sftp_accounts_installation_form";

/// Why an account cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// There is an account of this name.
    NameTaken,
    /// This installation of this party has an account.
    InstallationTaken,
    /// That is no name of an account.
    Name,
    /// That is no name of an installation.
    Installation,
    /// That is no network.
    Source,
}

impl Unfit {
    /// What an error of [`add`] or [`change`] says of the account; none when it is about something else.
    #[must_use]
    pub fn of(error: &StoreError) -> Option<Self> {
        match error {
            StoreError::Constraint(name) => match name.as_str() {
                "sftp_accounts_name_unique" => Some(Self::NameTaken),
                "sftp_accounts_installation" => Some(Self::InstallationTaken),
                NAME_FORM => Some(Self::Name),
                INSTALLATION_FORM => Some(Self::Installation),
                _ => None,
            },
            StoreError::Value(_) => Some(Self::Source),
            _ => None,
        }
    }
}

/// Gives out an account.
///
/// # Errors
/// When the database fails; a constraint of `sftp_accounts` when name or installation are taken or have another form,
/// `Value` when a network is none.
pub async fn add(tx: &mut WorkerTx<'_>, new: &NewAccount<'_>) -> Result<Uuid, StoreError> {
    // The database would say that a value does not fit, and not which.
    for (fits, rule) in [
        (is_account_name(new.name), NAME_FORM),
        (is_installation(new.installation), INSTALLATION_FORM),
    ] {
        if !fits {
            return Err(StoreError::Constraint(rule.to_owned()));
        }
    }
    let id = crate::clock::new_key();
    sqlx::query!(
        "INSERT INTO sftp_accounts (id, party_id, intermediary_id, name, installation, proof, rhythm, password_hash, public_keys, sources, purpose)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text[]::cidr[], CASE WHEN $11 THEN 'brp' ELSE 'rows' END)",
        id,
        new.party,
        new.intermediary,
        new.name,
        new.installation,
        new.proof.as_str(),
        new.rhythm,
        new.password,
        new.public_keys,
        new.sources,
        new.brp
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// Gives an account another password; the one it had stays valid for some days. Answers (account, party).
///
/// # Errors
/// When the database fails; `NotFound` without such an account.
pub async fn new_password(
    tx: &mut WorkerTx<'_>,
    name: &str,
    hash: &str,
    overlap_days: i32,
) -> Result<(Uuid, Uuid), StoreError> {
    let row = sqlx::query!(
        "UPDATE sftp_accounts
         SET password_before = CASE WHEN $3 > 0 THEN password_hash END,
             password_before_until = CASE WHEN $3 > 0 AND password_hash IS NOT NULL THEN now() + make_interval(days => $3) END,
             password_hash = $2
         WHERE name = $1 AND ended_at IS NULL RETURNING id, party_id",
        name,
        hash,
        overlap_days
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.id, row.party_id))
}

/// What is changed of an account; what is none stays.
#[derive(Default)]
pub struct Changed<'a> {
    /// Networks, as PostgreSQL reads them; empty is anywhere.
    pub sources: Option<&'a [String]>,
    /// OpenSSH lines.
    pub public_keys: Option<&'a [String]>,
    /// How it proves that a file is whole.
    pub proof: Option<Proof>,
    /// workday or any.
    pub rhythm: Option<&'a str>,
    /// What is missing before this number will not come.
    pub numbers_from: Option<u32>,
}

/// Changes an account. Answers (account, party).
///
/// # Errors
/// When the database fails; `NotFound` without such an account, `Value` when a network is none.
pub async fn change(
    tx: &mut WorkerTx<'_>,
    name: &str,
    changed: &Changed<'_>,
) -> Result<(Uuid, Uuid), StoreError> {
    let row = sqlx::query!(
        "UPDATE sftp_accounts
         SET sources = COALESCE($2::text[]::cidr[], sources), public_keys = COALESCE($3, public_keys), proof = COALESCE($4, proof),
             rhythm = COALESCE($5, rhythm), numbers_from = COALESCE($6, numbers_from)
         WHERE name = $1 AND ended_at IS NULL RETURNING id, party_id",
        name,
        changed.sources,
        changed.public_keys,
        changed.proof.map(Proof::as_str),
        changed.rhythm,
        changed
            .numbers_from
            .map(|number| i32::try_from(number).unwrap_or(i32::MAX))
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.id, row.party_id))
}

/// Ends an account: it cannot log in any more. Answers (account, party). The reason, when one was typed, comes sealed.
///
/// # Errors
/// When the database fails; `NotFound` without such an account.
pub async fn end(
    tx: &mut WorkerTx<'_>,
    name: &str,
    reason_sealed: Option<&[u8]>,
) -> Result<(Uuid, Uuid), StoreError> {
    let row = sqlx::query!(
        "UPDATE sftp_accounts SET ended_at = now(), end_reason_sealed = $2 WHERE name = $1 AND ended_at IS NULL RETURNING id, party_id",
        name,
        reason_sealed
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.id, row.party_id))
}

/// Ends every account of a party, and those it runs for others.
///
/// # Errors
/// When the database fails.
pub async fn end_of_party(tx: &mut WorkerTx<'_>, party: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE sftp_accounts SET ended_at = now() WHERE (party_id = $1 OR intermediary_id = $1) AND ended_at IS NULL",
        party
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The account is still in use: asked at each step, for a session may last.
///
/// # Errors
/// When the database fails.
pub async fn is_open(tx: &mut WorkerTx<'_>, account: Uuid) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM sftp_accounts WHERE id = $1 AND ended_at IS NULL) AS "open!""#,
        account
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// The account of an upload is in use, and does not end before this transaction does.
///
/// # Errors
/// When the database fails; `NotFound` without such an upload.
pub async fn stays_open(tx: &mut WorkerTx<'_>, upload: Uuid) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT a.ended_at IS NULL AS "open!" FROM sftp_accounts a JOIN sftp_uploads u ON u.account_id = a.id WHERE u.id = $1 FOR SHARE OF a"#,
        upload
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// The password before ends now; false when none was valid any more.
///
/// # Errors
/// When the database fails.
pub async fn end_password_before(tx: &mut WorkerTx<'_>, account: Uuid) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE sftp_accounts SET password_before = NULL, password_before_until = NULL WHERE id = $1 AND ended_at IS NULL AND password_before_until > now()",
        account
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An account as who gives it out sees it: no hash of a password.
pub struct Seen {
    /// Key.
    pub id: Uuid,
    /// Name to log in with.
    pub name: String,
    /// Whose rows.
    pub party_id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Name of who runs it.
    pub intermediary: Option<String>,
    /// As in the names of files.
    pub installation: String,
    /// How it proves that a file is whole.
    pub proof: String,
    /// A file is expected each working day.
    pub daily: bool,
    /// Brings sets of the BRP.
    pub brp: bool,
    /// It has a password.
    pub has_password: bool,
    /// Until when the one before is valid too.
    pub before_until: Option<OffsetDateTime>,
    /// OpenSSH lines.
    pub public_keys: Vec<String>,
    /// Networks.
    pub sources: Vec<String>,
    /// When somebody last came in.
    pub last_login_at: Option<OffsetDateTime>,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
    /// Why, sealed; none when no reason was typed.
    pub end_reason_sealed: Option<Vec<u8>>,
    /// For how many sources failed logins closed it.
    pub closed: i64,
    /// When the last of those bans ends.
    pub closed_until: Option<OffsetDateTime>,
}

/// A page of accounts, those in use first, or one; and how many there are.
///
/// # Errors
/// When the database fails.
pub async fn seen(
    tx: &mut WorkerTx<'_>,
    only: Option<Uuid>,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Seen>, i64), StoreError> {
    let total = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM sftp_accounts WHERE $1::uuid IS NULL OR id = $1"#,
        only
    )
    .fetch_one(&mut **tx)
    .await?;
    let found = sqlx::query_as!(
        Seen,
        r#"SELECT a.id, a.name, a.party_id, p.name AS party, i.name AS "intermediary?", a.installation, a.proof, a.rhythm = 'workday' AS "daily!",
                  a.purpose = 'brp' AS "brp!", a.password_hash IS NOT NULL AS "has_password!",
                  CASE WHEN a.password_before_until > now() THEN a.password_before_until END AS before_until,
                  a.public_keys, a.sources::text[] AS "sources!", a.last_login_at, a.ended_at, a.end_reason_sealed,
                  b.closed AS "closed!", b.closed_until AS "closed_until?"
           FROM sftp_accounts a JOIN parties p ON p.id = a.party_id LEFT JOIN parties i ON i.id = a.intermediary_id
                CROSS JOIN LATERAL (SELECT count(*) AS closed, max(x.banned_until) AS closed_until FROM sftp_penalties x
                                    WHERE x.account_id = a.id AND a.ended_at IS NULL AND x.banned_until > now()) b
           WHERE $1::uuid IS NULL OR a.id = $1 ORDER BY a.ended_at IS NOT NULL, a.name LIMIT $2 OFFSET $3"#,
        only,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok((found, total))
}

/// Nobody else changes it until this transaction ends.
///
/// # Errors
/// When the database fails; `NotFound` without such an account.
pub async fn hold(tx: &mut WorkerTx<'_>, account: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT id FROM sftp_accounts WHERE id = $1 FOR UPDATE",
        account
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// A line of the list of accounts.
pub struct Listed {
    /// Name to log in with.
    pub name: String,
    /// Code of the party.
    pub party: String,
    /// Code of who runs it.
    pub intermediary: Option<String>,
    /// As in the names of files.
    pub installation: String,
    /// How it proves that a file is whole.
    pub proof: String,
    /// When somebody last came in.
    pub last_login_at: Option<OffsetDateTime>,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
}

/// Every account, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut WorkerTx<'_>) -> Result<Vec<Listed>, StoreError> {
    Ok(sqlx::query_as!(
        Listed,
        "SELECT a.name, p.code AS party, i.code AS \"intermediary?\", a.installation, a.proof, a.last_login_at, a.ended_at
         FROM sftp_accounts a JOIN parties p ON p.id = a.party_id LEFT JOIN parties i ON i.id = a.intermediary_id ORDER BY a.name"
    )
    .fetch_all(&mut **tx)
    .await?)
}
