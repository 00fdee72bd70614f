//! All routes with the layers every request passes, from outside in as `web` describes.

use super::csrf;
use super::routes::Lookup;
use super::session::guard::{self, Gate, NotFound, Visit};
use super::session::port::RequestSessions;
use super::session::{COOKIE, Standing};
use super::site::Files;
use super::{
    Ports, Web, downloads, headers, health, list_uploads, login, observe, sized, uploads,
    worklist_file,
};
use app::ports::{Sessions, Worklists};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, get_service, post};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions};
use std::sync::Arc;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeFile;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::SessionManagerLayer;
use tower_sessions::cookie::SameSite;

/// Largest body of anything but an upload (security §6.1).
pub(super) const BODY: usize = 1 << 20;

/// Take files.
const UPLOAD: &str = "/aanleveren";
const TRIAL: &str = "/proefbank";
/// Takes a file with a worklist.
const WORKLIST: &str = "/werklijst";

/// The page that says so, for unknown paths and for the wrong role.
const NOT_FOUND: &str = "/niet-gevonden";

pub use super::routes::routes;

/// The router of the portal.
///
/// # Errors
/// A route is served that [`routes`] does not know.
pub fn router(web: Web, ports: Ports) -> anyhow::Result<Router> {
    let worklists = Arc::clone(&ports.worklists);
    let context = context(web.clone(), ports);
    let folder = Files::of(&web.config.server.site_root);
    let options = options(&web, &folder);
    let (pages, _) = leptos_axum::generate_route_list_with_exclusions_and_ssg_and_context(
        app::App,
        None,
        context.clone(),
    );
    let own = own_routes();
    let files = file_routes(&web, &folder);
    let lookup = Arc::new(Lookup::pair(served(&pages, &own, &files))?);
    let not_found = not_found(&options, context.clone());

    let mut dynamic = Router::new().leptos_routes_with_context(&options, pages, context, {
        let options = options.clone();
        move || app::shell(options.clone())
    });
    for (_, path, handler) in own {
        dynamic = dynamic.route(path, handler.with_state(web.clone()));
    }
    let fallback = Arc::clone(&not_found);
    let dynamic = dynamic
        .fallback(move |request: Request| fallback(request))
        .layer(from_fn(sized::layer))
        .merge(upload_routes(&web, worklists))
        .layer(from_fn_with_state(
            Gate {
                web: web.clone(),
                lookup,
                not_found,
            },
            guard::layer,
        ))
        .layer(sessions(&web))
        .with_state(options);
    let mut router = dynamic;
    for (path, handler) in files {
        router = router.route(path, handler);
    }
    Ok(common_layers(router, &web))
}

/// What every answer passes, files and errors too.
fn common_layers(router: Router, web: &Web) -> Router {
    let plain = HeaderValue::try_from(headers::plain_policy(&web.provider.origin()))
        .unwrap_or(HeaderValue::from_static("default-src 'none'"));
    router
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn_with_state(
            Arc::<str>::from(web.origin()),
            csrf::layer,
        ))
        .layer(from_fn(observe::known_methods))
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(from_fn_with_state(Arc::new(plain), headers::layer))
        .layer(from_fn(observe::layer))
}

/// Cookie and id of sessions: `__Host-`, `Secure`, `HttpOnly`, `Strict`, gone when the browser closes.
fn sessions(web: &Web) -> SessionManagerLayer<super::session::HashedStore> {
    SessionManagerLayer::new(web.sessions.clone())
        .with_name(COOKIE)
        .with_secure(true)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
}

type Handler = (Method, &'static str, MethodRouter<Web>);

fn own_routes() -> Vec<Handler> {
    vec![
        (Method::GET, "/auth/start", get(login::start)),
        (Method::GET, "/auth/terug", get(login::back)),
        (Method::POST, "/auth/uitnodiging", post(login::invited)),
        (Method::POST, "/auth/uitloggen", post(login::out)),
        (Method::POST, "/sessie/verleng", post(login::extend)),
        (
            Method::POST,
            list_uploads::PATH,
            post(list_uploads::receive),
        ),
        (
            Method::GET,
            "/aanleveren/sjabloon",
            get(downloads::template),
        ),
        (
            Method::GET,
            "/aanleveringen/{id}/ontvangst.json",
            get(downloads::receipt_json),
        ),
        (
            Method::GET,
            "/aanleveringen/{id}/ontvangstbewijs.pdf",
            get(downloads::receipt_pdf),
        ),
        (
            Method::GET,
            "/aanleveringen/{id}/resultaat.csv",
            get(downloads::result_csv),
        ),
        (
            Method::GET,
            "/aanleveringen/{id}/resultaat.json",
            get(downloads::result_json),
        ),
        (
            Method::GET,
            "/proefbank/{id}/ontvangst.json",
            get(downloads::receipt_json),
        ),
        (
            Method::GET,
            "/proefbank/{id}/resultaat.csv",
            get(downloads::result_csv),
        ),
        (
            Method::GET,
            "/proefbank/{id}/resultaat.json",
            get(downloads::result_json),
        ),
        (
            Method::GET,
            "/aanleveringen/{id}/verbeteren",
            get(downloads::own_file),
        ),
    ]
}

/// Outside sessions: files and what machines ask.
fn file_routes(web: &Web, files: &Files) -> Vec<(&'static str, MethodRouter)> {
    let root = &web.config.server.site_root;
    let file = |name: &str| ServeFile::new(root.join(name));
    // Names do not change with their content: ask each time, and send it only when it is another (304).
    let ask = |served: MethodRouter| {
        served.layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-cache"),
        ))
    };
    vec![
        ("/pkg/{*file}", files.served()),
        ("/favicon.svg", ask(get_service(file("favicon.svg")))),
        ("/robots.txt", ask(get_service(file("robots.txt")))),
        ("/healthz", get(health::alive)),
        (
            "/readyz",
            get(health::ready).with_state(health::Watched::from(web)),
        ),
        ("/version", get(health::version)),
    ]
}

/// The routes with a large body; [`uploads`] and [`worklist_file`] count by themselves (security L13).
fn upload_routes(web: &Web, worklists: Arc<dyn Worklists>) -> Router<LeptosOptions> {
    let real: MethodRouter<LeptosOptions> = post(uploads::receive).with_state(web.clone());
    let trial: MethodRouter<LeptosOptions> = post(uploads::try_out).with_state(web.clone());
    let worklist: MethodRouter<LeptosOptions> = post(worklist_file::receive)
        .layer(Extension(worklists))
        .with_state(web.clone());
    Router::new()
        .route(UPLOAD, real.layer(DefaultBodyLimit::disable()))
        .route(TRIAL, trial.layer(DefaultBodyLimit::disable()))
        .route(WORKLIST, worklist.layer(DefaultBodyLimit::disable()))
}

/// What this router really serves, for the check against the table.
fn served(
    pages: &[AxumRouteListing],
    own: &[Handler],
    files: &[(&'static str, MethodRouter)],
) -> Vec<(Method, String)> {
    let pages = pages
        .iter()
        .map(|page| (Method::GET, page.path().to_owned()));
    let calls =
        leptos::server_fn::axum::server_fn_paths().map(|(path, method)| (method, path.to_owned()));
    let own = own
        .iter()
        .map(|(method, path, _)| (method.clone(), (*path).to_owned()));
    let files = files
        .iter()
        .map(|(path, _)| (Method::GET, (*path).to_owned()));
    let upload = [UPLOAD, TRIAL, WORKLIST].map(|path| (Method::POST, path.to_owned()));
    pages
        .chain(calls)
        .chain(own)
        .chain(files)
        .chain(upload)
        .collect()
}

/// What pages and server functions find in their context: the ports, and the policy that fits the page's nonce.
fn context(web: Web, ports: Ports) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let parts = use_context::<Parts>();
        let visit = parts
            .as_ref()
            .and_then(|parts| parts.extensions.get::<Visit>().cloned());
        let visit = visit.unwrap_or_else(|| Visit {
            request_id: crate::clock::new_key(),
            standing: Standing::Nobody,
        });
        let headers = parts.map(|parts| parts.headers).unwrap_or_default();
        provide_context::<Arc<dyn Sessions>>(Arc::new(RequestSessions::new(
            web.clone(),
            visit,
            &headers,
        )));
        provide_context(Arc::clone(&ports.entry));
        provide_context(Arc::clone(&ports.deliveries));
        provide_context(Arc::clone(&ports.review));
        provide_context(Arc::clone(&ports.news));
        provide_context(Arc::clone(&ports.withdrawals));
        provide_context(Arc::clone(&ports.decisions));
        provide_context(Arc::clone(&ports.parties));
        provide_context(Arc::clone(&ports.persons));
        provide_context(Arc::clone(&ports.users));
        provide_context(Arc::clone(&ports.locations));
        provide_context(Arc::clone(&ports.worklists));
        provide_context(Arc::clone(&ports.cards));
        provide_context(Arc::clone(&ports.accounts));
        provide_context(Arc::clone(&ports.operations));
        provide_context(Arc::clone(&ports.onboarding));
        provide_context(Arc::clone(&ports.code_lists));
        provide_context(Arc::clone(&ports.corrections));
        provide_context(Arc::clone(&web.lists.borrow()));
        if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
            && let Ok(policy) =
                HeaderValue::try_from(headers::page_policy(&nonce, &web.provider.origin()))
        {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// The page "bestaat niet of u hebt er geen toegang toe": for unknown paths and for the wrong role alike.
fn not_found(
    options: &LeptosOptions,
    context: impl Fn() + Clone + Send + Sync + 'static,
) -> NotFound {
    let options = options.clone();
    let render =
        leptos_axum::render_app_async_with_context(context, move || app::shell(options.clone()));
    Arc::new(move |mut request: Request| {
        // One address for all, so that the answers are the same to the byte.
        *request.uri_mut() = Uri::from_static(NOT_FOUND);
        let page = render(request);
        Box::pin(async move {
            let mut response = page.await.into_response();
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        })
    })
}

fn options(web: &Web, files: &Files) -> LeptosOptions {
    let server = &web.config.server;
    LeptosOptions::builder()
        .output_name("cims")
        .site_root(server.site_root.display().to_string())
        .site_pkg_dir(files.place())
        .site_addr(server.listen)
        .build()
}
