//! One page, from request to HTML: who asks, load, the frame around it, and what happens when it fails.
//!
//! A page is an async function from [`Visit`] to [`Screen`]. Everything is awaited before a byte leaves
//! (`SsrMode::Async`), so status, redirect and title are right, and no value travels twice.

use crate::ports::session::Frame;
use crate::ports::{
    Accounts, Caller, Cards, Corrections, Decisions, Deliveries, Entry, Lists, Locations, News,
    Onboarding, Operations, Parties, Persons, PortError, PortResult, Review, Sessions, Users, Wait,
    Withdrawals, Worklists,
};
use crate::texts::{self, Texts};
use crate::{error, shell};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use domain::codes::CodeLists;
use domain::invitation::given_by;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;
use std::future::Future;
use std::sync::Arc;
use uuid::Uuid;

/// What a page shows inside the frame.
pub(crate) struct Screen {
    /// Title of the document; never a value of a person.
    pub(crate) title: String,
    /// There are findings: the title begins with "Fout:".
    pub(crate) failed: bool,
    /// Extra class of `<main>`.
    pub(crate) width: &'static str,
    /// Links between the start page and this page, which ends the breadcrumb.
    pub(crate) crumbs: Vec<(&'static str, String)>,
    /// What is typed here is not kept in every case when the session ends.
    pub(crate) unkept: bool,
    /// Content of `<main>`.
    pub(crate) body: AnyView,
}

impl Screen {
    /// A page with a title.
    pub(crate) fn new(title: impl Into<String>, body: impl IntoView + 'static) -> Self {
        let body = body.into_any();
        Self {
            title: title.into(),
            failed: false,
            width: "",
            crumbs: Vec::new(),
            unkept: false,
            body,
        }
    }

    /// Uses the full width, for tables.
    pub(crate) fn wide(mut self) -> Self {
        self.width = " cims-main--wide";
        self
    }

    /// Small and centred.
    pub(crate) fn narrow(mut self) -> Self {
        self.width = " cims-main--narrow";
        self
    }

    /// A link above this page.
    pub(crate) fn under(mut self, title: &'static str, href: impl Into<String>) -> Self {
        self.crumbs.push((title, href.into()));
        self
    }

    /// The warning before the end of the session promises no more than is kept.
    pub(crate) fn unkept(mut self) -> Self {
        self.unkept = true;
        self
    }

    /// Marks the title when there is something to mend.
    pub(crate) fn failed(mut self, failed: bool) -> Self {
        self.failed = failed;
        self
    }
}

/// One request for a page.
pub(crate) struct Visit {
    /// Who and when.
    pub(crate) frame: Frame,
    /// The texts in the language of the request.
    pub(crate) t: &'static Texts,
    params: ParamsMap,
    query: ParamsMap,
}

impl Visit {
    /// Who is logged in.
    pub(crate) fn caller(&self) -> PortResult<&Caller> {
        self.frame.caller.as_ref().ok_or(PortError::NotLoggedIn)
    }

    /// Who is logged in, with a role that delivers.
    pub(crate) fn deliverer(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_deliver() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Who is logged in, with a role that tries files.
    pub(crate) fn tester(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_try() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Who is logged in, with a role that sees the installations of its own party.
    pub(crate) fn supplier(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_watch_own_installations() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Who is logged in, with a role that invites others.
    pub(crate) fn inviter(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if given_by(caller.role()).is_empty() {
                Err(PortError::NotFound)
            } else {
                Ok(caller)
            }
        })
    }

    /// Who is logged in, with the role that keys paper cards.
    pub(crate) fn keyer(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_key_cards() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Who is logged in, with a role that ends sessions of others.
    pub(crate) fn session_manager(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_end_sessions() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Who is logged in, with a role that reviews.
    pub(crate) fn reviewer(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_review() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Who is logged in, with a role that asks for connections or approves them.
    pub(crate) fn governor(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_approve() || caller.role().may_operate() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Who is logged in, with a role that runs the register.
    pub(crate) fn operator(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_operate() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Who is logged in, with a role that decides about deliveries that wait.
    pub(crate) fn parker(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_approve() || caller.role().may_review() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Who is logged in, with a role that withdraws deliveries.
    pub(crate) fn withdrawer(&self) -> PortResult<&Caller> {
        self.caller().and_then(|caller| {
            if caller.role().may_withdraw_deliveries() {
                Ok(caller)
            } else {
                Err(PortError::NotFound)
            }
        })
    }

    /// Today as the live checks read it.
    pub(crate) fn today(&self) -> String {
        let today = self.frame.today;
        format!(
            "{}-{}-{}",
            today.day(),
            u8::from(today.month()),
            today.year()
        )
    }

    /// A part of the path.
    pub(crate) fn param(&self, name: &str) -> String {
        self.params.get(name).unwrap_or_default()
    }

    /// A key in the path; what is no key is not found.
    pub(crate) fn id(&self) -> PortResult<Uuid> {
        self.param("id").parse().map_err(|_| PortError::NotFound)
    }

    /// A number in the address; what is none is not found.
    pub(crate) fn number(&self, name: &str) -> PortResult<u32> {
        self.param(name).parse().map_err(|_| PortError::NotFound)
    }

    /// A value of the query, `None` when absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query.get(name).filter(|value| !value.is_empty())
    }

    /// The draft in the query; what is no key is not found.
    pub(crate) fn draft(&self) -> PortResult<Option<Uuid>> {
        self.query("concept")
            .map(|key| key.parse().map_err(|_| PortError::NotFound))
            .transpose()
    }

    /// Until when nothing is asked of the BRP, when a value of the query says so. The answer then says it to programs too:
    /// 429 with Retry-After (security §4.8).
    pub(crate) fn wait(&self, name: &str) -> Option<Wait> {
        let wait = Wait::parse(&self.query(name)?)?;
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(StatusCode::TOO_MANY_REQUESTS);
            response.insert_header(RETRY_AFTER, HeaderValue::from(wait.seconds()));
        }
        Some(wait)
    }

    /// The page of a list, from 1.
    pub(crate) fn page(&self) -> u32 {
        self.query("pagina")
            .and_then(|page| page.parse().ok())
            .filter(|page| *page > 0)
            .unwrap_or(1)
    }
}

/// Language and colours of a request, from its cookies.
#[derive(Clone)]
pub(crate) struct Look {
    /// The texts.
    pub(crate) t: &'static Texts,
    /// `licht`, `donker` or nothing.
    pub(crate) colour: Option<&'static str>,
    /// Path and query.
    pub(crate) path: String,
}

impl Look {
    /// Of the current request.
    pub(crate) fn here() -> Self {
        let parts = use_context::<Parts>();
        let cookie = |name: &str| {
            parts
                .as_ref()
                .and_then(|parts| cookie(parts, name))
                .unwrap_or_default()
        };
        let colour = match cookie("cims-kleur").as_str() {
            "licht" => Some("licht"),
            "donker" => Some("donker"),
            _ => None,
        };
        let path = parts
            .as_ref()
            .and_then(|parts| parts.uri.path_and_query())
            .map_or("/", |path| match path.query() {
                // It would go on into other addresses and forms.
                Some(query) if searches_bsn(query) => path.path(),
                _ => path.as_str(),
            });
        Self {
            t: texts::of(texts::language(&cookie("cims-taal"))),
            colour,
            path: path.to_owned(),
        }
    }
}

/// The search in a query may be a BSN.
fn searches_bsn(query: &str) -> bool {
    let texts = query
        .split('&')
        .filter_map(|part| part.strip_prefix("zoek="));
    let plain = |text: &str| text.replace('+', " ").replace("%20", " ");
    let mut texts = texts.map(plain);
    texts.any(|text| domain::search::may_hold_a_bsn(&text))
}

/// Name of the cookie with what is shown once: sealed, so that no address, log or table has it.
pub(crate) const ONCE: &str = "__Host-cims-eenmalig";

/// What came along to be shown once.
pub(crate) fn shown_once() -> Option<String> {
    use_context::<Parts>().and_then(|parts| cookie(&parts, ONCE))
}

/// It is shown now: the browser forgets it.
pub(crate) fn was_shown() {
    let gone = format!("{ONCE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
    if let (Some(response), Ok(gone)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&gone),
    ) {
        response.append_header(SET_COOKIE, gone);
    }
}

fn cookie(parts: &Parts, name: &str) -> Option<String> {
    let all = parts.headers.get_all(axum::http::header::COOKIE);
    all.iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then(|| value.to_owned()))
}

/// Renders a page: loads it with what the request says, puts the frame around it, sets the status.
pub(crate) fn page<F, Fut>(load: F) -> AnyView
where
    F: FnOnce(Visit) -> Fut + Send + 'static,
    Fut: Future<Output = PortResult<Screen>> + Send + 'static,
{
    let params = use_params_map().get_untracked();
    render(params, load)
}

/// The page of an address that is no route: there are no parameters to ask for.
pub(crate) fn nowhere() -> AnyView {
    render(ParamsMap::new(), |_| async { Err(PortError::NotFound) })
}

fn render<F, Fut>(params: ParamsMap, load: F) -> AnyView
where
    F: FnOnce(Visit) -> Fut + Send + 'static,
    Fut: Future<Output = PortResult<Screen>> + Send + 'static,
{
    let look = Look::here();
    let query = use_query_map().get_untracked();
    let response = use_context::<ResponseOptions>();
    Suspend::new(async move {
        let t = look.t;
        let (frame, loaded) = match frame().await {
            Ok(frame) => {
                let visit = Visit {
                    frame: frame.clone(),
                    t,
                    params,
                    query,
                };
                (Some(frame), load(visit).await)
            }
            Err(error) => (None, Err(error)),
        };
        let screen = loaded.unwrap_or_else(|error| {
            let (status, screen) = error::screen(error, t);
            match (error, response) {
                (PortError::NotLoggedIn, _) => {
                    leptos_axum::redirect(&format!("/inloggen?next={}", shell::encode(&look.path)));
                }
                (PortError::Sent(draft), _) => {
                    leptos_axum::redirect(&error::receipt_path(draft));
                }
                (_, Some(response)) => response.set_status(status),
                (_, None) => {}
            }
            screen
        });
        shell::chrome(frame.as_ref(), &look, screen)
    })
    .into_any()
}

/// A page without anything to load.
pub(crate) fn still(make: impl FnOnce(&Visit) -> Screen + Send + 'static) -> AnyView {
    page(move |visit| async move { Ok(make(&visit)) })
}

fn port<T: Clone + Send + Sync + 'static>() -> PortResult<T> {
    // Only a wrongly wired router lacks a port; nil says that no incident was logged.
    use_context::<T>().ok_or(PortError::Broken(Uuid::nil()))
}

/// The frame of this request.
pub(crate) async fn frame() -> PortResult<Frame> {
    port::<Arc<dyn Sessions>>()?.frame().await
}

/// Who asks: the one door of every server function.
pub(crate) async fn caller() -> PortResult<Caller> {
    frame().await?.caller.ok_or(PortError::NotLoggedIn)
}

/// The port for recording.
pub(crate) fn entry() -> PortResult<Arc<dyn Entry>> {
    port()
}

/// The port for deliveries.
pub(crate) fn deliveries() -> PortResult<Arc<dyn Deliveries>> {
    port()
}

/// The port for review.
pub(crate) fn review() -> PortResult<Arc<dyn Review>> {
    port()
}

/// The port for news.
pub(crate) fn news() -> PortResult<Arc<dyn News>> {
    port()
}

/// The port for approval of parties.
pub(crate) fn parties() -> PortResult<Arc<dyn Parties>> {
    port()
}

/// The port for one vaccination a jab.
pub(crate) fn persons() -> PortResult<Arc<dyn Persons>> {
    port()
}

/// The port for corrections on request.
pub(crate) fn corrections() -> PortResult<Arc<dyn Corrections>> {
    port()
}

/// The port for bringing a party in.
pub(crate) fn onboarding() -> PortResult<Arc<dyn Onboarding>> {
    port()
}

/// The port for accesses to the drop box.
pub(crate) fn accounts() -> PortResult<Arc<dyn Accounts>> {
    port()
}

/// The port for operations.
pub(crate) fn operations() -> PortResult<Arc<dyn Operations>> {
    port()
}

/// The port for code lists.
pub(crate) fn lists() -> PortResult<Arc<dyn Lists>> {
    port()
}

/// The port for locations of an institution.
pub(crate) fn locations() -> PortResult<Arc<dyn Locations>> {
    port()
}

/// The port for users of an institution.
pub(crate) fn users() -> PortResult<Arc<dyn Users>> {
    port()
}

/// The port for decisions.
pub(crate) fn decisions() -> PortResult<Arc<dyn Decisions>> {
    port()
}

/// The port for paper cards.
pub(crate) fn cards() -> PortResult<Arc<dyn Cards>> {
    port()
}

/// The port for the list of a round.
pub(crate) fn worklists() -> PortResult<Arc<dyn Worklists>> {
    port()
}

/// The port for withdrawals.
pub(crate) fn withdrawals() -> PortResult<Arc<dyn Withdrawals>> {
    port()
}

/// The port for sessions.
pub(crate) fn sessions() -> PortResult<Arc<dyn Sessions>> {
    port()
}

/// The code lists of the server, or the built-in ones.
pub(crate) fn code_lists() -> Arc<CodeLists> {
    use_context::<Arc<CodeLists>>().unwrap_or_else(|| Arc::new(CodeLists::builtin()))
}
