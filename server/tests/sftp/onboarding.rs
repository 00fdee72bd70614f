//! A new institution with its own system, from RIVM's request to its first file: the test folder, two people at RIVM, and
//! `in/` (features F79-F81, F-X7; security G18). Everything goes by the ports and the drop box.

use crate::brp::fetch;
use crate::house::{House, Raw, new_account};
use crate::tree::names;
use crate::world::{EREBOS, conforming, csv, good};
use app::ports::onboarding::{Filed, Onboarding};
use app::ports::parties::{Parties, Said};
use app::ports::{Caller, Deliveries, Membership, PartyRef};
use domain::connection::ConnectionStep;
use domain::delivery::Channel;
use domain::delivery::dropbox::Proof;
use domain::onboarding::{PartyForm, TaskState};
use domain::role::Role;
use russh_sftp::protocol::StatusCode;
use server::commands::sftp::{Add, add};
use uuid::Uuid;

const AGB: &str = "47470009";

/// A file with the AGB code of the new institution.
fn own(content: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(content).unwrap();
    text.replace("06010001", AGB).into_bytes()
}

fn asked() -> PartyForm {
    PartyForm {
        name: "Verpleeghuis Lindehof".into(),
        code: "LINDEHOF".into(),
        kind: "verpleeghuis".into(),
        agb: AGB.into(),
        channel: Channel::Sftp.as_str().into(),
        purpose: "vaccinatieregistratie".into(),
        contact: "Anne Voorbeeld, 070 000 00 00".into(),
        ..PartyForm::default()
    }
}

/// Somebody of the new institution who tries its files, and later delivers.
async fn nurse(house: &House, role: Role) -> Caller {
    let (id, name): (Uuid, String) =
        sqlx::query_as("SELECT id, name FROM parties WHERE code = 'LINDEHOF'")
            .fetch_one(&house.world.test.admin)
            .await
            .unwrap();
    let party = PartyRef {
        id,
        code: "LINDEHOF".into(),
        name,
    };
    let test = &house.world.test;
    let mut nurse = test.caller("nel", Role::Invoerder, Some(&party)).await;
    nurse.membership = Membership {
        party: Some(party),
        role,
    };
    nurse
}

/// Puts a file in a folder and gives it its name; its delivery, as the receipt says.
async fn deliver(house: &House, raw: &mut Raw, folder: &str, file: &str, content: &[u8]) -> Uuid {
    raw.put(&format!("/{folder}/x.part"), content).await;
    let (code, text) = raw
        .rename(&format!("/{folder}/x.part"), &format!("/{folder}/{file}"))
        .await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    house.answered(file).await;
    let receipt = fetch(raw, &format!("/uit/{file}.ontvangst.json")).await;
    let receipt: serde_json::Value = serde_json::from_str(&receipt).unwrap();
    receipt["aanlevering"].as_str().unwrap().parse().unwrap()
}

/// What the answer in `uit/` says of a file.
async fn outcome(raw: &mut Raw, file: &str) -> serde_json::Value {
    let text = fetch(raw, &format!("/uit/{file}.resultaat.json")).await;
    let mut answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    answer["uitkomst"].take()
}

/// Nothing of a file is in the register, or counted.
async fn nothing_counts(house: &House) {
    for table in ["vaccinations", "reports", "anonymous_counts"] {
        assert_eq!(house.world.count(table).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_delivers_after_a_request_a_test_in_its_folder_and_the_yes_of_another_person() {
    let house = House::open().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let beheer = world.test.caller("rik", Role::RivmBeheer, None).await;
    let coordinator = world
        .test
        .caller("priya", Role::Privacycoordinator, None)
        .await;
    let request = Uuid::now_v7();
    let filed = portal.file_party(&beheer, request, asked()).await;
    assert_eq!(filed, Ok(Filed::Done));
    let view = portal.party_request(&beheer, request).await.unwrap();
    let connection = view.line.connection;
    let approves = async |caller: &Caller| {
        let reason = "de proef is gezien".to_owned();
        portal
            .decide_connection(caller, connection, ConnectionStep::Approve, reason)
            .await
            .unwrap()
    };
    let given_out = Add {
        party: "LINDEHOF".to_owned(),
        proof: Proof::Rename,
        keys: vec![house.key_files(7).1],
        ..new_account("lindehof-1")
    };
    add(&world.road.db, &given_out).await.unwrap();

    // There is a folder for tests, and none for files that count.
    let mut raw = house.raw("lindehof-1", 7).await;
    assert_eq!(names(&mut raw, "/").await, ["test", "uit"]);
    let (code, _) = raw.create("/in/x.part").await.unwrap_err();
    assert_eq!(code, StatusCode::NoSuchFile);
    assert_eq!(approves(&coordinator).await, Said::NotTried);

    // Too little at first: the report says so, and nobody can approve.
    let tries = nurse(&house, Role::OpProef).await;
    let few = "CIMS_LINDEHOF_lindehof-1_20210301_1.csv";
    let rows = own(csv(&[good(EREBOS, "01-04-2000")]));
    let small = deliver(&house, &mut raw, "test", few, &rows).await;
    let trial = portal.attempt(&tries, small).await.unwrap().trial.unwrap();
    assert!(!trial.conforms());
    assert_eq!(approves(&coordinator).await, Said::NotTried);
    let whole = "CIMS_LINDEHOF_lindehof-1_20210301_2.csv";
    let tried = deliver(&house, &mut raw, "test", whole, &own(conforming())).await;
    assert_eq!(outcome(&mut raw, whole).await, "VERWERKT");
    let trial = portal.attempt(&tries, tried).await.unwrap().trial.unwrap();
    assert!(trial.conforms(), "{trial:?}");
    let seen = portal.connection(&coordinator, connection).await.unwrap();
    assert_eq!(seen.trials.len(), 2, "the coordinator reads both reports");
    let line = portal.party_request(&coordinator, request).await.unwrap();
    assert_eq!(
        (line.line.test, line.line.approval),
        (TaskState::Done, TaskState::Todo)
    );
    nothing_counts(&house).await;

    // Who asked does not decide, in whatever role.
    let mut both = coordinator.clone();
    both.user_id = beheer.user_id;
    assert_eq!(approves(&both).await, Said::SamePerson);
    let mut early = house.raw("lindehof-1", 7).await;
    assert!(early.create("/in/x.part").await.is_err());
    assert_eq!(approves(&coordinator).await, Said::Welcome);

    // Logged in again there is the folder that counts, and what is put there does.
    let mut raw = house.raw("lindehof-1", 7).await;
    assert_eq!(names(&mut raw, "/").await, ["in", "uit"]);
    nothing_counts(&house).await;
    let first = "CIMS_LINDEHOF_lindehof-1_20210302_3.csv";
    let delivery = deliver(&house, &mut raw, "in", first, &own(conforming())).await;
    assert_eq!(outcome(&mut raw, first).await, "VERWERKT");
    let mut delivers = tries;
    delivers.membership.role = Role::Invoerder;
    let view = portal.delivery(&delivers, delivery).await.unwrap();
    assert_eq!(view.line.counts.afgekeurd, 0, "{:?}", view.line.counts);
    assert!(world.count("vaccinations").await > 0);
    assert!(world.count("anonymous_counts").await > 0);
}
