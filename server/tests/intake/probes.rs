//! Nobody reaches what is not theirs, by whatever method of a port.
//!
//! The test walks [`METHODS`]: every method of the ports, by the names in the traits' source. That who reads or changes a
//! person leaves a line is asked of the routes themselves (`tests/web_edge/persons.rs`).

use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, with};
use app::ports::cards::{Cards, Keyed, TypedCard};
use app::ports::decisions::ClusterFilter;
use app::ports::entry::{Entry, RegistrationFilter, Step};
use app::ports::lists::{Lists, Wish};
use app::ports::locations::{Location, Locations};
use app::ports::persons::{NewRuling, Ruled, Why};
use app::ports::review::ReviewFilter;
use app::ports::withdrawals::Withdrawals;
use app::ports::worklist::Worklists;
use app::ports::{
    Accounts, Caller, Corrections, Decisions, Deliveries, Onboarding, Operations, Parties, Persons,
    PortError, Review, Users,
};
use domain::finding::Code;
use domain::lists::{ListKind, Typed};
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::ruling::RulingKind;
use uuid::Uuid;

/// Every method of the ports. A name that two ports share has the other port in front.
const METHODS: [&str; 130] = [
    "begin",
    "open_draft",
    "waiting",
    "draft",
    "discard",
    "save_person",
    "save_vaccination",
    "place",
    "submit",
    "receipt",
    "registrations",
    "registration",
    "correct",
    "withdraw",
    "list",
    "quality",
    "returned",
    "delivery",
    "deliveries.submit",
    "submit_whole",
    "repaired",
    "refused",
    "refused_row",
    "mend",
    "foresee",
    "switch_repair",
    "choose_sheet",
    "take_hidden",
    "deliveries.discard",
    "rows",
    "row",
    "withdrawal",
    "withdraw_delivery",
    "restore_delivery",
    "agree",
    "turn_down",
    "restore",
    "stand_by",
    "news",
    "seen",
    "clusters",
    "cluster",
    "propose",
    "candidates",
    "propose_link",
    "propose_undo",
    "decided_about",
    "decisions",
    "decision",
    "decision_page",
    "decide",
    "drop_decision",
    "kept_values",
    "end_name",
    "propose_close",
    "recall",
    "numbers",
    "qualities",
    "quality_of",
    "connections",
    "connection",
    "ask_connection",
    "decide_connection",
    "decide_party",
    "completeness",
    "parked",
    "parked_delivery",
    "ask_for_parked",
    "settle_parked",
    "compare",
    "rule",
    "ruling",
    "undo_ruling",
    "find_person",
    "person",
    "begin_correction",
    "correction",
    "save_correction",
    "decide_correction",
    "drop_correction",
    "operations",
    "accounts",
    "account",
    "change_account",
    "give_account",
    "own_installations",
    "party_requests",
    "party_request",
    "party_form",
    "file_party",
    "invite_manager",
    "bench",
    "attempt",
    "lists",
    "entries",
    "entry",
    "suspects",
    "propose_entry",
    "import_list",
    "list_change",
    "agree_list",
    "drop_list",
    "users",
    "invite",
    "invitation",
    "take_back",
    "end_user",
    "readmit",
    "locations",
    "pick_location",
    "add_location",
    "rename_location",
    "end_location",
    "next_row",
    "reviewers",
    "assign",
    "worklist",
    "open_on_worklist",
    "make_worklist",
    "make_worklist_of_file",
    "ask_further",
    "discard_worklist",
    "begin_from_worklist",
    "cards",
    "card_draft",
    "key_card",
    "discard_card",
    "card",
    "key_again",
    "settle_card",
];

#[test]
fn every_method_of_the_ports_stands_in_the_table() {
    let sources = [
        include_str!("../../../app/src/ports/entry.rs"),
        include_str!("../../../app/src/ports/deliveries.rs"),
        include_str!("../../../app/src/ports/review.rs"),
        include_str!("../../../app/src/ports/withdrawals.rs"),
        include_str!("../../../app/src/ports/news.rs"),
        include_str!("../../../app/src/ports/decisions.rs"),
        include_str!("../../../app/src/ports/parties.rs"),
        include_str!("../../../app/src/ports/onboarding.rs"),
        include_str!("../../../app/src/ports/persons.rs"),
        include_str!("../../../app/src/ports/corrections.rs"),
        include_str!("../../../app/src/ports/lists.rs"),
        include_str!("../../../app/src/ports/operations.rs"),
        include_str!("../../../app/src/ports/accounts.rs"),
        include_str!("../../../app/src/ports/users.rs"),
        include_str!("../../../app/src/ports/locations.rs"),
        include_str!("../../../app/src/ports/worklist.rs"),
        include_str!("../../../app/src/ports/cards.rs"),
    ];
    let names = |source: &&str| -> Vec<String> {
        let methods = source.split("    async fn ").skip(1);
        methods
            .map(|rest| rest.split(['(', '<']).next().unwrap_or_default().to_owned())
            .collect()
    };
    let methods: Vec<String> = sources.iter().flat_map(names).collect();
    let listed: Vec<&str> = METHODS
        .iter()
        .map(|name| name.rsplit('.').next().unwrap_or_default())
        .collect();
    for method in &methods {
        assert!(listed.contains(&method.as_str()), "{method} has no probe");
    }
    assert_eq!(
        methods.len(),
        METHODS.len(),
        "a new port method needs its line in METHODS and a probe"
    );
}

/// Things of one party, to be asked for by another.
struct Things {
    draft: Uuid,
    reference: String,
    registration: Uuid,
    delivery: Uuid,
    stored: Uuid,
    withdrawn: Uuid,
    preview: Uuid,
    row: Uuid,
    decision: Uuid,
    waiting: Uuid,
    ruling: Uuid,
    person: Uuid,
    correction: Uuid,
    card: Uuid,
}

async fn things(world: &World) -> Things {
    let reference = world
        .record(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    let registration = world
        .portal
        .receipt(&world.maria, reference.clone())
        .await
        .unwrap()
        .registration
        .unwrap();
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    let stored = world
        .upload(&world.maria, &csv(&[good(NAOMI, "01-04-1987")]))
        .await;
    let gone = world
        .record(&world.maria, &good(FROUKE, "24-03-2000"))
        .await;
    let withdrawn = world
        .portal
        .receipt(&world.maria, gone)
        .await
        .unwrap()
        .registration
        .unwrap();
    world
        .portal
        .withdraw(&world.maria, withdrawn, "reden".into(), false)
        .await
        .unwrap();
    let row = good(NOBODY, "01-04-2000");
    world
        .portal
        .save_person(&world.maria, draft, row.clone(), "reden".into())
        .await
        .unwrap();
    let delivery = world
        .upload(&world.maria, &csv(std::slice::from_ref(&row)))
        .await;
    let repaired = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Dosisnummer, "2"),
            (Column::Bsn, "9999.90.019"),
            (Column::Vaccinatiedatum, "10-03-2021"),
        ],
    );
    let preview = world
        .receive(&world.maria, "b.csv", &csv(&[repaired]), true)
        .await
        .id();
    world.work().await;
    let rows = world
        .portal
        .rows(&world.rivm, ReviewFilter::default())
        .await
        .unwrap();
    let row = rows.items[0].id;
    let rejection = app::ports::decisions::Proposal {
        told: None,
        alone: false,
        kind: domain::decision::DecisionKind::Reject,
        value: String::new(),
        days: domain::dates::Days::ALL,
        reason: "reden".into(),
        request: String::new(),
    };
    let decision = world
        .portal
        .propose(&world.rivm, row, rejection)
        .await
        .unwrap();
    let mut waiting = Vec::new();
    for (dose, on) in [("2", "12-03-2021"), ("3", "12-05-2021")] {
        let unknown = with(
            good(NAOMI, "01-04-1987"),
            &[
                (Column::Dosisnummer, dose),
                (Column::Vaccinatiedatum, on),
                (Column::Batchnummer, "ZZ9999"),
            ],
        );
        world.upload(&world.maria, &csv(&[unknown])).await;
        let rows = world
            .portal
            .rows(&world.rivm, ReviewFilter::default())
            .await
            .unwrap();
        waiting.push(rows.items[0].id);
    }
    let compared = world
        .portal
        .compare(&world.rivm, waiting[1], None)
        .await
        .unwrap();
    let ruled = world
        .portal
        .rule(&world.rivm, waiting[1], keep())
        .await
        .unwrap();
    let Ruled::Done(ruling) = ruled else {
        panic!("{ruled:?}")
    };
    let correction = world
        .portal
        .begin_correction(&world.rivm, registration, true)
        .await
        .unwrap();
    world
        .portal
        .save_correction(&world.rivm, correction, RowText::default(), "brief".into())
        .await
        .unwrap();
    Things {
        draft,
        reference,
        registration,
        delivery,
        stored,
        withdrawn,
        preview,
        row,
        decision,
        waiting: waiting[0],
        ruling,
        person: compared.person,
        correction,
        card: key_card(world, true).await,
    }
}

/// A card of somebody at RIVM; it waits for a second person, or is not finished.
async fn key_card(world: &World, finished: bool) -> Uuid {
    let number = format!("K{}", world.count("paper_cards").await);
    let typed = TypedCard {
        number: if finished { number } else { String::new() },
        party: "ZONNEHOF".to_owned(),
        row: with(
            good(FROUKE, "24-03-2000"),
            &[(Column::Vaccinatiedatum, "02-02-2021")],
        ),
        so_on_card: false,
    };
    let keyed = world.portal.key_card(&world.kim, None, typed).await;
    match keyed.unwrap() {
        Keyed::Waiting(card) | Keyed::LookAgain(card) => card,
    }
}

fn keep() -> NewRuling {
    NewRuling {
        kind: RulingKind::Keep,
        other: None,
        other_counts: false,
        reason: "reden".into(),
    }
}

/// Calls a method with the things of somebody; `None` when the method takes none and shows the caller's own.
async fn probe(
    world: &World,
    caller: &Caller,
    things: &Things,
    method: &str,
) -> Option<Result<(), PortError>> {
    let portal = &world.portal;
    let row = good(EREBOS, "01-04-2000");
    Some(match method {
        "begin" => portal
            .begin(caller, Some(things.reference.clone()), true)
            .await
            .map(drop),
        "draft" => portal.draft(caller, things.draft).await.map(drop),
        "save_person" => portal
            .save_person(caller, things.draft, row, String::new())
            .await
            .map(drop),
        "save_vaccination" => portal
            .save_vaccination(caller, things.draft, row, None)
            .await
            .map(drop),
        "submit" => Entry::submit(portal, caller, things.draft, None)
            .await
            .map(drop),
        // What was typed for a draft that is not theirs goes into one of their own.
        "place" => match portal
            .place(caller, things.draft, Some("oud".into()), &row, Step::Person)
            .await
        {
            Ok(placed) if placed.draft != things.draft => Err(PortError::NotFound),
            placed => placed.map(drop),
        },
        "receipt" => portal
            .receipt(caller, things.reference.clone())
            .await
            .map(drop),
        "registration" => portal
            .registration(caller, things.registration)
            .await
            .map(drop),
        "correct" => portal
            .correct(caller, things.registration, row, "reden".into(), None, None)
            .await
            .map(drop),
        "withdraw" => portal
            .withdraw(caller, things.registration, "reden".into(), false)
            .await
            .map(drop),
        "discard" => Entry::discard(portal, caller, things.draft).await,
        "delivery" => portal.delivery(caller, things.delivery).await.map(drop),
        "deliveries.submit" => Deliveries::submit(portal, caller, things.preview).await,
        "repaired" => portal
            .repaired(caller, things.delivery, Code::H02, Column::Bsn, 1)
            .await
            .map(drop),
        "refused" => portal
            .refused(caller, things.delivery, 1, None)
            .await
            .map(drop),
        "refused_row" => portal
            .refused_row(caller, things.delivery, 2, None)
            .await
            .map(drop),
        "mend" | "foresee" => {
            let mended = app::ports::deliveries::MendedRow {
                number: 2,
                seen: things.row,
                cells: Column::ALL
                    .map(|column| (column, row.get(column).to_owned()))
                    .into(),
                anyway: true,
                ..Default::default()
            };
            if method == "mend" {
                let rows = vec![mended];
                portal
                    .mend(caller, things.delivery, rows, None)
                    .await
                    .map(drop)
            } else {
                let rows = vec![mended];
                portal
                    .foresee(caller, things.delivery, rows)
                    .await
                    .map(drop)
            }
        }
        "submit_whole" => portal.submit_whole(caller, things.preview).await.map(drop),
        "switch_repair" => {
            portal
                .switch_repair(caller, things.preview, "H05".into(), false)
                .await
        }
        "choose_sheet" => portal.choose_sheet(caller, things.preview, 0).await,
        "take_hidden" => portal.take_hidden(caller, things.preview, true).await,
        "deliveries.discard" => Deliveries::discard(portal, caller, things.preview).await,
        "row" => portal.row(caller, things.row).await.map(drop),
        "next_row" => portal
            .next_row(caller, things.row, ReviewFilter::default())
            .await
            .map(drop),
        "reviewers" => portal.reviewers(caller).await.map(drop),
        "assign" => portal
            .assign(caller, things.row, true, None)
            .await
            .map(drop),
        "rows" => portal.rows(caller, ReviewFilter::default()).await.map(drop),
        "clusters" => portal
            .clusters(caller, ClusterFilter::default(), 1)
            .await
            .map(drop),
        "cluster" => portal.cluster(caller, things.row).await.map(drop),
        "propose" => {
            let proposal = app::ports::decisions::Proposal {
                told: None,
                alone: false,
                kind: domain::decision::DecisionKind::Return,
                value: String::new(),
                days: domain::dates::Days::ALL,
                reason: "reden".into(),
                request: String::new(),
            };
            portal.propose(caller, things.row, proposal).await.map(drop)
        }
        "candidates" => portal.candidates(caller, things.row).await.map(drop),
        "propose_link" => {
            let (list, why) = ("1".to_owned(), "reden".to_owned());
            let made = portal.propose_link(caller, things.row, list, why).await;
            made.map(drop)
        }
        "decided_about" => portal.decided_about(caller, things.row).await.map(drop),
        "propose_undo" => {
            let made = portal.propose_undo(caller, things.decision, "reden".to_owned());
            made.await.map(drop)
        }
        "decisions" => portal.decisions(caller, 1).await.map(drop),
        "decision_page" => {
            let asked = portal.decision_page(caller, things.decision, None);
            asked.await.map(drop)
        }
        "decision" => portal.decision(caller, things.decision).await.map(drop),
        "decide" => portal.decide(caller, things.decision).await.map(drop),
        "drop_decision" => portal.drop_decision(caller, things.decision).await,
        "kept_values" => portal.kept_values(caller, 1).await.map(drop),
        "end_name" => {
            let why = "reden".to_owned();
            portal.end_name(caller, things.decision, why).await
        }
        "propose_close" => {
            let closing = app::ports::decisions::Closing {
                kind: domain::decision::DecisionKind::Reject,
                reason: "reden".into(),
                told: None,
            };
            let made = portal.propose_close(caller, things.decision, closing);
            made.await.map(drop)
        }
        "recall" => portal.recall(caller, things.decision).await,
        "numbers" => portal.numbers(caller).await.map(drop),
        "qualities" => portal.qualities(caller, String::new(), 1).await.map(drop),
        "quality_of" => portal.quality_of(caller, things.stored).await.map(drop),
        "connections" => portal
            .connections(caller, app::ports::parties::ConnectionFilter::default(), 1)
            .await
            .map(drop),
        "connection" => portal.connection(caller, things.stored).await.map(drop),
        "ask_connection" => {
            let wish = app::ports::parties::Wish {
                party: "DUINZICHT".into(),
                intermediary: String::new(),
                channel: domain::delivery::Channel::Sftp,
                purpose: "doel".into(),
                without: String::new(),
            };
            portal.ask_connection(caller, wish).await.map(drop)
        }
        "decide_connection" => {
            let step = domain::connection::ConnectionStep::Approve;
            portal
                .decide_connection(caller, things.stored, step, "reden".into())
                .await
                .map(drop)
        }
        "decide_party" => {
            let step = domain::connection::ConnectionStep::Suspend;
            let side = app::ports::parties::Side::Party;
            portal
                .decide_party(caller, things.stored, side, step, "omdat".into())
                .await
                .map(drop)
        }
        "completeness" => portal.completeness(caller).await.map(drop),
        "own_installations" => portal.own_installations(caller).await.map(drop),
        "party_requests" => portal.party_requests(caller, 1).await.map(drop),
        "party_request" => portal.party_request(caller, things.stored).await.map(drop),
        "party_form" => portal
            .party_form(caller, Some(things.stored))
            .await
            .map(drop),
        "file_party" => {
            let form = domain::onboarding::PartyForm::default();
            portal
                .file_party(caller, things.stored, form)
                .await
                .map(drop)
        }
        "invite_manager" => {
            portal
                .invite_manager(caller, things.stored, "Nel".into())
                .await
        }
        "attempt" => portal.attempt(caller, things.stored).await.map(drop),
        "parked" => portal.parked(caller).await.map(drop),
        "parked_delivery" => portal
            .parked_delivery(caller, things.stored)
            .await
            .map(drop),
        "ask_for_parked" => portal.ask_for_parked(caller, things.stored).await.map(drop),
        "settle_parked" => {
            portal
                .settle_parked(caller, things.stored, true, "reden".into())
                .await
        }
        "compare" => portal.compare(caller, things.waiting, None).await.map(drop),
        "rule" => portal.rule(caller, things.waiting, keep()).await.map(drop),
        "ruling" => portal.ruling(caller, things.ruling).await.map(drop),
        "undo_ruling" => {
            let undone = portal.undo_ruling(caller, things.ruling, "reden".into());
            undone.await
        }
        "find_person" => portal.find_person(caller, NAOMI.into()).await.map(drop),
        "person" => portal
            .person(caller, things.person, Why::Review)
            .await
            .map(drop),
        "begin_correction" => portal
            .begin_correction(caller, things.registration, false)
            .await
            .map(drop),
        "correction" => portal.correction(caller, things.correction).await.map(drop),
        "save_correction" => {
            portal
                .save_correction(caller, things.correction, row, "brief".into())
                .await
        }
        "decide_correction" => portal
            .decide_correction(caller, things.correction)
            .await
            .map(drop),
        "drop_correction" => portal.drop_correction(caller, things.correction).await,
        "users" => portal.users(caller).await.map(drop),
        "invite" => portal
            .invite(caller, "Nel".into(), Role::Invoerder, None)
            .await
            .map(drop),
        "invitation" => portal.invitation(caller, things.stored).await.map(drop),
        "take_back" => portal.take_back(caller, things.stored).await.map(drop),
        "end_user" => portal
            .end_user(caller, things.stored, Role::Invoerder, None)
            .await
            .map(drop),
        "readmit" => portal
            .readmit(caller, things.stored, Role::Invoerder, None)
            .await
            .map(drop),
        "pick_location" => portal.pick_location(caller, things.draft, None).await,
        "add_location" => portal
            .add_location(caller, "Oost".into(), String::new())
            .await
            .map(drop),
        "rename_location" => {
            let location = Location {
                id: things.stored,
                name: "Oost".into(),
                place: String::new(),
            };
            portal.rename_location(caller, location).await.map(drop)
        }
        "end_location" => portal.end_location(caller, things.stored).await,
        "lists" => portal.lists(caller, 1).await.map(drop),
        "entries" => portal
            .entries(caller, ListKind::Batches, String::new(), 1)
            .await
            .map(drop),
        "entry" => portal
            .entry(caller, ListKind::Batches, "ZZ1".into(), "Comirnaty".into())
            .await
            .map(drop),
        "suspects" => portal.suspects(caller, 1).await.map(drop),
        "propose_entry" => {
            let wish = Wish {
                kind: ListKind::Batches,
                typed: Typed::default(),
                from: String::new(),
                source: "lijst".into(),
            };
            portal.propose_entry(caller, wish).await.map(drop)
        }
        "import_list" => portal
            .import_list(caller, Vec::new(), String::new(), "lijst".into())
            .await
            .map(drop),
        "list_change" => portal.list_change(caller, things.stored).await.map(drop),
        "agree_list" => portal.agree_list(caller, things.stored).await.map(drop),
        "drop_list" => portal.drop_list(caller, things.stored).await,
        "operations" => portal.operations(caller).await.map(drop),
        "accounts" => portal.accounts(caller, 1).await.map(drop),
        "account" => portal.account(caller, things.stored, None).await.map(drop),
        "change_account" => {
            let change = app::ports::accounts::AccountChange::EndOldPassword;
            portal
                .change_account(caller, things.stored, change)
                .await
                .map(drop)
        }
        "give_account" => {
            let new = app::ports::accounts::NewAccess {
                connection: things.stored,
                name: "spion-1".into(),
                installation: "1".into(),
                proof: domain::delivery::dropbox::Proof::Rename,
                daily: true,
                key: String::new(),
                sources: "overal".into(),
            };
            portal.give_account(caller, new).await.map(drop)
        }
        "withdrawal" => portal.withdrawal(caller, things.stored).await.map(drop),
        "withdraw_delivery" => portal
            .withdraw_delivery(caller, things.stored, "reden".into())
            .await
            .map(drop),
        "restore_delivery" => portal
            .restore_delivery(caller, things.stored, "reden".into())
            .await
            .map(drop),
        "restore" => portal
            .restore(caller, things.withdrawn, "reden".into())
            .await
            .map(drop),
        "stand_by" => portal
            .stand_by(caller, things.registration, "klopt".into())
            .await
            .map(drop),
        "agree" => portal.agree(caller, things.stored).await.map(drop),
        "turn_down" => portal.turn_down(caller, things.stored).await,
        // The caller's own; a key of somebody else is passed over without a word.
        "open_draft"
        | "waiting"
        | "locations"
        | "registrations"
        | "list"
        | "quality"
        | "returned"
        | "news"
        | "seen"
        | "worklist"
        | "open_on_worklist"
        | "make_worklist"
        | "make_worklist_of_file"
        | "discard_worklist"
        | "bench" => {
            return None;
        }
        "cards" => portal.cards(caller, 1).await.map(drop),
        "card_draft" => portal.card_draft(caller, things.card).await.map(drop),
        "key_card" => portal
            .key_card(caller, Some(things.card), TypedCard::default())
            .await
            .map(drop),
        "discard_card" => portal.discard_card(caller, things.card).await,
        "card" => portal.card(caller, things.card).await.map(drop),
        "key_again" => portal.key_again(caller, things.card, row).await.map(drop),
        "settle_card" => portal
            .settle_card(caller, things.card, Vec::new(), "reden".into())
            .await
            .map(drop),
        "ask_further" => portal.ask_further(caller).await,
        "begin_from_worklist" => portal
            .begin_from_worklist(caller, Some(2), None)
            .await
            .map(drop),
        other => panic!("{other} has no probe"),
    })
}

#[tokio::test]
async fn what_belongs_to_another_party_is_not_there() {
    let world = World::new().await;
    let things = things(&world).await;
    let before = world.count("reports").await;
    for method in METHODS {
        // Another institution, and RIVM at the doors of institutions.
        for caller in [&world.piet, &world.rivm] {
            let of_rivm_too = matches!(
                method,
                "row"
                    | "next_row"
                    | "reviewers"
                    | "assign"
                    | "rows"
                    | "withdrawal"
                    | "withdraw_delivery"
                    | "restore_delivery"
                    | "agree"
                    | "turn_down"
                    | "clusters"
                    | "cluster"
                    | "propose"
                    | "candidates"
                    | "propose_link"
                    | "propose_undo"
                    | "decided_about"
                    | "decisions"
                    | "decision"
                    | "decision_page"
                    | "decide"
                    | "drop_decision"
                    | "kept_values"
                    | "end_name"
                    | "propose_close"
                    | "recall"
                    | "numbers"
                    | "qualities"
                    | "quality_of"
                    | "parked"
                    | "completeness"
                    | "compare"
                    | "rule"
                    | "ruling"
                    | "undo_ruling"
                    | "find_person"
                    | "person"
                    | "begin_correction"
                    | "correction"
                    | "save_correction"
                    | "decide_correction"
                    | "drop_correction"
                    | "lists"
                    | "entries"
                    | "entry"
                    | "suspects"
                    | "list_change"
            );
            if of_rivm_too && caller.party().is_none() {
                continue;
            }
            if let Some(answer) = probe(&world, caller, &things, method).await {
                assert_eq!(
                    answer,
                    Err(PortError::NotFound),
                    "{method} as {}",
                    caller.name
                );
            }
        }
    }
    // A foreign thing and a thing that is not there are one answer.
    let nothing = Things {
        draft: Uuid::now_v7(),
        reference: "2026-999999-0".into(),
        registration: Uuid::now_v7(),
        delivery: Uuid::now_v7(),
        stored: Uuid::now_v7(),
        withdrawn: Uuid::now_v7(),
        preview: Uuid::now_v7(),
        row: Uuid::now_v7(),
        decision: Uuid::now_v7(),
        waiting: Uuid::now_v7(),
        ruling: Uuid::now_v7(),
        person: Uuid::now_v7(),
        correction: Uuid::now_v7(),
        card: Uuid::now_v7(),
    };
    for method in METHODS.into_iter().filter(|method| {
        !matches!(
            *method,
            "rows"
                | "reviewers"
                | "clusters"
                | "decisions"
                | "kept_values"
                | "numbers"
                | "qualities"
                | "parked"
                | "completeness"
                | "find_person"
        )
    }) {
        let of_rivm = matches!(
            method,
            "row"
                | "cluster"
                | "propose"
                | "candidates"
                | "propose_link"
                | "propose_undo"
                | "decision"
                | "decision_page"
                | "decide"
                | "drop_decision"
                | "end_name"
                | "propose_close"
                | "recall"
                | "compare"
                | "rule"
                | "ruling"
                | "undo_ruling"
                | "person"
                | "begin_correction"
                | "correction"
                | "save_correction"
                | "decide_correction"
                | "drop_correction"
                | "entry"
                | "list_change"
                | "quality_of"
        );
        let caller = if of_rivm { &world.rivm } else { &world.maria };
        if let Some(answer) = probe(&world, caller, &nothing, method).await {
            assert_eq!(answer, Err(PortError::NotFound), "{method} of nothing");
        }
    }
    assert!(
        world
            .portal
            .open_draft(&world.piet)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        world
            .portal
            .registrations(&world.piet, RegistrationFilter::default(), 1)
            .await
            .unwrap()
            .total,
        0
    );
    assert_eq!(world.portal.list(&world.piet, 1).await.unwrap().total, 0);
    assert_eq!(world.count("reports").await, before);
    // The lists of institutions are not for RIVM.
    assert_eq!(
        world
            .portal
            .registrations(&world.rivm, RegistrationFilter::default(), 1)
            .await
            .err(),
        Some(PortError::NotFound)
    );
    assert_eq!(
        world.portal.list(&world.rivm, 1).await.err(),
        Some(PortError::NotFound)
    );
    assert_eq!(
        world.portal.open_draft(&world.rivm).await.err(),
        Some(PortError::NotFound)
    );
}

#[tokio::test]
async fn a_failed_audit_line_means_no_data() {
    let world = World::new().await;
    let things = things(&world).await;
    sqlx::query(
        "ALTER FUNCTION audit_add(text, text, uuid[], bytea[], text) RENAME TO audit_add_away",
    )
    .execute(&world.test.admin)
    .await
    .unwrap();
    let broken = |answer: Result<(), PortError>| matches!(answer, Err(PortError::Broken(_)));
    for method in ["registration", "begin", "draft", "receipt"] {
        let answer = probe(&world, &world.maria, &things, method).await.unwrap();
        // A receipt holds no person.
        assert_eq!(broken(answer), method != "receipt", "{method}");
    }
    assert!(broken(
        probe(&world, &world.rivm, &things, "row").await.unwrap()
    ));
    assert!(broken(
        world
            .portal
            .registrations(&world.maria, RegistrationFilter::default(), 1)
            .await
            .map(drop)
    ));
    let before = world.count("reports").await;
    assert!(broken(
        probe(&world, &world.maria, &things, "withdraw")
            .await
            .unwrap()
    ));
    assert_eq!(world.count("reports").await, before);
}
