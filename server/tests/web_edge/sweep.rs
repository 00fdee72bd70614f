//! Every route of the table, not a sample: headers, origins, methods, and who gets in (security B20, B21).

use crate::browser::{bare, raw};
use crate::portal::{ORIGIN, Portal};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use server::web::headers::FIXED;
use server::web::routes::{Access, Kind, Route, routes};

/// A path of the table with something in its holes.
fn filled(route: &Route) -> String {
    let id = "01890000-0000-7000-8000-000000000000";
    let parts = route.path.split('/').map(|part| match part {
        "{*file}" => "cims.css",
        "{id}" | "{incident}" => id,
        "{code}" => "P03",
        "{reference}" => "2026-000001-1",
        other => other,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn method(route: &Route) -> Method {
    Method::from_bytes(route.method.as_bytes()).expect("method")
}

#[tokio::test]
async fn the_table_and_what_is_served_are_the_same() {
    let portal = Portal::new().await;
    for route in routes() {
        let mut request = bare(&method(route), &filled(route));
        request
            .headers_mut()
            .insert("sec-fetch-site", "same-origin".parse().expect("value"));
        let answer = raw(&portal.router, request).await;
        let nothing = matches!(
            answer.status,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
        );
        // The page about what is not found exists; a folder of fonts is empty in this test.
        let expected = matches!(route.path, "/niet-gevonden" | "/fonts/{*file}");
        assert_eq!(
            nothing, expected,
            "{} {}: {}",
            route.method, route.path, answer.status
        );
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let nurse = portal.logged_in("nurse").await;
    let mut asked: Vec<(Method, String)> = routes()
        .iter()
        .map(|route| (method(route), filled(route)))
        .collect();
    // Answers that are no route: unknown, wrong method, path tricks, a file that is not there.
    for path in [
        "/nergens",
        "/pkg/nothing.js",
        "/pkg/../../Cargo.toml",
        "/pkg/%2e%2e/%2e%2e/etc/passwd",
        "/.git/config",
        "/api/onbekend",
    ] {
        asked.push((Method::GET, path.to_owned()));
    }
    asked.extend(
        [Method::TRACE, Method::OPTIONS, Method::DELETE, Method::PUT]
            .map(|method| (method, "/".to_owned())),
    );
    for (method, path) in asked {
        for logged_in in [false, true] {
            let mut request = bare(&method, &path);
            request
                .headers_mut()
                .insert("sec-fetch-site", "same-origin".parse().expect("value"));
            request
                .headers_mut()
                .insert(header::ACCEPT, "text/html".parse().expect("value"));
            let answer = if logged_in {
                nurse.clone().send(request).await
            } else {
                raw(&portal.router, request).await
            };
            let name = format!("{method} {path} {}", answer.status);
            for (header, value) in FIXED {
                assert_eq!(
                    answer.headers.get(&header).map(|one| one.as_bytes()),
                    Some(value.as_bytes()),
                    "{name}: {header}"
                );
            }
            let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .expect("ascii");
            assert!(policy.contains("default-src 'none'"), "{name}: {policy}");
            for never in ["unsafe-inline", "'unsafe-eval'", "*", "http: ", "data:"] {
                assert!(!policy.contains(never), "{name}: {policy}");
            }
            assert_eq!(
                answer
                    .headers
                    .get_all(header::CONTENT_SECURITY_POLICY)
                    .iter()
                    .count(),
                1,
                "{name}"
            );
            let cache = answer.headers[header::CACHE_CONTROL]
                .to_str()
                .expect("ascii");
            let file = path.starts_with("/pkg/")
                || path.starts_with("/fonts/")
                || path == "/favicon.svg"
                || path == "/robots.txt";
            assert_eq!(cache, if file { "no-cache" } else { "no-store" }, "{name}");
            let kind = answer
                .headers
                .get(header::CONTENT_TYPE)
                .map_or("", |kind| kind.to_str().expect("ascii"));
            assert!(
                !kind.starts_with("text/") || kind.contains("charset=utf-8"),
                "{name}: {kind}"
            );
            for absent in ["server", "x-powered-by", "access-control-allow-origin"] {
                assert!(!answer.headers.contains_key(absent), "{name}: {absent}");
            }
            for cookie in answer
                .cookies()
                .iter()
                .filter(|one| one.starts_with("__Host-"))
            {
                for wanted in ["Secure", "HttpOnly", "SameSite=", "Path=/"] {
                    assert!(cookie.contains(wanted), "{name}: {cookie}");
                }
            }
            let says_so = path.starts_with("/storing/");
            assert_eq!(
                answer.status == StatusCode::INTERNAL_SERVER_ERROR,
                says_so,
                "{name}: {}",
                answer.body
            );
            assert!(
                !answer.body.contains("root:") && !answer.body.contains("[workspace"),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_page_runs_only_scripts_with_the_nonce_of_its_policy() {
    let portal = Portal::new().await;
    let mut nonces = Vec::new();
    for path in ["/inloggen", "/inloggen", "/nergens"] {
        let answer = raw(&portal.router, bare(&Method::GET, path)).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("ascii")
            .to_owned();
        let nonce = policy
            .split_once("'nonce-")
            .and_then(|(_, rest)| rest.split_once('\''))
            .map(|(nonce, _)| nonce.to_owned());
        let nonce = nonce.unwrap_or_else(|| panic!("{path}: {policy}"));
        assert!(
            policy.contains(&format!("form-action 'self' {}", portal.provider.issuer())),
            "{policy}"
        );
        assert!(
            answer.body.contains(&format!("nonce=\"{nonce}\"")),
            "{path}: {}",
            answer.body
        );
        for tag in answer.body.split("<script").skip(1) {
            let tag = tag.split_once('>').map_or("", |(tag, _)| tag);
            assert!(
                tag.contains(&format!("nonce=\"{nonce}\"")),
                "{path}: <script{tag}>"
            );
        }
        assert!(
            !answer.body.contains(" style=\"") && !answer.body.contains(" onclick="),
            "{path}"
        );
        nonces.push(nonce);
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 3, "one per answer");
}

#[tokio::test]
async fn nothing_changes_at_the_wish_of_another_site() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let nurse = portal.logged_in("nurse").await;
    let before = portal.count("SELECT count(*) FROM audit_lines").await;
    let lies: [&[(&str, &str)]; 8] = [
        &[],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
        ],
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "http://evil.localhost:3000"),
        ],
        &[("sec-fetch-site", "none")],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost:3000.evil.example")],
        &[("sec-fetch-site", "cross-site"), ("origin", ORIGIN)],
    ];
    let mutating: Vec<&Route> = routes()
        .iter()
        .filter(|route| route.method != "GET")
        .collect();
    assert!(mutating.len() >= 15, "the table lost its posts");
    for route in mutating {
        for lie in lies {
            for kind in [
                "application/x-www-form-urlencoded",
                "text/plain",
                "application/json",
            ] {
                let mut request = Request::builder()
                    .method(route.method)
                    .uri(filled(route))
                    .header(header::CONTENT_TYPE, kind);
                for (name, value) in lie {
                    request = request.header(*name, *value);
                }
                let answer = nurse
                    .clone()
                    .send(request.body(Body::from("a=b")).expect("request"))
                    .await;
                assert_eq!(
                    answer.status,
                    StatusCode::FORBIDDEN,
                    "{} {lie:?} {kind}",
                    route.path
                );
            }
        }
        if !routes()
            .iter()
            .any(|other| other.method == "GET" && other.path == route.path)
        {
            let answer = nurse.clone().get(&filled(route)).await;
            assert_eq!(
                answer.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "GET {}",
                route.path
            );
        }
    }
    assert_eq!(
        portal.count("SELECT count(*) FROM audit_lines").await,
        before,
        "nothing happened"
    );
    assert_eq!(
        portal
            .count("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
            .await,
        1,
        "still logged in"
    );
}

#[tokio::test]
async fn methods_we_do_not_use_are_refused_everywhere() {
    let portal = Portal::new().await;
    for route in routes() {
        for method in [
            Method::TRACE,
            Method::OPTIONS,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
            Method::CONNECT,
        ] {
            let mut request = bare(&method, &filled(route));
            request
                .headers_mut()
                .insert("sec-fetch-site", "same-origin".parse().expect("value"));
            let answer = raw(&portal.router, request).await;
            assert_eq!(
                answer.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {}",
                route.path
            );
        }
    }
}

#[tokio::test]
async fn each_route_is_for_whom_the_table_says() {
    let portal = Portal::new().await;
    portal.nurse().await;
    portal.user("judge", &[("rivm-beoordelaar", None)]).await;
    let nurse = portal.logged_in("nurse").await;
    let judge = portal.logged_in("judge").await;
    for route in routes()
        .iter()
        .filter(|route| route.kind != Kind::Plain && route.path != "/auth/uitloggen")
    {
        let ask = || {
            let mut request = bare(&method(route), &filled(route));
            request
                .headers_mut()
                .insert("sec-fetch-site", "same-origin".parse().expect("value"));
            request
                .headers_mut()
                .insert(header::ACCEPT, "text/html".parse().expect("value"));
            request
        };
        let stranger = raw(&portal.router, ask()).await;
        let turned_away =
            stranger.location().starts_with("/inloggen") && !route.path.starts_with("/auth/");
        let open = matches!(route.access, Access::Open | Access::Front);
        assert_eq!(
            turned_away,
            !open,
            "{} {}: {} {}",
            route.method,
            route.path,
            stranger.status,
            stranger.location()
        );
        if let Access::Roles(roles) = route.access {
            let shut = |browser: &crate::browser::Browser, role| {
                let mut browser = browser.clone();
                async move { (roles.contains(&role), browser.send(ask()).await) }
            };
            for (may, answer) in [
                shut(&nurse, domain::role::Role::Invoerder).await,
                shut(&judge, domain::role::Role::RivmBeoordelaar).await,
            ] {
                let shown_nothing = answer
                    .body
                    .contains("Deze pagina bestaat niet of u hebt er geen toegang toe.");
                assert!(
                    may || (answer.status == StatusCode::NOT_FOUND && shown_nothing),
                    "{} {}: {}",
                    route.method,
                    route.path,
                    answer.status
                );
            }
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let portal = Portal::new().await;
    let request = Request::post("/api/taal")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::CONTENT_LENGTH, (1 << 20) + 1)
        .body(Body::from(vec![b'a'; (1 << 20) + 1]))
        .expect("request");
    assert_eq!(
        raw(&portal.router, request).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}
