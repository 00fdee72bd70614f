//! A new party from its request to its first file: three people, nothing accepted before, all of it readable afterwards
//! (features F79-F81; security G18).

use crate::world::{EREBOS, World, conforming, csv, good, with};
use app::ports::onboarding::{Filed, Manager, Onboarding};
use app::ports::parties::{Parties, Said};
use app::ports::{Caller, Deliveries, Membership, PartyRef, PortError};
use domain::connection::ConnectionStep;
use domain::delivery::Channel;
use domain::onboarding::{Fault, PartyForm, TaskState};
use domain::role::Role;
use domain::row::{Column, RowText};
use server::audit::{Event, Kind};
use server::intake::receive::{self, Sender};
use uuid::Uuid;

struct House {
    world: World,
    /// Asks.
    beheer: Caller,
    /// Decides.
    coordinator: Caller,
}

fn form(channel: Channel) -> PartyForm {
    PartyForm {
        name: "Verpleeghuis Lindehof".into(),
        code: "LINDEHOF".into(),
        kind: "verpleeghuis".into(),
        agb: "47470009".into(),
        channel: channel.as_str().into(),
        purpose: "vaccinatieregistratie".into(),
        contact: "Anne Geheimhouder, 070 000 00 00".into(),
        ..PartyForm::default()
    }
}

/// Ten good rows of one institution, as a spreadsheet has them.
fn rows(from: u32) -> Vec<u8> {
    let row = |number: u32| -> RowText {
        let key = format!("l-{}", from + number);
        let day = format!("{:02}-02-2021", number + 1);
        with(
            good(EREBOS, "01-04-2000"),
            &[
                (Column::Bronsleutel, key.as_str()),
                (Column::Toestemming, "N"),
                (Column::Bsn, ""),
                (Column::Geboortedatum, ""),
                (Column::Leeftijdsgroep, "B"),
                (Column::Vaccinatiedatum, &day),
                (Column::UitvoerderAgb, "47470009"),
            ],
        )
    };
    csv(&(0..10).map(row).collect::<Vec<_>>())
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let beheer = world.test.caller("rik", Role::RivmBeheer, None).await;
        let coordinator = world
            .test
            .caller("priya", Role::Privacycoordinator, None)
            .await;
        Self {
            world,
            beheer,
            coordinator,
        }
    }

    /// Files a request; its connection.
    async fn asked(&self, form: PartyForm) -> (Uuid, Uuid) {
        let id = Uuid::now_v7();
        let filed = self.world.portal.file_party(&self.beheer, id, form).await;
        assert_eq!(filed, Ok(Filed::Done));
        let view = self.world.portal.party_request(&self.beheer, id).await;
        (id, view.unwrap().line.connection)
    }

    async fn status(&self) -> String {
        self.status_of("LINDEHOF").await
    }

    async fn status_of(&self, code: &str) -> String {
        sqlx::query_scalar("SELECT status FROM parties WHERE code = $1")
            .bind(code)
            .fetch_one(&self.world.test.admin)
            .await
            .unwrap()
    }

    /// Somebody of the new party, in this role.
    async fn nurse(&self, role: Role) -> Caller {
        let (id, name): (Uuid, String) =
            sqlx::query_as("SELECT id, name FROM parties WHERE code = 'LINDEHOF'")
                .fetch_one(&self.world.test.admin)
                .await
                .unwrap();
        let party = PartyRef {
            id,
            code: "LINDEHOF".into(),
            name,
        };
        let nurse = self.world.test.caller("nel", Role::Invoerder, Some(&party));
        let mut nurse = nurse.await;
        nurse.membership = Membership {
            party: Some(party),
            role,
        };
        nurse
    }

    /// A file for the test lane of the new party; its delivery.
    async fn tries(&self, nurse: &Caller, channel: Channel, content: &[u8]) -> Uuid {
        self.tries_through(None, nurse, channel, content).await
    }

    async fn tries_through(
        &self,
        intermediary: Option<Uuid>,
        nurse: &Caller,
        channel: Channel,
        content: &[u8],
    ) -> Uuid {
        let road = &self.world.road;
        let sender = Sender {
            party: nurse.party().unwrap().id,
            by: Some(nurse.user_id),
            channel,
            file_name: "proef.csv",
            preview: false,
            test_lane: true,
            intermediary,
            event: Event::of(nurse, Kind::DeliveryReceived),
            now: road.clock.now(),
            dropped: None,
        };
        let mut file = road.blobs.create(&road.keys, Uuid::now_v7()).unwrap();
        file.push(content).unwrap();
        let id = receive::receive(road, sender, file).await.unwrap().id();
        self.world.work().await;
        id
    }

    async fn say(&self, connection: Uuid, step: ConnectionStep) -> Said {
        let reason = "dat is nodig".to_owned();
        let portal = &self.world.portal;
        let said = portal.decide_connection(&self.coordinator, connection, step, reason);
        said.await.unwrap()
    }
}

#[tokio::test]
async fn a_party_delivers_after_a_request_a_test_and_the_yes_of_another_person() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let (request, connection) = house.asked(form(Channel::Upload)).await;
    assert_eq!(house.status().await, "requested");
    let line = portal.party_request(&house.coordinator, request).await;
    let line = line.unwrap().line;
    assert_eq!(
        (line.test, line.approval),
        (TaskState::Todo, TaskState::NotYet)
    );
    world.nowhere(&["Geheimhouder"]).await;

    // Nothing is accepted before: not by the road of the institution, nor by any other.
    let nurse = house.nurse(Role::OpProef).await;
    assert_eq!(
        portal.list(&nurse, 1).await.err(),
        Some(PortError::NotFound)
    );
    let early = world.receive(&nurse, "vroeg.csv", &rows(50), false).await;
    world.work().await;
    let state: String = sqlx::query_scalar("SELECT state FROM deliveries WHERE id = $1")
        .bind(early.id())
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(state, "parked");
    assert_eq!(world.count("anonymous_counts").await, 0);

    assert_eq!(
        house.say(connection, ConnectionStep::Approve).await,
        Said::NotTried
    );
    let bench = portal.bench(&nurse).await.unwrap();
    assert_eq!(bench.lanes.len(), 1);
    assert!(bench.lanes[0].waits && bench.attempts.is_empty());
    let few = house
        .tries(&nurse, Channel::Upload, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    assert!(
        !portal
            .attempt(&nurse, few)
            .await
            .unwrap()
            .trial
            .unwrap()
            .conforms()
    );
    assert_eq!(
        house.say(connection, ConnectionStep::Approve).await,
        Said::NotTried
    );
    let whole = house.tries(&nurse, Channel::Upload, &rows(0)).await;
    let trial = portal.attempt(&nurse, whole).await.unwrap().trial.unwrap();
    assert!(trial.conforms(), "{trial:?}");
    assert_eq!(
        world.count("anonymous_counts").await,
        0,
        "a test counts nothing"
    );
    let other = portal.attempt(&world.maria, whole).await;
    assert_eq!(other.err(), Some(PortError::NotFound));
    let line = portal.party_request(&house.coordinator, request).await;
    let line = line.unwrap().line;
    assert_eq!(
        (line.test, line.approval),
        (TaskState::Done, TaskState::Todo)
    );

    // Who asked does not decide, in whatever role, and the database says so too.
    let mut both = house.coordinator.clone();
    both.user_id = house.beheer.user_id;
    let said = portal
        .decide_connection(&both, connection, ConnectionStep::Approve, "gezien".into())
        .await;
    assert_eq!(said, Ok(Said::SamePerson));
    let forced = sqlx::query("UPDATE parties SET status = 'active', activated_by = requested_by, activated_at = now() WHERE code = 'LINDEHOF'")
        .execute(&world.test.admin)
        .await;
    assert!(
        forced
            .unwrap_err()
            .to_string()
            .contains("parties_four_eyes")
    );
    let alone = sqlx::query("UPDATE parties SET status = 'active' WHERE code = 'LINDEHOF'")
        .execute(&world.test.admin)
        .await;
    assert!(alone.unwrap_err().to_string().contains("parties_activated"));

    assert_eq!(
        house.say(connection, ConnectionStep::Approve).await,
        Said::Welcome
    );
    assert_eq!(house.status().await, "active");
    world.work().await;
    let mut nurse = nurse;
    nurse.membership.role = Role::Invoerder;
    let first = world.upload(&nurse, &rows(20)).await;
    let view = portal.delivery(&nurse, first).await.unwrap();
    assert_eq!(view.line.counts.geteld, 10, "{:?}", view.line.counts);
    // Whose request it was, what was tried and who decided stays to be read, and is in the audit.
    let seen = portal.connection(&house.beheer, connection).await.unwrap();
    let steps: Vec<_> = seen
        .history
        .iter()
        .map(|step| (step.step, step.by.clone().unwrap_or_default()))
        .collect();
    assert_eq!(
        steps,
        [
            (None, "rik".to_owned()),
            (Some(ConnectionStep::Approve), "priya".to_owned())
        ]
    );
    assert_eq!((seen.trials.len(), seen.request), (2, Some(request)));
    for step in ["asked", "approve", "activated"] {
        let line = format!(
            "audit_lines WHERE line LIKE '%governance.party%' AND line LIKE '%\"step\":\"{step}\"%'"
        );
        assert!(world.count(&line).await >= 1, "{step}");
    }
    assert_eq!(
        world
            .count("audit_lines WHERE line LIKE '%Geheimhouder%'")
            .await,
        0
    );
}

/// A request by a party in between that nobody knows yet.
fn through(name: &str, code: &str) -> PartyForm {
    PartyForm {
        between_name: name.into(),
        between_code: code.into(),
        ..form(Channel::Sftp)
    }
}

#[tokio::test]
async fn a_new_party_in_between_is_judged_with_the_first_request_through_it() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    // The code of another party, whatever that is, is not for the one in between.
    let taken = Uuid::now_v7();
    let faulty = through("Nieuwsoft", &world.maria.party().unwrap().code);
    assert_eq!(
        portal.file_party(&house.beheer, taken, faulty).await,
        Ok(Filed::Faults)
    );
    let view = portal.party_form(&house.beheer, Some(taken)).await.unwrap();
    assert_eq!(view.faults, [Fault::BetweenTaken]);

    let (_, connection) = house.asked(through("Nieuwsoft", "NIEUWSOFT")).await;
    assert_eq!(house.status_of("NIEUWSOFT").await, "requested");
    let seen = portal
        .connection(&house.coordinator, connection)
        .await
        .unwrap();
    assert!(seen.new_between);
    assert_eq!(seen.intermediary.as_deref(), Some("Nieuwsoft"));

    // Refused, it cannot be chosen; asked for again, it is judged again.
    house.say(connection, ConnectionStep::Refuse).await;
    assert_eq!(house.status_of("NIEUWSOFT").await, "refused");
    let form = portal.party_form(&house.beheer, None).await.unwrap();
    assert!(!form.between.iter().any(|(code, _)| code == "NIEUWSOFT"));
    let (_, connection) = house.asked(through("Nieuwsoft BV", "NIEUWSOFT")).await;
    let between: Uuid = sqlx::query_scalar("SELECT id FROM parties WHERE code = 'NIEUWSOFT'")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let nurse = house.nurse(Role::OpProef).await;
    let own = String::from_utf8(conforming()).unwrap();
    let own = own.replace("06010001", "47470009");
    let tried = house
        .tries_through(Some(between), &nurse, Channel::Sftp, own.as_bytes())
        .await;
    let trial = portal.attempt(&nurse, tried).await.unwrap().trial.unwrap();
    assert!(trial.conforms(), "{trial:?}");

    // Whoever asked for the party in between does not make it active, also when another one asked for the connection.
    let asked_by_another = "UPDATE connections SET requested_by = NULL WHERE id = $1";
    let mut both = house.coordinator.clone();
    both.user_id = house.beheer.user_id;
    sqlx::query(asked_by_another)
        .bind(connection)
        .execute(&world.test.admin)
        .await
        .unwrap();
    sqlx::query("UPDATE parties SET requested_by = NULL WHERE code = 'LINDEHOF'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let said = portal
        .decide_connection(&both, connection, ConnectionStep::Approve, "gezien".into())
        .await;
    assert_eq!(said, Ok(Said::SamePerson));

    assert_eq!(
        house.say(connection, ConnectionStep::Approve).await,
        Said::Welcome
    );
    assert_eq!(house.status_of("NIEUWSOFT").await, "active");
    assert_eq!(house.status().await, "active");
    let activated =
        "audit_lines WHERE line LIKE '%governance.party%' AND line LIKE '%\"step\":\"activated\"%'";
    assert_eq!(world.count(activated).await, 2);
}

#[tokio::test]
async fn who_is_refused_reads_why_and_may_ask_again() {
    let house = House::new().await;
    let portal = &house.world.portal;
    let (first, connection) = house.asked(form(Channel::Sftp)).await;
    let refused = house.say(connection, ConnectionStep::Refuse).await;
    assert_eq!(refused, Said::Done(0));
    assert_eq!(house.status().await, "refused");
    let view = portal.connection(&house.beheer, connection).await.unwrap();
    let last = view.history.last().unwrap();
    assert_eq!(last.step, Some(ConnectionStep::Refuse));
    assert_eq!(last.reason.as_deref(), Some("dat is nodig"));
    house.world.nowhere(&["dat is nodig"]).await;
    let line = portal.party_request(&house.beheer, first).await.unwrap();
    assert_eq!(line.line.approval, TaskState::Refused);
    // The same code again is a new request for the same party; what was said before stays.
    let (second, again) = house
        .asked(PartyForm {
            agb: "47470010".into(),
            ..form(Channel::Sftp)
        })
        .await;
    assert!(second != first && again != connection);
    assert_eq!(house.status().await, "requested");
    assert_eq!(
        house.world.count("parties WHERE code = 'LINDEHOF'").await,
        1
    );
    let agb = "party_agb a JOIN parties p ON p.id = a.party_id WHERE p.code = 'LINDEHOF' AND a.valid_to IS NULL";
    assert_eq!(house.world.count(agb).await, 1, "one AGB code is in force");
    let list = portal.party_requests(&house.coordinator, 1).await.unwrap();
    let ids: Vec<Uuid> = list.items.iter().map(|line| line.id).collect();
    assert_eq!(ids, [second, first], "what waits stands first");
    assert_eq!(
        house
            .world
            .count("connection_steps WHERE step = 'refuse'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_request_with_faults_is_kept_for_who_typed_it_and_twice_is_once() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let id = Uuid::now_v7();
    let wrong = PartyForm {
        code: "ZONNEHOF".into(),
        agb: "06010001".into(),
        ..form(Channel::Upload)
    };
    let filed = portal.file_party(&house.beheer, id, wrong.clone()).await;
    assert_eq!(filed, Ok(Filed::Faults));
    let draft = portal.party_form(&house.beheer, Some(id)).await.unwrap();
    assert_eq!(draft.faults, [Fault::CodeTaken, Fault::AgbTaken]);
    assert!(draft.form == wrong, "nothing that was typed is lost");
    assert_eq!(world.count("parties WHERE status = 'requested'").await, 0);
    world.nowhere(&["Geheimhouder"]).await;
    // It is of who types it: a colleague does not find it, nor can write in it.
    let colleague = world.test.caller("rosa", Role::RivmBeheer, None).await;
    let theirs = portal.party_form(&colleague, Some(id)).await;
    assert_eq!(theirs.err(), Some(PortError::NotFound));
    let written = portal.file_party(&colleague, id, form(Channel::Upload));
    assert_eq!(written.await, Err(PortError::NotFound));
    let listed = portal.party_requests(&house.beheer, 1).await.unwrap();
    assert_eq!(listed.total, 0, "a draft is no request");

    for _ in 0..2 {
        let filed = portal.file_party(&house.beheer, id, form(Channel::Upload));
        assert_eq!(filed.await, Ok(Filed::Done));
    }
    assert_eq!(world.count("parties WHERE code = 'LINDEHOF'").await, 1);
    assert_eq!(
        world
            .count("connections c JOIN parties p ON p.id = c.party_id WHERE p.code = 'LINDEHOF'")
            .await,
        1
    );
    let filed = portal.party_form(&house.beheer, Some(id)).await;
    assert_eq!(
        filed.err(),
        Some(PortError::NotFound),
        "it is no draft any more"
    );
    // Only who runs the register asks.
    for caller in [&house.coordinator, &world.rivm, &world.maria] {
        let asked = portal.file_party(caller, Uuid::now_v7(), form(Channel::Sftp));
        assert_eq!(asked.await, Err(PortError::NotFound), "{}", caller.name);
    }
    // What nobody filed goes after a day.
    let left = Uuid::now_v7();
    let filed = portal.file_party(&house.beheer, left, PartyForm::default());
    assert_eq!(filed.await, Ok(Filed::Faults));
    sqlx::query("UPDATE party_requests SET begun_at = now() - interval '25 hours'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    server::intake::tidy::tidy(&world.road).await.unwrap();
    assert_eq!(
        world.count("party_requests").await,
        1,
        "what was filed stays"
    );
}

#[tokio::test]
async fn a_channel_through_a_supplier_is_tested_as_that_channel() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let supplier = Uuid::now_v7();
    sqlx::query("INSERT INTO parties (id, code, name, kind, status) VALUES ($1, 'ZORGSOFT', 'ZorgSoft', 'tussenpartij', 'active')")
        .bind(supplier)
        .execute(&world.test.admin)
        .await
        .unwrap();
    let asked = PartyForm {
        intermediary: "ZORGSOFT".into(),
        columns: "kamer".into(),
        ..form(Channel::Sftp)
    };
    let (_, connection) = house.asked(asked).await;
    let nurse = house.nurse(Role::OpProef).await;
    let lane = portal.bench(&nurse).await.unwrap().lanes.remove(0);
    assert_eq!(
        (lane.channel, lane.intermediary.as_deref(), lane.waits),
        (Channel::Sftp, Some("ZorgSoft"), true)
    );
    let view = portal.connection(&house.coordinator, connection).await;
    assert_eq!(
        view.unwrap().columns,
        ["kamer"],
        "the columns are asked for too"
    );
    // A file tried for another way says nothing about this one.
    house.tries(&nurse, Channel::Sftp, &conforming()).await;
    assert_eq!(
        house.say(connection, ConnectionStep::Approve).await,
        Said::NotTried
    );
}

#[tokio::test]
async fn the_first_manager_comes_by_a_code_that_only_who_made_it_sees() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let (request, _) = house.asked(form(Channel::Upload)).await;
    let manager = |caller: &Caller| {
        let (portal, caller) = (portal.clone(), caller.clone());
        async move {
            let view = portal.party_request(&caller, request).await.unwrap();
            view.manager
        }
    };
    assert!(manager(&house.beheer).await == Manager::Nobody);
    assert!(manager(&house.coordinator).await == Manager::NotMine);
    let invited = portal.invite_manager(&house.coordinator, request, "Nel".into());
    assert_eq!(invited.await, Err(PortError::NotFound));
    let invited = portal.invite_manager(&house.beheer, request, "Nora Nieuw".into());
    assert_eq!(invited.await, Ok(()));
    let Manager::Invited { name, code, .. } = manager(&house.beheer).await else {
        panic!("no code")
    };
    assert_eq!(name, "Nora Nieuw");
    let colleague = world.test.caller("rosa", Role::RivmBeheer, None).await;
    assert!(
        manager(&colleague).await == Manager::Nobody,
        "the code is not hers"
    );
    let again = portal.invite_manager(&house.beheer, request, "Nog een".into());
    assert_eq!(again.await, Err(PortError::Conflict));

    let hash =
        server::portal::code_hash(&world.road.keys, &domain::invitation::code(&code).unwrap());
    let enter = |subject: &'static str| {
        let (db, hash) = (world.road.db.clone(), hash.clone());
        async move {
            let mut tx = server::store::worker_tx(&db).await.unwrap();
            let issuer = "https://issuer.test";
            let used = server::store::users::accept(&mut tx, &hash, issuer, subject).await;
            tx.commit().await.unwrap();
            used.unwrap().is_some()
        }
    };
    assert!(!enter("rik").await, "who makes a code does not use it");
    assert!(enter("nora").await);
    assert!(manager(&house.beheer).await == Manager::There);
    let lines = "audit_lines WHERE line LIKE '%governance.user%' AND line LIKE '%invited%'";
    assert_eq!(world.count(lines).await, 1);
    // Who did not log in for 90 days has no access, and nobody there to ask for it: RIVM invites another one.
    sqlx::query("UPDATE user_roles SET granted_at = now() - interval '91 days', last_used_at = NULL WHERE role = 'instellingsbeheerder'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    assert!(manager(&house.beheer).await == Manager::Nobody);
    let invited = portal.invite_manager(&house.beheer, request, "Bea Begin".into());
    assert_eq!(invited.await, Ok(()));
}
