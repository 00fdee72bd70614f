//! Lets a request through by the table of routes, and hands on what is known of it.
//!
//! Not logged in: to the login page, with the way back. Wrong role, or a page that does not exist: the same
//! answer. The ports authorise again: this is the first lock, not the only one.

use super::standing::{Alive, Door, Standing, Why};
use super::{GONE, hash};
use crate::audit::{self, Event, Kind as What, Outcome};
use crate::store::{StoreError, party_tx};
use crate::web::router::BODY;
use crate::web::routes::{Access, Kind, Lookup, Route};
use crate::web::{Web, form_token, pages};
use app::ports::Caller;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures::future::BoxFuture;
use openidconnect::url::form_urlencoded;
use std::sync::Arc;
use tower_sessions::Session;
use uuid::Uuid;

/// What is known of a request; in its extensions.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Number of the request, in logs and audit.
    pub request_id: Uuid,
    /// Who asks.
    pub standing: Standing,
}

impl Visit {
    /// The session, when there is one that lives.
    #[must_use]
    pub fn alive(&self) -> Option<&Alive> {
        self.standing.alive()
    }
}

/// Number of a request, set by the outermost layer.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

/// Answers "bestaat niet of u hebt er geen toegang toe".
pub type NotFound = Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>;

/// The same answer for handlers that find out later: a key of another institution.
#[derive(Clone)]
pub struct NotFoundPage(NotFound);

impl NotFoundPage {
    /// The page, for whoever asks, in the language and colours of their cookies.
    pub async fn page(&self, visit: &Visit, headers: HeaderMap) -> Response {
        let mut request = Request::new(Body::empty());
        *request.headers_mut() = headers;
        request.extensions_mut().insert(visit.clone());
        (self.0)(request).await
    }
}

/// What the guard needs.
#[derive(Clone)]
pub struct Gate {
    /// Pools and limits.
    pub web: Web,
    /// Which route is for whom.
    pub lookup: Arc<Lookup>,
    /// The answer for the wrong role.
    pub not_found: NotFound,
}

/// Forms whose content is kept when they are sent after the session ended. Each of them writes nothing but a draft of
/// its sender then: `Caller::only_keeps` says so, or the form makes only a draft anyway (the last five).
const KEPT: [&str; 13] = [
    "/api/registreren-persoon",
    "/api/registreren-vaccinatie",
    "/api/registratie-corrigeren",
    "/api/registratie-intrekken",
    "/api/registratie-terugzetten",
    "/api/regel-verbeteren",
    "/api/regels-verbeteren",
    "/api/kaart-invoeren",
    "/api/correctie-bewaren",
    "/api/groep-besluit",
    "/api/regel-koppelen",
    "/api/koppeling-terug",
    "/api/lijst-voorstel",
];

/// Where the drafts of RIVM are; those of institutions are in the address.
const DRAFTS: [&str; 3] = [
    "/beoordelen/correcties/",
    "/beoordelen/besluiten/",
    "/codelijsten/wijzigingen/",
];

enum Decision {
    Through,
    LogIn(Option<Why>),
    Choose,
    Nothing,
}

fn decide(route: Option<Route>, standing: &Standing) -> Decision {
    let Some(route) = route else {
        return Decision::Through;
    };
    match (route.access, standing) {
        (Access::Front, Standing::Alive(alive)) if !alive.chosen => Decision::Choose,
        (Access::Open | Access::Front, _) => Decision::Through,
        (_, Standing::Nobody) => Decision::LogIn(None),
        (_, Standing::Ended(why)) => Decision::LogIn(Some(*why)),
        (Access::LoggedIn, Standing::Alive(_)) => Decision::Through,
        (Access::Roles(_), Standing::Alive(alive)) if !alive.chosen => Decision::Choose,
        (Access::Roles(roles), Standing::Alive(alive)) if roles.contains(&alive.caller.role()) => {
            Decision::Through
        }
        (Access::Roles(_), Standing::Alive(_)) => Decision::Nothing,
    }
}

/// The layer; inside the session layer, outside every handler that is not [`Kind::Plain`].
pub async fn layer(
    State(gate): State<Gate>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let request_id = request
        .extensions()
        .get::<RequestId>()
        .map_or_else(Uuid::now_v7, |id| id.0);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .and_then(|path| gate.lookup.of(request.method(), path.as_str()));
    let door = Door {
        pool: &gate.web.db.portal,
        limits: gate.web.limits,
        staff_acr: &gate.web.config.login.staff_acr,
    };
    let key = session.id().map(|id| hash(&id));
    let standing = match &key {
        None => Ok(Standing::Nobody),
        Some(key) => {
            door.standing(key, !is_automatic(request.uri()), request_id)
                .await
        }
    };
    let standing = match standing {
        Ok(standing) => standing,
        Err(error) => return unreadable(request_id, &error),
    };
    let dead_cookie = session.id().is_some() && !matches!(standing, Standing::Alive(_));
    let decision = decide(route, &standing);
    let mut response = match decision {
        Decision::Through => {
            let standing = if is_undecided(route, &standing) {
                Standing::Nobody
            } else {
                standing
            };
            request.extensions_mut().insert(Visit {
                request_id,
                standing,
            });
            request
                .extensions_mut()
                .insert(NotFoundPage(Arc::clone(&gate.not_found)));
            match own_form(&gate.web, route, request).await {
                Ok(request) => next.run(request).await,
                Err(answer) => answer,
            }
        }
        Decision::LogIn(why) => {
            let keeper = match &key {
                Some(key) if is_kept(route, &request) => door.keeper(key, request_id).await,
                _ => Ok(None),
            };
            match keeper {
                Ok(None) => to_login(route, why, &request),
                Ok(Some(alive)) => {
                    request.extensions_mut().insert(Visit {
                        request_id,
                        standing: Standing::Alive(Box::new(alive)),
                    });
                    kept(why, &next.run(request).await)
                }
                Err(error) => return unreadable(request_id, &error),
            }
        }
        Decision::Choose => to_choice(&request),
        Decision::Nothing => {
            if let Some(alive) = standing.alive()
                && let Err(error) = refused(&gate.web, &alive.caller, route).await
            {
                tracing::error!(%request_id, %error, "refusal cannot be recorded");
                return pages::unavailable();
            }
            request.extensions_mut().insert(Visit {
                request_id,
                standing,
            });
            (gate.not_found)(request).await
        }
    };
    if dead_cookie && !sets_session(response.headers()) {
        response.headers_mut().append(header::SET_COOKIE, GONE);
    }
    response
}

/// A form that does much has to bring the token of a page of this session (security §4.1).
async fn own_form(web: &Web, route: Option<Route>, request: Request) -> Result<Request, Response> {
    let heavy = route.is_some_and(|route| app::HEAVY.contains(&route.path));
    let visit = request.extensions().get::<Visit>().cloned();
    let Some(alive) = visit.as_ref().and_then(Visit::alive).filter(|_| heavy) else {
        return Ok(request);
    };
    let session = alive.caller.session_id;
    let own = |token: &str| form_token::holds(&web.keys, session, token, (web.clock)());
    match form_token::brought(request, BODY).await {
        Some((Some(token), request)) if own(&token) => Ok(request),
        _ => {
            metrics::counter!("cims_form_token_refused_total").increment(1);
            match refused(web, &alive.caller, route).await {
                Ok(()) => Err(pages::stale_form()),
                Err(error) => {
                    let request_id = alive.caller.request_id;
                    tracing::error!(%request_id, %error, "refusal cannot be recorded");
                    Err(pages::unavailable())
                }
            }
        }
    }
}

fn unreadable(request_id: Uuid, error: &StoreError) -> Response {
    tracing::error!(%request_id, %error, "session cannot be read");
    pages::unavailable()
}

/// Who tries what their role does not have is written down (security §7, "refused action").
async fn refused(web: &Web, caller: &Caller, route: Option<Route>) -> Result<(), StoreError> {
    let mut tx = party_tx(&web.db, caller).await?;
    let event = Event::of(caller, What::Refused).outcome(Outcome::Failure);
    audit::add(
        &mut tx,
        event.detail("route", route.map_or("", |route| route.path)),
    )
    .await?;
    tx.commit().await
}

/// Requests that a page makes by itself (progress) are no action of the user; nor is a refresh without script,
/// which says so in its address.
fn is_automatic(uri: &Uri) -> bool {
    app::AUTOMATIC.contains(&uri.path())
        || uri
            .query()
            .is_some_and(|query| query.split('&').any(|pair| pair == "auto=1"))
}

/// On an open page, who has not chosen an institution yet is shown as nobody, not as working for the first one.
fn is_undecided(route: Option<Route>, standing: &Standing) -> bool {
    route.is_none_or(|route| route.access == Access::Open)
        && standing.alive().is_some_and(|alive| !alive.chosen)
}

/// A form of a person at work, sent by the browser itself: nobody else waits for a page.
fn is_kept(route: Option<Route>, request: &Request) -> bool {
    route.is_some_and(|route| KEPT.contains(&route.path)) && wants_page(request)
}

/// To the login page, and from there back to the form with what was typed. Whatever the form would have
/// answered is not told.
fn kept(why: Option<Why>, answer: &Response) -> Response {
    let draft = |to: &&str| to.contains("concept=") || DRAFTS.iter().any(|way| to.starts_with(way));
    let form = answer
        .headers()
        .get(header::LOCATION)
        .and_then(|to| to.to_str().ok())
        .and_then(|to| to.split('#').next())
        .filter(draft);
    login_page(why, form, form.is_some())
}

fn sets_session(headers: &HeaderMap) -> bool {
    let ours = |value: &HeaderValue| value.as_bytes().starts_with(b"__Host-cims=");
    headers.get_all(header::SET_COOKIE).iter().any(ours)
}

fn wants_page(request: &Request) -> bool {
    let accepts =
        |value: &HeaderValue| value.as_bytes().windows(9).any(|part| part == b"text/html");
    request.headers().get(header::ACCEPT).is_some_and(accepts)
}

fn to_login(route: Option<Route>, why: Option<Why>, request: &Request) -> Response {
    if route.is_some_and(|route| route.kind != Kind::Page) && !wants_page(request) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    login_page(why, way_back(request), false)
}

/// `kept`: what was sent is there after logging in.
fn login_page(why: Option<Why>, next: Option<&str>, kept: bool) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(why) = why {
        query.append_pair("reden", why.word());
    }
    if let Some(path) = next {
        query.append_pair("next", path);
    }
    if kept {
        query.append_pair("bewaard", "1");
    }
    see_other("/inloggen", &query.finish())
}

fn to_choice(request: &Request) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(path) = way_back(request) {
        query.append_pair("next", path);
    }
    see_other("/instelling", &query.finish())
}

/// The page asked for, to come back to; the start page needs no mention, a form post cannot be repeated.
fn way_back(request: &Request) -> Option<&str> {
    let path = request.uri().path_and_query()?.as_str();
    (matches!(*request.method(), Method::GET | Method::HEAD) && path != "/").then_some(path)
}

fn see_other(path: &str, query: &str) -> Response {
    if query.is_empty() {
        Redirect::to(path).into_response()
    } else {
        Redirect::to(&format!("{path}?{query}")).into_response()
    }
}
