//! Recording a vaccination, page by page and post by post, without a script.

use super::fakes::{BSN, ID, World, row};
use super::{get, post};
use app::ports::entry::{BatchChoice, BrpAnswer, EarlierJab, Mended, Step};
use axum::http::StatusCode;
use domain::finding::{Code, Finding};
use domain::row::{Column, RowText};
use std::sync::Arc;

fn draft(path: &str) -> String {
    format!("{path}?concept={ID}")
}

fn only_saved(world: &Arc<World>) -> RowText {
    let saved = world.saved.lock().expect("no panic before");
    assert_eq!(saved.len(), 1);
    saved[0].clone()
}

#[tokio::test]
async fn the_first_page_asks_person_and_consent_and_chooses_nothing() {
    let page = get(&World::nurse(), "/registreren").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(
        page.title(),
        "Vaccinatie registreren - Zorgverlenersportaal"
    );
    assert!(
        page.has("<label for=\"bsn\" class=\"utrecht-form-label utrecht-form-field__label\">BSN"),
        "{}",
        page.html
    );
    assert!(
        page.has("name=\"row[geboortedatum_dag]\"")
            && page.has("name=\"row[toestemming]\" value=\"J\"")
    );
    assert!(!page.has(" checked"), "no answer is chosen beforehand");
    assert!(page.has("autocomplete=\"off\"") && page.has("inputmode=\"numeric\""));
    assert!(page.has("Na 15 minuten zonder actie logt u opnieuw in."));
    assert!(!page.has("foutoverzicht"));
}

#[tokio::test]
async fn what_was_made_of_an_answer_is_told_before_and_after_sending() {
    let world = World::with_draft(|draft| {
        draft.row = row();
        draft.mended = vec![Mended {
            column: Column::Batchnummer,
            codes: vec![Code::H03, Code::H05],
            values: Some(("lot <ej6796>".into(), "EJ6796".into())),
        }];
    });
    let page = get(&world, &draft("/registreren/controleren")).await;
    assert!(page.has("Batchnummer: u typte “lot &lt;ej6796&gt;”, wij maakten er “EJ6796” van."));
    assert!(page.has("Onzichtbare tekens verwijderd. Batchnummer opgeschoond."));
    let page = get(&world, "/registreren/klaar/2026-000123-4").await;
    assert!(
        page.has("BSN: Voorloopnul toegevoegd."),
        "of a person no value"
    );
    let page = get(&World::nurse(), &draft("/registreren/controleren")).await;
    assert!(!page.has("Dit hebben we aangepast"));
}

#[tokio::test]
async fn age_groups_are_told_as_they_are_configured() {
    let mut world = World::new(Some(domain::role::Role::Invoerder));
    world.ages.b = 21;
    let mut row = RowText::default();
    row.set(Column::Toestemming, "N");
    row.set(Column::Leeftijdsgroep, "B");
    world.draft.lock().expect("no panic before").row = row;
    let world = Arc::new(world);
    let page = get(&world, &draft("/registreren/vaccinatie")).await;
    for words in [
        "12 tot en met 20 jaar",
        "21 tot en met 59 jaar",
        "60 jaar en ouder",
    ] {
        assert!(page.has(words), "{words}");
    }
    let page = get(&world, &draft("/registreren/controleren")).await;
    assert!(page.has("21 tot en met 59 jaar"));
    let page = get(&world, "/hulp/kolommen").await;
    assert!(page.has("A: 12 tot en met 20 jaar; B: 21 tot en met 59 jaar"));
}

#[tokio::test]
async fn the_time_that_a_session_lives_is_told_as_it_is_configured() {
    let mut world = World::new(Some(domain::role::Role::Invoerder));
    world.idle_minutes = 25;
    let page = get(&std::sync::Arc::new(world), "/registreren").await;
    assert!(page.has("Na 25 minuten zonder actie logt u opnieuw in."));
    assert!(
        page.has("&quot;idle&quot;:1500"),
        "the warning goes by it too"
    );
    assert!(page.has("U wordt binnen 10 minuten uitgelogd, na 8 uur."));
}

#[tokio::test]
async fn a_refused_step_comes_back_with_a_summary_that_leads_to_the_field() {
    let world = World::with_draft(|draft| {
        draft.row.set(Column::Bsn, "123456789");
        draft.row.set(Column::Geboortedatum, "00-5-1940");
        draft.findings = vec![
            Finding::on(Code::P03, Column::Bsn),
            Finding::on(Code::T01, Column::Toestemming),
            Finding::on(Code::V01, Column::Vaccinatiedatum),
        ];
    });
    let page = get(&world, &draft("/registreren")).await;
    assert!(page.title().starts_with("Fout: "));
    assert!(
        page.has("role=\"alert\" tabindex=\"-1\" id=\"foutoverzicht\""),
        "{}",
        page.html
    );
    assert!(page.links(
        "#bsn",
        "Dit BSN klopt niet. Controleer of u een cijfer hebt verwisseld."
    ));
    assert!(page.has("aria-describedby=\"bsn-hint bsn-fout\" aria-invalid=\"true\""));
    assert!(page.has("<span class=\"cims-visually-hidden\">Foutmelding: </span>"));
    assert!(
        !page.has("#vaccinatiedatum"),
        "the other step's findings stay there"
    );
    assert!(page.has("value=\"123456789\""), "what was typed is kept");
    assert!(page.has(
        "id=\"geboortedatum_onbekend\" name=\"row[geboortedatum_onbekend]\" value=\"1\" checked"
    ));
    assert!(
        page.html.find("foutoverzicht") < page.html.find("<h1"),
        "the summary stands above the title"
    );
}

#[tokio::test]
async fn the_boxes_of_a_post_are_a_row_and_the_answer_leads_on() {
    let world = World::nurse();
    let form = [
        ("row[bsn]", " 999990019 "),
        ("row[geboortedatum_dag]", "2"),
        ("row[geboortedatum_maand]", "mei"),
        ("row[geboortedatum_jaar]", "1940"),
        ("row[toestemming]", "J"),
        ("row[postcode]", ""),
        ("row[vaccin]", "Comirnaty"),
    ];
    let answer = post(&world, "/api/registreren-persoon", &form).await;
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.html);
    assert_eq!(answer.location, draft("/registreren/vaccinatie"));
    let row = only_saved(&world);
    assert_eq!(row.get(Column::Bsn), BSN);
    assert_eq!(row.get(Column::Geboortedatum), "2 mei 1940");
    assert_eq!(
        row.get(Column::Vaccin),
        "",
        "a step saves its own columns only"
    );
}

#[tokio::test]
async fn without_consent_no_person_field_leaves_the_form() {
    let world = World::nurse();
    let form = [
        ("row[bsn]", BSN),
        ("row[achternaam]", "Jansen"),
        ("row[toestemming]", "N"),
        ("row[geboortedatum_jaar]", "1940"),
    ];
    let answer = post(&world, "/api/registreren-persoon", &form).await;
    assert_eq!(answer.status, StatusCode::FOUND);
    let row = only_saved(&world);
    assert_eq!(row.get(Column::Toestemming), "N");
    for column in Column::ALL
        .into_iter()
        .filter(|column| *column != Column::Toestemming)
    {
        assert_eq!(row.get(column), "", "{column:?}");
    }
}

#[tokio::test]
async fn what_is_refused_leads_back_without_a_value_in_the_address() {
    let mut world = World::new(Some(domain::role::Role::Invoerder));
    world.look_again = true;
    let world = Arc::new(world);
    let form = [
        ("concept", ID.to_string()),
        ("row[bsn]", "123456789".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let answer = post(&world, "/api/registreren-persoon", &form).await;
    assert_eq!(
        answer.location,
        format!("{}#foutoverzicht", draft("/registreren"))
    );
    assert!(!answer.location.contains("123456789"));
}

#[tokio::test]
async fn not_matchable_can_be_mended_or_taken_on_with_a_reason() {
    let world = World::with_draft(|draft| {
        draft.row = row();
        draft.brp = BrpAnswer::NotMatchable;
    });
    let page = get(&world, &draft("/registreren")).await;
    assert!(page.has("BSN en geboortedatum zijn niet te koppelen. Controleer allebei."));
    assert!(page.has("name=\"reason\"") && page.has("Opnieuw controleren"));
    assert!(page.has("Verder met deze reden"));
    world.draft.lock().expect("no panic before").reason = "Gezien op het paspoort".into();
    let page = get(&world, &draft("/registreren")).await;
    assert!(
        !page.has("foutoverzicht") && page.has("Gezien op het paspoort"),
        "a reason leaves nothing to mend"
    );
    world.draft.lock().expect("no panic before").reason = String::new();
    let page = get(&world, &format!("{}&reden=1", draft("/registreren"))).await;
    let missing = "Vul in waarom u weet dat de gegevens kloppen.";
    assert!(page.links("#reason", missing) && page.title().starts_with("Fout:"));
    assert!(page.has("name=\"go_on\" value=\"true\""));
}

#[tokio::test]
async fn earlier_registrations_stand_above_the_question_about_the_vaccine() {
    let world = World::with_draft(|draft| {
        draft.row = row();
        draft.earlier = vec![EarlierJab {
            id: ID,
            date: "06-01-2021".into(),
            vaccine: "Comirnaty".into(),
            dose: 1,
        }];
        draft.batches = vec![BatchChoice {
            number: "EJ6796".into(),
            vaccine: "Comirnaty".into(),
            times: 3,
        }];
        draft.suggestions = vec!["EJ6797".into(), "EJ6791".into()];
        draft.findings = vec![Finding::on(Code::V22, Column::Batchnummer)];
    });
    let page = get(&world, &draft("/registreren/vaccinatie")).await;
    let (earlier, question) = (
        page.html.find("06-01-2021: Comirnaty, dosis 1"),
        page.html.find("<h1"),
    );
    assert!(earlier.is_some() && earlier < question);
    assert!(page.has("<datalist id=\"batches\"") && page.has("Bedoelt u EJ6797?"));
    assert!(page.has("Bedoelt u EJ6791?"));
    // The first time they are no error; when they are passed over they are asked for.
    assert!(page.links("#waarschuwingen", "Kijk eerst de waarschuwingen na"));
    assert!(!page.has("foutoverzicht") && !page.title().starts_with("Fout:"));
    let passed = format!("{}&vinkje=1", draft("/registreren/vaccinatie"));
    let again = get(&world, &passed).await;
    assert!(again.links("#confirmed", "Controleer de meldingen en zet het vinkje."));
    assert!(again.has("foutoverzicht"));
    assert!(page.has("Ik heb dit gecontroleerd"));
    assert!(page.has("<option value=\"Comirnaty\" selected"));
    assert!(!page.has(BSN), "no BSN on the page of the vaccination");
}

#[tokio::test]
async fn a_count_asks_for_the_age_group_and_not_for_the_target_group() {
    let world = World::with_draft(|draft| draft.row.set(Column::Toestemming, "N"));
    let page = get(&world, &draft("/registreren/vaccinatie")).await;
    assert!(page.has("name=\"row[leeftijdsgroep]\"") && page.has("name=\"row[vaccinatieland]\""));
    assert!(!page.has("name=\"row[doelgroep]\"") && !page.has("name=\"row[uitvoerder_agb]\""));
}

#[tokio::test]
async fn a_form_with_warnings_has_each_field_once() {
    let world = World::with_draft(|draft| {
        draft.row = row();
        draft.told = "1234".into();
        draft.findings = vec![Finding::on(Code::V22, Column::Batchnummer)];
    });
    let page = get(&world, &draft("/registreren/vaccinatie")).await;
    let form = page
        .html
        .split("action=\"/api/registreren-vaccinatie\"")
        .nth(1);
    let form = form
        .and_then(|rest| rest.split("</form>").next())
        .expect("the form");
    assert!(form.contains("name=\"warned\" value=\"1234\""));
    for name in [
        "warned",
        "concept",
        "revision",
        "confirmed",
        app::FORM_TOKEN,
    ] {
        let times = form.matches(&format!("name=\"{name}\"")).count();
        assert_eq!(times, 1, "{name}");
    }
}

#[tokio::test]
async fn a_suggested_batch_is_taken_over_with_one_press() {
    let world = World::nurse();
    let id = ID.to_string();
    let form = [
        ("concept", id.as_str()),
        ("row[batchnummer]", "EJ6769"),
        ("suggestion", "EJ6796"),
        ("confirmed", "1"),
    ];
    let answer = post(&world, "/api/registreren-vaccinatie", &form).await;
    assert_eq!(
        answer.location,
        draft("/registreren/controleren"),
        "{}",
        answer.html
    );
    assert_eq!(only_saved(&world).get(Column::Batchnummer), "EJ6796");
}

#[tokio::test]
async fn the_check_page_shows_every_answer_with_a_way_to_change_it() {
    let world = World::with_draft(|draft| {
        draft.row = row();
        draft.row.set(Column::Achternaam, "");
        draft.row.set(Column::UitvoerderAgb, "");
        draft.defaults = vec![(Column::UitvoerderAgb, "06010203".into())];
    });
    let page = get(&world, &draft("/registreren/controleren")).await;
    assert!(
        page.has("06010203 (standaard van uw instelling)"),
        "what is sent is what is shown"
    );
    assert!(
        page.has("Bewoner van een instelling"),
        "words instead of codes"
    );
    assert!(page.has("Niet ingevuld"), "empty answers are shown");
    assert!(
        page.has(&format!(
            "href=\"/registreren?concept={ID}&amp;terug=1#bsn\""
        )),
        "{}",
        page.html
    );
    assert!(page.has(&format!(
        "href=\"/registreren/vaccinatie?concept={ID}&amp;terug=1#batchnummer\""
    )));
    assert!(!page.title().contains(BSN));
}

#[tokio::test]
async fn a_step_that_is_not_reached_yet_leads_to_the_one_that_is() {
    let world = World::with_draft(|draft| draft.step = Step::Person);
    for path in ["/registreren/vaccinatie", "/registreren/controleren"] {
        let page = get(&world, &draft(path)).await;
        assert_eq!(page.status, StatusCode::FOUND);
        assert_eq!(page.location, draft("/registreren"));
    }
}

#[tokio::test]
async fn sending_leads_to_a_receipt_with_three_ways_on() {
    let world = World::nurse();
    let answer = post(
        &world,
        "/api/registreren-versturen",
        &[("concept", &ID.to_string())],
    )
    .await;
    assert_eq!(answer.location, "/registreren/klaar/2026-000123-4");
    let page = get(&world, &answer.location).await;
    let same = page.html.find("Zelfde vaccinatie, volgende persoon");
    assert!(same.is_some() && same < page.html.find("Zelfde persoon, nog een vaccinatie"));
    assert!(page.has("RIVM controleert") && page.has("2026-000123-4"));
    assert!(page.has("href=\"/hulp/regels/V22\""));
    let answer = post(
        &world,
        "/api/registreren-volgende",
        &[("same_as", "2026-000123-4"), ("same_person", "false")],
    )
    .await;
    assert_eq!(answer.location, draft("/registreren/vaccinatie"));
}

#[tokio::test]
async fn the_next_person_begins_in_the_box_of_the_bsn() {
    let world = World::with_draft(|draft| draft.next_person = true);
    let page = get(&world, &draft("/registreren")).await;
    assert!(page.has("Opgeslagen. Vul de volgende persoon in."));
    let bsn = page
        .html
        .split("id=\"bsn\"")
        .nth(1)
        .and_then(|rest| rest.split('>').next())
        .unwrap_or_default();
    assert!(bsn.contains("autofocus"), "{bsn}");
}

#[tokio::test]
async fn a_draft_of_before_the_time_out_waits_on_the_first_page() {
    let world = World::with_draft(|draft| draft.resumed_from = Some("14:05".into()));
    let page = get(&world, "/registreren").await;
    assert!(page.has("Uw invoer van 14:05 staat nog klaar."));
    assert!(page.has(&format!("/registreren/controleren?concept={ID}")));
}

#[tokio::test]
async fn a_correction_shows_all_fields_and_asks_why() {
    let world = World::nurse();
    let page = get(&world, &format!("/registraties/{ID}/corrigeren")).await;
    for name in ["row[bsn]", "row[vaccin]", "row[doelgroep]", "reason"] {
        assert!(page.has(&format!("name=\"{name}\"")), "{name}");
    }
    let id = ID.to_string();
    let answer = post(
        &world,
        "/api/registratie-corrigeren",
        &[
            ("registration", &id),
            ("row[bsn]", BSN),
            ("reason", "Batch"),
        ],
    )
    .await;
    assert_eq!(
        answer.location,
        format!("/registraties/{ID}?melding=gecorrigeerd")
    );
}

#[tokio::test]
async fn withdrawing_needs_a_reason() {
    let world = World::nurse();
    let id = ID.to_string();
    let answer = post(
        &world,
        "/api/registratie-intrekken",
        &[("registration", &id), ("reason", "  ")],
    )
    .await;
    assert_eq!(
        answer.location,
        format!("/registraties/{ID}/intrekken?melding=reden#foutoverzicht")
    );
    let page = get(
        &world,
        &format!("/registraties/{ID}/intrekken?melding=reden"),
    )
    .await;
    assert!(page.links("#reason", "Vul een reden in.") && page.title().starts_with("Fout: "));
    let answer = post(
        &world,
        "/api/registratie-intrekken",
        &[("registration", &id), ("reason", "Dubbel")],
    )
    .await;
    assert_eq!(
        answer.location,
        format!("/registraties/{ID}?melding=ingetrokken")
    );
}

#[tokio::test]
async fn what_is_ready_of_earlier_today_stands_in_a_strip_that_says_so() {
    let kept = "Overgenomen van eerder vandaag";
    for remembered in [true, false] {
        let world = World::with_draft(|draft| {
            draft.row = row();
            draft.remembered = remembered;
        });
        let page = get(&world, &draft("/registreren/vaccinatie")).await;
        assert_eq!(page.has(kept), remembered);
    }
}

#[tokio::test]
async fn what_was_kept_for_the_next_person_goes_on_with_enter() {
    let world = World::with_draft(|draft| {
        draft.next_person = true;
        draft.row = row();
    });
    let page = get(&world, &draft("/registreren/vaccinatie")).await;
    assert!(page.has("Overgenomen van de vorige registratie"));
    let first = page
        .html
        .split("id=\"vaccinatiedatum\"")
        .nth(1)
        .and_then(|rest| rest.split('>').next())
        .unwrap_or_default();
    assert!(first.contains("autofocus"), "{first}");
    let page = get(&world, &draft("/registreren/controleren")).await;
    let send = page
        .html
        .split("action=\"/api/registreren-versturen\"")
        .nth(1)
        .unwrap_or_default();
    assert!(
        send.split("</form>")
            .next()
            .unwrap_or_default()
            .contains("autofocus"),
        "Enter is enough"
    );
}

#[tokio::test]
async fn what_was_typed_is_kept_when_the_session_ends_but_nothing_without_an_answer_about_consent()
{
    let world = World::nurse();
    let page = get(&world, "/registreren").await;
    assert!(page.has("data-keep=\"/api/registreren-bewaren\""));
    assert!(
        app::AUTOMATIC.contains(&"/api/registreren-bewaren"),
        "it must not make the session longer"
    );
    post(&world, "/api/registreren-bewaren", &[("row[bsn]", BSN)]).await;
    assert!(world.saved.lock().expect("no panic before").is_empty());
    post(
        &world,
        "/api/registreren-bewaren",
        &[
            ("row[bsn]", BSN),
            ("row[toestemming]", "J"),
            ("concept", &ID.to_string()),
        ],
    )
    .await;
    assert_eq!(only_saved(&world).get(Column::Bsn), BSN);
}

#[tokio::test]
async fn the_date_of_a_vaccination_is_kept_too() {
    let world = World::nurse();
    let id = ID.to_string();
    let form = [
        ("concept", id.as_str()),
        ("vaccination", "true"),
        ("row[vaccinatiedatum_dag]", "27"),
        ("row[vaccinatiedatum_jaar]", "2021"),
    ];
    post(&world, "/api/registreren-bewaren", &form).await;
    assert_eq!(only_saved(&world).get(Column::Vaccinatiedatum), "27--2021");
}
