//! Every route of the table, not a sample: headers, origins, methods, and who gets in (security B20, B21).

use crate::browser::{Answer, bare, raw};
use crate::house::{House, upload};
use crate::portal::{ORIGIN, Portal};
use crate::stands::{NURSE, who_may};
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use domain::role::Role;
use server::web::headers::FIXED;
use server::web::routes::{ANY, Access, Kind, Route, routes};
use std::collections::BTreeSet;

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

/// Ends the session that the rest is asked with, so it comes last.
const LOG_OUT: &str = "/auth/uitloggen";

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
        // The page about what is not found exists.
        let expected = route.path == "/niet-gevonden";
        assert_eq!(
            nothing, expected,
            "{} {}: {}",
            route.method, route.path, answer.status
        );
    }
}

#[tokio::test]
async fn what_a_page_loads_is_kept_until_it_changes() {
    let portal = Portal::new().await;
    let page = raw(&portal.router, bare(&Method::GET, "/hulp")).await;
    let (_, rest) = page.body.split_once("href=\"/pkg/").expect("its style");
    let sheet = format!("/pkg/{}", rest.split_once('"').expect("an address").0);
    let ask = async |path: &str| {
        let mut request = bare(&Method::GET, path);
        // As a browser that has something of this address: what it has may be of another version.
        let newer = "Fri, 31 Dec 2100 00:00:00 GMT".parse().expect("a time");
        request
            .headers_mut()
            .insert(header::IF_MODIFIED_SINCE, newer);
        let answer = raw(&portal.router, request).await;
        let cache = answer.headers[header::CACHE_CONTROL].to_str();
        (answer.status.as_u16(), cache.expect("ascii").to_owned())
    };
    let is = |status: u16, cache: &str| (status, cache.to_owned());
    let kept = is(200, "public, max-age=31536000, immutable");
    assert_eq!(ask(&sheet).await, kept, "{sheet}");
    let of_another_version = "/pkg/0123456789abcdef/cims.css";
    assert_eq!(ask(of_another_version).await, is(200, "no-store"));
    assert_eq!(ask("/pkg/cims.css").await, is(304, "no-cache"));
    let gone = sheet.replace("cims.css", "weg.css");
    assert_eq!(ask(&gone).await, is(404, "no-store"));
    // Written anew while the server runs: that is not what the digest stands for.
    let file = portal.test.dir.path().join("site/pkg/cims.css");
    std::fs::write(file, "body{color:red}").expect("written");
    assert_eq!(ask(&sheet).await, is(200, "no-store"));
}

/// The nonce of a policy, when it has one.
fn nonce(policy: &str) -> Option<&str> {
    let (_, rest) = policy.split_once("'nonce-")?;
    Some(rest.split_once('\'')?.0)
}

/// Nothing in a page runs without the nonce of its answer, and no nonce comes twice.
fn runs_only_with_its_nonce(name: &str, answer: &Answer, nonces: &mut BTreeSet<String>) {
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .expect("ascii");
    let nonce = nonce(policy);
    let marked = nonce.map(|nonce| format!("nonce=\"{nonce}\""));
    for tag in answer.body.split("<script").skip(1) {
        let tag = tag.split_once('>').map_or("", |(tag, _)| tag);
        assert!(
            marked.as_ref().is_some_and(|mark| tag.contains(mark)),
            "{name}: <script{tag}> under {policy}"
        );
    }
    for inline in [
        " style=\"",
        " onclick=",
        " onload=",
        " onsubmit=",
        "<style",
        "javascript:",
    ] {
        assert!(!answer.body.contains(inline), "{name}: {inline}");
    }
    if let Some(nonce) = nonce {
        assert!(nonce.len() >= 22, "{name}: {nonce} can be guessed");
        assert!(
            nonces.insert(nonce.to_owned()),
            "{name}: {nonce} came before"
        );
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let house = House::new().await;
    let portal = &house.portal;
    let mut nonces = BTreeSet::new();
    let mut asked: Vec<(Method, String, &str, Kind)> = routes()
        .iter()
        .map(|route| (method(route), filled(route), who_may(route), route.kind))
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
        asked.push((Method::GET, path.to_owned(), NURSE, Kind::Own));
    }
    asked.extend(
        [Method::TRACE, Method::OPTIONS, Method::DELETE, Method::PUT]
            .map(|method| (method, "/".to_owned(), NURSE, Kind::Own)),
    );
    // Logging out ends what the rest is asked with.
    asked.sort_by_key(|(_, path, ..)| path == LOG_OUT);
    for (method, path, who, route_kind) in asked {
        // The second time tells whether the nonce is of this answer alone.
        for logged_in in [false, true, true] {
            let mut request = bare(&method, &path);
            request
                .headers_mut()
                .insert("sec-fetch-site", "same-origin".parse().expect("value"));
            request
                .headers_mut()
                .insert(header::ACCEPT, "text/html".parse().expect("value"));
            let answer = if logged_in {
                house.of(who).send(request).await
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
            runs_only_with_its_nonce(&name, &answer, &mut nonces);
            let made_by_app = route_kind == Kind::Page && !answer.status.is_redirection();
            assert!(
                !made_by_app || nonce(policy).is_some(),
                "{name}: a page without a nonce: {policy}"
            );
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
            let file = path.starts_with("/pkg/") || path == "/favicon.svg" || path == "/robots.txt";
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
    assert!(nonces.len() > 150, "{} nonces", nonces.len());
}

#[tokio::test]
async fn a_page_sends_forms_to_us_and_to_the_login_service_alone() {
    let portal = Portal::new().await;
    for path in ["/inloggen", "/nergens"] {
        let answer = raw(&portal.router, bare(&Method::GET, path)).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("ascii");
        assert!(
            policy.contains(&format!("form-action 'self' {};", portal.provider.issuer())),
            "{policy}"
        );
        assert!(nonce(policy).is_some_and(|nonce| answer.body.contains(nonce)));
    }
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

/// Every role, and who has it.
fn roles() -> Vec<(Role, &'static str)> {
    let of = |role: Role| match role {
        // The manager of an institution that nobody approved yet.
        Role::OpProef => (role, "op-proef"),
        role => (role, role.as_str()),
    };
    ANY.iter().copied().map(of).collect()
}

/// Whether the guard shut somebody out since `before`: it writes down each one.
async fn refusals(portal: &Portal) -> i64 {
    portal
        .count("SELECT count(*) FROM audit_lines WHERE event = 'access.refused'")
        .await
}

#[tokio::test]
async fn each_route_is_for_whom_the_table_says() {
    let house = House::new().await;
    let portal = &house.portal;
    let people = roles();
    assert_eq!(people.len(), 9, "every role that is given");
    let mut asked: Vec<_> = routes()
        .iter()
        .filter(|route| route.kind != Kind::Plain)
        .collect();
    asked.sort_by_key(|route| route.path == LOG_OUT);
    for route in asked {
        let ask = || {
            let mut request = bare(&method(route), &filled(route));
            let headers = request.headers_mut();
            headers.insert("sec-fetch-site", "same-origin".parse().expect("value"));
            headers.insert(header::ACCEPT, "text/html".parse().expect("value"));
            request
        };
        let name = format!("{} {}", route.method, route.path);
        let stranger = raw(&portal.router, ask()).await;
        let turned_away =
            stranger.location().starts_with("/inloggen") && !route.path.starts_with("/auth/");
        let open = matches!(route.access, Access::Open | Access::Front);
        assert_eq!(
            turned_away,
            !open,
            "{name}: {} {}",
            stranger.status,
            stranger.location()
        );
        let Access::Roles(may) = route.access else {
            continue;
        };
        for (role, who) in &people {
            let before = refusals(portal).await;
            let mut browser = house.of(who);
            let answer = if route.method == "GET" {
                browser.send(ask()).await
            } else {
                browser.post(route.path, "").await
            };
            let shut_out = refusals(portal).await > before;
            assert_eq!(
                shut_out,
                !may.contains(role),
                "{name} as {role:?}: {}",
                answer.status
            );
            let nothing = answer
                .body
                .contains("Deze pagina bestaat niet of u hebt er geen toegang toe.");
            if shut_out {
                assert!(
                    answer.status == StatusCode::NOT_FOUND && nothing,
                    "{name} as {role:?}: {}",
                    answer.status
                );
            } else if route.method == "GET"
                && !route.path.contains('{')
                // The later steps are of a draft.
                && !route.path.starts_with("/registreren/")
            {
                assert_eq!(
                    answer.status,
                    StatusCode::OK,
                    "{name} as {role:?}: {}",
                    answer.location()
                );
            }
        }
    }
}

#[tokio::test]
async fn a_release_list_over_the_limit_is_told_in_words_about_a_file() {
    let house = House::new().await;
    let list = upload("/codelijsten/inlezen", &"a".repeat(1 << 20));
    let answer = house.of("rivm-beheer").send(list).await;
    assert_eq!(
        answer.location(),
        "/codelijsten/batches?lijst=groot#foutoverzicht"
    );
    let page = house.of("rivm-beheer").get(answer.location()).await;
    let told = page.body.contains("Het bestand is groter dan 1 MB.");
    assert!(told, "{}", page.body);
}

/// Kept out by its size: with a page that says so, or on the page of an upload.
fn too_big(route: &Route, answer: &Answer) -> bool {
    let to = answer.location();
    let said = answer.status == StatusCode::PAYLOAD_TOO_LARGE
        && answer.body.contains("Wat u verstuurde, is te groot.");
    // Uploads count by themselves, and what is no upload at all they say on their page.
    said || (route.kind == Kind::Own
        && answer.status == StatusCode::SEE_OTHER
        && (to.contains("fout=")
            || to.contains("bestand=")
            || to.contains("lijst=")
            || to.contains("melding=")))
}

#[tokio::test]
async fn a_body_over_the_limit_is_read_by_no_route() {
    const SIZE: usize = (1 << 20) + 1;
    let house = House::new().await;
    let before = house.portal.count("SELECT count(*) FROM drafts").await;
    let posts = || routes().iter().filter(|route| route.method == "POST");
    for route in posts() {
        let ask = |body: Body| {
            Request::post(route.path)
                .header("sec-fetch-site", "same-origin")
                .header(header::ACCEPT, "text/html")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body)
                .expect("request")
        };
        // Said beforehand, and found out while reading.
        let mut said = ask(Body::from(vec![b'a'; SIZE]));
        said.headers_mut()
            .insert(header::CONTENT_LENGTH, SIZE.into());
        let portions = std::iter::repeat_n(Bytes::from(vec![b'a'; 1 << 16]), (SIZE >> 16) + 1);
        let portions = portions.map(Ok::<_, std::io::Error>);
        let found = ask(Body::from_stream(futures::stream::iter(portions)));
        for (how, request) in [("said", said), ("found", found)] {
            let answer = house.of(who_may(route)).send(request).await;
            // Who takes no body at all does not read it either.
            let takes_none = matches!(route.path, "/sessie/verleng");
            assert!(
                too_big(route, &answer) || (takes_none && answer.status.is_success()),
                "{} {how}: {} {} {}",
                route.path,
                answer.status,
                answer.location(),
                answer.body
            );
        }
    }
    let after = house.portal.count("SELECT count(*) FROM drafts").await;
    assert_eq!(after, before, "nothing came of any of them");
}
