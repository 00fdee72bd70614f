//! What did not come is seen (features F61).

use crate::house::{House, Raw, key, new_account, rows};
use crate::support::counted;
use crate::world::{EREBOS, NAOMI, csv, good, with};
use app::ports::parties::{Came, InstallationView, RowsBecame, Said, Side, SupplierTotals};
use app::ports::{Caller, Parties, PortError};
use domain::connection::ConnectionStep;
use domain::delivery::dropbox::Proof;
use domain::role::Role;
use domain::row::Column;
use russh::keys::PrivateKeyWithHashAlg;
use russh_sftp::protocol::StatusCode;
use server::clock::calendar_since;
use server::commands::sftp::{Add, Change, add, alter};
use server::intake::measure;
use server::store::{completeness, connections, party_tx, worker_tx};
use std::sync::Arc;
use std::time::Duration;

async fn seen(house: &House, account: &str) -> InstallationView {
    let all = house
        .world
        .portal
        .completeness(&house.world.rivm)
        .await
        .unwrap();
    all.installations
        .into_iter()
        .find(|one| one.account == account)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_third_file_of_five_is_missed_at_once() {
    let house = House::open().await;
    house.keyed("vijf", Proof::Rename, 1).await;
    house.keyed("ander", Proof::Rename, 2).await;
    let mut raw = house.raw("vijf", 1).await;
    for sequence in [1, 2, 4, 5] {
        let file = format!("CIMS_ZONNEHOF_vijf_20210301_{sequence}.csv");
        raw.put("x.part", &rows(&file)).await;
        raw.rename("x.part", &file).await;
    }
    house.until("deliveries WHERE state = 'done'", 4).await;
    let view = seen(&house, "vijf").await;
    assert_eq!(view.gaps, [(3, 3)]);
    assert_eq!(
        (view.files, view.rows.read, view.refused, view.aborted),
        (4, 8, 0, 0)
    );
    assert_eq!(view.days.len(), 28);
    assert_eq!(view.days.last(), Some(&Came::Yes));
    assert!(view.lacks() && !view.silent);
    assert!(!seen(&house, "ander").await.lacks());
    // It comes after all: nothing is missing any more.
    let file = "CIMS_ZONNEHOF_vijf_20210301_3.csv";
    raw.put("x.part", &rows(file)).await;
    raw.rename("x.part", file).await;
    assert!(!seen(&house, "vijf").await.lacks());
    // A file that was refused is told apart, with what it promised.
    house.keyed("belofte", Proof::Control, 3).await;
    let mut other = house.raw("belofte", 3).await;
    let file = "CIMS_ZONNEHOF_belofte_20210301_2.csv";
    other.put(&format!("{file}.ctl"), b"regels=3").await;
    other.put(file, &rows(file)).await;
    assert_eq!(house.answered(file).await, "GEWEIGERD");
    let view = seen(&house, "belofte").await;
    assert_eq!(
        (view.refused, view.announced.rows, view.announced.read),
        (1, 3, 0)
    );
    assert!(view.lacks(), "announced, and not taken");
    // The next file does not bring what that one announced.
    let mut other = house.raw("belofte", 3).await;
    let next = "CIMS_ZONNEHOF_belofte_20210301_3.csv";
    other.put(&format!("{next}.ctl"), b"regels=2").await;
    other.put(next, &rows(next)).await;
    assert_eq!(house.answered(next).await, "VERWERKT");
    let view = seen(&house, "belofte").await;
    assert_eq!((view.announced.rows, view.announced.read), (5, 2));
    assert!(view.lacks(), "announced, and still not taken");
    // Refused once more it is announced once.
    other.put(&format!("{file}.ctl"), b"regels=3").await;
    other.put(file, &rows(file)).await;
    let refused = format!("deliveries WHERE file_name = '{file}' AND outcome = 'GEWEIGERD'");
    house.until(&refused, 2).await;
    let view = seen(&house, "belofte").await;
    assert_eq!((view.announced.rows, view.announced.read), (5, 2));
    // Sent again as it was announced nothing is missing, and a file that comes twice was announced once.
    other.put(&format!("{file}.ctl"), b"regels=2").await;
    other.put(file, &rows(file)).await;
    let taken = format!("deliveries WHERE file_name = '{file}' AND outcome = 'VERWERKT'");
    house.until(&taken, 1).await;
    let view = seen(&house, "belofte").await;
    assert_eq!((view.announced.rows, view.announced.read), (4, 4));
    assert!(!view.lacks());
    let twice = "CIMS_ZONNEHOF_belofte_20210301_4.csv";
    other.put(&format!("{twice}.ctl"), b"regels=2").await;
    other.put(twice, &rows(file)).await;
    assert_eq!(house.answered(twice).await, "DUBBEL");
    let view = seen(&house, "belofte").await;
    assert_eq!((view.announced.rows, view.announced.read), (4, 4));
    // So is what a trailer announces.
    house.keyed("slot", Proof::Trailer, 4).await;
    let mut last = house.raw("slot", 4).await;
    let file = "CIMS_ZONNEHOF_slot_20210301_1.csv";
    last.put(file, &[&rows(file)[..], b"#EINDE;2\r\n"].concat())
        .await;
    assert_eq!(house.answered(file).await, "VERWERKT");
    let view = seen(&house, "slot").await;
    assert_eq!((view.announced.rows, view.announced.read), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_became_of_the_rows_adds_up_and_is_of_the_days_of_the_picture() {
    let house = House::open().await;
    house.keyed("som", Proof::Control, 1).await;
    let mut raw = house.raw("som", 1).await;
    let keyed = |row, key| with(row, &[(Column::Bronsleutel, key)]);
    let one = || keyed(good(EREBOS, "01-04-2000"), "een");
    let all = [
        one(),
        one(),
        with(
            keyed(good(NAOMI, "01-04-1987"), "twee"),
            &[(Column::Batchnummer, "ZZ9999")],
        ),
        with(
            keyed(good(NAOMI, "01-04-1987"), "drie"),
            &[(Column::Vaccin, "onzin")],
        ),
        counted("vier"),
    ];
    let put = async |raw: &mut Raw, file: &str, content: &[u8], rows: usize| {
        let promise = format!("regels={rows}");
        raw.put(&format!("{file}.ctl"), promise.as_bytes()).await;
        raw.put(file, content).await;
        house.answered(file).await
    };
    let file = "CIMS_ZONNEHOF_som_20210301_1.csv";
    let outcome = put(&mut raw, file, &csv(&all), all.len()).await;
    assert_eq!(outcome, "DEELS_VERWERKT");
    let became = RowsBecame {
        read: 5,
        accepted: 1,
        review: 1,
        refused: 1,
        double: 1,
        counted: 1,
        withdrawn: 0,
    };
    let view = seen(&house, "som").await;
    assert_eq!((view.rows, view.rows.waiting()), (became, 0));
    assert!(!view.lacks(), "a refused row is its sender's to mend");
    // Read as announced, and nothing of it taken.
    let file = "CIMS_ZONNEHOF_som_20210301_2.csv";
    let outcome = put(&mut raw, file, &csv(&[all[3].clone()]), 1).await;
    assert_eq!(outcome, "GEWEIGERD");
    let view = seen(&house, "som").await;
    let said = view.announced;
    assert_eq!((said.rows, said.read, said.taken), (6, 6, 5));
    assert!(view.lacks());
    let road = &house.world.road;
    measure::look(road, road.clock.now()).await.unwrap();
    let told = "alarm_looks WHERE lacks = 'announced' AND number = 1";
    assert_eq!(house.world.count(told).await, 1, "the alarm sees it too");
    let sums = SupplierTotals::of(std::slice::from_ref(&view));
    assert_eq!((sums[0].rows, sums[0].announced), (view.rows, said));
    // The table is of the days that the picture shows, and of no hour more.
    assert_eq!(view.volume.iter().sum::<u64>(), view.rows.read);
    let first = calendar_since(road.clock.now());
    for (moment, rows) in [(first, 6), (first - Duration::from_secs(1), 0)] {
        sqlx::query("UPDATE deliveries SET received_at = $1")
            .bind(moment)
            .execute(&house.world.test.admin)
            .await
            .unwrap();
        let view = seen(&house, "som").await;
        assert_eq!(view.rows.read, rows, "{moment}");
        assert_eq!(view.volume.iter().sum::<u64>(), rows, "{moment}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_withdrawn_is_told_apart_from_what_is_in_the_register() {
    let house = House::open().await;
    house.keyed("terug", Proof::Rename, 1).await;
    let mut raw = house.raw("terug", 1).await;
    let file = "CIMS_ZONNEHOF_terug_20210301_1.csv";
    raw.put("x.part", &rows(file)).await;
    raw.rename("x.part", file).await;
    house.until("deliveries WHERE state = 'done'", 1).await;
    let view = seen(&house, "terug").await;
    assert_eq!((view.rows.accepted, view.rows.withdrawn), (2, 0));
    sqlx::query("UPDATE deliveries SET state = 'withdrawn'")
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    let view = seen(&house, "terug").await;
    assert_eq!((view.rows.accepted, view.rows.withdrawn), (0, 2));
    assert_eq!(view.rows.waiting(), 0);
}

/// Sets a moment of all of a table back.
async fn two_weeks_ago(house: &House, column: &str) {
    let sql = format!("UPDATE {column} = now() - interval '14 days'");
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .execute(&house.world.test.admin)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_expected_but_while_a_connection_is_approved_and_its_parties_are_open() {
    let house = House::open().await;
    house.keyed("later", Proof::Rename, 1).await;
    two_weeks_ago(&house, "sftp_accounts SET created_at").await;
    let connection: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM connections WHERE channel = 'sftp' AND party_id = $1")
            .bind(house.world.maria.party().unwrap().id)
            .fetch_one(&house.world.test.admin)
            .await
            .unwrap();
    let quiet = async || {
        let view = seen(&house, "later").await;
        let mut tx = worker_tx(&house.world.road.db).await.unwrap();
        let since = house.world.road.clock.now() - std::time::Duration::from_secs(86_400);
        let told = completeness::for_metrics(&mut tx, since).await.unwrap();
        let told = told.into_iter().any(|one| one.since.is_some());
        (!view.silent && !view.days.contains(&Came::Missed), told)
    };
    assert_eq!(quiet().await, (true, true), "approved today");
    two_weeks_ago(&house, "connections SET decided_at").await;
    assert_eq!(quiet().await, (false, true), "approved long ago");
    let priya = house
        .world
        .test
        .caller("priya", Role::Privacycoordinator, None);
    let priya = priya.await;
    let portal = &house.world.portal;
    let decide = async |step| {
        let said = portal.decide_connection(&priya, connection, step, "een lek".into());
        said.await.unwrap();
    };
    let whole = async |step| {
        let said = portal.decide_party(&priya, connection, Side::Party, step, "een lek".into());
        said.await.unwrap();
    };
    whole(ConnectionStep::Suspend).await;
    assert_eq!(quiet().await, (true, false), "its party is suspended");
    whole(ConnectionStep::Reopen).await;
    assert_eq!(quiet().await, (true, true), "from today on");
    two_weeks_ago(&house, "party_steps SET at").await;
    assert_eq!(quiet().await, (false, true));
    decide(ConnectionStep::Suspend).await;
    assert_eq!(quiet().await, (true, false), "suspended");
    decide(ConnectionStep::Reopen).await;
    assert_eq!(quiet().await, (true, true), "opened again today");
    two_weeks_ago(&house, "connection_steps SET at").await;
    // What is asked for besides, and said about that, leaves it as it was.
    let mut tx = worker_tx(&house.world.road.db).await.unwrap();
    let wish = connections::Request {
        party: house.world.maria.party().unwrap().id,
        intermediary: None,
        channel: "sftp",
        purpose: None,
        standard: &[],
        columns: &["kamer".to_owned()],
        by: house.world.rivm.user_id,
    };
    connections::ask(&mut tx, &wish).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    decide(ConnectionStep::Refuse).await;
    assert_eq!(quiet().await, (false, true), "open since two weeks");
    decide(ConnectionStep::End).await;
    assert_eq!(quiet().await, (true, false), "ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_institution_that_runs_its_own_installation_sees_it_and_not_what_others_run_for_it() {
    let house = House::open().await;
    supplier(&house, "ZORGSOFT").await;
    let args = Add {
        intermediary: Some("ZORGSOFT".to_owned()),
        keys: vec![house.key_files(1).1],
        ..new_account("zs-1")
    };
    add(&house.world.road.db, &args).await.unwrap();
    house.keyed("eigen", Proof::Rename, 2).await;
    let mut raw = house.raw("eigen", 2).await;
    for sequence in [1, 3] {
        let file = format!("CIMS_ZONNEHOF_eigen_20210301_{sequence}.csv");
        raw.put("x.part", &rows(&file)).await;
        raw.rename("x.part", &file).await;
    }
    house.until("deliveries WHERE state = 'done'", 2).await;
    let _half = raw.create("x.part").await.unwrap();
    drop(raw);
    house.until("sftp_uploads WHERE state = 'void'", 1).await;
    let test = &house.world.test;
    let own = house.world.maria.party().unwrap().clone();
    let els = test.caller("els", Role::Leverancier, Some(&own)).await;
    let seen = house.world.portal.own_installations(&els).await.unwrap();
    assert_eq!(seen.len(), 1);
    let one = &seen[0];
    assert_eq!(
        (one.account.as_str(), one.files, one.aborted, &one.gaps[..]),
        ("eigen", 2, 1, &[(2, 2)][..])
    );
    // Of another institution she would see nothing.
    let other = house.world.piet.party().unwrap().clone();
    let ot = test.caller("ot", Role::Leverancier, Some(&other)).await;
    let seen = house.world.portal.own_installations(&ot).await.unwrap();
    assert!(seen.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_is_missing_after_the_last_one_of_long_ago_is_missed_too() {
    let house = House::open().await;
    house.keyed("lang", Proof::Rename, 1).await;
    let mut raw = house.raw("lang", 1).await;
    for sequence in [1, 2, 4] {
        let file = format!("CIMS_ZONNEHOF_lang_20210301_{sequence}.csv");
        raw.put("x.part", &rows(&file)).await;
        raw.rename("x.part", &file).await;
    }
    house.until("deliveries WHERE state = 'done'", 3).await;
    assert_eq!(seen(&house, "lang").await.gaps, [(3, 3)]);
    sqlx::query("UPDATE deliveries SET received_at = received_at - interval '30 days' WHERE file_sequence < 4")
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    let view = seen(&house, "lang").await;
    assert_eq!((view.files, &view.gaps[..]), (1, &[(3, 3)][..]));
    // Also when both sides of it are long ago, and while nothing comes.
    sqlx::query("UPDATE deliveries SET received_at = received_at - interval '60 days'")
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    let view = seen(&house, "lang").await;
    assert_eq!((view.files, &view.gaps[..]), (0, &[(3, 3)][..]));
    let db = &house.world.road.db;
    let mut tx = worker_tx(db).await.unwrap();
    let since = house.world.road.clock.now() - std::time::Duration::from_secs(86_400);
    let told = completeness::for_metrics(&mut tx, since).await.unwrap();
    assert!(
        told.iter().any(|one| !one.gap_to.is_empty()),
        "the alarm sees it too"
    );
    tx.rollback().await.unwrap();
    // Until somebody says from which number on files count.
    let from = |number| Change {
        name: "lang".to_owned(),
        sources: Vec::new(),
        keys: Vec::new(),
        proof: None,
        rhythm: None,
        numbers_from: Some(number),
        by: "test".to_owned(),
    };
    for (number, gaps) in [(4, &[][..]), (3, &[(3, 3)][..]), (1, &[(3, 3)]), (9, &[])] {
        alter(db, &from(number)).await.unwrap();
        assert_eq!(seen(&house, "lang").await.gaps, gaps, "{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_behind_a_parked_file_is_seen_by_rivm_and_the_supplier() {
    let house = House::open().await;
    let lars = supplier(&house, "ZORGSOFT").await;
    for (name, seed) in [("zs-1", 1), ("zs-2", 2)] {
        let args = Add {
            intermediary: Some("ZORGSOFT".to_owned()),
            keys: vec![house.key_files(seed).1],
            ..new_account(name)
        };
        add(&house.world.road.db, &args).await.unwrap();
    }
    house.keyed("eigen", Proof::Rename, 3).await;
    let mut raw = house.raw("zs-1", 1).await;
    let mut put = async |sequence: u32, content: &[u8]| {
        let file = format!("CIMS_ZONNEHOF_zs-1_20210301_{sequence}.csv");
        raw.put("x.part", content).await;
        raw.rename("x.part", &file).await;
        file
    };
    // A column nobody approved: nothing of it is read.
    let strange = String::from_utf8(rows("twaalf")).unwrap();
    let strange: String = strange
        .lines()
        .map(|line| format!("{line};kamer\r\n"))
        .collect();
    put(12, strange.as_bytes()).await;
    house.until("deliveries WHERE state = 'parked'", 1).await;
    let key = strange.lines().nth(1).unwrap().to_owned();
    let (header, row) = (strange.lines().next().unwrap(), key);
    let header = header.trim_end_matches(";kamer");
    let withdrawn = withdrawal(header, &row);
    put(13, withdrawn.as_bytes()).await;
    let held = "jobs WHERE state = 'queued' AND last_error = 'behind a parked delivery'";
    house.until(held, 1).await;
    put(15, &rows("vijftien")).await;
    house.until("deliveries WHERE state = 'done'", 1).await;
    let portal = &house.world.portal;
    let own = portal.own_installations(&lars).await.unwrap();
    let all = portal.completeness(&house.world.rivm).await.unwrap();
    let one = own.iter().find(|one| one.account == "zs-1").unwrap();
    assert_eq!(
        (one.parked, one.held, &one.gaps[..]),
        (1, 1, &[(14, 14)][..])
    );
    assert!(one.lacks());
    let totals = SupplierTotals::of(&own);
    assert_eq!(totals.len(), 1, "its own only");
    let sum = &totals[0];
    assert_eq!(
        (
            sum.name.as_str(),
            sum.installations,
            sum.silent,
            sum.missing
        ),
        ("Instelling ZORGSOFT", 2, 0, 1)
    );
    assert_eq!((sum.files, sum.waiting, sum.rows.accepted), (3, 2, 2));
    let totals = SupplierTotals::of(&all.installations);
    assert_eq!(totals.len(), 2, "and the institution that runs its own");
    assert!(totals.contains(sum));
    // Destroyed, the one behind it goes on.
    let parked = portal.parked(&house.world.rivm).await.unwrap();
    let priya = house
        .world
        .test
        .caller("priya", Role::Privacycoordinator, None);
    let priya = priya.await;
    portal
        .settle_parked(&priya, parked[0].id, false, "hoort er niet".into())
        .await
        .unwrap();
    house.until("deliveries WHERE state = 'done'", 2).await;
    let own = portal.own_installations(&lars).await.unwrap();
    let one = own.iter().find(|one| one.account == "zs-1").unwrap();
    assert_eq!((one.parked, one.held), (0, 0));
}

/// A withdrawal of the row, under the header it came with.
fn withdrawal(header: &str, row: &str) -> String {
    let key_at = header
        .split(';')
        .position(|name| name == "bronsleutel")
        .unwrap();
    let key = row.split(';').nth(key_at).unwrap();
    let cells = header.split(';').map(|name| match name {
        "mutatie" => "V",
        "bronsleutel" => key,
        _ => "",
    });
    format!("{header}\r\n{}\r\n", cells.collect::<Vec<_>>().join(";"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_silent_and_what_was_broken_off_is_seen() {
    let house = House::open().await;
    house.keyed("stil", Proof::Rename, 1).await;
    assert!(!seen(&house, "stil").await.silent, "given out today");
    two_weeks_ago(&house, "sftp_accounts SET created_at").await;
    two_weeks_ago(&house, "connections SET decided_at").await;
    let view = seen(&house, "stil").await;
    assert!(view.silent && view.last.is_none());
    assert!(
        view.days.iter().filter(|day| **day == Came::Missed).count() >= 6,
        "working days of two weeks, with holidays in them"
    );
    let mut raw = house.raw("stil", 1).await;
    let _half = raw.create("x.part").await.unwrap();
    drop(raw);
    house.until("sftp_uploads WHERE state = 'void'", 1).await;
    assert_eq!(seen(&house, "stil").await.aborted, 1);
    // Whenever it has something: never silent.
    sqlx::query("UPDATE sftp_accounts SET rhythm = 'any' WHERE name = 'stil'")
        .execute(&house.world.road.db.worker)
        .await
        .unwrap();
    let view = seen(&house, "stil").await;
    assert!(!view.silent && !view.days.contains(&Came::Missed));
}

/// A supplier with its contact, that may deliver for ZONNEHOF by SFTP.
async fn supplier(house: &House, code: &str) -> Caller {
    let test = &house.world.test;
    let party = test.party(code).await;
    sqlx::query("UPDATE parties SET kind = 'tussenpartij' WHERE id = $1")
        .bind(party.id)
        .execute(&test.admin)
        .await
        .unwrap();
    sqlx::query("INSERT INTO connections (id, party_id, intermediary_id, channel, state, decided_by, decided_at)
                 SELECT gen_random_uuid(), party_id, $2, channel, state, decided_by, now() FROM connections WHERE party_id = $1 AND channel = 'sftp' AND intermediary_id IS NULL")
        .bind(house.world.maria.party().unwrap().id)
        .bind(party.id)
        .execute(&test.admin)
        .await
        .unwrap();
    test.caller(&format!("contact-{code}"), Role::Leverancier, Some(&party))
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supplier_sees_numbers_of_its_own_installations_and_no_row_of_anybody() {
    let house = House::open().await;
    let (lars, other) = (
        supplier(&house, "ZORGSOFT").await,
        supplier(&house, "ANDERSOFT").await,
    );
    for (name, code, seed) in [("zs-1", "ZORGSOFT", 1), ("as-1", "ANDERSOFT", 2)] {
        let args = Add {
            intermediary: Some(code.to_owned()),
            keys: vec![house.key_files(seed).1],
            ..new_account(name)
        };
        add(&house.world.road.db, &args).await.unwrap();
    }
    house.keyed("eigen", Proof::Rename, 3).await;
    let mut raw = house.raw("zs-1", 1).await;
    for sequence in [1, 3] {
        let file = format!("CIMS_ZONNEHOF_zs-1_20210301_{sequence}.csv");
        raw.put("x.part", &rows(&file)).await;
        raw.rename("x.part", &file).await;
    }
    house.until("deliveries WHERE state = 'done'", 2).await;
    let portal = &house.world.portal;
    let seen = portal.own_installations(&lars).await.unwrap();
    assert_eq!(seen.len(), 1, "its own only");
    let one = &seen[0];
    assert_eq!(
        (
            one.account.as_str(),
            one.files,
            one.rows.read,
            one.rows.refused
        ),
        ("zs-1", 2, 4, 0)
    );
    assert_eq!((&one.gaps[..], one.daily), (&[(2, 2)][..], true));
    assert_eq!(one.volume.last(), Some(&4));
    assert_eq!(one.intermediary.as_deref(), Some("Instelling ZORGSOFT"));
    let theirs = portal.own_installations(&other).await.unwrap();
    assert_eq!((theirs.len(), theirs[0].files), (1, 0));
    // RIVM sees all three, by the same numbers.
    let all = portal.completeness(&house.world.rivm).await.unwrap();
    assert_eq!(all.installations.len(), 3);
    // The pages of others are not there, nor is this one for others.
    let closed = portal.completeness(&lars).await;
    assert_eq!(closed.err(), Some(PortError::NotFound));
    for caller in [&house.world.maria, &house.world.rivm] {
        let closed = portal.own_installations(caller).await;
        assert_eq!(closed.err(), Some(PortError::NotFound), "{}", caller.name);
    }
    // Whatever its transaction asks: no delivery, row, report or account of the institution.
    let mut tx = party_tx(&house.world.road.db, &lars).await.unwrap();
    for table in [
        "deliveries",
        "delivery_rows",
        "reports",
        "sftp_uploads",
        "answer_files",
        "trials",
        "drafts",
        "party_agb WHERE party_id <> cims_party()",
        "user_roles WHERE party_id <> cims_party()",
    ] {
        let sql = format!("SELECT count(*) FROM {table}");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert_eq!(found, 0, "{table}");
    }
    tx.rollback().await.unwrap();
    // A nurse who asks the function gets nothing of it.
    let mut tx = party_tx(&house.world.road.db, &house.world.maria)
        .await
        .unwrap();
    let found: i64 =
        sqlx::query_scalar("SELECT count(*) FROM installation_figures(now() - interval '28 days')")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
    assert_eq!(found, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supplier_that_is_suspended_stops_all_it_runs_and_one_that_ended_cannot_log_in() {
    let house = House::open().await;
    let lars = supplier(&house, "ZORGSOFT").await;
    let args = Add {
        intermediary: Some("ZORGSOFT".to_owned()),
        keys: vec![house.key_files(1).1],
        ..new_account("zs-1")
    };
    add(&house.world.road.db, &args).await.unwrap();
    house.keyed("eigen", Proof::Rename, 2).await;
    let priya = house
        .world
        .test
        .caller("priya", Role::Privacycoordinator, None);
    let priya = priya.await;
    let connection: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM connections WHERE intermediary_id = $1")
            .bind(lars.party().unwrap().id)
            .fetch_one(&house.world.test.admin)
            .await
            .unwrap();
    let decide = async |step| {
        let reason = "een lek".to_owned();
        let said = house
            .world
            .portal
            .decide_party(&priya, connection, Side::Between, step, reason);
        said.await.unwrap()
    };
    assert_eq!(decide(ConnectionStep::Suspend).await, Said::Done(0));
    let mut raw = house.raw("zs-1", 1).await;
    let file = "CIMS_ZONNEHOF_zs-1_20210301_1.csv";
    raw.put("x.part", &rows(file)).await;
    assert_eq!(raw.rename("x.part", file).await.0, StatusCode::Ok);
    house.until("deliveries WHERE state = 'parked'", 1).await;
    assert_eq!(house.world.count("delivery_rows").await, 0);
    // What the institution brings itself goes on.
    let mut own = house.raw("eigen", 2).await;
    let other = "CIMS_ZONNEHOF_eigen_20210301_1.csv";
    own.put("x.part", &rows(other)).await;
    own.rename("x.part", other).await;
    assert_eq!(house.answered(other).await, "VERWERKT");

    assert_eq!(decide(ConnectionStep::Reopen).await, Said::Done(1));
    house
        .until("deliveries WHERE outcome = 'VERWERKT'", 2)
        .await;
    assert_eq!(decide(ConnectionStep::End).await, Said::Done(0));
    assert_eq!(
        raw.create("y.part").await.unwrap_err().0,
        StatusCode::PermissionDenied
    );
    let key = PrivateKeyWithHashAlg::new(Arc::new(key(1)), None);
    let mut ssh = house.ssh("127.0.0.1").await.unwrap();
    let entered = ssh.authenticate_publickey("zs-1", key).await.unwrap();
    assert!(!entered.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_far_fewer_rows_than_usual_stands_out() {
    let house = House::open().await;
    house.keyed("dun", Proof::Rename, 1).await;
    let mut raw = house.raw("dun", 1).await;
    for sequence in 1..=6 {
        let file = format!("CIMS_ZONNEHOF_dun_20210301_{sequence}.csv");
        raw.put("x.part", &rows(&file)).await;
        raw.rename("x.part", &file).await;
    }
    house.until("deliveries WHERE state = 'done'", 6).await;
    let view = seen(&house, "dun").await;
    assert!(!view.thin && !view.lacks(), "as many as always");
    sqlx::query("UPDATE deliveries SET rows_read = rows_read * 10 WHERE file_sequence < 6")
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    let view = seen(&house, "dun").await;
    assert!(view.thin && view.lacks(), "a tenth of what is usual");
    // What is usual is that of the last seven days, not that of the days of the picture.
    sqlx::query("UPDATE deliveries SET received_at = received_at - interval '9 days' WHERE file_sequence < 6")
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    let view = seen(&house, "dun").await;
    assert!(!view.thin, "of this week nothing is known");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_tells_no_alarm_twice_and_the_time_that_nobody_took_files_in_is_no_silence() {
    let house = House::open().await;
    house.keyed("stil", Proof::Rename, 1).await;
    two_weeks_ago(&house, "sftp_accounts SET created_at").await;
    two_weeks_ago(&house, "connections SET decided_at").await;
    let road = &house.world.road;
    let looks = async || {
        measure::look(road, road.clock.now()).await.unwrap();
        let silent = "SELECT number FROM alarm_looks WHERE lacks = 'silent'";
        let silent: i64 = sqlx::query_scalar(silent)
            .fetch_one(&house.world.test.admin)
            .await
            .unwrap();
        silent
    };
    let before = async || {
        let mut tx = worker_tx(&road.db).await.unwrap();
        let now = road.clock.now();
        completeness::looked(&mut tx, "silent", 1, now)
            .await
            .unwrap()
    };
    let set = async |sql: &'static str| {
        sqlx::query(sql)
            .execute(&house.world.test.admin)
            .await
            .unwrap();
    };
    assert_eq!(before().await, 0, "the first one is told");
    assert_eq!(looks().await, 1);
    assert_eq!(
        before().await,
        1,
        "a process that starts now tells nothing new"
    );
    // Nobody looked since this morning: what came to be since then may be because of that.
    set("UPDATE alarm_looks SET looked_at = now() - interval '5 hours'").await;
    assert_eq!(looks().await, 0);
    assert_eq!(looks().await, 0, "nor a minute later");
    // Three working days later it is silence all the same.
    set("UPDATE alarm_looks SET returned_at = now() - interval '14 days'").await;
    assert_eq!(looks().await, 1);
}
