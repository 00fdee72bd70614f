//! Who runs installations for others is suspended, opened again and ended too, also while files come through it
//! (features F80, F81; security F26).

use crate::approval::{Hold, House, MANY, many, rows, stopped_half_way};
use crate::support::counted;
use crate::world::csv;
use app::ports::parties::{Parties, Said, Side, Waits};
use app::ports::{Caller, PortError};
use domain::connection::{ConnectionStep, PartyStatus};
use uuid::Uuid;

/// Runs an installation for ZONNEHOF and one for DUINZICHT.
struct Between {
    house: House,
    id: Uuid,
    /// Of ZONNEHOF through it.
    connection: Uuid,
}

const STORED: &str = "delivery_rows WHERE outcome = 'GETELD'";

impl Between {
    async fn new() -> Self {
        let house = House::new().await;
        let (world, id) = (&house.world, Uuid::now_v7());
        let admin = &world.test.admin;
        sqlx::query("INSERT INTO parties (id, code, name, kind, status) VALUES ($1, 'MEDIMO', 'Medimo', 'tussenpartij', 'active')")
            .bind(id)
            .execute(admin)
            .await
            .unwrap();
        let mut made = Vec::new();
        for caller in [&world.maria, &world.piet] {
            let connection = Uuid::now_v7();
            sqlx::query(
                "INSERT INTO connections (id, party_id, intermediary_id, channel, state, decided_by, decided_at) VALUES ($1, $2, $3, 'sftp', 'approved', $4, now())",
            )
            .bind(connection)
            .bind(caller.party().unwrap().id)
            .bind(id)
            .bind(house.coordinator.user_id)
            .execute(admin)
            .await
            .unwrap();
            made.push(connection);
        }
        sqlx::query(
            "INSERT INTO sftp_accounts (id, party_id, intermediary_id, name, installation, proof) VALUES ($1, $2, $3, 'medimo-1', '1', 'rename')",
        )
        .bind(Uuid::now_v7())
        .bind(world.maria.party().unwrap().id)
        .bind(id)
        .execute(admin)
        .await
        .unwrap();
        Self {
            house,
            id,
            connection: made[0],
        }
    }

    /// A file of an institution comes through it; the worker has not seen it yet.
    async fn receive(&self, of: &Caller, content: &[u8]) -> Uuid {
        let world = &self.house.world;
        world.receive_through(of, self.id, content).await
    }

    async fn tries(&self, who: &Caller, step: ConnectionStep) -> Result<Said, PortError> {
        let (portal, reason) = (&self.house.world.portal, "een lek bij Medimo".into());
        portal
            .decide_party(who, self.connection, Side::Between, step, reason)
            .await
    }

    async fn say(&self, step: ConnectionStep) -> Said {
        self.tries(&self.house.coordinator, step).await.unwrap()
    }

    /// What waits on `/geparkeerd`, and why.
    async fn waiting(&self) -> Vec<(Uuid, Waits, u32)> {
        let portal = &self.house.world.portal;
        let all = portal.parked(&self.house.coordinator).await.unwrap();
        all.into_iter()
            .map(|one| (one.id, one.why, one.stored))
            .collect()
    }
}

fn done() -> (String, Option<String>) {
    ("done".to_owned(), Some("VERWERKT".to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspended_in_mid_import_it_stops_at_the_edge_of_a_chunk_and_goes_on_when_it_is_opened() {
    let between = Between::new().await;
    let (house, world) = (&between.house, &between.house.world);
    let id = between.receive(&world.maria, &many()).await;
    let suspend = async || between.say(ConnectionStep::Suspend).await;
    stopped_half_way(house, id, suspend).await;
    let stored = world.count(STORED).await;
    // Also what it brings for others waits, and of that nothing is read past the header.
    let other = between
        .receive(&world.piet, &csv(&[counted("andere")]))
        .await;
    // What an institution brings by itself goes its way.
    let own = house.receive(&rows()).await;
    world.work().await;
    assert_eq!(house.state(own).await, done());
    let last: i32 =
        sqlx::query_scalar("SELECT max(row_number) FROM delivery_rows WHERE delivery_id = $1")
            .bind(id)
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    let last = u32::try_from(last).unwrap();
    let waiting = between.waiting().await;
    assert_eq!(
        waiting,
        [(id, Waits::Approval, last), (other, Waits::Approval, 0)]
    );
    assert_eq!(world.count(STORED).await, stored);
    for who in [&house.beheer, &world.rivm, &world.maria] {
        let tried = between.tries(who, ConnectionStep::Reopen).await;
        assert_eq!(tried, Err(PortError::NotFound), "{}", who.name);
    }

    assert_eq!(between.say(ConnectionStep::Reopen).await, Said::Done(2));
    world.work().await;
    for id in [id, other] {
        assert_eq!(house.state(id).await, done());
    }
    assert_eq!(world.count(STORED).await, MANY + 1);
    world.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ended_in_mid_import_what_is_stored_stays_and_nothing_comes_through_it_any_more() {
    let between = Between::new().await;
    let (house, world) = (&between.house, &between.house.world);
    let id = between.receive(&world.maria, &many()).await;
    let end = async || between.say(ConnectionStep::End).await;
    stopped_half_way(house, id, end).await;
    let stored = world.count(STORED).await;
    let ended = "sftp_accounts WHERE name = 'medimo-1' AND ended_at IS NOT NULL";
    assert_eq!(world.count(ended).await, 1, "nobody logs in by it");
    assert_eq!(between.say(ConnectionStep::Reopen).await, Said::Other);
    world.work().await;
    assert_eq!(house.state(id).await.0, "parked");
    let portal = &world.portal;
    let settled = portal.settle_parked(&house.coordinator, id, false, "gestopt".into());
    settled.await.unwrap();
    world.work().await;
    let partly = ("done".to_owned(), Some("DEELS_VERWERKT".to_owned()));
    assert_eq!(house.state(id).await, partly);
    assert_eq!(world.count(STORED).await, stored);
    let view = portal
        .connection(&house.coordinator, between.connection)
        .await
        .unwrap();
    let standings = view.standings.iter();
    let standings: Vec<_> = standings.map(|one| (one.side, one.status)).collect();
    assert_eq!(
        standings,
        [
            (Side::Party, PartyStatus::Active),
            (Side::Between, PartyStatus::Ended)
        ],
        "the institution itself goes on"
    );
    world.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opened_again_in_the_moment_a_file_through_it_is_parked_that_goes_on() {
    // Before the worker parks it, and while it does.
    for state in ["checking", "parked"] {
        let between = Between::new().await;
        let (house, world) = (&between.house, &between.house.world);
        between.say(ConnectionStep::Suspend).await;
        let id = between.receive(&world.maria, &rows()).await;
        let hold = Hold::at(house, state).await;
        let opens = hold.decide_meanwhile(house, between.say(ConnectionStep::Reopen));
        tokio::join!(world.work(), opens);
        world.work().await;
        assert_eq!(house.state(id).await, done(), "{state}");
    }
}
