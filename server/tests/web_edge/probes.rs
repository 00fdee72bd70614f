//! What belongs to one institution does not exist for another: every route with a key in it, from the table, by a form
//! that its owner may send (security B3). The answer is the guard's own "not there", and nothing moves. A new route has
//! to be said how it is asked.

use crate::browser::Answer;
use crate::house::{House, TRACES, form, key, with_row};
use crate::stands::{self, MANAGER, NURSE, Send, Stand, changed, shown};
use axum::http::StatusCode;
use domain::role::Role;
use server::web::routes::{Access, Route, routes};
use uuid::Uuid;

/// Manages another institution.
const SPY: &str = "vreemd";

/// What an answer says, without what differs between two answers that say the same.
fn said(answer: &Answer, key: &str) -> (StatusCode, String, String) {
    let clean = |text: &str| text.replace(key, "");
    (
        answer.status,
        without_draft(&clean(answer.location())),
        clean(&answer.page()),
    )
}

/// An address without the key of the draft it leads to: what was typed may have gone into a new one.
fn without_draft(address: &str) -> String {
    let Some((path, rest)) = address.split_once("concept=") else {
        return address.to_owned();
    };
    let key = rest.get(..36).filter(|key| key.parse::<Uuid>().is_ok());
    format!("{path}concept={}", &rest[key.map_or(0, str::len)..])
}

/// For people of institutions: RIVM works for all of them.
fn is_of_institutions(route: &&Route) -> bool {
    matches!(route.access, Access::Roles(roles) if roles.contains(&Role::Instellingsbeheerder))
        || route.access == Access::LoggedIn
}

/// Every key in an address or form becomes one of nothing.
fn of_nothing(text: &str) -> String {
    let mut text = text.to_owned();
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    for at in starts {
        let Some(part) = text.get(at..at + 36) else {
            break;
        };
        if part.parse::<Uuid>().is_ok() {
            text.replace_range(at..at + 36, &Uuid::now_v7().to_string());
        }
    }
    match text.strip_prefix("/registreren/klaar/") {
        Some(_) => "/registreren/klaar/2019-000001-1".to_owned(),
        None => text,
    }
}

/// What an institution could lose: everything it has, and how it stands.
async fn state(house: &House) -> Vec<String> {
    let mut state = Vec::new();
    for (table, columns) in [
        (
            "deliveries",
            "id, state, outcome, repairs_off, sheet, with_hidden",
        ),
        ("delivery_rows", "id, outcome, state"),
        ("drafts", "id, sealed"),
        ("reports", "id, version, mutation"),
        ("receipts", "reference"),
        ("withdrawals", "id, state"),
        ("worklists", "user_id, sealed"),
        ("sessions", "id, revoked_at"),
        ("invitations", "id, ended_at"),
        ("user_roles", "user_id, role, ended_at"),
        ("locations", "id, name, ended_at"),
        ("kept_forms", "id, sealed"),
    ] {
        let sql = format!(
            "SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM (SELECT {columns} FROM {table} o
             WHERE NOT EXISTS (SELECT FROM users u JOIN user_roles r ON r.user_id = u.id JOIN parties p ON p.id = r.party_id
                               WHERE p.code = 'DUINZICHT' AND {}) ) AS t",
            match table {
                "sessions" | "worklists" | "user_roles" | "drafts" | "kept_forms" => "u.id = o.user_id",
                "delivery_rows" | "deliveries" | "reports" | "receipts" | "withdrawals"
                | "invitations" | "locations" => "p.id = o.party_id",
                other => panic!("{other}"),
            }
        );
        let digest: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&house.portal.test.admin)
            .await
            .unwrap_or_else(|error| panic!("{table}: {error}"));
        state.push(format!("{table} {digest}"));
    }
    state
}

/// A form with the key of somebody else that shows or changes no person; none when it takes no key.
async fn plain_form(house: &mut House, route: &Route) -> Option<String> {
    let subject = |name: &str| format!("SELECT id FROM users WHERE subject = '{name}'");
    let preview = async |house: &mut House| {
        let row = house.another("EJ6795");
        house.preview(&[row]).await
    };
    Some(match route.path {
        "/api/registreren-vaccinatie" => {
            let concept = house.draft(NURSE).await.to_string();
            let row = house.another("EJ6796");
            with_row(&[("concept", concept.as_str())], "row", &row)
        }
        "/api/registreren-weggooien" => format!("concept={}", house.draft(NURSE).await),
        "/api/aanlevering-herstel" => {
            format!("delivery={}&code=H05&on=false", preview(house).await)
        }
        "/api/aanlevering-werkblad" => format!("delivery={}&sheet=0", preview(house).await),
        "/api/aanlevering-verborgen" => format!("delivery={}&on=true", preview(house).await),
        "/api/aanlevering-voortgang" => format!("delivery={}", preview(house).await),
        "/api/sessie-beeindigen" => {
            let of = subject(NURSE).replace("SELECT id", "SELECT s.id");
            let of = of.replace("users", "users u JOIN sessions s ON s.user_id = u.id");
            format!("session={}", house.id(&of).await)
        }
        "/api/sessies-beeindigen" => format!("user={}", house.id(&subject(NURSE)).await),
        "/api/uitnodiging-intrekken" => {
            let path = "/api/gebruiker-uitnodigen";
            let to = house.post(MANAGER, path, "name=Nel&role=invoerder").await;
            format!("id={}", key(&to))
        }
        "/api/gebruiker-beeindigen" | "/api/gebruiker-toelaten" => {
            format!("user={}&role=invoerder", house.id(&subject(NURSE)).await)
        }
        "/api/locatie-wijzigen" | "/api/locatie-beeindigen" => {
            let path = "/api/locatie-toevoegen";
            house.post(MANAGER, path, "name=Oost").await;
            let of = "SELECT id FROM locations WHERE ended_at IS NULL LIMIT 1";
            format!("id={}&name=West", house.id(of).await)
        }
        "/api/bewaard-weggooien" => format!("id={}", house.kept().await),
        "/api/instelling-kiezen" => {
            let of = "SELECT id FROM parties WHERE code = 'ZONNEHOF'";
            format!("instelling={}", house.id(of).await)
        }
        // The own list, the own session, somebody new: there is no key to lie about.
        "/api/werklijst-weggooien"
        | "/sessie/verleng"
        | "/api/gebruiker-uitnodigen"
        | "/api/locatie-toevoegen" => {
            return None;
        }
        other => panic!("POST {other}: say whose key it is sent with, or that it takes none"),
    })
}

/// How somebody else asks for it; `None` when it takes no key of anybody.
async fn foreign(house: &mut House, route: &Route) -> Option<Stand> {
    let plain = |path: String, send| Stand {
        by: SPY,
        path,
        send,
        line: ("", crate::stands::About::Person),
    };
    match (route.method, route.path) {
        // Here the caller's own is shown or made, whatever is asked.
        (_, "/werklijst" | "/registraties" | "/aanleveren" | "/proefbank")
        | (
            "POST",
            "/api/werklijst-maken" | "/api/werklijst-verder" | "/api/werklijst-registreren",
        ) => None,
        ("POST", "/api/registreren-persoon" | "/api/registreren-bewaren") => {
            let concept = house.draft(NURSE).await.to_string();
            let row = house.another("EJ6796");
            let form = with_row(&[("concept", concept.as_str())], "row", &row);
            Some(plain(route.path.to_owned(), Send::Form(form)))
        }
        ("GET", _) if route.person_data => Some(shown(house, route).await),
        ("GET", _) => {
            // Without a key in it there is nothing of somebody else to ask for.
            if !route.path.contains('{') {
                return None;
            }
            let path = stands::plain(house, route).await;
            Some(plain(path, Send::Get))
        }
        _ if route.person_data => Some(changed(house, route).await),
        _ => {
            let form = plain_form(house, route).await?;
            Some(plain(route.path.to_owned(), Send::Form(form)))
        }
    }
}

/// Answers that are the same whether a thing is somebody else's or not there, but are no page about that: a list that is
/// shown again with a word, a call of a script, a form that nobody waits for.
const SAME_WORD: [&str; 9] = [
    "/api/aanlevering-voortgang",
    "/api/regels-voorzien",
    "/api/registreren-bewaren",
    "/api/sessie-beeindigen",
    "/api/sessies-beeindigen",
    "/api/uitnodiging-intrekken",
    "/api/gebruiker-beeindigen",
    "/api/gebruiker-toelaten",
    "/api/instelling-kiezen",
];

/// What was typed for a draft that is not there, or not theirs, goes into one of their own.
const OWN_DRAFT: [&str; 2] = ["/api/registreren-persoon", "/api/registreren-vaccinatie"];

#[tokio::test]
async fn a_foreign_key_answers_as_if_it_were_not_there() {
    let mut house = House::new().await;
    let mut probes = 0;
    for route in routes().iter().filter(is_of_institutions) {
        house.clear().await;
        let Some(stand) = foreign(&mut house, route).await else {
            continue;
        };
        let before = state(&house).await;
        let spy = house.of(SPY);
        let ask = async |path: &str, form: Option<&str>| match form {
            None => spy.clone().get(path).await,
            Some(form) => spy.clone().post(route.path, form).await,
        };
        let form = match &stand.send {
            Send::Form(form) => Some(form.as_str()),
            Send::Get | Send::File(_) => None,
        };
        let there = ask(&stand.path, form).await;
        let (path, nothing) = (of_nothing(&stand.path), form.map(of_nothing));
        let absent = ask(&path, nothing.as_deref()).await;
        let name = format!("{} {}", route.method, route.path);
        let own = |text: &str| key_in(text);
        let told = own(form.unwrap_or(&stand.path));
        let lied = own(nothing.as_deref().unwrap_or(&path));
        assert_eq!(said(&there, &told), said(&absent, &lied), "{name}");
        match form {
            None => assert_eq!(there.status, StatusCode::NOT_FOUND, "{name}"),
            Some(_) if SAME_WORD.contains(&route.path) => {}
            Some(_) if OWN_DRAFT.contains(&route.path) => {
                assert!(there.location().starts_with("/registreren"), "{name}");
                assert!(!there.location().contains(&told), "{name}: theirs");
            }
            Some(_) => assert_eq!(there.location(), "/niet-gevonden", "{name}: {}", there.body),
        }
        assert!(!there.status.is_server_error(), "{name}: {}", there.body);
        for trace in TRACES {
            assert!(!there.body.contains(trace), "{name}: {trace}");
        }
        assert_eq!(state(&house).await, before, "{name} moved something");
        probes += 1;
    }
    assert!(probes >= 45, "{probes} probes");
}

/// The first key or reference in an address or form.
fn key_in(text: &str) -> String {
    let windows = text
        .char_indices()
        .filter_map(|(at, _)| text.get(at..at + 36));
    let mut keys = windows.filter(|part| part.parse::<Uuid>().is_ok());
    match keys.next() {
        Some(key) => key.to_owned(),
        None => text.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

#[tokio::test]
async fn a_draft_is_its_makers_alone() {
    let mut house = House::new().await;
    let draft = house.draft(NURSE).await;
    let before = state(&house).await;
    for step in ["", "/vaccinatie", "/controleren"] {
        let path = format!("/registreren{step}?concept={draft}");
        let answer = house.of(MANAGER).get(&path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        let own = house.of(NURSE).get(&path).await;
        assert_eq!(own.status, StatusCode::OK, "{path}");
    }
    for call in ["versturen", "weggooien"] {
        let form = form(&[("concept", &draft.to_string())]);
        let path = format!("/api/registreren-{call}");
        let answer = house.of(MANAGER).post(&path, &form).await;
        assert_eq!(answer.location(), "/niet-gevonden", "{path}");
    }
    assert_eq!(state(&house).await, before);
}
