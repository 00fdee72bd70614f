//! A small world: two institutions, a BRP with a handful of fictitious people, and the ports on top.

use crate::support::{self, TestDb};
pub(crate) use crate::support::{good, row, with};
use app::ports::entry::{Corrected, Entry, Saved, Step, Submitted};
use app::ports::{Caller, Deliveries};
use domain::delivery::Channel;
use domain::role::Role;
use domain::row::{Column, RowText};
use server::audit::{Event, Kind};
use server::brp::load::{Request, Set, load};
use server::intake::read::name_program;
use server::intake::receive::{self, BlobStore, Received, Sender};
use server::intake::{Clock, Road};
use server::jobs::{self, Handler, Life};
use server::portal::Portal;
use server::store::{doctor, rulings, worker_tx};
use time::macros::date;
use tokio::sync::watch;
use uuid::Uuid;

pub(crate) const EREBOS: &str = support::EREBOS;
pub(crate) const NAOMI: &str = support::NAOMI;
pub(crate) const FROUKE: &str = support::FROUKE;
pub(crate) const MENELAOS: &str = support::MENELAOS;
pub(crate) const TWICE: &str = support::TWICE;
/// Valid, in no list.
pub(crate) const NOBODY: &str = "999995005";

pub(crate) struct World {
    pub(crate) test: TestDb,
    pub(crate) road: Road,
    pub(crate) portal: Portal,
    /// Nurse of ZONNEHOF.
    pub(crate) maria: Caller,
    /// Nurse of DUINZICHT.
    pub(crate) piet: Caller,
    /// Reviewer at RIVM.
    pub(crate) rivm: Caller,
    /// Two who key paper cards at RIVM.
    pub(crate) kim: Caller,
    pub(crate) kas: Caller,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::on(TestDb::new().await).await
    }

    /// One on this database.
    pub(crate) async fn on(test: TestDb) -> Self {
        name_program(env!("CARGO_BIN_EXE_cims").into());
        let party = test.party("ZONNEHOF").await;
        let other = test.party("DUINZICHT").await;
        for id in [party.id, other.id] {
            sqlx::query("UPDATE parties SET default_target_group = 'BEWONER_INSTELLING', default_big = '19012345601' WHERE id = $1")
                .bind(id)
                .execute(&test.admin)
                .await
                .unwrap();
        }
        let maria = test.caller("maria", Role::Invoerder, Some(&party)).await;
        let piet = test.caller("piet", Role::Invoerder, Some(&other)).await;
        let rivm = test.caller("rian", Role::RivmBeoordelaar, None).await;
        let kim = test.caller("kim", Role::RivmInvoerder, None).await;
        let kas = test.caller("kas", Role::RivmInvoerder, None).await;
        let road = Road {
            db: test.db.clone(),
            keys: test.keys.clone(),
            blobs: BlobStore::open(test.dir.path().join("storage")).unwrap(),
            scanner: None,
            clock: Clock {
                today: Some(date!(2021 - 06 - 15)),
            },
        };
        let portal = Portal::new(road.clone());
        let world = Self {
            test,
            road,
            portal,
            maria,
            piet,
            rivm,
            kim,
            kas,
        };
        world.test.brp().await;
        world
    }

    /// Receives a file of a party as the upload page does; the worker has not seen it yet.
    pub(crate) async fn receive(
        &self,
        caller: &Caller,
        name: &str,
        content: &[u8],
        preview: bool,
    ) -> Received {
        let sender = Sender {
            party: caller.party().unwrap().id,
            by: Some(caller.user_id),
            channel: Channel::Upload,
            file_name: name,
            preview,
            test_lane: false,
            intermediary: None,
            event: Event::of(caller, Kind::DeliveryReceived),
            now: self.road.clock.now(),
            dropped: None,
        };
        self.keep(sender, content).await
    }

    /// Receives a file as the folder of a caller's party delivers it: nobody is logged in.
    pub(crate) async fn receive_by_sftp(
        &self,
        caller: &Caller,
        name: &str,
        content: &[u8],
    ) -> Received {
        let sender = Sender {
            party: caller.party().unwrap().id,
            by: None,
            channel: Channel::Sftp,
            file_name: name,
            preview: false,
            test_lane: false,
            intermediary: None,
            event: Event::of_command("import", "test", Kind::DeliveryReceived),
            now: self.road.clock.now(),
            dropped: None,
        };
        self.keep(sender, content).await
    }

    /// Receives a file of a caller's party as an installation that another party runs delivers it.
    pub(crate) async fn receive_through(
        &self,
        caller: &Caller,
        between: Uuid,
        content: &[u8],
    ) -> Uuid {
        let sender = Sender {
            party: caller.party().unwrap().id,
            by: None,
            channel: Channel::Sftp,
            file_name: "tussen.csv",
            preview: false,
            test_lane: false,
            intermediary: Some(between),
            event: Event::of_command("import", "test", Kind::DeliveryReceived),
            now: self.road.clock.now(),
            dropped: None,
        };
        self.keep(sender, content).await.id()
    }

    /// Receives a file as the folder of the test lane delivers it, and does the work; its delivery.
    pub(crate) async fn try_out(&self, caller: &Caller, content: &[u8]) -> Uuid {
        let sender = Sender {
            party: caller.party().unwrap().id,
            by: None,
            channel: Channel::Sftp,
            file_name: "proef.csv",
            preview: false,
            test_lane: true,
            intermediary: None,
            event: Event::of_command("import", "test", Kind::DeliveryReceived),
            now: self.road.clock.now(),
            dropped: None,
        };
        let id = self.keep(sender, content).await.id();
        self.work().await;
        id
    }

    async fn keep(&self, sender: Sender<'_>, content: &[u8]) -> Received {
        let blobs = &self.road.blobs;
        let mut file = blobs.create(&self.road.keys, Uuid::now_v7()).unwrap();
        file.push(content).unwrap();
        receive::receive(&self.road, sender, file).await.unwrap()
    }

    /// Does all the work in the queue.
    pub(crate) async fn work(&self) {
        let (_keep, stop) = watch::channel(false);
        let life = Life::begin(&self.road.db).await.unwrap();
        while let Some(job) = jobs::lease(&self.road.db, &life).await.unwrap() {
            self.road.handle(&job, &stop).await.unwrap();
        }
    }

    /// Uploads, checks, and presses "Indienen".
    pub(crate) async fn upload(&self, caller: &Caller, content: &[u8]) -> Uuid {
        let id = self
            .receive(caller, "bestand.csv", content, true)
            .await
            .id();
        self.work().await;
        let view = self.portal.delivery(caller, id).await.unwrap();
        if view.may_submit {
            Deliveries::submit(&self.portal, caller, id).await.unwrap();
            self.work().await;
        }
        id
    }

    /// None of these texts stands in any column of any table, as text or as bytes.
    pub(crate) async fn nowhere(&self, texts: &[&str]) {
        let columns: Vec<(String, String)> = sqlx::query_as(
            "SELECT table_name::text, column_name::text FROM information_schema.columns c
             JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'brp_%'",
        )
        .fetch_all(&self.test.admin)
        .await
        .unwrap();
        assert!(columns.len() > 200, "the search looks at every column");
        for (table, column) in columns {
            for text in texts {
                let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
                let condition = format!(
                    "{table} WHERE {column}::text LIKE '%{text}%' OR {column}::text LIKE '%{hex}%'"
                );
                assert_eq!(self.count(&condition).await, 0, "{table}.{column}");
            }
        }
    }

    /// The counts of each delivery are those of its rows, each digest names its key, and what counts follows from what is
    /// reported.
    pub(crate) async fn sound(&self) {
        let mut tx = worker_tx(&self.road.db).await.unwrap();
        assert_eq!(doctor::counts(&mut tx).await.unwrap(), Vec::<Uuid>::new());
        let persons: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM persons")
            .fetch_all(&self.test.admin)
            .await
            .unwrap();
        for table in ["reports", "delivery_rows"] {
            let nameless = format!("{table} WHERE row_digest IS NOT NULL AND digest_key IS NULL");
            assert_eq!(self.count(&nameless).await, 0);
        }
        let unsettled = rulings::unsettled(&mut tx, &persons).await.unwrap();
        assert!(unsettled.is_empty());
        tx.rollback().await.unwrap();
    }

    /// How many rows a table has under a condition.
    pub(crate) async fn count(&self, table_and_condition: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table_and_condition}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&self.test.admin)
            .await
            .unwrap()
    }

    /// Records as [`Self::record`]; the key of the registration.
    pub(crate) async fn registered(&self, caller: &Caller, row: &RowText) -> Uuid {
        let reference = self.record(caller, row).await;
        let receipt = self.portal.receipt(caller, reference).await.unwrap();
        receipt.registration.expect("in the register")
    }

    /// Makes the last load of the BRP so old: `3 days` is late.
    pub(crate) async fn brp_loaded(&self, ago: &str) {
        sqlx::query("UPDATE brp_loads SET finished_at = now() - $1::text::interval")
            .bind(ago)
            .execute(&self.test.admin)
            .await
            .unwrap();
    }

    /// A small delta of the BRP arrives, as `cims brp load` takes it.
    pub(crate) async fn brp_delta(&self) {
        let path = self.test.dir.path().join("delta.csv");
        let set = "pl_id;bsn;voornamen;voorvoegsel;geslachtsnaam;geboortedatum;geslacht\n999;999993653;Suzanne;;Moulin;19851201;V\n";
        std::fs::write(&path, set).unwrap();
        let request = Request {
            file: path,
            set: Set::Delta,
            of: None,
            accept_older: false,
            accept_shrink: false,
            restart: false,
            by: "test".to_owned(),
        };
        load(&self.road.db, &self.test.keys, &request, |_| {})
            .await
            .unwrap();
    }

    /// Saves the vaccination step, and ticks the warnings that its page shows then.
    pub(crate) async fn ticks(&self, caller: &Caller, draft: Uuid, row: &RowText) -> Saved {
        let mut ticked = None;
        for _ in 0..2 {
            let step = self
                .portal
                .save_vaccination(caller, draft, row.clone(), ticked);
            let saved = step.await.unwrap();
            if saved != Saved::LookAgain {
                return saved;
            }
            ticked = Some(self.portal.draft(caller, draft).await.unwrap().told);
        }
        Saved::LookAgain
    }

    /// Corrects a registration, and ticks the warnings that the form shows then.
    pub(crate) async fn corrects(&self, caller: &Caller, of: Uuid, row: &RowText) -> Corrected {
        let mut ticked = None;
        for _ in 0..2 {
            let form =
                self.portal
                    .correct(caller, of, row.clone(), "typefout".into(), ticked, None);
            match form.await.unwrap() {
                Corrected::LookAgain(draft) => {
                    ticked = Some(self.portal.draft(caller, draft).await.unwrap().told);
                }
                done => return done,
            }
        }
        panic!("looked at twice, and still not stored");
    }

    /// Records through the entry form, ticking what asks for it; answers with the reference.
    pub(crate) async fn record(&self, caller: &Caller, row: &RowText) -> String {
        let draft = self.portal.begin(caller, None, false).await.unwrap();
        let saved = self
            .portal
            .save_person(caller, draft, row.clone(), String::new())
            .await
            .unwrap();
        assert_eq!(saved, Saved::GoOn(Step::Vaccination));
        let saved = self.ticks(caller, draft, row).await;
        assert_eq!(saved, Saved::GoOn(Step::Check));
        match Entry::submit(&self.portal, caller, draft, None)
            .await
            .unwrap()
        {
            Submitted::Done { reference } => reference,
            other => panic!("{other:?}"),
        }
    }
}

/// Rows as a CSV file with all columns.
pub(crate) fn csv(rows: &[RowText]) -> Vec<u8> {
    support::csv(rows).into_bytes()
}

/// A file that shows all that an approval asks for: ten good rows, with a correction, a withdrawal, and rows without consent.
pub(crate) fn conforming() -> Vec<u8> {
    let people = [
        (EREBOS, "01-04-2000"),
        (NAOMI, "01-04-1987"),
        (FROUKE, "24-03-2000"),
    ];
    let mut rows = Vec::new();
    for (place, (bsn, birth)) in people.into_iter().enumerate() {
        for (dose, on) in [("1", "27-01-2021"), ("2", "10-03-2021")] {
            let key = format!("proef-{place}-{dose}");
            let cells = [
                (Column::Bronsleutel, key.as_str()),
                (Column::Dosisnummer, dose),
                (Column::Vaccinatiedatum, on),
            ];
            rows.push(with(good(bsn, birth), &cells));
        }
    }
    let corrected = [
        (Column::Bronsleutel, "proef-0-2"),
        (Column::Mutatie, "C"),
        (Column::Dosisnummer, "2"),
        (Column::Vaccinatiedatum, "11-03-2021"),
    ];
    rows.push(with(good(EREBOS, "01-04-2000"), &corrected));
    let withdrawn = [(Column::Bronsleutel, "proef-1-2"), (Column::Mutatie, "V")];
    rows.push(row(&withdrawn));
    for key in ["proef-n1", "proef-n2"] {
        rows.push(row(&[
            (Column::Bronsleutel, key),
            (Column::Toestemming, "N"),
            (Column::Leeftijdsgroep, "B"),
            (Column::Vaccinatiedatum, "27-01-2021"),
            (Column::Vaccin, "Comirnaty"),
            (Column::Batchnummer, "EJ6795"),
            (Column::Dosisnummer, "1"),
        ]));
    }
    csv(&rows)
}
