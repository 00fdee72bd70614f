//! Lets a request through by the table of routes, and hands on what is known of it.
//!
//! Not logged in: to the login page, with the way back. Wrong role, or a page that does not exist: the same
//! answer. The ports authorise again: this is the first lock, not the only one.

use super::kept;
use super::standing::{Alive, Door, Standing, Why};
use super::{GONE, hash};
use crate::audit::{self, Event, Kind as What, Outcome};
use crate::store::{StoreError, party_tx};
use crate::web::router::BODY;
use crate::web::routes::{Access, Kind, Lookup, Route};
use crate::web::{Web, form_token, pages};
use app::ports::Caller;
use axum::body::{Body, to_bytes};
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
/// its sender then: `Caller::only_keeps` says so, or the form makes only a draft anyway (the last five). Other forms in
/// which somebody types are kept whole ([`app::kept::FORMS`]); so are the last four when what they lack makes no draft.
const KEPT: [&str; 15] = [
    "/api/registreren-persoon",
    "/api/registreren-vaccinatie",
    "/api/registratie-corrigeren",
    "/api/registratie-intrekken",
    "/api/registratie-terugzetten",
    "/api/registratie-klopt",
    "/api/regel-verbeteren",
    "/api/regels-verbeteren",
    "/api/kaart-invoeren",
    "/api/partij-aanvragen",
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
        .map_or_else(crate::clock::new_key, |id| id.0);
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
    let again = sent_again(request.uri());
    let dead_cookie = session.id().is_some() && !matches!(standing, Standing::Alive(_));
    let decision = decide(route, &standing);
    let mut response = match decision {
        Decision::Through if asks_to_keep(request.uri()) => {
            let alive = standing.alive().cloned();
            let why = Some(Why::Expired);
            match alive {
                Some(mut alive) if is_kept(route, &request) => {
                    alive.caller.only_keeps = true;
                    match keep_draft(&gate.web, route, why, alive, request, next).await {
                        Ok(answer) => answer,
                        Err(error) => return unreadable(request_id, &error),
                    }
                }
                alive => match keep_whole(&gate.web, route, alive, request).await {
                    Ok(form) => login_page(why, form.as_deref(), form.is_some()),
                    Err(error) => return unreadable(request_id, &error),
                },
            }
        }
        Decision::Through => {
            let owner = standing.alive().cloned();
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
                Ok(request) => {
                    let answer = run(&gate.web, route, owner.clone(), again, request, next).await;
                    if let (Some(form), Some(owner)) = (again, owner)
                        && did_it(&answer)
                        && let Err(error) = kept::forget(&gate.web, &owner.caller, form).await
                    {
                        tracing::warn!(%request_id, %error, "a form that was sent again stays until its day is over");
                    }
                    answer
                }
                Err(answer) => answer,
            }
        }
        Decision::LogIn(why) => {
            let keeper = match &key {
                Some(key) if is_kept(route, &request) || is_kept_whole(route, &request) => {
                    door.keeper(key, request_id).await
                }
                _ => Ok(None),
            };
            match keeper {
                Ok(None) if is_sending(route, &request) => unsent(why, request).await,
                Ok(None) => to_login(route, why, &request),
                Ok(alive) if is_kept_whole(route, &request) => {
                    match keep_whole(&gate.web, route, alive, request).await {
                        Ok(form) => login_page(why, form.as_deref(), form.is_some()),
                        Err(error) => return unreadable(request_id, &error),
                    }
                }
                Ok(Some(alive)) => {
                    match keep_draft(&gate.web, route, why, alive, request, next).await {
                        Ok(answer) => answer,
                        Err(error) => return unreadable(request_id, &error),
                    }
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
        None => Err(pages::too_large()),
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
        || asks_to_keep(uri)
        || uri
            .query()
            .is_some_and(|query| query.split('&').any(|pair| pair == "auto=1"))
}

/// On an open page, who has not chosen an institution yet is shown as nobody, not as working for the first one.
fn is_undecided(route: Option<Route>, standing: &Standing) -> bool {
    route.is_none_or(|route| route.access == Access::Open)
        && standing.alive().is_some_and(|alive| !alive.chosen)
}

/// A form that was sent again did what it says. Whoever is told something instead finds it kept until its day is over.
fn did_it(answer: &Response) -> bool {
    let told = [
        "/storing/",
        "/bewaard/",
        "/even-wachten",
        "/gewijzigd",
        "/niet-gevonden",
        "/inloggen",
    ];
    let to = answer.headers().get(header::LOCATION);
    let to = to.and_then(|to| to.to_str().ok()).unwrap_or_default();
    answer.status().is_redirection()
        && !told.iter().any(|page| to.starts_with(page))
        && !to.contains("melding=")
        && !to.contains("#foutoverzicht")
}

/// A form of a person at work, sent by the browser itself: nobody else waits for a page.
fn is_kept(route: Option<Route>, request: &Request) -> bool {
    route.is_some_and(|route| KEPT.contains(&route.path)) && wants_page(request)
}

/// The same for a form that has no draft of its own.
fn is_kept_whole(route: Option<Route>, request: &Request) -> bool {
    let whole = |route: Route| app::kept::is_kept(route.path) && !KEPT.contains(&route.path);
    route.is_some_and(whole) && wants_page(request)
}

/// A script sends this form because the session is about to end: nothing is done with it but keeping it.
fn asks_to_keep(uri: &Uri) -> bool {
    uri.query()
        .is_some_and(|query| query.split('&').any(|pair| pair == app::kept::ONLY_KEEP))
}

/// The key of a form that was kept and is sent again.
fn sent_again(uri: &Uri) -> Option<Uuid> {
    let mut pairs = uri
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    let (_, key) = pairs.find(|(name, _)| *name == app::kept::AGAIN)?;
    key.parse().ok()
}

/// Does what is asked. What was typed in a form of which nothing came, by a fault of ours, is kept for its sender.
async fn run(
    web: &Web,
    route: Option<Route>,
    owner: Option<Alive>,
    again: Option<Uuid>,
    request: Request,
    next: Next,
) -> Response {
    if owner.is_none() || !is_kept_whole(route, &request) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY).await else {
        return pages::too_large();
    };
    let request = Request::from_parts(parts, Body::from(body.clone()));
    let answer = next.run(request).await;
    let to = answer.headers().get(header::LOCATION);
    let incident = to
        .and_then(|to| to.to_str().ok()?.strip_prefix("/storing/"))
        .map(str::to_owned);
    let Some(incident) = incident else {
        return answer;
    };
    let kept = match (again, &owner) {
        // It is there already.
        (Some(form), Some(owner)) => kept::show(web, &owner.caller, form)
            .await
            .map(|there| there.map(|_| format!("/bewaard/{form}"))),
        _ => keep_sent(web, route, owner, &body).await,
    };
    match kept {
        Ok(Some(form)) => see_other(&form, &format!("storing={incident}")),
        // Whatever broke breaks this too: then nothing is promised.
        Ok(None) | Err(_) => answer,
    }
}

/// Makes a draft of a form, or keeps it whole where that is known how; then to the login page.
async fn keep_draft(
    web: &Web,
    route: Option<Route>,
    why: Option<Why>,
    alive: Alive,
    request: Request,
    next: Next,
) -> Result<Response, StoreError> {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY).await else {
        return Ok(pages::too_large());
    };
    parts.extensions.insert(Visit {
        request_id: alive.caller.request_id,
        standing: Standing::Alive(Box::new(alive.clone())),
    });
    let request = Request::from_parts(parts, Body::from(body.clone()));
    let answer = next.run(request).await;
    if let Some(draft) = draft_in(&answer) {
        return Ok(login_page(why, Some(draft), true));
    }
    let form = keep_sent(web, route, Some(alive), &body).await?;
    Ok(login_page(why, form.as_deref(), form.is_some()))
}

/// Keeps a form for who sent it, when their role may send it; where it is found then.
async fn keep_whole(
    web: &Web,
    route: Option<Route>,
    alive: Option<Alive>,
    request: Request,
) -> Result<Option<String>, StoreError> {
    match to_bytes(request.into_body(), BODY).await {
        Ok(body) => keep_sent(web, route, alive, &body).await,
        Err(_) => Ok(None),
    }
}

async fn keep_sent(
    web: &Web,
    route: Option<Route>,
    alive: Option<Alive>,
    body: &[u8],
) -> Result<Option<String>, StoreError> {
    let (Some(route), Some(alive)) = (route, alive) else {
        return Ok(None);
    };
    let may = match route.access {
        Access::Roles(roles) => roles.contains(&alive.caller.role()),
        Access::Open | Access::Front | Access::LoggedIn => false,
    };
    if !may || !app::kept::is_kept(route.path) {
        return Ok(None);
    }
    kept::keep(web, &alive.caller, route.path, body).await
}

/// The draft that an answer leads to. Whatever else the form would have answered is not told.
fn draft_in(answer: &Response) -> Option<&str> {
    let draft = |to: &&str| to.contains("concept=") || DRAFTS.iter().any(|way| to.starts_with(way));
    answer
        .headers()
        .get(header::LOCATION)
        .and_then(|to| to.to_str().ok())
        .and_then(|to| to.split('#').next())
        .filter(draft)
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

/// Sends a registration that was checked.
fn is_sending(route: Option<Route>, request: &Request) -> bool {
    route.is_some_and(|route| route.path == "/api/registreren-versturen") && wants_page(request)
}

/// A registration was not sent, because the session had ended: its draft is there still, and the login leads back to it.
async fn unsent(why: Option<Why>, request: Request) -> Response {
    let body = to_bytes(request.into_body(), BODY)
        .await
        .unwrap_or_default();
    let draft = form_urlencoded::parse(&body)
        .find(|(name, _)| name == "concept")
        .and_then(|(_, key)| key.parse::<Uuid>().ok());
    let next = draft
        .map(|draft| format!("/registreren/controleren?concept={draft}&melding=niet-verstuurd"));
    login_page(why, next.as_deref(), false)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::routes::routes;

    /// Posts of buttons and choices: nobody types in them. A search and what a script sends are asked again as they are.
    const NOTHING_TYPED: &[&str] = &[
        "/api/taal",
        "/api/kleuren",
        "/api/sessie-beeindigen",
        "/api/bewaard-weggooien",
        "/api/instelling-kiezen",
        "/api/registreren-versturen",
        "/api/registreren-volgende",
        "/api/registreren-weggooien",
        "/api/registreren-bewaren",
        "/api/werklijst-verder",
        "/api/werklijst-registreren",
        "/api/werklijst-weggooien",
        "/api/kaart-weggooien",
        "/api/sessies-beeindigen",
        "/api/aanlevering-indienen",
        "/api/aanlevering-alles-of-niets",
        "/api/aanlevering-herstel",
        "/api/aanlevering-werkblad",
        "/api/aanlevering-verborgen",
        "/api/aanlevering-weggooien",
        "/api/aanlevering-voortgang",
        "/api/aanlevering-intrekken-akkoord",
        "/api/aanlevering-intrekken-afwijzen",
        "/api/regels-voorzien",
        "/api/regel-toewijzen",
        "/api/besluit-akkoord",
        "/api/besluit-niet",
        "/api/dossier-zoeken",
        "/api/correctie-beginnen",
        "/api/correctie-akkoord",
        "/api/correctie-niet",
        "/api/lijst-akkoord",
        "/api/lijst-niet",
        "/api/uitnodiging-intrekken",
        "/api/gebruiker-beeindigen",
        "/api/gebruiker-toelaten",
        "/api/geparkeerd-vragen",
        "/api/regels-terughalen",
        "/api/locatie-beeindigen",
    ];

    #[test]
    fn every_form_in_which_somebody_types_is_kept_when_the_session_ended() {
        for route in routes().iter().filter(|route| route.kind == Kind::Call) {
            let (draft, whole) = (KEPT.contains(&route.path), app::kept::is_kept(route.path));
            assert_ne!(
                draft || whole,
                NOTHING_TYPED.contains(&route.path),
                "{}: kept as a draft, kept whole, or nothing typed",
                route.path
            );
            assert_eq!(
                draft && whole,
                KEPT[11..].contains(&route.path),
                "{}: whole as well, because it can lack something that a draft needs",
                route.path
            );
        }
    }

    #[test]
    fn an_address_says_whether_a_form_is_only_kept_or_sent_again() {
        let uri = |path| Uri::from_static(path);
        assert!(asks_to_keep(&uri("/api/oordeel12?a=b&bewaren=1")));
        assert!(!asks_to_keep(&uri("/api/oordeel12?bewaren=10")));
        let again = uri("/api/oordeel12?bewaard=00000000-0000-0000-0000-000000000001");
        assert_eq!(sent_again(&again), Some(Uuid::from_u128(1)));
        assert_eq!(sent_again(&uri("/inloggen?bewaard=1")), None);
    }
}
