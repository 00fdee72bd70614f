//! Two tabs, a double click, a late post: nothing that somebody typed is lost, and nothing is stored that nobody saw.
//! All of it as a browser without script sends it.

use crate::browser::query;
use crate::house::{Field, House, draft_in, form, hidden, revision, row, with_row};
use crate::support::{EREBOS, FROUKE};
use domain::row::{Column, RowText};
use uuid::Uuid;

const NURSE: &str = "invoerder";
const PERSON: &str = "/api/registreren-persoon";
const VACCINATION: &str = "/api/registreren-vaccinatie";
const SEND: &str = "/api/registreren-versturen";
const REPORTS: &str = "SELECT count(*) FROM reports";

fn person(bsn: &str, birth: &str) -> RowText {
    row(&[(Column::Bsn, bsn), (Column::Geboortedatum, birth)])
}

/// A form of a draft, as it was made when the draft said this.
fn typed(draft: Uuid, seen: &str, row: &RowText) -> String {
    let draft = draft.to_string();
    let fields: [Field<'_>; 3] = [("concept", &draft), ("revision", seen), ("confirmed", "1")];
    with_row(&fields, "row", row)
}

/// What a page of the draft brings along now.
async fn seen(house: &House, draft: Uuid) -> String {
    let page = format!("/registreren?concept={draft}");
    let page = house.of(NURSE).get(&page).await;
    revision(&page.body).to_owned()
}

#[tokio::test]
async fn a_person_typed_over_a_draft_that_was_sent_is_a_registration_of_its_own() {
    let mut house = House::new().await;
    let draft = house.draft(NURSE).await;
    let old = seen(&house, draft).await;
    let form = house.sends(NURSE, draft).await;
    let receipt = house.post(NURSE, SEND, &form).await;
    assert_eq!(
        house.post(NURSE, SEND, &form).await,
        receipt,
        "twice is once"
    );

    let other = person(EREBOS, "01-04-2000");
    let to = house.post(NURSE, PERSON, &typed(draft, &old, &other)).await;
    let new = draft_in(&to);
    assert!(new != draft && to.ends_with("&melding=verstuurd"), "{to}");
    let page = house.of(NURSE).get(&to).await;
    assert!(
        page.body
            .contains("De vorige registratie was al verstuurd.")
    );
    let jab = house.another("EJ6795");
    let form = typed(new, &seen(&house, new).await, &jab);
    let form = house.warned(NURSE, VACCINATION, &form).await;
    let to = house.post(NURSE, VACCINATION, &form).await;
    assert!(to.starts_with("/registreren/controleren"), "{to}");
    let form = house.sends(NURSE, new).await;
    assert_ne!(house.post(NURSE, SEND, &form).await, receipt);
    assert_eq!(house.portal.count(REPORTS).await, 2);

    // What was typed of a vaccination waits for its person.
    let to = house
        .post(NURSE, VACCINATION, &typed(draft, &old, &jab))
        .await;
    assert!(
        draft_in(&to) != draft && to.starts_with("/registreren?"),
        "{to}"
    );
    assert!(to.ends_with("&melding=verstuurd"), "{to}");
}

#[tokio::test]
async fn what_another_tab_changed_is_not_sent_unseen() {
    let mut house = House::new().await;
    let draft = house.draft(NURSE).await;
    let form = house.sends(NURSE, draft).await;
    let here = seen(&house, draft).await;
    let other = person(EREBOS, "01-04-2000");
    let to = house
        .post(NURSE, PERSON, &typed(draft, &here, &other))
        .await;
    assert_eq!(draft_in(&to), draft);

    let to = house.post(NURSE, SEND, &form).await;
    let check = format!("/registreren/controleren?concept={draft}&melding=gewijzigd");
    assert_eq!(to, check);
    assert_eq!(house.portal.count(REPORTS).await, 0);
    let page = house.of(NURSE).get(&to).await;
    assert!(page.body.contains("Niet verstuurd.") && page.body.contains(EREBOS));
    let blind = house.post(NURSE, SEND, &format!("concept={draft}")).await;
    assert_eq!(blind, check, "a form that does not say what it showed");

    let now = house.sends(NURSE, draft).await;
    let receipt = house.post(NURSE, SEND, &now).await;
    assert!(receipt.starts_with("/registreren/klaar/"), "{receipt}");
    let late = house.post(NURSE, SEND, &form).await;
    assert_eq!(late, format!("{receipt}?melding=anders"));
    let page = house.of(NURSE).get(&late).await;
    assert!(page.body.contains("Dat is niet opgeslagen."));
    assert_eq!(house.post(NURSE, SEND, &now).await, receipt);
    assert_eq!(house.portal.count(REPORTS).await, 1);
}

#[tokio::test]
async fn a_person_typed_over_what_another_tab_changed_is_kept_beside_it() {
    let mut house = House::new().await;
    let draft = house.draft(NURSE).await;
    let here = seen(&house, draft).await;
    let second = typed(draft, &here, &person(EREBOS, "01-04-2000"));
    let third = typed(draft, &here, &person(FROUKE, "24-03-2000"));
    let to = house.post(NURSE, PERSON, &second).await;
    assert_eq!(draft_in(&to), draft);
    let again = house.post(NURSE, PERSON, &second).await;
    assert_eq!(again, to, "a double click is no second tab");
    let to = house.post(NURSE, PERSON, &third).await;
    let new = draft_in(&to);
    assert!(new != draft && to.ends_with("&melding=gewijzigd"), "{to}");
    for (draft, bsn) in [(draft, EREBOS), (new, FROUKE)] {
        let page = house
            .of(NURSE)
            .get(&format!("/registreren?concept={draft}"))
            .await;
        assert!(page.body.contains(bsn), "{bsn}");
    }
}

#[tokio::test]
async fn the_first_form_sent_twice_makes_one_draft() {
    let house = House::new().await;
    let key = async || {
        let page = house.of(NURSE).get("/registreren").await.body;
        let form = page.split("action=\"/api/registreren-persoon\"").nth(1);
        hidden(form.expect("the form"), "concept")
            .expect("a key")
            .to_owned()
    };
    let first_key = key().await;
    let form = with_row(
        &[("concept", &first_key)],
        "row",
        &person(EREBOS, "01-04-2000"),
    );
    let first = house.post(NURSE, PERSON, &form).await;
    assert_eq!(house.post(NURSE, PERSON, &form).await, first);
    assert_eq!(house.portal.count("SELECT count(*) FROM drafts").await, 1);
    // Another form is another draft.
    assert_ne!(key().await, first_key);
}

const CORRECT: &str = "/api/registratie-corrigeren";

/// A correction of a registration, made of one of its versions.
fn correction(registration: Uuid, version: &str, batch: &str) -> String {
    let registration = registration.to_string();
    let fields: [Field<'_>; 4] = [
        ("registration", &registration),
        ("version", version),
        ("reason", "batch"),
        ("confirmed", "1"),
    ];
    let jab = [
        (Column::Vaccinatiedatum, "27-01-2021"),
        (Column::Vaccin, "Comirnaty"),
        (Column::Batchnummer, batch),
        (Column::Dosisnummer, "1"),
    ];
    with_row(&fields, "row", &row(&jab))
}

#[tokio::test]
async fn a_correction_does_not_undo_that_of_a_colleague_unseen() {
    let mut house = House::new().await;
    let (_, registration) = house.record(NURSE).await;
    let page = format!("/registraties/{registration}/corrigeren");
    let shown = house.of(NURSE).get(&page).await;
    assert!(shown.body.contains("name=\"version\" value=\"1\""));
    let done = format!("/registraties/{registration}?melding=gecorrigeerd");
    let first = correction(registration, "1", "EJ6796");
    assert_eq!(house.post("invoerder-2", CORRECT, &first).await, done);
    let twice = house.post("invoerder-2", CORRECT, &first).await;
    assert_eq!(twice, done, "pressed twice is once");
    let versions = format!("SELECT count(*) FROM reports WHERE id = '{registration}'");
    assert_eq!(count(&house, &versions).await, 2);

    let second = correction(registration, "1", "EM0477");
    let to = house.post(NURSE, CORRECT, &second).await;
    assert!(to.starts_with(&page) && to.contains("concept="), "{to}");
    let shown = house.of(NURSE).get(&to).await.body;
    for text in ["Niet opgeslagen.", "EJ6796", "EM0477", "invoerder-2"] {
        assert!(shown.contains(text), "{text}");
    }
    assert!(shown.contains("name=\"version\" value=\"2\""));
    assert_eq!(count(&house, &versions).await, 2);
    let seen = correction(registration, "2", "EM0477");
    assert_eq!(house.post(NURSE, CORRECT, &seen).await, done);
    assert_eq!(count(&house, &versions).await, 3);
}

async fn count(house: &House, sql: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::query_scalar(sql)
        .fetch_one(&house.portal.test.admin)
        .await
        .expect("a number")
}

#[tokio::test]
async fn a_withdrawal_that_is_pressed_twice_is_one() {
    let mut house = House::new().await;
    let (_, registration) = house.record(NURSE).await;
    let form = form(&[("registration", &registration.to_string()), ("reason", "x")]);
    let path = "/api/registratie-intrekken";
    let done = format!("/registraties/{registration}?melding=ingetrokken");
    for _ in 0..2 {
        assert_eq!(house.post(NURSE, path, &form).await, done);
    }
    let other = house.of("invoerder-2").post(path, &form).await;
    assert_eq!(other.location(), "/gewijzigd", "a colleague did not do it");
    assert_eq!(house.portal.count(REPORTS).await, 2);
}

#[tokio::test]
async fn a_registration_sent_after_the_session_ended_is_shown_again_after_the_login() {
    const IDLE: &str = "UPDATE sessions SET last_seen_at = now() - interval '15 minutes 1 second' WHERE revoked_at IS NULL";
    let mut house = House::new().await;
    let form = house.checked(NURSE).await;
    house.portal.sql(IDLE).await;
    let answer = house.of(NURSE).post(SEND, &form).await;
    let next = query(&format!("http://localhost{}", answer.location()))["next"].clone();
    assert!(
        next.starts_with("/registreren/controleren?concept=")
            && next.ends_with("&melding=niet-verstuurd"),
        "{}",
        answer.location()
    );
    let mut again = house.portal.logged_in(NURSE).await;
    let page = again.get(&next).await.body;
    assert!(page.contains("Deze registratie is nog niet verstuurd."));
    assert!(
        page.contains("minuten zonder actie"),
        "the check page says so beforehand"
    );
    let start = again.get("/").await.body;
    assert!(start.contains("staat nog klaar") && start.contains("href=\"/registreren\""));
    let sent = again.post(SEND, &form).await;
    assert!(sent.location().starts_with("/registreren/klaar/"));
    assert_eq!(house.portal.count(REPORTS).await, 1);
    let start = again.get("/").await.body;
    assert!(!start.contains("staat nog klaar"));
}

#[tokio::test]
async fn what_a_script_keeps_before_a_session_ends_asks_the_brp_nothing() {
    let mut house = House::new().await;
    let row = house.another("EJ6795");
    let form = with_row(&[], "row", &row);
    let path = "/api/registreren-bewaren";
    house.of(NURSE).post(path, &form).await;
    let kept = "SELECT count(*) FROM drafts WHERE sealed <> ''";
    assert_eq!(house.portal.count(kept).await, 1, "it is kept");
    let asked = "SELECT (SELECT count(*) FROM brp_checks) + (SELECT count(*) FROM audit_lines WHERE event = 'look.brp-check')";
    assert_eq!(house.portal.count(asked).await, 0);
}
