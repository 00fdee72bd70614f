//! The entry form: drafts, BRP check, submit, receipt, registrations, correct, withdraw.

use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, row, with};
use app::ports::PortError;
use app::ports::entry::{
    Anew, BrpAnswer, Corrected, Entry, Mended, RegistrationFilter, RegistrationView, Saved,
    Standing, Step, Submitted, Withdrawn,
};
use domain::delivery::RowOutcome;
use domain::finding::Code;
use domain::row::{Column, RowText};
use server::intake::{Clock, Road};
use server::portal::Portal;
use time::macros::date;

#[tokio::test]
async fn a_recorded_vaccination_is_stored_and_listed() {
    let world = World::new().await;
    let reference = world
        .record(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    let receipt = world
        .portal
        .receipt(&world.maria, reference.clone())
        .await
        .unwrap();
    assert_eq!(receipt.outcome, RowOutcome::Geaccepteerd);
    assert_eq!(receipt.vaccination, "Comirnaty, 27-01-2021, batch EJ6795");
    let list = world
        .portal
        .registrations(&world.maria, RegistrationFilter::default(), 1)
        .await
        .unwrap();
    assert_eq!((list.total, list.items.len()), (1, 1));
    let line = &list.items[0];
    assert_eq!(
        (line.bsn_masked.as_str(), line.vaccine.as_str(), line.dose),
        ("*****0019", "Comirnaty", 1)
    );
    assert_eq!(Some(line.id), receipt.registration);
    assert_eq!(
        world
            .count("vaccinations WHERE effective AND valid_to IS NULL")
            .await,
        1
    );
    assert_eq!(world.count("persons WHERE bsn_mac IS NOT NULL").await, 1);
    let view = world
        .portal
        .registration(&world.maria, line.id)
        .await
        .unwrap();
    assert_eq!(
        (view.reference, view.versions.len(), view.may_change),
        (reference, 1, true)
    );
    assert_eq!(view.versions[0].row.get(Column::Bsn), EREBOS);
}

#[tokio::test]
async fn the_same_draft_submitted_twice_at_once_is_one_registration() {
    let world = World::new().await;
    let row = good(EREBOS, "01-04-2000");
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    world
        .portal
        .save_person(&world.maria, draft, row.clone(), String::new())
        .await
        .unwrap();
    world
        .portal
        .save_vaccination(&world.maria, draft, row, None)
        .await
        .unwrap();
    let (a, b) = tokio::join!(
        world.portal.submit(&world.maria, draft, None),
        world.portal.submit(&world.maria, draft, None)
    );
    let reference = |submitted| match submitted {
        Submitted::Done { reference } => reference,
        other => panic!("{other:?}"),
    };
    let reference_a = reference(a.unwrap());
    assert_eq!(reference_a, reference(b.unwrap()));
    assert_eq!(world.count("reports").await, 1);
    assert_eq!(
        world.portal.draft(&world.maria, draft).await.err(),
        Some(PortError::Sent(draft)),
        "who goes back is led to the receipt"
    );
    let receipt = world
        .portal
        .receipt(&world.maria, draft.to_string())
        .await
        .unwrap();
    assert_eq!(receipt.reference, reference_a);
    assert_eq!(
        world.count("drafts WHERE sealed = ''").await,
        1,
        "a submitted draft keeps nothing"
    );
}

#[tokio::test]
async fn a_person_who_was_not_asked_yet_stays_in_a_draft_no_longer_than_a_session() {
    let world = World::new().await;
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    let asked = good(EREBOS, "01-04-2000");
    let not_asked = with(asked.clone(), &[(Column::Toestemming, "")]);
    let soon = "drafts WHERE expires_at < now() + interval '16 minutes'";
    for (row, short) in [(&not_asked, 1), (&asked, 0), (&not_asked, 1)] {
        let save = world
            .portal
            .save_person(&world.maria, draft, row.clone(), String::new());
        save.await.unwrap();
        assert_eq!(world.count(soon).await, short);
    }
    let kept = world.portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!(kept.row.get(Column::Bsn), EREBOS, "it is not typed twice");
}

#[tokio::test]
async fn a_person_who_cannot_be_matched_needs_a_reason_and_goes_to_review() {
    let world = World::new().await;
    for (bsn, birth) in [(NOBODY, "01-04-2000"), (EREBOS, "02-04-2000")] {
        let row = with(good(bsn, birth), &[(Column::Vaccinatiedatum, "28-01-2021")]);
        let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
        let saved = world
            .portal
            .save_person(&world.maria, draft, row.clone(), String::new())
            .await
            .unwrap();
        assert_eq!(saved, Saved::LookAgain);
        assert_eq!(
            world.portal.draft(&world.maria, draft).await.unwrap().brp,
            BrpAnswer::NotMatchable
        );
        let saved = world
            .portal
            .save_person(
                &world.maria,
                draft,
                row.clone(),
                "nieuw in Nederland".into(),
            )
            .await
            .unwrap();
        assert_eq!(saved, Saved::GoOn(Step::Vaccination));
        world
            .portal
            .save_vaccination(&world.maria, draft, row, None)
            .await
            .unwrap();
        let Submitted::Done { reference } = world
            .portal
            .submit(&world.maria, draft, None)
            .await
            .unwrap()
        else {
            panic!()
        };
        let receipt = world.portal.receipt(&world.maria, reference).await.unwrap();
        assert_eq!(receipt.outcome, RowOutcome::TeControleren);
        assert!(
            receipt
                .findings
                .iter()
                .any(|finding| finding.code == Code::B10)
        );
    }
    assert_eq!(world.count("vaccinations WHERE effective").await, 0);
    // The second time of each pair was answered from the draft: it cost no look-up.
    assert_eq!(world.count("brp_checks").await, 2);
}

#[tokio::test]
async fn a_reason_for_one_person_is_none_for_the_next_who_cannot_be_matched() {
    let world = World::new().await;
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    let save = async |bsn: &str, birth: &str, reason: &str| {
        let row = good(bsn, birth);
        let saved = world
            .portal
            .save_person(&world.maria, draft, row, reason.into());
        saved.await.unwrap()
    };
    let reason = "nieuw in Nederland";
    // Typed before it was said that they cannot be matched: of whom is it?
    assert_eq!(save(NOBODY, "01-04-2000", reason).await, Saved::LookAgain);
    assert_eq!(
        save(NOBODY, "01-04-2000", reason).await,
        Saved::GoOn(Step::Vaccination)
    );
    // "Wijzig BSN": somebody else, with the reason still in the form.
    assert_eq!(save(EREBOS, "02-04-2000", reason).await, Saved::LookAgain);
    let kept = world.portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!((kept.step, kept.reason.as_str()), (Step::Person, ""));
    assert_eq!(
        save(EREBOS, "02-04-2000", "gezien op het paspoort").await,
        Saved::GoOn(Step::Vaccination)
    );
}

#[tokio::test]
async fn without_consent_nothing_about_the_person_reaches_any_table() {
    let world = World::new().await;
    let row = with(
        good(NAOMI, "01-04-1987"),
        &[
            (Column::Toestemming, "N"),
            (Column::Achternaam, "Geheimzinnig"),
            (Column::Leeftijdsgroep, "B"),
        ],
    );
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    world
        .portal
        .save_person(&world.maria, draft, row.clone(), String::new())
        .await
        .unwrap();
    let shown = world.portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!(
        (
            shown.row.get(Column::Bsn),
            shown.row.get(Column::Achternaam)
        ),
        ("", "")
    );
    assert_eq!(shown.brp, BrpAnswer::NotAsked);
    world
        .portal
        .save_vaccination(&world.maria, draft, row, None)
        .await
        .unwrap();
    let Submitted::Done { reference } = world
        .portal
        .submit(&world.maria, draft, None)
        .await
        .unwrap()
    else {
        panic!()
    };
    let receipt = world.portal.receipt(&world.maria, reference).await.unwrap();
    assert_eq!(
        (receipt.outcome, receipt.registration),
        (RowOutcome::Geteld, None)
    );
    assert_eq!(world.count("anonymous_counts WHERE number = 1").await, 1);
    assert_eq!(
        world.count("persons").await
            + world.count("reports").await
            + world.count("vaccinations").await,
        0
    );
    assert_eq!(
        world
            .count("delivery_rows WHERE raw_sealed IS NOT NULL")
            .await,
        0
    );
    assert_eq!(world.count("brp_checks").await, 0);
}

#[tokio::test]
async fn a_correction_that_changes_nothing_is_told_and_not_said_to_be_stored() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let row = good(EREBOS, "01-04-2000");
    let id = world.registered(maria, &row).await;
    let answer = portal.correct(maria, id, row, "typefout".into(), None, None);
    let Corrected::LookAgain(draft) = answer.await.unwrap() else {
        panic!("said to be stored");
    };
    let shown = portal.draft(maria, draft).await.unwrap();
    let codes: Vec<Code> = shown.findings.iter().map(|found| found.code).collect();
    assert!(codes.contains(&Code::D03), "{codes:?}");
    let view = portal.registration(maria, id).await.unwrap();
    assert_eq!((view.versions.len(), view.may_change), (1, true));
    let audited = "audit_lines WHERE event = 'record.corrected'";
    assert_eq!(world.count(audited).await, 0);
    assert_eq!(world.count("deliveries").await, 1);
}

#[tokio::test]
async fn a_correction_to_what_another_registration_says_leaves_nothing_wrong_behind() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let (right, wrong) = (good(NAOMI, "01-04-1987"), good(EREBOS, "01-04-2000"));
    // In the form: recorded of the wrong person, then of the right one, then corrected.
    world.record(maria, &right).await;
    let id = world.registered(maria, &wrong).await;
    let answer = portal.correct(maria, id, right.clone(), "persoon".into(), None, None);
    assert!(matches!(answer.await.unwrap(), Corrected::Done));
    let view = portal.registration(maria, id).await.unwrap();
    assert_eq!(view.versions.len(), 2);
    let valid = "vaccinations WHERE valid_to IS NULL";
    assert_eq!(world.count(valid).await, 1, "one jab, told of twice");
    portal
        .withdraw(maria, id, "dubbel".into(), false)
        .await
        .unwrap();
    assert_eq!(world.count(valid).await, 1, "the other one stands");

    // In a file.
    let keyed = |key, row: &RowText| with(row.clone(), &[(Column::Bronsleutel, key)]);
    let right = good(FROUKE, "24-03-2000");
    let rows = [keyed("A", &right), keyed("B", &wrong)];
    world.upload(maria, &csv(&rows)).await;
    assert_eq!(world.count(valid).await, 3);
    let correction = with(keyed("B", &right), &[(Column::Mutatie, "C")]);
    world.upload(maria, &csv(&[correction])).await;
    assert_eq!(world.count(valid).await, 2);
}

#[tokio::test]
async fn a_correction_is_a_new_version_and_a_withdrawal_ends_it() {
    let world = World::new().await;
    let reference = world
        .record(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    let id = world
        .portal
        .receipt(&world.maria, reference)
        .await
        .unwrap()
        .registration
        .unwrap();

    let wrong = with(good(EREBOS, "01-04-2000"), &[(Column::Dosisnummer, "12")]);
    let Corrected::LookAgain(draft) = world
        .portal
        .correct(&world.maria, id, wrong, "typefout".into(), None, None)
        .await
        .unwrap()
    else {
        panic!("a wrong correction was stored")
    };
    let shown = world.portal.draft(&world.maria, draft).await.unwrap();
    assert!(
        shown
            .findings
            .iter()
            .any(|finding| finding.code == Code::V31)
    );

    let better = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Batchnummer, "EJ6796")],
    );
    assert!(matches!(
        world
            .portal
            .correct(
                &world.maria,
                id,
                better,
                "verkeerde batch".into(),
                None,
                None
            )
            .await
            .unwrap(),
        Corrected::Done
    ));
    let view = world.portal.registration(&world.maria, id).await.unwrap();
    assert_eq!(view.versions.len(), 2);
    assert_eq!(view.versions[0].row.get(Column::Batchnummer), "EJ6796");
    assert_eq!(view.versions[0].reason.as_deref(), Some("verkeerde batch"));
    assert_eq!(view.versions[1].row.get(Column::Batchnummer), "EJ6795");
    assert_eq!(
        world
            .count("vaccinations WHERE valid_to IS NULL AND batch = 'EJ6796'")
            .await,
        1
    );
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 1);

    world
        .portal
        .withdraw(&world.maria, id, "verkeerde persoon".into(), false)
        .await
        .unwrap();
    let view = world.portal.registration(&world.maria, id).await.unwrap();
    assert!(view.versions[0].withdrawal && !view.may_change);
    assert!(view.versions[0].row == RowText::default());
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 0);
    let again = world
        .portal
        .withdraw(&world.maria, id, "nog eens".into(), false)
        .await;
    assert_eq!(again, Ok(Withdrawn::Done), "pressed twice is once");
    let ends = |filter: Standing| RegistrationFilter {
        uitkomst: Some(filter),
        ..RegistrationFilter::default()
    };
    for (standing, number) in [
        (Standing::Accepted, 0),
        (Standing::InReview, 0),
        (Standing::Withdrawn, 1),
    ] {
        let list = world.portal.registrations(&world.maria, ends(standing), 1);
        let list = list.await.unwrap();
        assert_eq!((list.total, list.items.len()), (number, number as usize));
    }
    // Typed again it is a new registration.
    world
        .record(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    assert_eq!(
        world
            .count("vaccinations WHERE valid_to IS NULL AND effective")
            .await,
        1
    );
}

#[tokio::test]
async fn the_next_person_keeps_the_vaccination_and_nothing_of_the_person() {
    let world = World::new().await;
    let reference = world
        .record(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    let next = world
        .portal
        .begin(&world.maria, Some(reference), false)
        .await
        .unwrap();
    let view = world.portal.draft(&world.maria, next).await.unwrap();
    assert!(view.next_person);
    assert!(
        view.findings.is_empty(),
        "nothing was typed of this person yet: nothing is wrong"
    );
    assert_eq!(view.row.get(Column::Batchnummer), "EJ6795");
    for column in Column::ALL
        .into_iter()
        .filter(|column| column.is_personal() || *column == Column::Toestemming)
    {
        assert_eq!(view.row.get(column), "", "{column:?}");
    }
    // Person saved, and everything is ready to be checked.
    let saved = world
        .portal
        .save_person(&world.maria, next, good(NAOMI, "01-04-1987"), String::new())
        .await
        .unwrap();
    assert_eq!(saved, Saved::GoOn(Step::Check));
}

#[tokio::test]
async fn of_the_next_person_without_consent_nothing_is_wrong_before_it_is_asked() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let reference = world.record(maria, &good(EREBOS, "01-04-2000")).await;
    let next = portal.begin(maria, Some(reference), false).await.unwrap();
    let refused = row(&[(Column::Toestemming, "N")]);
    let saved = portal.save_person(maria, next, refused.clone(), String::new());
    assert_eq!(saved.await.unwrap(), Saved::GoOn(Step::Vaccination));
    let view = portal.draft(maria, next).await.unwrap();
    assert!(view.findings.is_empty(), "the age group was not asked yet");
    assert_eq!(view.row.get(Column::Batchnummer), "EJ6795", "it is kept");
    let saved = portal.save_vaccination(maria, next, view.row, None);
    assert_eq!(saved.await.unwrap(), Saved::LookAgain);
    let view = portal.draft(maria, next).await.unwrap();
    let codes: Vec<Code> = view.findings.iter().map(|found| found.code).collect();
    assert_eq!(codes, [Code::T02]);
}

#[tokio::test]
async fn a_tick_says_yes_to_the_warnings_that_were_shown_and_to_no_other() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    world.record(maria, &good(NAOMI, "01-04-1987")).await;
    let draft = portal.begin(maria, None, false).await.unwrap();
    let batch = |lot| with(good(EREBOS, "01-04-2000"), &[(Column::Batchnummer, lot)]);
    let saved = portal.save_person(maria, draft, batch("QQQQQQ"), String::new());
    saved.await.unwrap();
    let save = async |lot, ticked: Option<&str>| {
        let step = portal.save_vaccination(maria, draft, batch(lot), ticked.map(str::to_owned));
        step.await.unwrap()
    };
    let shown = async || portal.draft(maria, draft).await.unwrap();
    assert_eq!(save("QQQQQQ", Some("")).await, Saved::LookAgain, "unseen");
    let page = shown().await;
    assert_eq!(page.findings[0].code, Code::V22);
    assert!(!page.confirmed && !page.told.is_empty());
    assert_eq!(save("QQQQQQ", None).await, Saved::LookAgain, "no tick");
    let told = page.told;
    assert_eq!(
        save("QQQQQW", Some(&told)).await,
        Saved::LookAgain,
        "of another batch"
    );
    assert!(!shown().await.confirmed, "the tick is not set for another");
    assert_eq!(save("QQQQQQ", Some(&told)).await, Saved::GoOn(Step::Check));
    assert!(shown().await.confirmed);
    // The batch is that of the next person too; what is said of another person is looked at anew.
    let other = batch("QQQQQQ");
    for (who, step) in [
        ((FROUKE, "24-03-2000"), Step::Check),
        ((NAOMI, "01-04-1987"), Step::Vaccination),
    ] {
        let whom = [(Column::Bsn, who.0), (Column::Geboortedatum, who.1)];
        let saved = portal.save_person(maria, draft, with(other.clone(), &whom), String::new());
        assert_eq!(saved.await.unwrap(), Saved::GoOn(step));
    }
    let told = shown().await.findings;
    assert!(told.iter().any(|one| one.code == Code::D04), "{told:?}");
    let sent = Entry::submit(portal, maria, draft, None).await.unwrap();
    assert!(matches!(sent, Submitted::LookAgain(Step::Vaccination)));
    assert_eq!(world.count("reports").await, 1);
}

#[tokio::test]
async fn a_correction_warns_of_what_it_would_be_and_not_of_what_it_was() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let row = good(EREBOS, "01-04-2000");
    let id = world.registered(maria, &row).await;
    // The second dose without a first one: and no other jab of this day, for that is this one.
    let second = with(row.clone(), &[(Column::Dosisnummer, "2")]);
    let done = portal.correct(maria, id, second.clone(), "dosis".into(), None, None);
    let Corrected::LookAgain(draft) = done.await.unwrap() else {
        panic!("nothing to look at");
    };
    let view = portal.draft(maria, draft).await.unwrap();
    let codes: Vec<Code> = view.findings.iter().map(|found| found.code).collect();
    assert_eq!(codes, [Code::V33]);
    assert!(matches!(
        world.corrects(maria, id, &second).await,
        Corrected::Done
    ));
    // Another person while the BRP is late: what the form does not show asks for no tick.
    world.brp_loaded("3 days").await;
    let other = good(NAOMI, "01-04-1987");
    assert!(matches!(
        world.corrects(maria, id, &other).await,
        Corrected::Done
    ));
}

#[tokio::test]
async fn of_two_corrections_at_once_of_one_version_one_is_stored() {
    for _ in 0..5 {
        let world = World::new().await;
        let (portal, maria) = (&world.portal, &world.maria);
        let row = good(EREBOS, "01-04-2000");
        let id = world.registered(maria, &row).await;
        let correct = async |column, text: &str| {
            let better = with(row.clone(), &[(column, text)]);
            let done = portal.correct(maria, id, better, "fout".into(), None, Some(1));
            matches!(done.await, Ok(Corrected::Done))
        };
        let (batch, place) = tokio::join!(
            correct(Column::Batchnummer, "EJ6796"),
            correct(Column::Vaccinatieplaats, "Zeist")
        );
        assert!(!(batch && place), "the second overwrote what it never saw");
        let versions = portal.registration(maria, id).await.unwrap().versions;
        assert_eq!(versions.len(), 1 + usize::from(batch) + usize::from(place));
    }
}

#[tokio::test]
async fn a_batch_that_was_looked_at_is_not_asked_again_of_the_next_person() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let unknown = [(Column::Batchnummer, "QQQQQQ")];
    let reference = world
        .record(maria, &with(good(EREBOS, "01-04-2000"), &unknown))
        .await;
    let next = portal.begin(maria, Some(reference), false).await.unwrap();
    let saved = portal.save_person(maria, next, good(NAOMI, "01-04-1987"), String::new());
    assert_eq!(saved.await.unwrap(), Saved::GoOn(Step::Check));
    let page = portal.draft(maria, next).await.unwrap();
    assert_eq!(
        page.findings[0].code,
        Code::V22,
        "the page says it all the same"
    );
    let sent = Entry::submit(portal, maria, next, None).await.unwrap();
    assert!(matches!(sent, Submitted::Done { .. }));
}

#[tokio::test]
async fn a_name_that_is_repaired_does_not_make_somebody_else_of_a_person() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let row = with(
        good(NOBODY, "01-04-2000"),
        &[(Column::Achternaam, "Vries, de")],
    );
    let draft = portal.begin(maria, None, false).await.unwrap();
    let why = "net in Nederland";
    for (reason, saved) in [
        ("", Saved::LookAgain),
        (why, Saved::GoOn(Step::Vaccination)),
    ] {
        let step = portal.save_person(maria, draft, row.clone(), reason.into());
        assert_eq!(step.await.unwrap(), saved);
    }
    assert_eq!(portal.draft(maria, draft).await.unwrap().reason, why);
    assert_eq!(world.count("brp_checks").await, 1, "asked once");
}

#[tokio::test]
async fn what_was_typed_for_a_draft_that_is_gone_goes_into_a_new_one() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let typed = good(EREBOS, "01-04-2000");
    let place = async |id, revision: Option<&str>| {
        let placed = portal.place(maria, id, revision.map(str::to_owned), &typed, Step::Person);
        placed.await.unwrap()
    };
    let draft = portal.begin(maria, None, false).await.unwrap();
    let revision = portal.draft(maria, draft).await.unwrap().revision;
    sqlx::query("UPDATE drafts SET expires_at = now() - interval '1 minute'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let placed = place(draft, Some(&revision)).await;
    assert!(placed.draft != draft && placed.anew == Some(Anew::Gone));
    let saved = portal.save_person(maria, placed.draft, typed.clone(), String::new());
    assert_eq!(saved.await.unwrap(), Saved::GoOn(Step::Vaccination));
    // The empty form brings a key: sent twice at once it is one draft.
    let key = uuid::Uuid::now_v7();
    let (one, two) = tokio::join!(place(key, None), place(key, None));
    assert_eq!((one, one.anew), (two, None));
    assert_eq!(place(key, None).await, one, "and once more later");
    // The key of somebody else's draft leads to nothing of theirs.
    let foreign = portal
        .place(&world.piet, key, None, &typed, Step::Person)
        .await
        .unwrap();
    assert!(foreign.draft != one.draft && foreign.anew.is_none());
    assert_eq!(
        portal.draft(&world.piet, key).await.err(),
        Some(PortError::NotFound)
    );
}

#[tokio::test]
async fn corrections_that_were_not_stored_do_not_hide_a_registration_that_was_begun() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let id = world.registered(maria, &good(EREBOS, "01-04-2000")).await;
    let begun = portal.begin(maria, None, false).await.unwrap();
    let saved = portal.save_person(maria, begun, good(NAOMI, "01-04-1987"), String::new());
    saved.await.unwrap();
    let wrong = with(good(EREBOS, "01-04-2000"), &[(Column::Dosisnummer, "12")]);
    for _ in 0..6 {
        let done = portal.correct(maria, id, wrong.clone(), "fout".into(), None, None);
        assert!(matches!(done.await.unwrap(), Corrected::LookAgain(_)));
    }
    let offered = portal.open_draft(maria).await.unwrap();
    assert_eq!(offered.map(|draft| draft.id), Some(begun));
}

#[tokio::test]
async fn a_correction_of_what_a_colleague_withdrew_is_not_lost() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let row = good(EREBOS, "01-04-2000");
    let id = world.registered(maria, &row).await;
    let withdrawn = portal.withdraw(maria, id, "dubbel".into(), false).await;
    assert_eq!(withdrawn, Ok(Withdrawn::Done));
    let better = with(row, &[(Column::Batchnummer, "EJ6796")]);
    let done = portal
        .correct(maria, id, better, "batch".into(), None, Some(1))
        .await;
    let Ok(Corrected::Withdrawn(draft)) = done else {
        panic!("what was typed is lost");
    };
    let kept = portal.draft(maria, draft).await.unwrap();
    assert_eq!(kept.row.get(Column::Batchnummer), "EJ6796");
    assert_eq!(kept.row.get(Column::Toestemming), "", "asked again");
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 0);
}

#[tokio::test]
async fn another_vaccination_of_the_same_person_asks_for_consent_again() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let reference = world.record(maria, &good(EREBOS, "01-04-2000")).await;
    let again = portal.begin(maria, Some(reference), true).await.unwrap();
    let row = portal.draft(maria, again).await.unwrap().row;
    assert_eq!(row.get(Column::Bsn), EREBOS);
    assert_eq!(row.get(Column::Toestemming), "");
}

#[tokio::test]
async fn a_correction_asks_to_look_at_its_warnings_before_it_is_stored() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let id = world.registered(maria, &good(EREBOS, "01-04-2000")).await;
    let batch = |lot| with(good(EREBOS, "01-04-2000"), &[(Column::Batchnummer, lot)]);
    let correct = async |lot, ticked: Option<String>| {
        let done = portal.correct(maria, id, batch(lot), "batch".into(), ticked, None);
        done.await.unwrap()
    };
    let Corrected::LookAgain(draft) = correct("QQQQQQ", Some(String::new())).await else {
        panic!("a tick under nothing stored an unknown batch");
    };
    let told = portal.draft(maria, draft).await.unwrap().told;
    let other = correct("QQQQQW", Some(told.clone())).await;
    assert!(matches!(other, Corrected::LookAgain(_)), "of another batch");
    assert!(matches!(
        correct("QQQQQQ", Some(told)).await,
        Corrected::Done
    ));
}

#[tokio::test]
async fn what_is_remembered_of_a_day_is_gone_at_midnight() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    world.record(maria, &good(EREBOS, "01-04-2000")).await;
    let begins = async |portal: &Portal| {
        let draft = portal.begin(maria, None, false).await.unwrap();
        let view = portal.draft(maria, draft).await.unwrap();
        let batch = view.row.get(Column::Batchnummer).to_owned();
        (batch, view.remembered)
    };
    assert_eq!(begins(portal).await, ("EJ6795".to_owned(), true));
    let tomorrow = Portal::new(Road {
        clock: Clock {
            today: Some(date!(2021 - 06 - 16)),
        },
        ..world.road.clone()
    });
    assert_eq!(begins(&tomorrow).await, (String::new(), false));
    // What was begun before midnight and not typed in is the same.
    let draft = portal.begin(maria, None, false).await.unwrap();
    let view = tomorrow.draft(maria, draft).await.unwrap();
    assert_eq!(
        (view.row.get(Column::Batchnummer), view.remembered),
        ("", false)
    );
}

#[tokio::test]
async fn a_vaccination_of_another_day_is_looked_at_before_it_is_given_to_the_next_person() {
    let world = World::new().await;
    let maria = &world.maria;
    let reference = world.record(maria, &good(EREBOS, "01-04-2000")).await;
    let portal = Portal::new(Road {
        clock: Clock { today: None },
        ..world.road.clone()
    });
    for (given, step) in [("0 days", Step::Check), ("1 day", Step::Vaccination)] {
        sqlx::query("UPDATE receipts SET created_at = now() - $1::text::interval")
            .bind(given)
            .execute(&world.test.admin)
            .await
            .unwrap();
        let again = Some(reference.clone());
        let next = portal.begin(maria, again, false).await.unwrap();
        let person = portal.save_person(maria, next, good(NAOMI, "01-04-1987"), String::new());
        assert_eq!(person.await.unwrap(), Saved::GoOn(step), "{given}");
        let view = portal.draft(maria, next).await.unwrap();
        assert!(view.next_person && view.row.get(Column::Batchnummer) == "EJ6795");
    }
}

#[tokio::test]
async fn what_the_institution_fills_in_is_shown_before_it_is_sent() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let draft = portal.begin(maria, None, false).await.unwrap();
    let empty = [(Column::Doelgroep, ""), (Column::BigNummer, "")];
    let row = with(good(EREBOS, "01-04-2000"), &empty);
    let saved = portal.save_person(maria, draft, row.clone(), String::new());
    saved.await.unwrap();
    let saved = portal.save_vaccination(maria, draft, row, None);
    assert_eq!(saved.await.unwrap(), Saved::GoOn(Step::Check));
    let view = portal.draft(maria, draft).await.unwrap();
    let shown = |column| view.defaults.iter().find(|(of, _)| *of == column);
    let group = (Column::Doelgroep, "BEWONER_INSTELLING".to_owned());
    assert_eq!(shown(Column::Doelgroep), Some(&group));
    let big = (Column::BigNummer, "19012345601".to_owned());
    assert_eq!(shown(Column::BigNummer), Some(&big));
    assert_eq!(shown(Column::Batchnummer), None, "it was typed");
    let sent = Entry::submit(portal, maria, draft, None).await.unwrap();
    let Submitted::Done { reference } = sent else {
        panic!("{sent:?}");
    };
    let receipt = portal.receipt(maria, reference).await.unwrap();
    let id = receipt.registration.unwrap();
    let stored = portal.registration(maria, id).await.unwrap();
    for (column, value) in [group, big] {
        assert_eq!(stored.versions[0].row.get(column), value);
    }
}

#[tokio::test]
async fn batches_near_a_mistyped_one_are_offered_and_none_is_taken() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let used = [(Column::Batchnummer, "EJ6796")];
    world
        .record(maria, &with(good(NAOMI, "01-04-1987"), &used))
        .await;
    let draft = portal.begin(maria, None, false).await.unwrap();
    for (typed, first) in [
        ("EJ679S", Some("EJ6796")),
        ("QQQQQQ", None),
        ("EJ6796", None),
    ] {
        let typed_batch = [(Column::Batchnummer, typed)];
        let row = with(good(EREBOS, "01-04-2000"), &typed_batch);
        let saved = portal.save_person(maria, draft, row.clone(), String::new());
        saved.await.unwrap();
        let saved = portal.save_vaccination(maria, draft, row, None);
        saved.await.unwrap();
        let view = portal.draft(maria, draft).await.unwrap();
        let offered = view.suggestions;
        assert_eq!(offered.first().map(String::as_str), first, "used here");
        assert!(offered.len() <= 3 && (first.is_none() || offered.len() > 1));
        assert!(offered.iter().all(|lot| domain::batch::near(lot, typed)));
        assert_eq!(view.row.get(Column::Batchnummer), typed);
    }
}

#[tokio::test]
async fn after_30_days_only_withdrawn_consent_withdraws_a_registration() {
    let world = World::new().await;
    let id = world
        .registered(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    let freely = |view: &RegistrationView| view.withdraw_freely;
    let view = world.portal.registration(&world.maria, id).await.unwrap();
    assert!(freely(&view));
    sqlx::raw_sql(
        "ALTER TABLE reports DISABLE TRIGGER USER;
         UPDATE reports SET recorded_at = recorded_at - interval '30 days 1 minute';
         ALTER TABLE reports ENABLE TRIGGER USER",
    )
    .execute(&world.test.admin)
    .await
    .unwrap();
    let view = world.portal.registration(&world.maria, id).await.unwrap();
    assert!(!freely(&view) && view.may_change);
    let refused = world
        .portal
        .withdraw(&world.maria, id, "verkeerde persoon".into(), false)
        .await;
    let Ok(Withdrawn::TooLate(draft)) = refused else {
        panic!("{refused:?}");
    };
    let kept = world.portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!(kept.reason, "verkeerde persoon", "it is not typed twice");
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 1);
    let done = world
        .portal
        .withdraw(&world.maria, id, "op verzoek".into(), true)
        .await;
    assert_eq!(done.unwrap(), Withdrawn::Done);
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 0);
}

#[tokio::test]
async fn what_was_made_of_an_answer_is_told_field_by_field_and_stays_told() {
    let world = World::new().await;
    let typed = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Bsn, "9999.90.019"),
            (Column::Batchnummer, "lot ej 6795"),
        ],
    );
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    world
        .portal
        .save_person(&world.maria, draft, typed.clone(), String::new())
        .await
        .unwrap();
    world
        .portal
        .save_vaccination(&world.maria, draft, typed, None)
        .await
        .unwrap();
    let shown = world.portal.draft(&world.maria, draft).await.unwrap();
    let told = |list: &[Mended]| -> Vec<(Column, Option<(String, String)>)> {
        list.iter()
            .map(|one| (one.column, one.values.clone()))
            .collect()
    };
    let values = |typed: &str, became: &str| Some((typed.to_owned(), became.to_owned()));
    let batch = (Column::Batchnummer, values("lot ej 6795", "EJ6795"));
    assert_eq!(
        told(&shown.mended),
        [(Column::Bsn, values("9999.90.019", EREBOS)), batch.clone()]
    );
    let Submitted::Done { reference } = world
        .portal
        .submit(&world.maria, draft, None)
        .await
        .unwrap()
    else {
        panic!("not stored")
    };
    let receipt = world.portal.receipt(&world.maria, reference).await.unwrap();
    assert_eq!(told(&receipt.mended), [(Column::Bsn, None), batch]);
    let id = receipt.registration.unwrap();
    let view = world.portal.registration(&world.maria, id).await.unwrap();
    let codes: Vec<Code> = view.findings.iter().map(|found| found.code).collect();
    assert!(codes.contains(&Code::H02) && codes.contains(&Code::H05));
    assert_eq!(view.versions[0].row.get(Column::Batchnummer), "EJ6795");
    world.nowhere(&["9999.90.019", EREBOS]).await;
}
