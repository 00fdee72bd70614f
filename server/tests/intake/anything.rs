//! Whatever senders and RIVM do, in whatever order: one vaccination counts for each jab, it is the one that follows from what is
//! said and decided, and what counted at any moment before is found again from the history (features F48-F50).

use crate::history::{self, Counted, History};
use crate::ledger::{Ledger, Says};
use crate::links;
use crate::lists;
use crate::queue::{hours, kept, real};
use crate::world::{EREBOS, World, csv, good, with};
use app::ports::corrections::{Corrected as Answer, Corrections};
use app::ports::decisions::{Agreed, Decisions, Proposal};
use app::ports::entry::{Corrected, Restored, Withdrawn};
use app::ports::persons::{NewRuling, Persons, Why};
use app::ports::review::ReviewFilter;
use app::ports::withdrawals::Withdrawals;
use app::ports::{Caller, Entry, PortError, Review};
use domain::decision::DecisionKind;
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::ruling::RulingKind;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use server::store::{rulings, worker_tx};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Sequences, and acts in each.
const SEQUENCES: u64 = 6;
const ACTS: usize = 36;

/// One sequence under way.
struct Story {
    world: World,
    rosa: Caller,
    random: StdRng,
    /// Files that came, of Maria or not.
    deliveries: Vec<(Uuid, bool)>,
    ledger: Ledger,
}

impl Story {
    async fn new(seed: u64) -> Self {
        let world = World::new().await;
        let rosa = world.test.caller("rosa", Role::RivmBeheer, None).await;
        Self {
            world,
            rosa,
            random: StdRng::seed_from_u64(seed),
            deliveries: Vec::new(),
            ledger: Ledger::default(),
        }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.random.random_range(0..from.len())])
    }

    fn one(&mut self, from: &[&'static str]) -> &'static str {
        from[self.random.random_range(0..from.len())]
    }

    fn sender(&self, of_maria: bool) -> &Caller {
        if of_maria {
            &self.world.maria
        } else {
            &self.world.piet
        }
    }

    async fn ids(&self, question: &'static str) -> Vec<Uuid> {
        let found = sqlx::query_scalar(question).fetch_all(&self.world.test.admin);
        found.await.unwrap()
    }

    /// What a jab says, at random.
    fn jab(&mut self) -> RowText {
        let days = [
            "27-01-2021",
            "27-01-2021",
            "27-01-2021",
            "05-03-2021",
            "10-02-2021",
        ];
        good_with(&[
            (Column::Vaccinatiedatum, self.one(&days)),
            (
                Column::Batchnummer,
                self.one(&["EJ6795", "EM0477", "ZZ9999"]),
            ),
            (Column::Dosisnummer, self.one(&["1", "1", "2"])),
        ])
    }

    /// A row that waits, the newest first.
    async fn waiting(&mut self) -> Option<Uuid> {
        let list = self
            .world
            .portal
            .rows(&self.world.rivm, ReviewFilter::default());
        let rows: Vec<Uuid> = list
            .await
            .unwrap()
            .items
            .iter()
            .map(|line| line.id)
            .collect();
        self.pick(&rows)
    }

    /// A registration, whose it is, and under which key.
    async fn registration(&mut self) -> Option<(Uuid, bool, String)> {
        let all: Vec<(Uuid, bool, String)> = sqlx::query_as(
            "SELECT r.id, p.code = 'ZONNEHOF', r.source_key FROM reports r JOIN parties p ON p.id = r.party_id WHERE r.valid_to IS NULL ORDER BY r.id",
        )
        .fetch_all(&self.world.test.admin)
        .await
        .unwrap();
        let at = (!all.is_empty()).then(|| self.random.random_range(0..all.len()))?;
        Some(all[at].clone())
    }

    /// One act of somebody, of those that there is something for.
    async fn act(&mut self) -> &'static str {
        loop {
            let act = self.try_act().await;
            if act != "nothing" {
                return act;
            }
        }
    }

    async fn try_act(&mut self) -> &'static str {
        match self.random.random_range(0..28) {
            0..=4 => self.deliver().await,
            5..=6 => self.turn_delivery().await,
            7..=9 => self.rule().await,
            10..=11 => self.nameless().await,
            12 => self.unlink().await,
            13..=14 => self.undo().await,
            15 | 24..=25 => self.decide(DecisionKind::Accept).await,
            16 | 22 | 26.. => self.decide(DecisionKind::Map).await,
            17 => self.correct().await,
            18 => self.turn_registration().await,
            19 => self.on_request(false).await,
            20 | 23 => self.on_request(true).await,
            _ => self.change_list().await,
        }
    }

    /// RIVM-beheer puts the batch that no list has in the list, or ends it there.
    async fn change_list(&self) -> &'static str {
        let listed = "batches WHERE lot = 'ZZ9999' AND valid_to IS NULL";
        let end = self.world.count(listed).await > 0;
        let mut wish = lists::batch("ZZ9999", "Comirnaty", if end { "" } else { "31-10-2021" });
        wish.typed.end = end;
        lists::carry_out(&self.world, wish).await;
        "changed a list"
    }

    async fn deliver(&mut self) -> &'static str {
        let of_maria = self.random.random_bool(0.5);
        let (key, mutation) = (
            self.one(&["a", "b", "c", "d", "e"]),
            self.one(&["N", "N", "N", "C", "C", "V"]),
        );
        let row = with(
            self.jab(),
            &[(Column::Bronsleutel, key), (Column::Mutatie, mutation)],
        );
        let id = self
            .world
            .upload(self.sender(of_maria), &csv(std::slice::from_ref(&row)))
            .await;
        self.deliveries.push((id, of_maria));
        let outcome: Option<String> =
            sqlx::query_scalar("SELECT outcome FROM delivery_rows WHERE delivery_id = $1")
                .bind(id)
                .fetch_optional(&self.world.test.admin)
                .await
                .unwrap();
        let says = (mutation != "V").then(|| Says::of(&row));
        match outcome.as_deref() {
            Some("GEACCEPTEERD" | "TE_CONTROLEREN") => {
                self.ledger.said(of_maria, key, id, says);
            }
            Some("DUBBEL") => self.ledger.repeated(of_maria, key, id, says.as_ref()),
            _ => {}
        }
        "delivered"
    }

    async fn turn_delivery(&mut self) -> &'static str {
        let all = self.deliveries.clone();
        let Some((id, of_maria)) = self.pick(&all) else {
            return "nothing";
        };
        let gone = format!("deliveries WHERE id = '{id}' AND state = 'withdrawn'");
        let caller = self.sender(of_maria);
        let portal = &self.world.portal;
        if self.world.count(&gone).await == 0 {
            let _ = portal.withdraw_delivery(caller, id, "reden".into()).await;
        } else {
            let _ = portal.restore_delivery(caller, id, "reden".into()).await;
        }
        self.world.work().await;
        if self.world.count(&gone).await == 0 {
            self.ledger.gone.remove(&id);
        } else {
            self.ledger.gone.insert(id);
        }
        "turned a delivery"
    }

    async fn rule(&mut self) -> &'static str {
        let Some(row) = self.waiting().await else {
            return "nothing";
        };
        let compared = self.world.portal.compare(&self.world.rivm, row, None).await;
        let view = match compared {
            Ok(view) => view,
            Err(PortError::NotFound) => return "nothing",
            Err(error) => panic!("a row is not held against others: {error:?}"),
        };
        let mut others: Vec<Uuid> = view.others.iter().map(|jab| jab.id).collect();
        others.extend(view.other.iter().map(|jab| jab.id));
        let other = self.pick(&others);
        let (kind, other) = match (self.random.random_range(0..7), other) {
            (0..=2, Some(other)) => (RulingKind::Merge, Some(other)),
            (3, other) => (RulingKind::Refuse, other),
            (_, other) => (RulingKind::Keep, other),
        };
        let new = NewRuling {
            kind,
            other,
            other_counts: self.random.random_bool(0.5),
            reason: "Gebeld met de instelling".into(),
        };
        let ruled = self.world.portal.rule(&self.world.rivm, row, new).await;
        ruled.unwrap();
        "ruled"
    }

    async fn nameless(&mut self) -> &'static str {
        let of_maria = self.random.random_bool(0.5);
        let row = with(
            links::without_bsn(),
            &[
                (Column::Bronsleutel, self.one(&["x", "y"])),
                (Column::Batchnummer, self.one(&["EJ6795", "EM0477"])),
            ],
        );
        let id = self.world.upload(self.sender(of_maria), &csv(&[row])).await;
        self.deliveries.push((id, of_maria));
        links::link_if_it_waits(&self.world).await;
        "linked"
    }

    async fn unlink(&mut self) -> &'static str {
        let links = self
            .ids("SELECT link_id FROM reports WHERE link_id IS NOT NULL AND valid_to IS NULL ORDER BY link_id")
            .await;
        let Some(link) = self.pick(&links) else {
            return "nothing";
        };
        links::undo_if_it_holds(&self.world, link).await;
        "unlinked"
    }

    async fn undo(&mut self) -> &'static str {
        let made = self
            .ids("SELECT id FROM rulings WHERE undone_at IS NULL ORDER BY id")
            .await;
        let Some(id) = self.pick(&made) else {
            return "nothing";
        };
        let undone = self
            .world
            .portal
            .undo_ruling(&self.world.rivm, id, "Toch niet".into());
        undone.await.unwrap();
        "undid a ruling"
    }

    /// Accepts the group of a row that waits, or the row alone; or puts another batch in the rows of a group.
    async fn decide(&mut self, kind: DecisionKind) -> &'static str {
        let Some(row) = self.waiting().await else {
            return "nothing";
        };
        let map = kind == DecisionKind::Map;
        let value = self.one(&["EJ6795", "EM0477"]);
        let proposal = Proposal {
            told: None,
            alone: !map && self.random.random_bool(0.5),
            kind,
            value: if map { value.into() } else { String::new() },
            days: domain::dates::Days::ALL,
            reason: "Nieuwe batch".into(),
            request: if map {
                "Per brief".into()
            } else {
                String::new()
            },
        };
        let portal = &self.world.portal;
        let Ok(id) = portal.propose(&self.world.rivm, row, proposal).await else {
            return "nothing";
        };
        let mut agreed = portal.decide(&self.world.rivm, id).await;
        if agreed == Ok(Agreed::Waiting) {
            agreed = portal.decide(&self.rosa, id).await;
        }
        if agreed != Ok(Agreed::Running) {
            portal.drop_decision(&self.world.rivm, id).await.unwrap();
            return "nothing";
        }
        self.world.work().await;
        if !map {
            return "accepted";
        }
        let amended: Vec<(bool, String)> = sqlx::query_as(
            "SELECT p.code = 'ZONNEHOF', r.source_key FROM row_history h JOIN parties p ON p.id = h.party_id
             JOIN reports r ON r.delivery_id = h.delivery_id AND r.row_number = h.row_number AND r.valid_to IS NULL WHERE h.decision_id = $1",
        )
        .bind(id)
        .fetch_all(&self.world.test.admin)
        .await
        .unwrap();
        for (of_maria, key) in amended {
            self.ledger.amended(of_maria, &key, value);
        }
        "amended"
    }

    /// The sender corrects a registration in the portal, ticking what the form shows.
    async fn correct(&mut self) -> &'static str {
        let Some((id, of_maria, key)) = self.registration().await else {
            return "nothing";
        };
        let row = if Ledger::keeps(&key) {
            self.jab()
        } else {
            with(
                links::without_bsn(),
                &[(Column::Batchnummer, self.one(&["EJ6795", "EM0477"]))],
            )
        };
        let (caller, portal) = (self.sender(of_maria), &self.world.portal);
        let mut ticked = None;
        for _ in 0..2 {
            let form = portal.correct(caller, id, row.clone(), "typefout".into(), ticked, None);
            match form.await.unwrap() {
                Corrected::LookAgain(draft) => {
                    ticked = Some(portal.draft(caller, draft).await.unwrap().told);
                }
                Corrected::Done => {
                    self.ledger.said(
                        of_maria,
                        &key,
                        self.delivery_of(id).await,
                        Some(Says::of(&row)),
                    );
                    return "corrected in the portal";
                }
                _ => break,
            }
        }
        "nothing"
    }

    async fn delivery_of(&self, registration: Uuid) -> Uuid {
        sqlx::query_scalar("SELECT delivery_id FROM reports WHERE id = $1 AND valid_to IS NULL")
            .bind(registration)
            .fetch_one(&self.world.test.admin)
            .await
            .unwrap()
    }

    /// The sender withdraws one registration, or puts it back.
    async fn turn_registration(&mut self) -> &'static str {
        let Some((id, of_maria, key)) = self.registration().await else {
            return "nothing";
        };
        let (caller, portal) = (self.sender(of_maria), &self.world.portal);
        let view = portal.registration(caller, id).await.unwrap();
        if view.may_restore {
            let restored = portal.restore(caller, id, "toch".into()).await.unwrap();
            if restored == Restored::Done {
                self.ledger.put_back(of_maria, &key);
            }
            return "put back";
        }
        if !view.may_change {
            return "nothing";
        }
        let withdrawn = Entry::withdraw(portal, caller, id, "fout".into(), true).await;
        if withdrawn == Ok(Withdrawn::Done) {
            self.ledger
                .said(of_maria, &key, self.delivery_of(id).await, None);
        }
        "withdrew one"
    }

    /// RIVM corrects or withdraws a registration at the request of its institution.
    async fn on_request(&mut self, withdraw: bool) -> &'static str {
        let Some((id, of_maria, key)) = self.registration().await else {
            return "nothing";
        };
        if !withdraw && !Ledger::keeps(&key) {
            return "nothing";
        }
        let jab = self.jab();
        let portal = &self.world.portal;
        let rivm = &self.world.rivm;
        let Ok(asked) = portal.begin_correction(rivm, id, withdraw).await else {
            return "nothing";
        };
        let row = if withdraw { RowText::default() } else { jab };
        portal
            .save_correction(rivm, asked, row.clone(), "Per brief".into())
            .await
            .unwrap();
        let waits = portal.decide_correction(rivm, asked).await == Ok(Answer::Waiting);
        if !waits || portal.decide_correction(&self.rosa, asked).await != Ok(Answer::Done) {
            portal.drop_correction(rivm, asked).await.unwrap();
            return "nothing";
        }
        let says = (!withdraw).then(|| Says::of(&row));
        self.ledger
            .said(of_maria, &key, self.delivery_of(id).await, says);
        if withdraw {
            "withdrawn on request"
        } else {
            "corrected on request"
        }
    }

    /// What must be so whatever happened.
    async fn holds(&self, now: OffsetDateTime, told: &str) -> Vec<Counted> {
        let world = &self.world;
        assert_eq!(
            self.ledger.standing(),
            Ledger::stored(world).await,
            "what is said, {told}"
        );
        let history = History::read(world).await;
        assert_eq!(history.wrong_outcomes(now), Vec::<String>::new(), "{told}");
        let counting = history::counting(world).await;
        assert_eq!(counting, history.counted(now), "what counts, {told}");
        for (at, one) in counting.iter().enumerate() {
            let jab = |one: &Counted| (one.person, one.day.clone(), one.vaccine);
            let again = counting[at + 1..]
                .iter()
                .any(|other| jab(other) == jab(one));
            assert!(!again, "a day and product counts once, {told}");
        }
        for (what, question) in [
            ("waits and nobody is asked", UNASKED),
            ("is asked for nothing", IDLE),
        ] {
            assert_eq!(world.count(question).await, 0, "{what}, {told}");
        }
        assert_eq!(kept(world).await, real(world).await, "{told}");
        let [kept_hours, real_hours] = hours(world).await;
        assert_eq!(kept_hours, real_hours, "{told}");
        self.proof(&counting, told).await;
        counting
    }

    /// The page of the person shows what counts.
    async fn proof(&self, counting: &[Counted], told: &str) {
        let (portal, rivm) = (&self.world.portal, &self.world.rivm);
        let Some(id) = portal.find_person(rivm, EREBOS.into()).await.unwrap() else {
            return;
        };
        let Ok(view) = portal.person(rivm, id, Why::Review).await else {
            return;
        };
        let mut shown: Vec<(String, String, String, usize)> = view
            .proof
            .iter()
            .map(|jab| {
                let cell = |column| jab.cells.get(column).to_owned();
                let (day, batch) = (cell(Column::Vaccinatiedatum), cell(Column::Batchnummer));
                (day, batch, cell(Column::Dosisnummer), jab.sources.len())
            })
            .collect();
        let of_person = counting.iter().filter(|one| one.person == id);
        let mut counted: Vec<_> = of_person
            .map(|one| {
                (
                    one.day.clone(),
                    one.batch.clone(),
                    one.dose.to_string(),
                    one.sources.len(),
                )
            })
            .collect();
        shown.sort();
        counted.sort();
        assert_eq!(shown, counted, "what the proof would say, {told}");
    }

    async fn now(&self) -> OffsetDateTime {
        let now = sqlx::query_scalar("SELECT clock_timestamp()");
        now.fetch_one(&self.world.test.admin).await.unwrap()
    }
}

fn good_with(cells: &[(Column, &str)]) -> RowText {
    with(good(EREBOS, "01-04-2000"), cells)
}

/// What is reported and waits for RIVM, and no row asks for it.
const UNASKED: &str = "reports r WHERE r.valid_to IS NULL AND r.outcome = 'TE_CONTROLEREN' AND r.mutation <> 'V'
     AND NOT EXISTS (SELECT FROM delivery_rows w JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
                     WHERE w.report_id = r.id AND w.state = 'open' AND w.outcome = 'TE_CONTROLEREN'
                       AND (w.delivery_id, w.row_number) IN ((r.delivery_id, r.row_number), (o.delivery_id, o.row_number)))";
/// A row that asks for what does not wait.
const IDLE: &str = "delivery_rows w WHERE w.state = 'open' AND w.outcome = 'TE_CONTROLEREN' AND w.report_id IS NOT NULL
     AND NOT EXISTS (SELECT FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
                     WHERE r.id = w.report_id AND r.valid_to IS NULL AND r.outcome = 'TE_CONTROLEREN'
                       AND (w.delivery_id, w.row_number) IN ((r.delivery_id, r.row_number), (o.delivery_id, o.row_number)))";

/// Everything is set wrong, and settled once more: what counts follows from what is said and decided.
async fn settles_anew(world: &World, told: &str) {
    let before = history::counting(world).await;
    sqlx::query(
        "UPDATE vaccinations SET effective = false, merged_into = NULL WHERE valid_to IS NULL",
    )
    .execute(&world.test.admin)
    .await
    .unwrap();
    let persons: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM persons")
        .fetch_all(&world.test.admin)
        .await
        .unwrap();
    let mut tx = worker_tx(&world.road.db).await.unwrap();
    rulings::settle(&mut tx, &persons).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(history::counting(world).await, before, "{told}");
}

#[tokio::test]
async fn whatever_happens_one_vaccination_counts_for_each_jab_and_every_moment_is_found_again() {
    let first = std::env::var("CIMS_RECORD_SEED").ok();
    let first: u64 = first.map_or(0, |seed| seed.parse().unwrap());
    // How often each thing happened, so that the test cannot pass by doing nothing.
    let mut happened: BTreeMap<&str, u32> = BTreeMap::new();
    let mut freed = 0;
    for seed in first..first + SEQUENCES {
        println!("sequence: CIMS_RECORD_SEED={seed}");
        let mut story = Story::new(seed).await;
        let mut moments: Vec<(OffsetDateTime, Vec<Counted>)> = Vec::new();
        let mut acts = Vec::new();
        for _ in 0..ACTS {
            let act = story.act().await;
            acts.push(act);
            *happened.entry(act).or_default() += 1;
            let now = story.now().await;
            let told = format!("seed {seed}: {acts:?}");
            let counting = story.holds(now, &told).await;
            moments.push((now, counting));
            let history = History::read(&story.world).await;
            for (step, (then, counted)) in moments.iter().enumerate() {
                assert_eq!(
                    &history.counted(*then),
                    counted,
                    "after step {step}, {told}"
                );
            }
        }
        settles_anew(&story.world, &format!("seed {seed}")).await;
        story.world.sound().await;
        let moved = "row_history WHERE freed_with IS NOT NULL";
        freed += story.world.count(moved).await;
    }
    println!("{happened:?}, freed by one registration: {freed}");
    assert!(freed > 0);
    assert_eq!(happened.len(), 14, "{happened:?}");
    assert!(happened.values().all(|times| *times >= 2), "{happened:?}");
}
