//! Who works for an institution or a supplier: accesses, invitations, and what was not used for long.

use super::{PartyTx, StoreError, WorkerTx};
use domain::role::Role;
use time::OffsetDateTime;
use uuid::Uuid;

/// Somebody who works for a party.
pub struct Worker {
    /// The user.
    pub user_id: Uuid,
    /// Name.
    pub name: String,
    /// Role on the wire.
    pub role: String,
    /// Since when.
    pub granted_at: OffsetDateTime,
    /// Last login.
    pub last_used_at: Option<OffsetDateTime>,
    /// Not used for so long that it opens nothing.
    pub unused: bool,
    /// The party.
    pub party_id: Uuid,
    /// Its name.
    pub party: String,
}

/// Who works for the caller's party, by name; for a caller without one, at RIVM, who has one of the `given` roles anywhere.
///
/// # Errors
/// When the database fails.
pub async fn managed(
    tx: &mut PartyTx<'_>,
    given: &[String],
    unused_days: i32,
) -> Result<Vec<Worker>, StoreError> {
    Ok(sqlx::query_as!(
        Worker,
        r#"SELECT r.user_id, u.name, r.role, r.granted_at, r.last_used_at,
                  COALESCE(r.last_used_at, r.granted_at) < now() - make_interval(days => $1) AS "unused!", p.id AS party_id, p.name AS party
           FROM user_roles r JOIN users u ON u.id = r.user_id JOIN parties p ON p.id = r.party_id
           WHERE r.ended_at IS NULL AND (r.party_id = cims_party() OR cims_party() IS NULL AND r.role = ANY($2::text[]))
             AND u.disabled_at IS NULL ORDER BY u.name, p.name, r.role"#,
        unused_days,
        given
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Suppliers whose contact can log in, to choose from: key and name.
///
/// # Errors
/// When the database fails.
pub async fn suppliers(tx: &mut PartyTx<'_>) -> Result<Vec<(Uuid, String)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT id, name FROM parties WHERE kind = 'tussenpartij' AND status = 'active' ORDER BY name"
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// An invitation that was not used yet.
pub struct Invitation {
    /// Key.
    pub id: Uuid,
    /// Role on the wire.
    pub role: String,
    /// Whom it is meant for.
    pub name: String,
    /// The code, sealed.
    pub code_sealed: Option<Vec<u8>>,
    /// When it was made.
    pub invited_at: OffsetDateTime,
    /// Until when the code can be entered.
    pub expires_at: OffsetDateTime,
    /// The party; none for a role at RIVM.
    pub party_id: Option<Uuid>,
    /// Its name.
    pub party: Option<String>,
}

/// Invitations that can still be used, or the one with this key: of the caller's party, or of contacts of suppliers for
/// RIVM-beheer (policies of `invitations`).
///
/// # Errors
/// When the database fails.
pub async fn invitations(
    tx: &mut PartyTx<'_>,
    id: Option<Uuid>,
) -> Result<Vec<Invitation>, StoreError> {
    Ok(sqlx::query_as!(
        Invitation,
        r#"SELECT i.id, i.role, i.name, i.code_sealed, i.invited_at, i.expires_at, i.party_id, p.name AS "party?"
           FROM invitations i LEFT JOIN parties p ON p.id = i.party_id
           WHERE i.ended_at IS NULL AND i.expires_at > now() AND ($1::uuid IS NULL OR i.id = $1) ORDER BY i.invited_at DESC"#,
        id
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Somebody can manage the users of a party: is not barred, and used that access in so many days.
///
/// # Errors
/// When the database fails.
pub async fn has_manager(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    unused_days: i32,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM user_roles r JOIN users u ON u.id = r.user_id
                          WHERE r.party_id = $1 AND r.role = 'instellingsbeheerder' AND r.ended_at IS NULL AND u.disabled_at IS NULL
                            AND COALESCE(r.last_used_at, r.granted_at) >= now() - make_interval(days => $2)) AS "there!""#,
        party,
        unused_days
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// The invitation to manage a party that this person made, while its code can be entered.
///
/// # Errors
/// When the database fails.
pub async fn invited_manager(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    by: Uuid,
) -> Result<Option<Invitation>, StoreError> {
    Ok(sqlx::query_as!(
        Invitation,
        r#"SELECT i.id, i.role, i.name, i.code_sealed, i.invited_at, i.expires_at, i.party_id, p.name AS "party?"
           FROM invitations i LEFT JOIN parties p ON p.id = i.party_id
           WHERE i.party_id = $1 AND i.invited_by = $2 AND i.role = 'instellingsbeheerder' AND i.ended_at IS NULL AND i.expires_at > now()
           ORDER BY i.invited_at DESC LIMIT 1"#,
        party,
        by
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// A new invitation.
pub struct NewInvitation<'a> {
    /// Key.
    pub id: Uuid,
    /// The party; none for a role at RIVM.
    pub party: Option<Uuid>,
    /// Role on the wire.
    pub role: &'a str,
    /// Whom it is meant for.
    pub name: &'a str,
    /// Keyed hash of the code.
    pub code_hash: &'a str,
    /// The code, sealed.
    pub code_sealed: Vec<u8>,
    /// Who invites; none for a command.
    pub by: Option<Uuid>,
    /// When.
    pub at: OffsetDateTime,
    /// Until when.
    pub expires_at: OffsetDateTime,
}

/// Keeps an invitation.
///
/// # Errors
/// When the database fails.
pub async fn invite(tx: &mut WorkerTx<'_>, new: &NewInvitation<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO invitations (id, party_id, role, name, code_hash, code_sealed, invited_by, invited_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.party,
        new.role,
        new.name,
        new.code_hash,
        new.code_sealed,
        new.by,
        new.at,
        new.expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes an invitation of a party back; `false` when it was used or taken back before.
///
/// # Errors
/// When the database fails.
pub async fn take_back(tx: &mut WorkerTx<'_>, party: Uuid, id: Uuid) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE invitations SET ended_at = now(), code_sealed = NULL WHERE id = $2 AND party_id = $1 AND ended_at IS NULL",
        party,
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Who manages the users of a party. A supplier has none.
const MANAGER: &str = Role::Instellingsbeheerder.as_str();

/// Ends what somebody may do for a party; `false` when that had ended. `Conflict` when it is a manager, and nobody would be
/// left to manage its users.
///
/// # Errors
/// When the database fails.
pub async fn end(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    user: Uuid,
    role: &str,
    unused_days: i32,
) -> Result<bool, StoreError> {
    // One at a time: two who end each other would leave nobody.
    sqlx::query_scalar!("SELECT id FROM parties WHERE id = $1 FOR UPDATE", party)
        .fetch_one(&mut **tx)
        .await?;
    let ended = sqlx::query!(
        "UPDATE user_roles SET ended_at = now() WHERE party_id = $1 AND user_id = $2 AND role = $3 AND ended_at IS NULL",
        party,
        user,
        role
    )
    .execute(&mut **tx)
    .await?;
    if role == MANAGER && !has_manager(tx, party, unused_days).await? {
        return Err(StoreError::Conflict("manager".to_owned()));
    }
    Ok(ended.rows_affected() == 1)
}

/// Somebody who may do something, or could until they were disabled.
pub struct Account {
    /// Key.
    pub id: Uuid,
    /// Subject at the login service.
    pub subject: String,
    /// Name.
    pub name: String,
    /// Roles, those for a party with its code: `invoerder ZONNEHOF, auditor`.
    pub roles: String,
    /// May not come in.
    pub disabled: bool,
}

/// Everybody with a role that has not ended, by name.
///
/// # Errors
/// When the database fails.
pub async fn everybody(tx: &mut WorkerTx<'_>) -> Result<Vec<Account>, StoreError> {
    Ok(sqlx::query_as!(
        Account,
        r#"SELECT u.id, u.subject, u.name, u.disabled_at IS NOT NULL AS "disabled!",
                  string_agg(concat_ws(' ', r.role, p.code), ', ' ORDER BY r.role, p.code) AS "roles!"
           FROM users u JOIN user_roles r ON r.user_id = u.id AND r.ended_at IS NULL LEFT JOIN parties p ON p.id = r.party_id
           GROUP BY u.id ORDER BY u.name, u.id"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Shuts somebody out from the next request on, or lets them in again.
///
/// # Errors
/// When the database fails.
pub async fn set_disabled(
    tx: &mut WorkerTx<'_>,
    user: Uuid,
    disabled: bool,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE users SET disabled_at = CASE WHEN $2 THEN now() END WHERE id = $1",
        user,
        disabled
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An access that was not used for long opens again; `false` when it has ended.
///
/// # Errors
/// When the database fails.
pub async fn readmit(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    user: Uuid,
    role: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE user_roles SET last_used_at = now() WHERE party_id = $1 AND user_id = $2 AND role = $3 AND ended_at IS NULL",
        party,
        user,
        role
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What a login came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entering {
    /// The user.
    User(Uuid),
    /// Known, but nothing of it was used for so long that it opens nothing.
    Unused,
    /// Nobody we know.
    Unknown,
}

/// Who logs in under this name of the provider; what they may do counts as used from now on.
///
/// # Errors
/// When the database fails.
pub async fn enter(
    tx: &mut WorkerTx<'_>,
    issuer: &str,
    subject: &str,
    unused_days: i32,
) -> Result<Entering, StoreError> {
    let Some(user) = sqlx::query_scalar!(
        "SELECT id FROM users WHERE issuer = $1 AND subject = $2 AND disabled_at IS NULL",
        issuer,
        subject
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(Entering::Unknown);
    };
    let used = sqlx::query!(
        "UPDATE user_roles SET last_used_at = now()
         WHERE user_id = $1 AND ended_at IS NULL AND COALESCE(last_used_at, granted_at) >= now() - make_interval(days => $2)",
        user,
        unused_days
    )
    .execute(&mut **tx)
    .await?;
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM user_roles WHERE user_id = $1 AND ended_at IS NULL) AS "known!""#,
        user
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(if used.rows_affected() == 0 && known {
        Entering::Unused
    } else {
        Entering::User(user)
    })
}

/// An invitation that was used.
pub struct Accepted {
    /// Key.
    pub id: Uuid,
    /// The party; none for a role at RIVM.
    pub party_id: Option<Uuid>,
    /// The user.
    pub user: Uuid,
}

/// Somebody whom the provider names so uses a code: the user is made when there is none, and gets the role. None when there
/// is no such code, its time is over, or who uses it made it.
///
/// # Errors
/// When the database fails.
pub async fn accept(
    tx: &mut WorkerTx<'_>,
    code_hash: &str,
    issuer: &str,
    subject: &str,
) -> Result<Option<Accepted>, StoreError> {
    let Some(found) = sqlx::query!(
        "SELECT id, party_id, role, name, invited_by FROM invitations
         WHERE code_hash = $1 AND ended_at IS NULL AND expires_at > now()
           AND NOT EXISTS (SELECT FROM users u WHERE u.id = invitations.invited_by AND u.issuer = $2 AND u.subject = $3) FOR UPDATE",
        code_hash,
        issuer,
        subject
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(None);
    };
    let user = sqlx::query_scalar!(
        "INSERT INTO users (id, issuer, subject, name) VALUES ($1, $2, $3, $4)
         ON CONFLICT (issuer, subject) DO UPDATE SET name = users.name RETURNING id",
        crate::clock::new_key(),
        issuer,
        subject,
        found.name
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO user_roles (user_id, party_id, role, granted_by, last_used_at) VALUES ($1, $2, $3, $4, now())
         ON CONFLICT (user_id, party_id, role) WHERE ended_at IS NULL DO UPDATE SET last_used_at = now()",
        user,
        found.party_id,
        found.role,
        found.invited_by
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE invitations SET used_by = $2, ended_at = now(), code_sealed = NULL WHERE id = $1",
        found.id,
        user
    )
    .execute(&mut **tx)
    .await?;
    Ok(Some(Accepted {
        id: found.id,
        party_id: found.party_id,
        user,
    }))
}
