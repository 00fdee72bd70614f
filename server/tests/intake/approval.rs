//! Approval is a lock in the intake: what nobody approved waits, with nothing past its header read (features F-X10).

use crate::moment::{both, hang};
use crate::support::{counted, until};
use crate::world::{EREBOS, NAOMI, World, conforming, csv, good, with};
use app::ports::deliveries::{Deliveries, MendedRow};
use app::ports::entry::{Corrected, Entry, Restored, Submitted, Withdrawn};
use app::ports::parties::{ConnectionFilter, Parties, Said, Side, Waits, Wish};
use app::ports::withdrawals::{Asked, Withdrawals};
use app::ports::{Caller, PortError};
use domain::bsn::Bsn;
use domain::connection::{ConnectionState, ConnectionStep, PartyStatus};
use domain::delivery::Channel;
use domain::role::Role;
use domain::row::Column;
use std::time::{Duration, Instant};
use uuid::Uuid;

pub(crate) struct House {
    pub(crate) world: World,
    /// Asks.
    pub(crate) beheer: Caller,
    /// Decides.
    pub(crate) coordinator: Caller,
}

impl House {
    pub(crate) async fn new() -> Self {
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

    /// A file of ZONNEHOF over SFTP, as far as it goes.
    async fn deliver(&self, content: &[u8]) -> Uuid {
        let id = self.receive(content).await;
        self.world.work().await;
        id
    }

    /// The worker has not seen it yet.
    pub(crate) async fn receive(&self, content: &[u8]) -> Uuid {
        let maria = &self.world.maria;
        let received = self.world.receive_by_sftp(maria, "zonnehof.csv", content);
        received.await.id()
    }

    /// (state, outcome) of a delivery.
    pub(crate) async fn state(&self, id: Uuid) -> (String, Option<String>) {
        sqlx::query_as("SELECT state, outcome FROM deliveries WHERE id = $1")
            .bind(id)
            .fetch_one(&self.world.test.admin)
            .await
            .unwrap()
    }

    async fn sftp(&self) -> Uuid {
        sqlx::query_scalar("SELECT id FROM connections WHERE party_id = $1 AND channel = 'sftp' AND state NOT IN ('refused', 'ended')")
            .bind(self.world.maria.party().unwrap().id)
            .fetch_one(&self.world.test.admin)
            .await
            .unwrap()
    }

    async fn say(&self, id: Uuid, step: ConnectionStep) -> Said {
        self.world
            .portal
            .decide_connection(&self.coordinator, id, step, "omdat het moet".into())
            .await
            .unwrap()
    }
}

pub(crate) fn rows() -> Vec<u8> {
    let keyed = |bsn, birth, key| with(good(bsn, birth), &[(Column::Bronsleutel, key)]);
    csv(&[
        keyed(EREBOS, "01-04-2000", "een"),
        keyed(NAOMI, "01-04-1987", "twee"),
    ])
}

/// The same rows with a column nobody asked for.
fn with_room() -> Vec<u8> {
    let text = String::from_utf8(rows()).unwrap();
    let lines = text.lines().enumerate().map(|(place, line)| match place {
        0 => format!("{line};kamer"),
        _ => format!("{line};kamer 12 bij mevrouw Zonderling"),
    });
    lines
        .map(|line| line + "\r\n")
        .collect::<String>()
        .into_bytes()
}

#[tokio::test]
async fn a_channel_waits_until_two_people_agreed_and_then_its_deliveries_go_on() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    assert_eq!(
        house.say(house.sftp().await, ConnectionStep::End).await,
        Said::Done(0)
    );
    let waiting = house.deliver(&rows()).await;
    assert_eq!(house.state(waiting).await, ("parked".to_owned(), None));
    assert_eq!(world.count("delivery_rows").await, 0);
    assert_eq!(world.count("vaccinations").await, 0);

    let parked = portal
        .parked_delivery(&house.beheer, waiting)
        .await
        .unwrap();
    assert_eq!(parked.why, Waits::Approval);
    assert!(parked.may_ask && !parked.may_release && !parked.may_destroy);
    // Who decides does not ask, and who asks does not decide.
    let asks = portal.ask_for_parked(&house.coordinator, waiting).await;
    assert_eq!(asks, Err(PortError::NotFound));
    let asked = portal.ask_for_parked(&house.beheer, waiting).await.unwrap();
    assert_eq!(
        portal.ask_for_parked(&house.beheer, waiting).await.unwrap(),
        asked
    );
    let decides = portal
        .decide_connection(
            &house.beheer,
            asked,
            ConnectionStep::Approve,
            "gezien".into(),
        )
        .await;
    assert_eq!(decides.err(), Some(PortError::NotFound));
    // Not even in another role: it is the person.
    let mut both = house.coordinator.clone();
    both.user_id = house.beheer.user_id;
    let decides = portal
        .decide_connection(&both, asked, ConnectionStep::Approve, "gezien".into())
        .await;
    assert_eq!(decides.unwrap(), Said::SamePerson);
    let forced = sqlx::query("UPDATE connections SET state = 'approved', decided_by = requested_by, decided_at = now() WHERE id = $1")
        .bind(asked)
        .execute(&world.test.admin)
        .await;
    assert!(
        forced
            .unwrap_err()
            .to_string()
            .contains("connections_four_eyes")
    );

    world.try_out(&world.maria, &conforming()).await;
    assert_eq!(
        house.say(asked, ConnectionStep::Approve).await,
        Said::Done(1)
    );
    assert_eq!(house.say(asked, ConnectionStep::Approve).await, Said::Other);
    world.work().await;
    assert_eq!(
        house.state(waiting).await,
        ("done".to_owned(), Some("VERWERKT".to_owned()))
    );
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
    let lines = "audit_lines WHERE line LIKE '%governance.party%' AND line LIKE '%\"object\"%'";
    assert_eq!(world.count(lines).await, 0, "the object has its own name");
    for step in ["end", "asked", "approve"] {
        let line = format!(
            "audit_lines WHERE line LIKE '%governance.party%' AND line LIKE '%\"step\":\"{step}\"%'"
        );
        assert_eq!(world.count(&line).await, 1, "{step}");
    }
}

impl House {
    /// The step of which kind a delivery says it went on by: of its connection, or of its party as a whole.
    async fn let_go_by(&self, id: Uuid) -> (Option<String>, Option<String>) {
        sqlx::query_as(
            "SELECT (SELECT step FROM connection_steps s WHERE s.id = d.let_go_by), (SELECT step FROM party_steps s WHERE s.id = d.let_go_by_party)
             FROM deliveries d WHERE d.id = $1",
        )
        .bind(id)
        .fetch_one(&self.world.test.admin)
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn an_approval_is_explained_and_each_delivery_says_by_which_decision_it_went_on() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let first = house.deliver(&with_room()).await;
    assert_eq!(house.let_go_by(first).await, (None, None));
    let asked = portal.ask_for_parked(&house.beheer, first).await.unwrap();
    let say = async |step, reason: &str| {
        let said = portal.decide_connection(&house.coordinator, asked, step, reason.into());
        said.await
    };
    for step in [ConnectionStep::Refuse, ConnectionStep::Approve] {
        let unexplained = say(step, " ").await;
        assert_eq!(unexplained, Err(PortError::Conflict), "{step:?}");
    }
    let why = "de kolom is leeg in de praktijk";
    assert_eq!(say(ConnectionStep::Approve, why).await, Ok(Said::Done(1)));
    world.nowhere(&[why]).await;
    let history = async || {
        let view = portal.connection(&house.coordinator, asked).await.unwrap();
        let last = view.history.last().cloned().unwrap();
        (last.step, last.reason, last.let_go)
    };
    let explained = (Some(ConnectionStep::Approve), Some(why.to_owned()), 1);
    assert_eq!(history().await, explained);
    let approve = (Some("approve".to_owned()), None);
    assert_eq!(house.let_go_by(first).await, approve);
    world.work().await;
    assert_eq!(house.state(first).await.0, "done");
    // Its sender reads when, and not who.
    let decided = portal.connection(&house.coordinator, asked).await.unwrap();
    let decided = decided.history.last().unwrap().clone();
    let seen = portal.delivery(&world.maria, first).await.unwrap();
    assert_eq!(seen.let_go, Some(decided.at));
    let all = serde_json::to_string(&seen).unwrap();
    assert!(!all.contains(&house.coordinator.name), "{all}");

    // Opened again is a decision too: of the connection, and of the party as a whole.
    say(ConnectionStep::Suspend, "een lek").await.unwrap();
    let second = house.deliver(&[&rows()[..], b"\r\n"].concat()).await;
    say(ConnectionStep::Reopen, "gedicht").await.unwrap();
    let reopen = Some("reopen".to_owned());
    assert_eq!(house.let_go_by(second).await, (reopen.clone(), None));
    world.work().await;
    whole(&house, ConnectionStep::Suspend).await;
    let third = house.deliver(&[&rows()[..], b"\r\n\r\n"].concat()).await;
    assert_eq!(whole(&house, ConnectionStep::Reopen).await, Said::Done(1));
    assert_eq!(house.let_go_by(third).await, (None, reopen));
    let view = portal.connection(&house.coordinator, asked).await.unwrap();
    let counts: Vec<u32> = view.history.iter().map(|step| step.let_go).collect();
    assert_eq!(counts.iter().sum::<u32>(), 2, "{counts:?}");
    assert_eq!(view.standings[0].history.last().unwrap().let_go, 1);
    // What never waited was let go by nobody.
    world.work().await;
    let own = house.deliver(&bare(true)).await;
    assert_eq!(house.let_go_by(own).await, (None, None));
    let seen = portal.delivery(&world.maria, own).await.unwrap();
    assert_eq!(seen.let_go, None);
    let seen = portal.delivery(&world.maria, third).await.unwrap();
    assert!(seen.let_go.is_some(), "of a party as a whole too");
}

#[tokio::test]
async fn a_file_with_one_more_column_reaches_no_table_before_approval() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let waiting = house.deliver(&with_room()).await;
    assert_eq!(house.state(waiting).await.0, "parked");
    assert_eq!(world.count("delivery_rows").await, 0);
    // Nothing of a row stands anywhere, not even sealed.
    assert_eq!(world.count("reports").await, 0);
    world.nowhere(&["kamer 12", "Zonderling"]).await;

    // The coordinator sees the name of the column, and no name of a file.
    let list = portal.parked(&house.coordinator).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(
        (list[0].why, &list[0].columns[..]),
        (Waits::Columns, &["kamer".to_owned()][..])
    );
    assert!(list[0].may_destroy && !list[0].may_ask);
    let shown = serde_json::to_string(&list).unwrap();
    assert!(!shown.contains("zonnehof.csv"), "{shown}");

    let asked = portal.ask_for_parked(&house.beheer, waiting).await.unwrap();
    let view = portal.connection(&house.coordinator, asked).await.unwrap();
    assert_eq!(
        (view.state, &view.wanted[..]),
        (ConnectionState::Approved, &["kamer".to_owned()][..])
    );
    // Not agreed: what it was stays, and the file waits on.
    assert_eq!(
        house.say(asked, ConnectionStep::Refuse).await,
        Said::Done(0)
    );
    assert_eq!(house.state(waiting).await.0, "parked");
    assert_eq!(house.deliver(&rows()).await, house.deliver_again().await);
    // Agreed: it goes on, and the column is not stored.
    portal.ask_for_parked(&house.beheer, waiting).await.unwrap();
    assert_eq!(
        house.say(asked, ConnectionStep::Approve).await,
        Said::Done(1)
    );
    world.work().await;
    assert_eq!(house.state(waiting).await.0, "done");
    world.nowhere(&["kamer 12", "Zonderling"]).await;
    // The next one with that column needs nobody.
    let more = with_room();
    let next = house.deliver(&[&more[..], b"\r\n"].concat()).await;
    assert_eq!(house.state(next).await.0, "done");
}

/// The same rows under a header of the format that has no names; with `surname` it has the surname.
fn bare(surname: bool) -> Vec<u8> {
    let rows = [("een", EREBOS, "01-04-2000"), ("twee", NAOMI, "01-04-1987")];
    let rows = rows.map(|(key, bsn, birth)| {
        let name = if surname { ";Zonderling" } else { "" };
        format!("{key};J;{bsn};{birth};27-01-2021;Comirnaty;EJ6795;1{name}\r\n")
    });
    let name = if surname { ";Naam" } else { "" };
    let header =
        "bronsleutel;toestemming;bsn;geboortedatum;vaccinatiedatum;vaccin;batchnummer;dosisnummer";
    format!("{header}{name}\r\n{}", rows.concat()).into_bytes()
}

#[tokio::test]
async fn a_column_of_the_format_that_was_not_asked_for_holds_a_file_as_any_other() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    house.say(house.sftp().await, ConnectionStep::End).await;
    let wish = |without: &str| Wish {
        party: "ZONNEHOF".into(),
        intermediary: String::new(),
        channel: Channel::Sftp,
        purpose: "vaccinatieregistratie".into(),
        without: without.into(),
    };
    for wrong in ["bsn", "kamer"] {
        let asked = portal.ask_connection(&house.beheer, wish(wrong)).await;
        assert_eq!(asked, Err(PortError::Conflict), "{wrong}");
    }
    let asked = portal
        .ask_connection(&house.beheer, wish("achternaam, voorvoegsel"))
        .await
        .unwrap()
        .unwrap();
    let view = portal.connection(&house.coordinator, asked).await.unwrap();
    assert_eq!(view.standard.len(), Column::COUNT - 2);
    assert!(!view.standard.contains(&Column::Achternaam));
    world.try_out(&world.maria, &conforming()).await;
    assert_eq!(
        house.say(asked, ConnectionStep::Approve).await,
        Said::Done(0)
    );
    // What was approved goes in, as it is.
    let plain = house.deliver(&bare(false)).await;
    assert_eq!(
        house.state(plain).await,
        ("done".to_owned(), Some("VERWERKT".to_owned()))
    );
    // One column more of the format waits, with nothing past its header read.
    let waiting = house.deliver(&bare(true)).await;
    assert_eq!(house.state(waiting).await.0, "parked");
    let rows = format!("delivery_rows WHERE delivery_id = '{waiting}'");
    assert_eq!(world.count(&rows).await, 0);
    world.nowhere(&["Zonderling"]).await;
    let parked = portal
        .parked_delivery(&house.coordinator, waiting)
        .await
        .unwrap();
    assert_eq!(
        (parked.why, &parked.columns[..]),
        (Waits::Columns, &["achternaam".to_owned()][..])
    );
    // Asked for and agreed to it is one of the columns of the format, no extra one.
    assert_eq!(
        portal.ask_for_parked(&house.beheer, waiting).await.unwrap(),
        asked
    );
    assert_eq!(
        house.say(asked, ConnectionStep::Approve).await,
        Said::Done(1)
    );
    world.work().await;
    assert_eq!(house.state(waiting).await.0, "done");
    let view = portal.connection(&house.coordinator, asked).await.unwrap();
    assert_eq!(view.standard.len(), Column::COUNT - 1);
    assert!(view.standard.contains(&Column::Achternaam) && view.columns.is_empty());
}

#[tokio::test]
async fn a_newer_version_of_the_format_waits_in_the_portal_too_and_what_was_approved_before_is_all_of_this_one()
 {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let whole: Vec<String> =
        sqlx::query_scalar("SELECT unnest(standard) FROM connections WHERE id = $1")
            .bind(house.sftp().await)
            .fetch_all(&world.test.admin)
            .await
            .unwrap();
    let names = Column::ALL.map(|column| column.name().to_owned());
    // A new column of the format must not be added here: nobody agreed to it.
    assert_eq!(whole, names);
    sqlx::query("UPDATE connections SET standard = array_remove(standard, 'achternaam') WHERE channel = 'upload'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let id = world
        .receive(&world.maria, "nieuw.csv", &bare(true), true)
        .await
        .id();
    world.work().await;
    assert_eq!(house.state(id).await.0, "parked");
    world.nowhere(&["Zonderling"]).await;
    let asked = portal.ask_for_parked(&house.beheer, id).await.unwrap();
    assert_eq!(
        house.say(asked, ConnectionStep::Approve).await,
        Said::Done(1)
    );
    world.work().await;
    assert_eq!(house.state(id).await.0, "preview");
}

impl House {
    /// The last delivery that ended, of which nothing had to be approved.
    async fn deliver_again(&self) -> Uuid {
        sqlx::query_scalar(
            "SELECT id FROM deliveries WHERE state = 'done' ORDER BY seq DESC LIMIT 1",
        )
        .fetch_one(&self.world.test.admin)
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn while_a_connection_is_suspended_what_comes_is_kept_and_waits() {
    let house = House::new().await;
    let connection = house.sftp().await;
    let no_reason = house
        .world
        .portal
        .decide_connection(
            &house.coordinator,
            connection,
            ConnectionStep::Suspend,
            " ".into(),
        )
        .await;
    assert_eq!(no_reason.err(), Some(PortError::Conflict));
    assert_eq!(
        house.say(connection, ConnectionStep::Suspend).await,
        Said::Done(0)
    );
    let waiting = house.deliver(&rows()).await;
    assert_eq!(house.state(waiting).await.0, "parked");
    let view = house
        .world
        .portal
        .connection(&house.beheer, connection)
        .await
        .unwrap();
    assert_eq!(view.state, ConnectionState::Suspended);
    assert_eq!(view.reason.as_deref(), Some("omdat het moet"));
    assert!(view.may.is_empty(), "beheer asks, it does not decide");
    house.world.nowhere(&["omdat het moet"]).await;
    assert_eq!(
        house.say(connection, ConnectionStep::Reopen).await,
        Said::Done(1)
    );
    house.world.work().await;
    assert_eq!(house.state(waiting).await.0, "done");
    // A party that was suspended is as closed as its channel.
    sqlx::query("UPDATE parties SET status = 'suspended' WHERE code = 'ZONNEHOF'")
        .execute(&house.world.road.db.worker)
        .await
        .unwrap();
    let other = house.deliver(&[&rows()[..], b"\r\n"].concat()).await;
    assert_eq!(house.state(other).await.0, "parked");
}

/// What the privacycoördinator decides about ZONNEHOF as a whole, by way of its connection for SFTP.
async fn whole(house: &House, step: ConnectionStep) -> Said {
    let connection = house.sftp().await;
    let (portal, who) = (&house.world.portal, &house.coordinator);
    let reason = "een lek bij de leverancier".into();
    portal
        .decide_party(who, connection, Side::Party, step, reason)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_party_is_suspended_as_a_whole_with_a_reason_and_opened_again() {
    let house = House::new().await;
    let (world, portal, connection) = (&house.world, &house.world.portal, house.sftp().await);
    let suspend = |caller: &Caller, reason: &str| {
        let (caller, reason, step) = (caller.clone(), reason.to_owned(), ConnectionStep::Suspend);
        async move {
            portal
                .decide_party(&caller, connection, Side::Party, step, reason)
                .await
        }
    };
    for caller in [&house.beheer, &world.rivm, &world.maria] {
        let tried = suspend(caller, "omdat").await;
        assert_eq!(tried, Err(PortError::NotFound), "{}", caller.name);
    }
    let no_reason = suspend(&house.coordinator, "  ").await;
    assert_eq!(no_reason, Err(PortError::Conflict));
    assert_eq!(whole(&house, ConnectionStep::Reopen).await, Said::Other);
    assert_eq!(whole(&house, ConnectionStep::Suspend).await, Said::Done(0));

    // By whatever connection: all that comes waits.
    let first = house.deliver(&rows()).await;
    assert_eq!(house.state(first).await, ("parked".to_owned(), None));
    assert_eq!(world.count("delivery_rows").await, 0);
    let view = portal.connection(&house.beheer, connection).await.unwrap();
    assert_eq!(view.state, ConnectionState::Approved);
    let standing = &view.standings[0];
    assert_eq!(standing.status, PartyStatus::Suspended);
    assert!(standing.may.is_empty(), "beheer looks only");
    let step = &standing.history[0];
    assert_eq!(
        (step.step, step.by.as_deref(), step.reason.as_deref()),
        (
            Some(ConnectionStep::Suspend),
            Some("priya"),
            Some("een lek bij de leverancier")
        )
    );
    world.nowhere(&["een lek bij de leverancier"]).await;

    assert_eq!(whole(&house, ConnectionStep::Reopen).await, Said::Done(1));
    world.work().await;
    assert_eq!(
        house.state(first).await,
        ("done".to_owned(), Some("VERWERKT".to_owned()))
    );
    for step in ["suspend", "reopen"] {
        let line = format!(
            "audit_lines WHERE line LIKE '%governance.party%' AND line LIKE '%\"step\":\"{step}\"%' AND line LIKE '%\"party\"%'"
        );
        assert_eq!(world.count(&line).await, 1, "{step}");
    }
    // Ended is over: nothing opens it again.
    assert_eq!(whole(&house, ConnectionStep::End).await, Said::Done(0));
    assert_eq!(whole(&house, ConnectionStep::Reopen).await, Said::Other);
    let late = house.deliver(&[&rows()[..], b"\r\n"].concat()).await;
    assert_eq!(house.state(late).await.0, "parked");
}

#[tokio::test]
async fn rivm_lets_a_file_go_of_which_few_rows_match_or_destroys_it() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    // Valid numbers that nobody has.
    let strangers = |from: u32| {
        let numbers = (0..).map(|add| (999_960_000 + from * 1_000 + add).to_string());
        let rows: Vec<_> = numbers
            .filter(|number| Bsn::parse(number).is_ok())
            .take(12)
            .map(|number| {
                let key = format!("v-{number}").replace("99996", "x");
                with(good(&number, "01-04-1950"), &[(Column::Bronsleutel, &key)])
            })
            .collect();
        csv(&rows)
    };
    let (first, second) = (
        house.deliver(&strangers(1)).await,
        house.deliver(&strangers(2)).await,
    );
    for id in [first, second] {
        assert_eq!(house.state(id).await.0, "parked");
        let view = portal.parked_delivery(&world.rivm, id).await.unwrap();
        assert_eq!(view.why, Waits::FewMatched);
        assert!(view.may_release && view.may_destroy && !view.may_ask);
        let of_coordinator = portal
            .parked_delivery(&house.coordinator, id)
            .await
            .unwrap();
        assert!(!of_coordinator.may_release && !of_coordinator.may_destroy);
    }
    let settle = |caller: &Caller, id: Uuid, release: bool, reason: &str| {
        let (portal, caller, reason) = (portal.clone(), caller.clone(), reason.to_owned());
        async move { portal.settle_parked(&caller, id, release, reason).await }
    };
    assert_eq!(
        settle(&house.coordinator, first, true, "mag").await,
        Err(PortError::NotFound)
    );
    assert_eq!(
        settle(&world.rivm, first, true, "  ").await,
        Err(PortError::Conflict)
    );
    settle(&world.rivm, first, true, "nagebeld").await.unwrap();
    world.work().await;
    let (state, outcome) = house.state(first).await;
    assert_eq!(state, "done", "it does not park for the same twice");
    assert_eq!(
        outcome.as_deref(),
        Some("GEWEIGERD"),
        "B10 refuses every row"
    );

    settle(&world.rivm, second, false, "verkeerd bestand")
        .await
        .unwrap();
    assert_eq!(
        house.state(second).await,
        ("discarded".to_owned(), Some("GEWEIGERD".to_owned()))
    );
    assert!(!world.road.blobs.holds(second));
    assert_eq!(
        settle(&world.rivm, second, true, "toch").await,
        Err(PortError::NotFound)
    );
    world.nowhere(&["verkeerd bestand", "nagebeld"]).await;
}

#[tokio::test]
async fn a_connection_is_asked_for_once_and_refused_with_a_reason() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let wish = |channel| Wish {
        party: "ZONNEHOF".into(),
        intermediary: "DUINZICHT".into(),
        channel,
        purpose: "vaccinatieregistratie".into(),
        without: String::new(),
    };
    let asked = portal
        .ask_connection(&house.beheer, wish(Channel::Sftp))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        portal
            .ask_connection(&house.beheer, wish(Channel::Sftp))
            .await
            .unwrap(),
        None
    );
    let refused = portal.ask_connection(&world.rivm, wish(Channel::Lsp)).await;
    assert_eq!(refused, Err(PortError::NotFound));
    let list = portal
        .connections(&house.coordinator, ConnectionFilter::default(), 1)
        .await
        .unwrap();
    assert_eq!(
        list.connections.items[0].id, asked,
        "what waits stands first"
    );
    assert!(list.connections.items[0].waits() && list.parties.is_empty());
    let found = async |filter: ConnectionFilter| {
        let list = portal
            .connections(&house.coordinator, filter, 1)
            .await
            .unwrap();
        let ids: Vec<Uuid> = list.connections.items.iter().map(|one| one.id).collect();
        assert_eq!(list.connections.total, ids.len() as u64);
        ids
    };
    let all = found(ConnectionFilter::default()).await;
    let by = ConnectionFilter {
        partij: Some("zonne".into()),
        koppelvlak: Some(Channel::Sftp),
        stand: Some(ConnectionState::Requested),
    };
    assert!(all.len() > 1 && found(by.clone()).await == [asked]);
    for other in [
        ConnectionFilter {
            partij: Some("Bestaat niet".into()),
            ..by.clone()
        },
        ConnectionFilter {
            koppelvlak: Some(Channel::Lsp),
            ..by.clone()
        },
        ConnectionFilter {
            stand: Some(ConnectionState::Ended),
            ..by.clone()
        },
        ConnectionFilter {
            partij: Some("%".into()),
            ..by
        },
    ] {
        assert!(found(other).await.is_empty(), "nothing else");
    }
    assert_eq!(
        house.say(asked, ConnectionStep::Refuse).await,
        Said::Done(0)
    );
    let view = portal.connection(&house.coordinator, asked).await.unwrap();
    assert_eq!(view.state, ConnectionState::Refused);
    assert_eq!(view.decided_by.as_deref(), Some("priya"));
    // It may be asked for again.
    let again = portal
        .ask_connection(&house.beheer, wish(Channel::Sftp))
        .await
        .unwrap();
    assert!(again.is_some_and(|again| again != asked));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_in_between_two_connections_that_are_refused_at_once_is_refused() {
    let house = House::new().await;
    let world = &house.world;
    sqlx::query("INSERT INTO parties (id, code, name, kind, status, requested_by) VALUES ($1, 'NIEUW', 'Nieuw', 'tussenpartij', 'requested', $2)")
        .bind(Uuid::now_v7())
        .bind(house.beheer.user_id)
        .execute(&world.test.admin)
        .await
        .unwrap();
    let mut asked = Vec::new();
    for party in ["ZONNEHOF", "DUINZICHT"] {
        let wish = Wish {
            party: party.into(),
            intermediary: "NIEUW".into(),
            channel: Channel::Sftp,
            purpose: "vaccinatieregistratie".into(),
            without: String::new(),
        };
        let made = world.portal.ask_connection(&house.beheer, wish).await;
        asked.push(made.unwrap().expect("a request"));
    }
    let zonnehof = world.maria.party().unwrap().id;
    let of_zonnehof = format!("new.organisation_id = '{zonnehof}'");
    hang(world, "audit_lines", &of_zonnehof).await;
    both(
        world,
        house.say(asked[0], ConnectionStep::Refuse),
        house.say(asked[1], ConnectionStep::Refuse),
    )
    .await;
    let refused = "parties WHERE code = 'NIEUW' AND status = 'refused'";
    assert_eq!(world.count(refused).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_stops_an_import_at_the_edge_of_a_chunk() {
    import_meets_a_suspension(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_of_the_party_stops_an_import_at_the_edge_of_a_chunk() {
    import_meets_a_suspension(true).await;
}

pub(crate) const MANY: i64 = 40_000;

/// A file of [`MANY`] rows.
pub(crate) fn many() -> Vec<u8> {
    csv(&(0..MANY)
        .map(|number| counted(&format!("n-{number}")))
        .collect::<Vec<_>>())
}

/// A file of [`MANY`] rows that came is parked at the edge of a chunk by what is said when some of it is stored.
pub(crate) async fn stopped_half_way(house: &House, id: Uuid, say: impl AsyncFnOnce() -> Said) {
    let world = &house.world;
    let stop = async {
        until(Duration::from_secs(150), "nothing is stored", async || {
            world.count("deliveries WHERE progress > 0").await > 0
        })
        .await;
        assert_eq!(say().await, Said::Done(0));
    };
    tokio::join!(world.work(), stop);
    assert_eq!(house.state(id).await.0, "parked");
    let stored = world.count("delivery_rows").await;
    assert!(
        (1_250..MANY).contains(&stored) && stored % 1_250 == 0,
        "{stored}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_of_a_connection_that_ends_stops_and_what_is_stored_of_it_is_withdrawn_or_stays()
{
    let house = House::new().await;
    let (world, connection) = (&house.world, house.sftp().await);
    let end = async || house.say(connection, ConnectionStep::End).await;
    let id = house.receive(&many()).await;
    stopped_half_way(&house, id, end).await;
    let stored = world.count("delivery_rows WHERE outcome = 'GETELD'").await;
    // It goes on by nothing: a new connection is another one.
    world.work().await;
    assert_eq!(house.state(id).await.0, "parked");
    world
        .portal
        .settle_parked(&house.coordinator, id, false, "gestopt".into())
        .await
        .unwrap();
    world.work().await;
    let (state, outcome) = house.state(id).await;
    assert_eq!(
        (state.as_str(), outcome.as_deref()),
        ("done", Some("DEELS_VERWERKT"))
    );
    let counted = "delivery_rows WHERE outcome = 'GETELD'";
    assert_eq!(world.count(counted).await, stored);
}

async fn import_meets_a_suspension(of_the_party: bool) {
    let house = House::new().await;
    let (world, connection) = (&house.world, house.sftp().await);
    let say = async |step| {
        if of_the_party {
            whole(&house, step).await
        } else {
            house.say(connection, step).await
        }
    };
    let suspend = async || say(ConnectionStep::Suspend).await;
    let id = house.receive(&many()).await;
    stopped_half_way(&house, id, suspend).await;
    assert_eq!(say(ConnectionStep::Reopen).await, Said::Done(1));
    world.work().await;
    assert_eq!(
        house.state(id).await,
        ("done".to_owned(), Some("VERWERKT".to_owned()))
    );
    assert_eq!(
        world.count("delivery_rows WHERE outcome = 'GETELD'").await,
        MANY
    );
}

#[tokio::test]
async fn nothing_is_recorded_in_the_form_without_approval_and_the_draft_stays() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    sqlx::query("UPDATE connections SET state = 'suspended' WHERE channel = 'portaal'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let draft = portal.begin(&world.maria, None, false).await.unwrap();
    let row = good(EREBOS, "01-04-2000");
    let saved = portal.save_person(&world.maria, draft, row.clone(), String::new());
    saved.await.unwrap();
    let saved = portal.save_vaccination(&world.maria, draft, row, None);
    saved.await.unwrap();
    let submitted = Entry::submit(portal, &world.maria, draft, None)
        .await
        .unwrap();
    assert!(matches!(submitted, Submitted::NotApproved));
    assert_eq!(world.count("deliveries").await, 0);
    assert_eq!(world.count("vaccinations").await, 0);
    let kept = portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!(kept.row.get(Column::Bsn), EREBOS);
    sqlx::query("UPDATE connections SET state = 'approved' WHERE channel = 'portaal'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let submitted = Entry::submit(portal, &world.maria, draft, None)
        .await
        .unwrap();
    assert!(matches!(submitted, Submitted::Done { .. }));
}

#[tokio::test]
async fn without_approval_a_registration_is_withdrawn_but_not_corrected_nor_put_back() {
    let house = House::new().await;
    let (world, portal, maria) = (&house.world, &house.world.portal, &house.world.maria);
    let row = good(EREBOS, "01-04-2000");
    let id = world.registered(maria, &row).await;
    let connection = house.connection(Channel::Portaal).await;
    house.say(connection, ConnectionStep::Suspend).await;
    let correct = async || {
        let better = with(row.clone(), &[(Column::Batchnummer, "EJ6796")]);
        let done = portal.correct(maria, id, better, "verkeerde batch".into(), None, None);
        done.await.unwrap()
    };
    let versions = async || portal.registration(maria, id).await.unwrap().versions.len();
    let Corrected::NotApproved(draft) = correct().await else {
        panic!("a correction was stored")
    };
    assert_eq!(versions().await, 1);
    assert_eq!(world.count("deliveries").await, 1, "nothing is left of it");
    let kept = portal.draft(maria, draft).await.unwrap();
    assert_eq!(kept.row.get(Column::Batchnummer), "EJ6796");
    // Who takes back what they said of a person is never held up.
    let withdrawn = Entry::withdraw(portal, maria, id, "toestemming weg".into(), true);
    assert_eq!(withdrawn.await, Ok(Withdrawn::Done));
    let restore = async || Entry::restore(portal, maria, id, "toch goed".into()).await;
    assert!(matches!(restore().await, Ok(Restored::NotApproved(_))));
    assert_eq!(versions().await, 2);
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 0);
    house.say(connection, ConnectionStep::Reopen).await;
    assert_eq!(restore().await, Ok(Restored::Done));
    assert!(matches!(correct().await, Corrected::Done));
    assert_eq!(versions().await, 4);
}

#[tokio::test]
async fn without_approval_a_withdrawn_delivery_is_not_brought_back() {
    let house = House::new().await;
    let (world, portal, maria) = (&house.world, &house.world.portal, &house.world.maria);
    let id = world.upload(maria, &rows()).await;
    let connection = house.connection(Channel::Upload).await;
    house.say(connection, ConnectionStep::End).await;
    let withdrawn = portal.withdraw_delivery(maria, id, "verkeerd".into());
    assert_eq!(withdrawn.await, Ok(Asked::Running));
    world.work().await;
    let back = async || portal.restore_delivery(maria, id, "toch goed".into()).await;
    assert_eq!(back().await, Ok(Asked::NotApproved));
    assert_eq!(house.state(id).await.0, "withdrawn");
    sqlx::query("UPDATE connections SET state = 'approved' WHERE id = $1")
        .bind(connection)
        .execute(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(back().await, Ok(Asked::Running));
}

#[tokio::test]
async fn without_approval_a_refused_row_that_its_sender_mends_waits_with_what_was_typed() {
    let house = House::new().await;
    let (world, portal, maria) = (&house.world, &house.world.portal, &house.world.maria);
    let wrong = with(good(NAOMI, "01-04-1987"), &[(Column::Dosisnummer, "nul")]);
    let id = world
        .upload(maria, &csv(&[good(EREBOS, "01-04-2000"), wrong]))
        .await;
    let connection = house.connection(Channel::Upload).await;
    let posted = async || {
        let view = portal.refused_row(maria, id, 3, None).await.unwrap();
        MendedRow {
            number: 3,
            seen: view.line.seen,
            cells: vec![(Column::Dosisnummer, "1".to_owned())],
            ..MendedRow::default()
        }
    };
    let stored = world.count("reports").await;
    house.say(connection, ConnectionStep::Suspend).await;
    let row = posted().await;
    let answer = portal.mend(maria, id, vec![row], None).await.unwrap();
    assert!(answer.not_approved && answer.good == 0);
    assert_eq!(world.count("reports").await, stored);
    let foreseen = portal.foresee(maria, id, vec![posted().await]).await;
    assert_eq!(foreseen.err(), Some(PortError::Conflict));
    let list = portal.refused(maria, id, 1, answer.kept).await.unwrap();
    let kept = &list.rows.items[0];
    assert_eq!(kept.row.get(Column::Dosisnummer), "1", "as it was typed");
    house.say(connection, ConnectionStep::Reopen).await;
    let row = posted().await;
    let answer = portal.mend(maria, id, vec![row], None).await.unwrap();
    assert!(!answer.not_approved && answer.good == 1);
    assert_eq!(world.count("reports").await, stored + 1);
}

#[tokio::test]
async fn another_purpose_of_an_approved_connection_takes_an_approval_and_holds_nothing_up() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let connection = house.sftp().await;
    let ask = async |purpose: &str| {
        let wish = Wish {
            party: "ZONNEHOF".into(),
            intermediary: String::new(),
            channel: Channel::Sftp,
            purpose: purpose.into(),
            without: String::new(),
        };
        portal.ask_connection(&house.beheer, wish).await.unwrap()
    };
    assert_eq!(ask(" Vaccinatieregistratie").await, None, "as it is");
    assert_eq!(ask("onderzoek").await, Some(connection));
    assert_eq!(ask("iets anders").await, None, "one thing at a time");
    let seen = async || {
        portal
            .connection(&house.coordinator, connection)
            .await
            .unwrap()
    };
    let view = seen().await;
    assert!(view.waits() && view.may.contains(&ConnectionStep::Refuse));
    assert_eq!(view.purpose, "vaccinatieregistratie");
    assert_eq!(view.wanted_purpose.as_deref(), Some("onderzoek"));
    let id = house.deliver(&rows()).await;
    assert_eq!(house.state(id).await.0, "done");
    house.say(connection, ConnectionStep::Refuse).await;
    let view = seen().await;
    assert_eq!(
        (view.state, view.waits()),
        (ConnectionState::Approved, false)
    );
    assert_eq!(view.purpose, "vaccinatieregistratie");
    ask("onderzoek").await;
    house.say(connection, ConnectionStep::Approve).await;
    let view = seen().await;
    assert_eq!((view.purpose.as_str(), view.waits()), ("onderzoek", false));
    let said: Vec<_> = view
        .history
        .iter()
        .map(|step| step.purpose.as_deref())
        .collect();
    assert_eq!(
        said,
        [Some("onderzoek"); 4],
        "asked, refused, asked, approved"
    );
    assert_eq!(
        world
            .count("connections WHERE wanted_purpose IS NOT NULL")
            .await,
        0
    );
}

#[tokio::test]
async fn a_column_is_approved_however_its_header_is_written() {
    let house = House::new().await;
    let portal = &house.world.portal;
    let written = |name: &str| {
        let text = String::from_utf8(with_room()).unwrap();
        let header = text.replacen(";kamer\r\n", &format!(";{name}\r\n"), 1);
        [header.as_bytes(), b"\r\n"].concat()
    };
    let first = house.deliver(&written("Kamer")).await;
    let second = house.deliver(&with_room()).await;
    for id in [first, second] {
        assert_eq!(house.state(id).await.0, "parked");
    }
    let asked = portal.ask_for_parked(&house.beheer, first).await.unwrap();
    let said = house.say(asked, ConnectionStep::Approve).await;
    assert_eq!(said, Said::Done(2), "both are about that column");
    house.world.work().await;
    for id in [first, second, house.deliver(&written("KAMER:")).await] {
        assert_eq!(house.state(id).await.0, "done");
    }
    let other = house.deliver(&written("kamers")).await;
    assert_eq!(house.state(other).await.0, "parked");
}

/// Two chunks: what the second row corrects must be in the register before it.
fn two_chunks() -> Vec<u8> {
    let keyed = |bsn, birth, key| with(good(bsn, birth), &[(Column::Bronsleutel, key)]);
    let later = |row| {
        let cells = [
            (Column::Mutatie, "C"),
            (Column::Vaccinatiedatum, "28-01-2021"),
        ];
        with(row, &cells)
    };
    let (one, other) = (
        keyed(EREBOS, "01-04-2000", "een"),
        keyed(NAOMI, "01-04-1987", "twee"),
    );
    csv(&[one.clone(), later(one), other.clone(), later(other)])
}

impl House {
    /// From now on the connection of a delivery is suspended as soon as something of it is stored.
    async fn suspends_half_way(&self) {
        let sql = "CREATE FUNCTION suspend_half_way() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                   BEGIN
                       UPDATE connections SET state = 'suspended' WHERE party_id = NEW.party_id AND channel = NEW.channel;
                       RETURN NULL;
                   END $$;
                   CREATE TRIGGER suspend_half_way AFTER UPDATE OF progress ON deliveries FOR EACH ROW
                   WHEN (NEW.progress > 0 AND NEW.state = 'storing') EXECUTE FUNCTION suspend_half_way();";
        sqlx::raw_sql(sql)
            .execute(&self.world.test.admin)
            .await
            .unwrap();
    }

    /// A file of the portal behind its preview; the worker has not stored it yet.
    async fn submitted(&self) -> Uuid {
        let (world, maria) = (&self.world, &self.world.maria);
        let content = two_chunks();
        let received = world.receive(maria, "zonnehof.csv", &content, true);
        let id = received.await.id();
        world.work().await;
        Deliveries::submit(&world.portal, maria, id).await.unwrap();
        id
    }

    async fn no_longer(&self) {
        sqlx::raw_sql("DROP TRIGGER suspend_half_way ON deliveries")
            .execute(&self.world.test.admin)
            .await
            .unwrap();
    }

    /// The file goes as far as its connection lets it: both chunks, or one. By which way, and its key.
    async fn half_way(&self, channel: Channel) -> Uuid {
        self.suspends_half_way().await;
        let id = if channel == Channel::Sftp {
            self.deliver(&two_chunks()).await
        } else {
            let id = self.submitted().await;
            self.world.work().await;
            id
        };
        self.no_longer().await;
        assert_eq!(self.state(id).await, ("parked".to_owned(), None));
        let stored = self.world.count("reports").await;
        assert!((1..4).contains(&stored), "{stored} of 4 rows are stored");
        id
    }

    async fn connection(&self, channel: Channel) -> Uuid {
        sqlx::query_scalar("SELECT id FROM connections WHERE party_id = $1 AND channel = $2")
            .bind(self.world.maria.party().unwrap().id)
            .bind(channel.as_str())
            .fetch_one(&self.world.test.admin)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn suspended_half_way_a_delivery_stops_and_goes_on_where_it_was() {
    for channel in [Channel::Sftp, Channel::Upload] {
        let house = House::new().await;
        let id = house.half_way(channel).await;
        let connection = house.connection(channel).await;
        assert_eq!(
            house.say(connection, ConnectionStep::Reopen).await,
            Said::Done(1)
        );
        house.world.work().await;
        let done = ("done".to_owned(), Some("VERWERKT".to_owned()));
        assert_eq!(house.state(id).await, done, "{channel:?}");
        assert_eq!(house.world.count("reports").await, 4);
        assert_eq!(
            house
                .world
                .count("vaccinations WHERE valid_to IS NULL AND vaccinated_on = '2021-01-28'")
                .await,
            2
        );
    }
}

#[tokio::test]
async fn suspended_before_it_was_stored_a_submitted_file_waits_and_is_stored_then() {
    let house = House::new().await;
    let world = &house.world;
    let id = house.submitted().await;
    let connection = house.connection(Channel::Upload).await;
    house.say(connection, ConnectionStep::Suspend).await;
    world.work().await;
    assert_eq!(house.state(id).await, ("parked".to_owned(), None));
    assert_eq!(world.count("reports").await, 0);
    house.say(connection, ConnectionStep::Reopen).await;
    world.work().await;
    let done = ("done".to_owned(), Some("VERWERKT".to_owned()));
    assert_eq!(house.state(id).await, done);
    assert_eq!(world.count("reports").await, 4);
}

#[tokio::test]
async fn what_is_in_the_register_is_not_destroyed_but_ends_and_can_be_withdrawn() {
    for channel in [Channel::Sftp, Channel::Upload] {
        let house = House::new().await;
        let (world, portal) = (&house.world, &house.world.portal);
        let id = house.half_way(channel).await;
        let view = portal
            .parked_delivery(&house.coordinator, id)
            .await
            .unwrap();
        assert!(view.may_destroy && view.stored > 0, "{channel:?}");
        let stored = world.count("reports").await;
        let destroyed = portal.settle_parked(&house.coordinator, id, false, "gestopt".into());
        destroyed.await.unwrap();
        let ended = ("done".to_owned(), Some("DEELS_VERWERKT".to_owned()));
        assert_eq!(house.state(id).await, ended, "{channel:?}");
        // Nothing stands there without its row, and nothing goes on.
        let rows = format!("delivery_rows WHERE delivery_id = '{id}'");
        assert_eq!(world.count(&rows).await, stored);
        world.work().await;
        assert_eq!(world.count("reports").await, stored);
        let mut tx = server::store::worker_tx(&world.road.db).await.unwrap();
        let counts = server::store::doctor::counts(&mut tx).await.unwrap();
        let without_row = server::store::doctor::without_row(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!((counts, without_row), (Vec::new(), Vec::new()));

        let withdraw = portal.withdraw_delivery(&world.maria, id, "verkeerd".into());
        withdraw.await.unwrap();
        world.work().await;
        assert_eq!(house.state(id).await.0, "withdrawn", "{channel:?}");
        assert_eq!(
            world
                .count("vaccinations WHERE effective AND valid_to IS NULL")
                .await,
            0
        );
    }
}

#[tokio::test]
async fn the_same_file_brings_the_rest_of_what_was_ended() {
    let house = House::new().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let id = house.half_way(Channel::Sftp).await;
    portal
        .settle_parked(&house.coordinator, id, false, "gestopt".into())
        .await
        .unwrap();
    let connection = house.connection(Channel::Sftp).await;
    house.say(connection, ConnectionStep::Reopen).await;
    let again = house.deliver(&two_chunks()).await;
    assert_ne!(again, id);
    let (state, outcome) = house.state(again).await;
    assert_eq!(state, "done");
    assert_ne!(outcome.as_deref(), Some("DUBBEL"));
    assert_eq!(world.count("reports").await, 4);
}

/// Keeps the worker in the step to a state.
pub(crate) struct Hold(sqlx::pool::PoolConnection<sqlx::Postgres>);

impl Hold {
    /// Whoever takes a delivery to this state waits from now on.
    pub(crate) async fn at(house: &House, state: &str) -> Self {
        let sql = format!(
            "CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END $$;
             CREATE TRIGGER held BEFORE UPDATE ON deliveries FOR EACH ROW
             WHEN (NEW.state = '{state}' AND OLD.state <> '{state}') EXECUTE FUNCTION held();"
        );
        let admin = &house.world.test.admin;
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(admin)
            .await
            .unwrap();
        let mut held = admin.acquire().await.unwrap();
        sqlx::raw_sql("SELECT pg_advisory_lock(4711)")
            .execute(&mut *held)
            .await
            .unwrap();
        Self(held)
    }

    /// Decides as soon as the worker stands there. Who decides may have to wait for the worker, too.
    pub(crate) async fn decide_meanwhile(
        mut self,
        house: &House,
        deciding: impl Future<Output = Said>,
    ) {
        const WAITS: &str = "pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let begun = Instant::now();
        while house.world.count(WAITS).await == 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "nobody waits");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut deciding = std::pin::pin!(deciding);
        let soon = tokio::time::timeout(Duration::from_millis(300), &mut deciding).await;
        sqlx::raw_sql("SELECT pg_advisory_unlock(4711); DROP TRIGGER held ON deliveries")
            .execute(&mut *self.0)
            .await
            .unwrap();
        let said = match soon {
            Ok(said) => said,
            Err(_) => deciding.await,
        };
        assert!(matches!(said, Said::Done(_)), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opened_again_in_the_moment_it_is_parked_a_delivery_goes_on() {
    let done = ("done".to_owned(), Some("VERWERKT".to_owned()));
    for of_the_party in [false, true] {
        // Before the worker parks it, and while it does.
        for state in ["checking", "parked"] {
            let house = House::new().await;
            let connection = house.sftp().await;
            let say = async |step| {
                if of_the_party {
                    whole(&house, step).await
                } else {
                    house.say(connection, step).await
                }
            };
            say(ConnectionStep::Suspend).await;
            let id = house.receive(&rows()).await;
            let hold = Hold::at(&house, state).await;
            let opens = hold.decide_meanwhile(&house, say(ConnectionStep::Reopen));
            tokio::join!(house.world.work(), opens);
            house.world.work().await;
            assert_eq!(house.state(id).await, done, "{of_the_party} {state}");
            let reopen = Some("reopen".to_owned());
            let (connection, party) = house.let_go_by(id).await;
            assert_eq!(if of_the_party { party } else { connection }, reopen);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_that_is_approved_in_the_moment_its_file_is_parked_holds_it_no_longer() {
    for state in ["checking", "parked"] {
        let house = House::new().await;
        let portal = &house.world.portal;
        let first = house.deliver(&with_room()).await;
        let asked = portal.ask_for_parked(&house.beheer, first).await.unwrap();
        let second = house.receive(&[&with_room()[..], b"\r\n"].concat()).await;
        let hold = Hold::at(&house, state).await;
        let approves = hold.decide_meanwhile(&house, house.say(asked, ConnectionStep::Approve));
        tokio::join!(house.world.work(), approves);
        house.world.work().await;
        for id in [first, second] {
            assert_eq!(house.state(id).await.0, "done", "{state}");
        }
    }
}

#[tokio::test]
async fn a_file_of_the_portal_with_a_column_of_its_own_goes_on_when_its_connection_does() {
    let house = House::new().await;
    let (world, maria) = (&house.world, &house.world.maria);
    let connection = house.connection(Channel::Upload).await;
    house.say(connection, ConnectionStep::Suspend).await;
    let content = with_room();
    let received = world.receive(maria, "zonnehof.csv", &content, true);
    let id = received.await.id();
    world.work().await;
    assert_eq!(house.state(id).await, ("parked".to_owned(), None));
    // Its sender will hear that the column is left out; nobody has to approve it.
    let said = house.say(connection, ConnectionStep::Reopen).await;
    assert_eq!(said, Said::Done(1));
    world.work().await;
    assert_eq!(house.state(id).await.0, "preview");
    let waits = house.world.count("deliveries WHERE state = 'parked'").await;
    assert_eq!(waits, 0);
}
