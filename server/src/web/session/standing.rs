//! Who is this, and what may they do: read anew for every request.
//!
//! Disabling a user, ending a role or suspending a party therefore works on the next request. All times are
//! the database's, so a web node with a wrong clock lets nobody in longer.

use crate::audit::{self, Event, Kind};
use crate::store::StoreError;
use app::ports::{Caller, Membership, PartyRef};
use domain::invitation::UNUSED_DAYS;
use domain::role::Role;
use sqlx::PgPool;
use uuid::Uuid;

/// How long sessions live.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Seconds without an action of the user.
    pub idle: i32,
    /// Seconds in all.
    pub absolute: i32,
}

impl Default for Limits {
    /// 15 minutes and 8 hours (ux §3.4).
    fn default() -> Self {
        Self {
            idle: 15 * 60,
            absolute: 8 * 3600,
        }
    }
}

/// Seconds that a draft lives, so that something typed can be kept for its owner.
const DRAFT_LIFE: f64 = 24.0 * 3600.0;

/// Why a session is no more; also the word in `/inloggen?reden=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Idle too long, or at its absolute end.
    Expired,
    /// The same user logged in somewhere else.
    Elsewhere,
    /// Logged out, or ended from the list of own sessions.
    LoggedOut,
    /// The account is disabled, or has no role left.
    NoAccess,
    /// Ended by who manages users, or by RIVM.
    Ended,
}

impl Why {
    /// Word for the address of the login page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expired => "verlopen",
            Self::Elsewhere => "elders",
            Self::LoggedOut => "uitgelogd",
            Self::NoAccess => "geen-toegang",
            Self::Ended => "beheer",
        }
    }
}

/// A session that is alive.
#[derive(Debug, Clone)]
pub struct Alive {
    /// Who, with the chosen membership; the first one as long as none is chosen.
    pub caller: Caller,
    /// A membership was chosen, or there is only one.
    pub chosen: bool,
    /// Seconds until it ends when nothing is done.
    pub seconds_left: u32,
    /// Seconds until it ends whatever is done.
    pub absolute_seconds_left: u32,
    /// A sentence to show once.
    pub notice: Option<String>,
}

/// What a request stands on.
#[derive(Debug, Clone)]
pub enum Standing {
    /// No session at all.
    Nobody,
    /// There was one.
    Ended(Why),
    /// Logged in.
    Alive(Box<Alive>),
}

impl Standing {
    /// The session, when there is one that lives.
    #[must_use]
    pub fn alive(&self) -> Option<&Alive> {
        match self {
            Self::Alive(alive) => Some(alive),
            Self::Nobody | Self::Ended(_) => None,
        }
    }
}

/// Where and how to look: the pool, the limits, and what staff must have logged in with.
pub struct Door<'a> {
    /// Portal pool.
    pub pool: &'a PgPool,
    /// Life of sessions.
    pub limits: Limits,
    /// Levels of assurance that open a role at RIVM; empty = any that could log in.
    pub staff_acr: &'a [String],
}

impl Door<'_> {
    /// Reads session, person and rights. `slides`: this request was caused by the user, so it counts as an action.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn standing(
        &self,
        id_hash: &[u8],
        slides: bool,
        request_id: Uuid,
    ) -> Result<Standing, StoreError> {
        let mut tx = self.pool.begin().await?;
        let Some(mut found) = self.find(&mut tx, id_hash).await? else {
            return Ok(Standing::Nobody);
        };
        if let Some(why) = found.ended() {
            if !found.revoked {
                end(&mut tx, &found, why).await?;
                tx.commit().await?;
            }
            return Ok(Standing::Ended(why));
        }
        let memberships = self
            .memberships(&mut tx, found.user_id, found.acr.as_deref())
            .await?;
        if slides {
            // Not on every request: a page and its parts arrive together.
            let slid = sqlx::query!(
                "UPDATE sessions SET last_seen_at = now() WHERE id_hash = $1 AND revoked_at IS NULL AND last_seen_at < now() - interval '5 seconds'",
                id_hash
            )
            .execute(&mut *tx)
            .await?;
            if slid.rows_affected() > 0 {
                found.idle_left = f64::from(self.limits.idle);
            }
        }
        tx.commit().await?;
        Ok(found
            .alive(memberships, request_id)
            .map_or(Standing::Ended(Why::NoAccess), |alive| {
                Standing::Alive(Box::new(alive))
            }))
    }

    /// Whose draft a form goes into that is sent after its session ended by time, or because its user logged in
    /// elsewhere: nothing typed is lost (ux §1). Not after a logout, not when somebody else ended it, not for who has no
    /// access any more, and no longer than a draft would live.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn keeper(
        &self,
        id_hash: &[u8],
        request_id: Uuid,
    ) -> Result<Option<Alive>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let found = self.find(&mut tx, id_hash).await?.filter(|found| {
            matches!(found.ended(), Some(Why::Expired | Why::Elsewhere))
                && !found.disabled
                && found.idle_left > -DRAFT_LIFE
        });
        let Some(found) = found else {
            return Ok(None);
        };
        let memberships = self
            .memberships(&mut tx, found.user_id, found.acr.as_deref())
            .await?;
        let alive = found.alive(memberships, request_id);
        Ok(alive.filter(|alive| alive.chosen).map(|mut alive| {
            alive.caller.only_keeps = true;
            alive
        }))
    }

    /// A session that was seen in the future ends: the clock was set back, and it would live so much longer (security F15).
    async fn find(
        &self,
        tx: &mut sqlx::PgTransaction<'_>,
        id_hash: &[u8],
    ) -> Result<Option<Found>, StoreError> {
        let found = sqlx::query_as!(
            Found,
            "SELECT s.id, s.user_id AS \"user_id!\", s.data, s.acr, s.revoked_at IS NOT NULL AS \"revoked!\", s.revoked_reason,
                    u.name, u.disabled_at IS NOT NULL AS \"disabled!\",
                    CASE WHEN s.last_seen_at > now() + interval '1 minute' THEN -1
                         ELSE extract(epoch FROM s.last_seen_at - now()) + $2::int END::float8 AS \"idle_left!\",
                    (extract(epoch FROM s.created_at - now()) + $3::int)::float8 AS \"absolute_left!\",
                    set_config('cims.actor', s.user_id::text, true) AS actor
             FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id_hash = $1",
            id_hash,
            self.limits.idle,
            self.limits.absolute
        )
        .fetch_optional(&mut **tx)
        .await?;
        Ok(found)
    }

    /// Roles that are in force now, one per institution and one at RIVM.
    async fn memberships(
        &self,
        tx: &mut sqlx::PgTransaction<'_>,
        user: Uuid,
        acr: Option<&str>,
    ) -> Result<Vec<Membership>, StoreError> {
        let rows = sqlx::query!(
            "SELECT r.role, r.party_id, p.code AS \"code?\", p.name AS \"name?\", COALESCE(p.status = 'requested', false) AS \"under_test!\"
             FROM user_roles r LEFT JOIN parties p ON p.id = r.party_id AND p.status IN ('active', 'requested')
             WHERE r.user_id = $1 AND r.ended_at IS NULL AND (r.party_id IS NULL OR p.id IS NOT NULL)
               AND COALESCE(r.last_used_at, r.granted_at) >= now() - make_interval(days => $2)
             ORDER BY p.name NULLS LAST, r.party_id",
            user,
            UNUSED_DAYS
        )
        .fetch_all(&mut **tx)
        .await?;
        let strong = self.staff_acr.is_empty()
            || acr.is_some_and(|acr| self.staff_acr.iter().any(|one| one == acr));
        let mut memberships: Vec<Membership> = Vec::with_capacity(rows.len());
        for row in rows {
            let given = role(&row.role).filter(|role| role.is_given());
            // Nobody approved the institution yet: who works there tries files, and nothing else (features F79).
            let role = given.and_then(|role| {
                if row.under_test {
                    role.under_test()
                } else {
                    Some(role)
                }
            });
            let Some(role) = role else {
                continue;
            };
            let party = match (row.party_id, row.code, row.name) {
                (Some(id), Some(code), Some(name)) => Some(PartyRef { id, code, name }),
                (None, ..) if strong => None,
                _ => continue,
            };
            match memberships.iter_mut().find(|one| one.party == party) {
                Some(one) if weight(role) > weight(one.role) => one.role = role,
                Some(_) => {}
                None => memberships.push(Membership { party, role }),
            }
        }
        Ok(memberships)
    }
}

/// What ended stays ended: an enabled account or a clock set back revives nothing. Once, with its audit line.
async fn end(tx: &mut sqlx::PgTransaction<'_>, found: &Found, why: Why) -> Result<(), StoreError> {
    let ended = sqlx::query!(
        "UPDATE sessions SET revoked_at = now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL",
        found.id,
        why.word()
    )
    .execute(&mut **tx)
    .await?;
    if ended.rows_affected() == 1 {
        let event = Event::of_user(found.user_id, Kind::SessionEnded).object("session", found.id);
        audit::add(tx, event.detail("reason", why.word())).await?;
    }
    Ok(())
}

struct Found {
    id: Uuid,
    user_id: Uuid,
    data: serde_json::Value,
    acr: Option<String>,
    revoked: bool,
    revoked_reason: Option<String>,
    name: String,
    disabled: bool,
    idle_left: f64,
    absolute_left: f64,
    #[expect(
        dead_code,
        reason = "selected for its effect: policies read it in this transaction"
    )]
    actor: Option<String>,
}

impl Found {
    fn ended(&self) -> Option<Why> {
        match self.revoked_reason.as_deref() {
            Some("elders") if self.revoked => Some(Why::Elsewhere),
            Some("verlopen") if self.revoked => Some(Why::Expired),
            Some("geen-toegang") if self.revoked => Some(Why::NoAccess),
            Some("beheer") if self.revoked => Some(Why::Ended),
            _ if self.revoked => Some(Why::LoggedOut),
            _ if self.idle_left <= 0.0 || self.absolute_left <= 0.0 => Some(Why::Expired),
            _ if self.disabled => Some(Why::NoAccess),
            _ => None,
        }
    }

    /// `None` when no role is left. A chosen membership that is gone counts as none chosen.
    fn alive(self, memberships: Vec<Membership>, request_id: Uuid) -> Option<Alive> {
        let wanted = self.data.get(super::store::PARTY);
        let of_choice = |one: &&Membership| {
            let key = one
                .party
                .as_ref()
                .map_or(serde_json::Value::Null, |party| party.id.to_string().into());
            wanted == Some(&key)
        };
        let choice = memberships.iter().find(of_choice);
        let chosen = choice.is_some() || memberships.len() == 1;
        let membership = choice.or_else(|| memberships.first())?.clone();
        let notice = self
            .data
            .get(super::store::NOTICE)
            .and_then(|one| one.as_str())
            .map(str::to_owned);
        let seconds_left = whole(self.idle_left.min(self.absolute_left));
        let absolute_seconds_left = whole(self.absolute_left);
        let caller = Caller {
            user_id: self.user_id,
            name: self.name,
            membership,
            memberships,
            session_id: self.id,
            request_id,
            only_keeps: false,
        };
        Some(Alive {
            caller,
            chosen,
            seconds_left,
            absolute_seconds_left,
            notice,
        })
    }
}

/// Whole seconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most 8 hours of seconds; below 0 is 0"
)]
fn whole(seconds: f64) -> u32 {
    seconds as u32
}

/// A role by its name in the database, which is its wire name.
fn role(name: &str) -> Option<Role> {
    serde_json::from_value(name.into()).ok()
}

/// Of two roles in one place, the wider.
const fn weight(role: Role) -> u8 {
    match role {
        Role::Invoerder
        | Role::RivmInvoerder
        | Role::Auditor
        | Role::OpProef
        | Role::Leverancier => 0,
        Role::Instellingsbeheerder | Role::Privacycoordinator => 1,
        Role::RivmBeoordelaar => 2,
        Role::RivmBeheer => 3,
    }
}
