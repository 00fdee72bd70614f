//! Who sees or changes a person leaves a line: every route of the table, by a request of its own to the real router
//! (security G8, B30). What the table says of a route is held against what it does: `true` writes a line about the
//! right subject, `false` names nobody. A route without its stand in [`crate::stands`] fails.

use crate::browser::{Answer, Browser};
use crate::house::{House, TRACES, led_on, upload_for};
use crate::stands::{About, NURSE, Send, Stand, changed, plain, shown, who_may};
use crate::support::NAOMI;
use axum::http::StatusCode;
use domain::bsn::Bsn;
use server::web::routes::{Kind, Route, routes};

/// Lines of an event about somebody or something.
async fn lines(house: &House, event: &str, about: &About) -> i64 {
    let mac = house
        .portal
        .test
        .keys
        .bsn_mac(&Bsn::parse(NAOMI).expect("valid"));
    let (condition, text) = match about {
        About::Person => (
            "EXISTS (SELECT FROM audit_persons p LEFT JOIN persons r ON r.id = p.person_id
                     WHERE (p.shard, p.seq) = (l.shard, l.seq) AND $3 IN (p.person_mac, r.bsn_mac)) AND $2 = ''",
            String::new(),
        ),
        About::Thing(id) if id.is_nil() => ("$2 = '' AND $3 IS NOT NULL", String::new()),
        About::Thing(id) => (
            "strpos(l.line, $2) > 0 AND $3 IS NOT NULL",
            id.to_string(),
        ),
        About::List(name) => (
            "l.line::jsonb ->> 'list' = $2 AND $3 IS NOT NULL",
            (*name).to_owned(),
        ),
    };
    let sql = format!("SELECT count(*) FROM audit_lines l WHERE l.event = $1 AND {condition}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(event)
        .bind(text)
        .bind(mac.bytes.to_vec())
        .fetch_one(&house.portal.test.admin)
        .await
        .expect("lines")
}

/// Asks it as it stands there; a form or file has to lead on.
async fn ask(house: &House, route: &Route, stand: &Stand) -> Answer {
    let mut browser = house.of(stand.by);
    let answer = match &stand.send {
        Send::Get => browser.get(&stand.path).await,
        Send::Form(form) => browser.post(route.path, form).await,
        Send::File(content) => {
            let lane = match stand.path.as_str() {
                "/proefbank" => Some(house.lane().await),
                _ => None,
            };
            let request = upload_for(&stand.path, lane, content);
            browser.send(request).await
        }
    };
    match &stand.send {
        Send::Get => assert_eq!(
            answer.status,
            StatusCode::OK,
            "{}: {}",
            route.path,
            answer.location()
        ),
        // The one call that a script asks and that answers with what it found.
        Send::Form(_) if answer.status == StatusCode::OK => {
            assert_eq!(route.path, "/api/regels-voorzien");
        }
        Send::Form(_) | Send::File(_) => {
            led_on(route.path, &answer);
        }
    }
    answer
}

/// What of the one person stands in an answer.
fn traces(answer: &Answer) -> Vec<&'static str> {
    let said = format!("{} {}", answer.location(), answer.body);
    let stands = |trace: &&str| said.contains(*trace);
    TRACES.into_iter().filter(stands).collect()
}

/// Takes the log away, or gives it back.
async fn rename_log(house: &House, from: &str, to: &str) {
    let sql = format!("ALTER FUNCTION {from}(text, text, uuid[], bytea[], text) RENAME TO {to}");
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .execute(&house.portal.test.admin)
        .await
        .expect("renamed");
}

#[tokio::test]
async fn who_is_shown_a_person_leaves_a_line_and_without_it_sees_nothing() {
    let mut house = House::new().await;
    let mut telling = 0;
    let with_persons = |route: &&Route| route.person_data && route.method == "GET";
    for route in routes().iter().filter(with_persons) {
        house.clear().await;
        let stand = shown(&mut house, route).await;
        let (event, about) = &stand.line;
        let before = lines(&house, event, about).await;
        let answer = ask(&house, route, &stand).await;
        let after = lines(&house, event, about).await;
        assert!(after > before, "{}: no line {event}", route.path);
        telling += usize::from(!traces(&answer).is_empty());
        rename_log(&house, "audit_add", "audit_add_away").await;
        let answer = house.of(stand.by).get(&stand.path).await;
        rename_log(&house, "audit_add_away", "audit_add").await;
        assert!(
            answer.status.is_server_error() && traces(&answer).is_empty(),
            "{} without a line: {} {:?}",
            route.path,
            answer.status,
            traces(&answer)
        );
    }
    assert!(telling >= 12, "{telling} answers show the one person");
}

#[tokio::test]
async fn who_sends_in_or_changes_a_person_leaves_a_line() {
    let mut house = House::new().await;
    let with_persons = |route: &&Route| route.person_data && route.method == "POST";
    for route in routes().iter().filter(with_persons) {
        house.clear().await;
        let stand = changed(&mut house, route).await;
        let (event, about) = &stand.line;
        let before = lines(&house, event, about).await;
        let answer = ask(&house, route, &stand).await;
        let after = lines(&house, event, about).await;
        assert!(after > before, "{}: no line {event}", route.path);
        // A post answers with an address; nobody stands in it.
        assert_eq!(traces(&answer), Vec::<&str>::new(), "{}", route.path);
    }
}

/// Pages about something that went wrong.
const ABOUT_ERRORS: [&str; 4] = [
    "/storing/{incident}",
    "/niet-gevonden",
    "/even-wachten",
    "/gewijzigd",
];

/// So that there is something to tell; a form with all of their keys.
async fn something_of_everything(house: &mut House) -> String {
    let (reference, registration) = house.record(NURSE).await;
    let draft = house.draft(NURSE).await;
    let (delivery, row) = (house.refused(1).await, house.waiting().await);
    let card = house.card(true).await;
    format!(
        "concept={draft}&delivery={delivery}&registration={registration}&row={row}&card={card}&id={row}\
         &seen={row}&number=2&reason=x&same_as={reference}&taal=nl&kind=return&step=vrijgeven&name=Nel\
         &role=invoerder&user={row}&session={row}&request={row}&code=H05&on=true&to=mij"
    )
}

#[tokio::test]
async fn a_route_without_persons_names_nobody() {
    let mut house = House::new().await;
    let without = |route: &&Route| !route.person_data;
    let (calls, mut pages): (Vec<&Route>, Vec<&Route>) = routes()
        .iter()
        .filter(without)
        .partition(|route| route.method == "POST");
    // First on something of everything; then each with a thing of its own.
    pages.sort_by_key(|route| route.path.contains('{'));
    something_of_everything(&mut house).await;
    for route in pages {
        if route.path.contains('{') {
            house.clear().await;
        }
        let path = plain(&mut house, route).await;
        let mut browser = house.of(who_may(route));
        let answer = browser.get(&path).await;
        let elsewhere = answer.status.is_redirection() || route.path.starts_with("/auth/");
        assert!(
            answer.status == StatusCode::OK || elsewhere || ABOUT_ERRORS.contains(&route.path),
            "{path}: {}",
            answer.status
        );
        assert_eq!(traces(&answer), Vec::<&str>::new(), "{path}");
    }
    house.clear().await;
    let form = something_of_everything(&mut house).await;
    for route in calls {
        let mut browser: Browser = house.of(who_may(route));
        let answer = browser.post(route.path, &form).await;
        assert_eq!(traces(&answer), Vec::<&str>::new(), "{}", route.path);
        if route.kind == Kind::Call && answer.status.is_redirection() {
            let to = answer
                .location()
                .split('#')
                .next()
                .expect("path")
                .to_owned();
            assert!(to.starts_with('/'), "{}: {to}", route.path);
        }
    }
}
