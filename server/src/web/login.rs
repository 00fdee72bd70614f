//! Logging in and out, staying logged in: the handlers around [`super::oidc`].

use super::limiter::subscriber;
use super::oidc::{Answer, Identity, LoginError};
use super::session::store::{LOGIN, Login};
use super::session::{GONE, Visit, standing::Why};
use super::{Web, attempt, attempt::Attempt, client, pages};
use crate::audit::{self, Event, Kind, Outcome};
use crate::keys::Sealed;
use crate::portal::code_hash;
use crate::store::drafts;
use crate::store::users::{self, Entering};
use crate::store::{StoreError, anonymous_tx, party_tx, worker_tx};
use app::ports::Caller;
use axum::extract::{Extension, Form, FromRequest, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::invitation;
use serde::Deserialize;
use std::net::IpAddr;
use std::time::Instant;
use tower_sessions::Session;
use uuid::Uuid;

/// Words of `/inloggen?reden=` beside those of [`Why`].
mod reason {
    pub(super) const DOWN: &str = "storing";
    pub(super) const CANCELLED: &str = "afgebroken";
    pub(super) const FAILED: &str = "mislukt";
    pub(super) const WEAK: &str = "zwak";
    pub(super) const UNUSED: &str = "niet-gebruikt";
    pub(super) const NOT_INVITED: &str = "uitnodiging";
}

/// What the login page asks for.
#[derive(Deserialize)]
pub struct Start {
    next: Option<String>,
}

/// `GET /auth/start`: to the provider, with an attempt in the browser. Always asks who it is: workplaces are shared.
pub async fn start(
    State(web): State<Web>,
    Query(query): Query<Start>,
    request: Request,
) -> Response {
    let from = client::of(&request, &web.config.server.trusted_proxies);
    if let Err(seconds) = web.log_ins.take(subscriber(from), Instant::now()) {
        return pages::too_many(seconds);
    }
    begin(&web, attempt::own_path(query.next.as_deref()), None).await
}

/// What the page about an invitation asks for.
#[derive(Deserialize)]
pub struct Invited {
    #[serde(default)]
    code: String,
}

/// `POST /auth/uitnodiging`: the same, with the code of an invitation. Whether there is such a code is told to nobody who
/// has not logged in.
pub async fn invited(State(web): State<Web>, request: Request) -> Response {
    let from = client::of(&request, &web.config.server.trusted_proxies);
    if let Err(seconds) = web.log_ins.take(subscriber(from), Instant::now()) {
        return pages::too_many(seconds);
    }
    let form = Form::<Invited>::from_request(request, &()).await;
    let code = form
        .ok()
        .and_then(|Form(form)| invitation::code(&form.code));
    let Some(code) = code else {
        return Redirect::to("/uitnodiging?melding=code#foutoverzicht").into_response();
    };
    let hash = code_hash(&web.keys, &code);
    begin(&web, "/".to_owned(), Some(hash)).await
}

async fn begin(web: &Web, next: String, invitation: Option<String>) -> Response {
    let (url, attempt) = match web.provider.begin(next, true).await {
        Ok((url, attempt)) => (
            url,
            Attempt {
                invitation,
                ..attempt
            },
        ),
        Err(error) => return failed(&error),
    };
    let Some(cookie) = serde_json::to_vec(&attempt)
        .ok()
        .and_then(|plain| attempt::set(web.keys.seal_cookie(&plain, attempt::COOKIE).as_bytes()))
    else {
        return failed(&LoginError::Invalid("attempt cannot be written".to_owned()));
    };
    ([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())).into_response()
}

/// `GET /auth/terug`: the provider's answer. A good one makes a session with a new id.
pub async fn back(
    State(web): State<Web>,
    Query(answer): Query<Answer>,
    session: Session,
    request: Request,
) -> Response {
    let from = client::of(&request, &web.config.server.trusted_proxies);
    if let Err(seconds) = web.log_ins.take(subscriber(from), Instant::now()) {
        return pages::too_many(seconds);
    }
    let mut response = match enter(&web, &answer, &session, request.headers(), from).await {
        Ok(Entered::In(next)) => pages::moving_on(&next),
        Ok(Entered::Unknown) => refused(&web, from, Why::NoAccess.word()).await,
        Ok(Entered::Unused) => refused(&web, from, reason::UNUSED).await,
        Ok(Entered::NotInvited) => not_invited(&web, from).await,
        Err(Stop::Login(error)) => {
            tracing::warn!(%error, detail = error.detail(), "login failed");
            refused(&web, from, word(&error)).await
        }
        Err(Stop::Ours(error)) => {
            tracing::error!(%error, "login could not be stored");
            pages::unavailable()
        }
    };
    response
        .headers_mut()
        .append(header::SET_COOKIE, attempt::GONE);
    response
}

enum Entered {
    In(String),
    Unknown,
    /// Nothing of the user was used for long.
    Unused,
    /// The code opens nothing.
    NotInvited,
}

enum Stop {
    Login(LoginError),
    Ours(anyhow::Error),
}

impl From<LoginError> for Stop {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Ours(error.into())
    }
}

impl From<tower_sessions::session::Error> for Stop {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self::Ours(error.into())
    }
}

async fn enter(
    web: &Web,
    answer: &Answer,
    session: &Session,
    headers: &HeaderMap,
    from: IpAddr,
) -> Result<Entered, Stop> {
    let attempt = attempt_of(web, headers).ok_or(LoginError::NoAttempt)?;
    if !attempt.is_of(answer.state.as_deref()) {
        return Err(LoginError::NoAttempt.into());
    }
    if !use_once(web, &attempt).await? {
        return Err(LoginError::NoAttempt.into());
    }
    let identity = web.provider.finish(&attempt, answer).await?;
    let user = match who(web, &attempt, &identity).await? {
        Ok(user) => user,
        Err(entered) => return Ok(entered),
    };
    // Whatever session the browser brought ends here; the new one gets a new id (ASVS 7.2.4).
    session.clear().await;
    if session.id().is_some() {
        session.cycle_id().await?;
    }
    let login = Login {
        user,
        acr: identity.acr,
        client: client::browser(headers),
        address: from.to_string(),
    };
    session.insert(LOGIN, login).await?;
    session.save().await?;
    Ok(Entered::In(attempt.next))
}

fn attempt_of(web: &Web, headers: &HeaderMap) -> Option<Attempt> {
    let sealed = attempt::sealed(client::cookie(headers, attempt::COOKIE)?)?;
    let plain = web
        .keys
        .open_cookie(&Sealed::from_bytes(sealed), attempt::COOKIE)
        .ok()?;
    let attempt: Attempt = serde_json::from_slice(&plain).ok()?;
    (!attempt.is_over((web.clock)().unix_timestamp())).then_some(attempt)
}

/// Marks an attempt as used before its code is; a second answer with the same state finds it so.
async fn use_once(web: &Web, attempt: &Attempt) -> Result<bool, StoreError> {
    let used = sqlx::query!(
        "INSERT INTO login_attempts (state_hash, issuer, used_at) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING",
        attempt.digest(),
        web.config.login.issuer
    )
    .execute(&web.db.portal)
    .await?;
    sqlx::query!("DELETE FROM login_attempts WHERE created_at < now() - interval '1 hour'")
        .execute(&web.db.portal)
        .await?;
    Ok(used.rows_affected() == 1)
}

/// The user, who may just have become one; or what comes instead.
async fn who(
    web: &Web,
    attempt: &Attempt,
    identity: &Identity,
) -> Result<Result<Uuid, Entered>, StoreError> {
    let (issuer, subject) = (&identity.issuer, &identity.subject);
    let mut tx = worker_tx(&web.db).await?;
    if let Some(code) = &attempt.invitation {
        let Some(accepted) = users::accept(&mut tx, code, issuer, subject).await? else {
            return Ok(Err(Entered::NotInvited));
        };
        let mut line = Event::of_user(accepted.user, Kind::UserChanged)
            .object("invitation", accepted.id)
            .detail("step", "accepted");
        if let Some(party) = accepted.party_id {
            line = line.for_party(party);
        }
        audit::add(&mut tx, line).await?;
        tx.commit().await?;
        return Ok(Ok(accepted.user));
    }
    let entering = users::enter(&mut tx, issuer, subject, invitation::UNUSED_DAYS).await?;
    tx.commit().await?;
    Ok(match entering {
        Entering::User(user) => Ok(user),
        Entering::Unused => Err(Entered::Unused),
        Entering::Unknown => {
            tracing::info!("somebody without an account logged in at the provider");
            Err(Entered::Unknown)
        }
    })
}

/// A code that opens nothing is an event, and the page says what to do.
async fn not_invited(web: &Web, from: IpAddr) -> Response {
    let answer = refused(web, from, reason::NOT_INVITED).await;
    if answer.status().is_redirection() {
        return Redirect::to("/uitnodiging?melding=onbekend#foutoverzicht").into_response();
    }
    answer
}

/// Before anybody came back: nothing to record but a line in the log.
fn failed(error: &LoginError) -> Response {
    tracing::warn!(%error, detail = error.detail(), "login cannot begin");
    to_login(word(error))
}

/// A login that failed or that belongs to nobody here is an event (security §7).
async fn refused(web: &Web, from: IpAddr, reason: &'static str) -> Response {
    metrics::counter!("cims_login_failed_total", "reason" => reason).increment(1);
    let event = Event::of_nobody(Kind::LoginFailed)
        .outcome(Outcome::Failure)
        .access_point(&from.to_string())
        .detail("reason", reason);
    if let Err(error) = record(web, event).await {
        tracing::error!(%error, "failed login cannot be recorded");
        return pages::unavailable();
    }
    to_login(reason)
}

async fn record(web: &Web, event: Event) -> Result<(), StoreError> {
    let mut tx = anonymous_tx(&web.db).await?;
    audit::add(&mut tx, event).await?;
    tx.commit().await
}

const fn word(error: &LoginError) -> &'static str {
    match error {
        LoginError::Unavailable(_) => reason::DOWN,
        LoginError::Cancelled => reason::CANCELLED,
        LoginError::TooWeak => reason::WEAK,
        LoginError::NoAttempt | LoginError::Invalid(_) => reason::FAILED,
    }
}

fn to_login(reason: &str) -> Response {
    Redirect::to(&format!("/inloggen?reden={reason}")).into_response()
}

/// `POST /auth/uitloggen`: ends our session first, empties the browser, then ends the provider's.
pub async fn out(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    session: Session,
) -> Response {
    if let Some(id) = session.id()
        && let Err(error) = leave(&web, &visit, &id).await
    {
        tracing::error!(request_id = %visit.request_id, %error, "logout could not be stored");
        return pages::unavailable();
    }
    let to = match web.provider.logout_url("/inloggen?reden=uitgelogd").await {
        Ok(Some(url)) => url.to_string(),
        Ok(None) | Err(_) => "/inloggen?reden=uitgelogd".to_owned(),
    };
    let clear = (
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cookies\", \"storage\""),
    );
    ([clear, (header::SET_COOKIE, GONE)], Redirect::to(&to)).into_response()
}

/// Ends the session, and what was remembered for the day (features F03).
async fn leave(
    web: &Web,
    visit: &Visit,
    id: &tower_sessions::session::Id,
) -> Result<(), StoreError> {
    web.sessions.log_out(id).await?;
    let Some(alive) = visit.alive() else {
        return Ok(());
    };
    for membership in alive
        .caller
        .memberships
        .iter()
        .filter(|one| one.party.is_some())
    {
        let caller = Caller {
            membership: membership.clone(),
            ..alive.caller.clone()
        };
        let mut tx = party_tx(&web.db, &caller).await?;
        drafts::forget_remembered(&mut tx, caller.user_id).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// `POST /sessie/verleng`: "Blijf ingelogd". The guard already counted the request as an action.
pub async fn extend() -> StatusCode {
    StatusCode::NO_CONTENT
}
