//! The session as its owner sees it: the port [`Sessions`] of one request.

use super::guard::Visit;
use super::kept;
use super::store::{NOTICE, PARTY};
use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::store::{StoreError, party_tx};
use crate::web::{Web, client, form_token};
use app::ports::session::{Frame, KeptForm, Life, SessionLine, UserSession};
use app::ports::{Caller, Membership, PAGE_ROWS, Page, PortError, PortResult, Sessions};
use async_trait::async_trait;
use axum::http::HeaderMap;
use uuid::Uuid;

/// The port, made per request.
pub struct RequestSessions {
    web: Web,
    visit: Visit,
    colour: String,
    language: String,
}

impl RequestSessions {
    /// The port of a request.
    #[must_use]
    pub fn new(web: Web, visit: Visit, headers: &HeaderMap) -> Self {
        let colour = plain_cookie(headers, "cims-kleur").unwrap_or_default();
        let language = plain_cookie(headers, "cims-taal").unwrap_or_else(|| "nl".to_owned());
        Self {
            web,
            visit,
            colour,
            language,
        }
    }

    fn broken(&self, error: impl Into<StoreError>) -> PortError {
        let error = error.into();
        tracing::error!(request_id = %self.visit.request_id, %error, "sessions");
        PortError::Broken(self.visit.request_id)
    }
}

#[async_trait]
impl Sessions for RequestSessions {
    fn form_token(&self) -> Option<String> {
        let alive = self.visit.alive()?;
        Some(form_token::issue(
            &self.web.keys,
            alive.caller.session_id,
            (self.web.clock)(),
        ))
    }

    fn life(&self) -> Life {
        let session = &self.web.config.session;
        Life {
            idle_minutes: session.idle_minutes,
            absolute_hours: session.absolute_hours,
            file_days: self.web.config.storage.raw_file_days,
        }
    }

    async fn frame(&self) -> PortResult<Frame> {
        let alive = self.visit.alive();
        let told = alive.filter(|alive| alive.notice.is_some());
        if let Some(alive) = told {
            forget_notice(&self.web, alive.caller.session_id)
                .await
                .map_err(|error| self.broken(error))?;
        }
        Ok(Frame {
            caller: alive.map(|alive| alive.caller.clone()),
            demo: self.web.config.server.demo,
            today: clock::dutch_day((self.web.clock)()),
            seconds_left: alive.map_or(0, |alive| alive.seconds_left),
            absolute_seconds_left: alive.map_or(0, |alive| alive.absolute_seconds_left),
            colour: self.colour.clone(),
            language: self.language.clone(),
            ended_another: told.is_some(),
        })
    }

    async fn mine(&self, caller: &Caller) -> PortResult<Vec<SessionLine>> {
        let rows = sqlx::query!(
            "SELECT id, client, created_at, last_seen_at FROM sessions
             WHERE user_id = $1 AND revoked_at IS NULL
               AND last_seen_at > now() - make_interval(secs => $2) AND created_at > now() - make_interval(secs => $3)
             ORDER BY created_at DESC",
            caller.user_id,
            f64::from(self.web.limits.idle),
            f64::from(self.web.limits.absolute)
        )
        .fetch_all(&self.web.db.portal)
        .await
        .map_err(|error| self.broken(error))?;
        let line = |id, began, last_seen, client: Option<String>| SessionLine {
            id,
            began: clock::dutch_moment(began),
            last_seen: clock::dutch_moment(last_seen),
            browser: client.unwrap_or_default(),
            current: id == caller.session_id,
        };
        Ok(rows
            .into_iter()
            .map(|row| line(row.id, row.created_at, row.last_seen_at, row.client))
            .collect())
    }

    async fn end(&self, caller: &Caller, session: Uuid) -> PortResult<()> {
        match end(&self.web, caller, session).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(PortError::NotFound),
            Err(error) => Err(self.broken(error)),
        }
    }

    async fn open_sessions(&self, caller: &Caller, page: u32) -> PortResult<Page<UserSession>> {
        let of = managed(caller)?;
        let found = open_sessions(&self.web, caller, of, page).await;
        found.map_err(|error| self.broken(error))
    }

    async fn end_sessions(
        &self,
        caller: &Caller,
        user: Uuid,
        session: Option<Uuid>,
    ) -> PortResult<u32> {
        let of = managed(caller)?;
        let ended = end_sessions(&self.web, caller, of, user, session).await;
        ended.map_err(|error| self.broken(error))
    }

    async fn kept_form(&self, caller: &Caller, id: Uuid) -> PortResult<KeptForm> {
        let found = kept::show(&self.web, caller, id).await;
        let found = found.map_err(|error| self.broken(error))?;
        found.ok_or(PortError::NotFound)
    }

    async fn discard_kept(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        match kept::forget(&self.web, caller, id).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(PortError::NotFound),
            Err(error) => Err(self.broken(error)),
        }
    }

    async fn choose(&self, caller: &Caller, party: Option<Uuid>) -> PortResult<()> {
        match choose(&self.web, caller, party).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(PortError::NotFound),
            Err(error) => Err(self.broken(error)),
        }
    }
}

/// Whose sessions a caller may see and end: those of who works for an institution, or (none) everybody's.
fn managed(caller: &Caller) -> PortResult<Option<Uuid>> {
    match caller.party() {
        Some(party) if caller.role().may_manage_own_users() => Ok(Some(party.id)),
        None if caller.role().may_operate() => Ok(None),
        _ => Err(PortError::NotFound),
    }
}

/// A page of open sessions; that it was shown is in the audit.
async fn open_sessions(
    web: &Web,
    caller: &Caller,
    of: Option<Uuid>,
    page: u32,
) -> Result<Page<UserSession>, StoreError> {
    let mut tx = party_tx(&web.db, caller).await?;
    let rows = sqlx::query!(
        r#"SELECT s.id, s.user_id AS "user_id!", u.name, s.client, s.created_at, s.last_seen_at,
                  count(*) OVER (PARTITION BY s.user_id) > 1 AS "several!", count(*) OVER () AS "total!",
                  CASE WHEN s.data ? 'party' THEN (SELECT p.name FROM parties p WHERE p.id = (s.data ->> 'party')::uuid)
                       ELSE (SELECT min(p.name) FROM user_roles r JOIN parties p ON p.id = r.party_id
                             WHERE r.user_id = s.user_id AND r.ended_at IS NULL HAVING count(*) = 1) END AS institution
           FROM sessions s JOIN users u ON u.id = s.user_id
           WHERE s.revoked_at IS NULL AND s.last_seen_at > now() - make_interval(secs => $1) AND s.created_at > now() - make_interval(secs => $2)
             AND ($3::uuid IS NULL OR EXISTS (SELECT FROM user_roles r WHERE r.user_id = s.user_id AND r.party_id = $3 AND r.ended_at IS NULL))
           ORDER BY u.name, s.user_id, s.created_at DESC LIMIT $4 OFFSET $5"#,
        f64::from(web.limits.idle),
        f64::from(web.limits.absolute),
        of,
        i64::from(PAGE_ROWS),
        i64::from(page.saturating_sub(1)) * i64::from(PAGE_ROWS)
    )
    .fetch_all(&mut *tx)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let items: Vec<UserSession> = rows
        .into_iter()
        .map(|row| UserSession {
            id: row.id,
            user: row.user_id,
            name: row.name,
            institution: row.institution.unwrap_or_default(),
            began: clock::dutch_moment(row.created_at),
            last_seen: clock::dutch_moment(row.last_seen_at),
            browser: row.client.unwrap_or_default(),
            current: row.id == caller.session_id,
            several: row.several,
        })
        .collect();
    let line = Event::of(caller, Kind::ListShown)
        .detail("list", "sessions")
        .detail("rows", items.len());
    audit::add(&mut tx, line).await?;
    tx.commit().await?;
    Ok(Page {
        items,
        total: u64::try_from(total).unwrap_or_default(),
        page,
    })
}

/// Ends one session of a user, or all but the caller's own; each with its audit line's key.
async fn end_sessions(
    web: &Web,
    caller: &Caller,
    of: Option<Uuid>,
    user: Uuid,
    session: Option<Uuid>,
) -> Result<u32, StoreError> {
    let mut tx = party_tx(&web.db, caller).await?;
    let ended = sqlx::query_scalar!(
        "UPDATE sessions s SET revoked_at = now(), revoked_reason = 'beheer'
         WHERE s.user_id = $1 AND s.revoked_at IS NULL AND ($2::uuid IS NULL OR s.id = $2) AND s.id <> $4
           AND ($3::uuid IS NULL OR EXISTS (SELECT FROM user_roles r WHERE r.user_id = s.user_id AND r.party_id = $3 AND r.ended_at IS NULL))
         RETURNING s.id",
        user,
        session,
        of,
        caller.session_id
    )
    .fetch_all(&mut *tx)
    .await?;
    let number = u32::try_from(ended.len()).unwrap_or(u32::MAX);
    for session in ended {
        let line = Event::of(caller, Kind::SessionEnded)
            .object("session", session)
            .detail("user", user.to_string())
            .detail("reason", "beheer");
        audit::add(&mut tx, line).await?;
    }
    tx.commit().await?;
    Ok(number)
}

/// Ends one of the own sessions; false when there is no such session.
async fn end(web: &Web, caller: &Caller, session: Uuid) -> Result<bool, StoreError> {
    let mut tx = party_tx(&web.db, caller).await?;
    let ended = sqlx::query!(
        "UPDATE sessions SET revoked_at = now(), revoked_reason = 'uitgelogd' WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL",
        session,
        caller.user_id
    )
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    audit::add(
        &mut tx,
        Event::of(caller, Kind::SessionEnded).object("session", session),
    )
    .await?;
    tx.commit().await?;
    Ok(true)
}

/// Chooses one of the own memberships; false when it is none of them, or the session ended meanwhile.
async fn choose(web: &Web, caller: &Caller, party: Option<Uuid>) -> Result<bool, StoreError> {
    let of_choice = |one: &&Membership| one.party.as_ref().map(|party| party.id) == party;
    let Some(membership) = caller.memberships.iter().find(of_choice) else {
        return Ok(false);
    };
    let chosen = Caller {
        membership: membership.clone(),
        ..caller.clone()
    };
    let mut tx = party_tx(&web.db, &chosen).await?;
    let changed = sqlx::query!(
        "UPDATE sessions SET data = data || $2 WHERE id = $1 AND revoked_at IS NULL",
        caller.session_id,
        serde_json::json!({ PARTY: party })
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    audit::add(&mut tx, Event::of(&chosen, Kind::MembershipChosen)).await?;
    tx.commit().await?;
    Ok(true)
}

async fn forget_notice(web: &Web, session: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE sessions SET data = data - $2::text WHERE id = $1 AND revoked_at IS NULL",
        session,
        NOTICE
    )
    .execute(&web.db.portal)
    .await?;
    Ok(())
}

/// A cookie that holds no secret: colours, language. Short and plain, or nothing.
fn plain_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let plain =
        |value: &&str| value.len() <= 16 && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    client::cookie(headers, name)
        .filter(plain)
        .map(str::to_owned)
}
