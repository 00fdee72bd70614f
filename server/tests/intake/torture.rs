//! Killed at any instant and started again, the program ends where a run without a kill ends (security G2).
//!
//! The real program works on the deliveries of one database and is killed with SIGKILL at random moments; a twin is
//! worked on in peace. `CIMS_TORTURE_KILLS` and `CIMS_TORTURE_SEED` ask for more, or for the same again.

use crate::world::{World, csv, good, row, with};
use domain::bsn::Bsn;
use domain::row::{Column, RowText};
use rand::{Rng, SeedableRng};
use server::audit::verify;
use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use time::macros::date;
use uuid::Uuid;

/// Kills when nobody asks for more.
const KILLS: usize = 50;
/// Persons in the BRP of these worlds.
const PERSONS: usize = 600;

fn asked(name: &str, otherwise: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// Valid test BSNs that no other part of these tests uses.
fn bsns() -> Vec<String> {
    let known = [
        "999990019",
        "999995571",
        "999991772",
        "999995005",
        "999994839",
        "999995923",
    ];
    (999_900_000_u32..)
        .map(|number| number.to_string())
        .filter(|text| Bsn::parse(text).is_ok() && !known.contains(&text.as_str()))
        .take(PERSONS)
        .collect()
}

async fn people(world: &World) {
    let load: Uuid = sqlx::query_scalar("SELECT id FROM brp_loads LIMIT 1")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    for (at, bsn) in bsns().iter().enumerate() {
        let mac = world.test.keys.bsn_mac(&Bsn::parse(bsn).unwrap());
        sqlx::query(
            "INSERT INTO brp_lists (pl_id, mac_key, bsn_mac, bsn_enc, surname, birth_date, content_digest, load_id)
             VALUES ($1, $2, $3, '\\x00', 'Proef', '19500101', '\\x00', $4)",
        )
        .bind(format!("p{at}"))
        .bind(mac.key_id())
        .bind(mac.bytes.to_vec())
        .bind(load)
        .execute(&world.test.admin)
        .await
        .unwrap();
    }
}

/// The n-th delivery: new rows, doubles, wrong ones, reviews, counts, corrections and withdrawals, in many chunks,
/// for a key that comes back begins a new one.
fn delivery(n: usize) -> Vec<RowText> {
    let on = date!(2021 - 01 - 25) + time::Duration::days(i64::try_from(n).unwrap() * 20);
    let dose = (n % 9 + 1).to_string();
    let mut rows: Vec<RowText> = Vec::new();
    for (at, bsn) in bsns().iter().enumerate() {
        let key = format!("k{n}-{at}");
        let own = with(
            good(bsn, "01-01-1950"),
            &[
                (Column::Bronsleutel, &key),
                (Column::Vaccinatiedatum, &domain::dates::dutch(on)),
                (Column::Dosisnummer, &dose),
            ],
        );
        let earlier = format!("k{n}-{}", at.saturating_sub(7));
        match at % 40 {
            3 => rows.push(with(own, &[(Column::Dosisnummer, "nul")])),
            5 => rows.push(with(own, &[(Column::Batchnummer, "ZZ9999")])),
            9 => rows.push(row(&[
                (Column::Bronsleutel, &key),
                (Column::Toestemming, "N"),
                (Column::Vaccinatiedatum, &domain::dates::dutch(on)),
                (Column::Vaccin, "Comirnaty"),
                (Column::Batchnummer, "EJ6795"),
                (Column::Dosisnummer, "1"),
                (Column::Leeftijdsgroep, "B"),
            ])),
            17 => {
                let other = domain::dates::dutch(on + time::Duration::days(1));
                let corrected = rows[rows.len() - 7].clone();
                rows.push(own);
                let key = corrected.get(Column::Bronsleutel).to_owned();
                rows.push(with(
                    corrected,
                    &[
                        (Column::Mutatie, "C"),
                        (Column::Bronsleutel, &key),
                        (Column::Vaccinatiedatum, &other),
                    ],
                ));
            }
            29 => {
                rows.push(own);
                rows.push(row(&[
                    (Column::Mutatie, "V"),
                    (Column::Bronsleutel, &earlier),
                ]));
            }
            _ if at % 8 == 0 => rows.extend([own.clone(), own]),
            _ => rows.push(own),
        }
    }
    rows
}

/// What must be the same, as text.
async fn state(world: &World) -> BTreeMap<&'static str, Vec<String>> {
    let questions = [
        ("deliveries", "SELECT (file_name, state, outcome, rows_read, skipped, geaccepteerd, te_controleren, afgekeurd, dubbel, geteld, warnings, repairs, findings)::text FROM deliveries"),
        ("rows", "SELECT (d.file_name, r.row_number, r.outcome, r.findings, r.staff_findings, r.state, r.source_key, r.mutation, r.match,
                          r.report_id IS NULL, r.vaccination_id IS NULL, r.raw_sealed IS NULL, r.person_id IS NULL)::text
                  FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id"),
        ("reports", "SELECT (d.file_name, r.row_number, r.source_key, r.version, r.mutation, r.outcome, r.vaccinated_on, r.vaccine, r.batch, r.dose, r.valid_to IS NULL)::text
                     FROM reports r JOIN deliveries d ON d.id = r.delivery_id"),
        ("vaccinations", "SELECT (vaccinated_on, vaccine, batch, dose, effective, valid_to IS NULL, count(*))::text FROM vaccinations GROUP BY 1, vaccinated_on, vaccine, batch, dose, effective, valid_to IS NULL"),
        ("sources", "SELECT (v.vaccinated_on, v.dose, (SELECT count(*) FROM reports r WHERE r.vaccination_id = v.id AND r.valid_to IS NULL))::text FROM vaccinations v WHERE v.valid_to IS NULL"),
        ("persons", "SELECT count(*)::text FROM persons"),
        ("counts", "SELECT (vaccinated_on, vaccine, batch, dose, origin, age_group, number)::text FROM anonymous_counts"),
    ];
    let mut state = BTreeMap::new();
    for (name, sql) in questions {
        let sql = sql.replace("GROUP BY 1, ", "GROUP BY ");
        let mut lines: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_all(&world.test.admin)
            .await
            .unwrap();
        lines.sort();
        state.insert(name, lines);
    }
    state
}

fn start(world: &World, config: &std::path::Path) -> Child {
    let log = std::fs::File::create(world.test.dir.path().join("serve.log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_cims"))
        .arg("--config")
        .arg(config)
        .args(["serve", "--roles", "worker"])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn configured(world: &World) -> std::path::PathBuf {
    let file = world.test.dir.path().join("cims.toml");
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nmetrics_listen = \"127.0.0.1:0\"\n\
         [database]\nportal_url = {:?}\nworker_url = {:?}\n[keys]\ndir = {:?}\n[storage]\ndir = {:?}\n",
        world.test.url("cims_portal"),
        world.test.url("cims_worker"),
        world.test.dir.path().join("keys"),
        world.test.dir.path().join("storage"),
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// State and progress of the newest delivery.
async fn stands(world: &World) -> (String, i32) {
    sqlx::query_as("SELECT state, progress FROM deliveries ORDER BY seq DESC LIMIT 1")
        .fetch_one(&world.test.admin)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_instant_the_result_is_that_of_a_clean_run() {
    let kills = asked("CIMS_TORTURE_KILLS", KILLS);
    let seed = asked("CIMS_TORTURE_SEED", 20_210_106);
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(u64::try_from(seed).unwrap());
    let (killed, clean) = (World::new().await, World::new().await);
    people(&killed).await;
    people(&clean).await;
    let config = configured(&killed);
    let mut hit: BTreeMap<String, usize> = BTreeMap::new();
    let (mut deliveries, mut done) = (0, 0);
    // Kills come at every distance from the start: the pause is drawn anew each time, long ones more seldom.
    while done < kills {
        let content = csv(&delivery(deliveries));
        let name = format!("aanlevering-{deliveries}.csv");
        for world in [&killed, &clean] {
            world.receive(&world.maria, &name, &content, false).await;
        }
        clean.work().await;
        deliveries += 1;
        loop {
            let mut child = start(&killed, &config);
            let most = *[300_u64, 700, 1_500, 3_000].get(done % 4).unwrap();
            let pause = if done < kills {
                Duration::from_millis(random.random_range(0..most))
            } else {
                Duration::from_secs(120)
            };
            let deadline = std::time::Instant::now() + pause;
            while stands(&killed).await.0 != "done" && std::time::Instant::now() < deadline {
                assert_eq!(
                    child.try_wait().unwrap(),
                    None,
                    "the program ended by itself"
                );
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            let (state, progress) = stands(&killed).await;
            if state == "done" {
                break;
            }
            assert!(done < kills, "it does not end without a kill");
            done += 1;
            let phase = if progress > 0 {
                format!("{state}, some rows in")
            } else {
                state
            };
            *hit.entry(phase).or_default() += 1;
            // What the next start finds half a minute later.
            sqlx::query(
                "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'leased'",
            )
            .execute(&killed.test.admin)
            .await
            .unwrap();
        }
    }
    println!("{done} kills in {deliveries} deliveries, seed {seed}: {hit:?}");
    assert!(hit.len() >= 3, "kills hit too few states: {hit:?}");

    let (after, expected) = (state(&killed).await, state(&clean).await);
    for (name, lines) in &expected {
        assert!(!lines.is_empty(), "{name} has something to compare");
        assert_eq!(&after[name], lines, "{name}");
    }
    // Every stored row is in exactly one line of the audit, and the chains are whole.
    let doubly: i64 = sqlx::query_scalar(
        "WITH told AS (SELECT line::jsonb ->> 'delivery' AS delivery, (line::jsonb -> 'rows' ->> 0)::int AS first, (line::jsonb -> 'rows' ->> 1)::int AS last
                       FROM audit_lines WHERE line::jsonb ->> 'event' = 'transfer.rows-stored')
         SELECT count(*) FROM delivery_rows r
         WHERE (SELECT count(*) FROM told t WHERE t.delivery = r.delivery_id::text AND r.row_number BETWEEN t.first AND t.last) <> 1",
    )
    .fetch_one(&killed.test.admin)
    .await
    .unwrap();
    assert_eq!(doubly, 0);
    let mut log = killed.test.admin.acquire().await.unwrap();
    let report = verify::verify(&mut log, &killed.test.keys).await.unwrap();
    assert!(report.broken.is_empty() && report.lines > 0);
}
