//! kill -9 at any instant, then a restart: the result equals a clean run (house §3).
//!
//! The real program imports and works; it is killed at moments that a seed decides, and started again until each
//! delivery has ended. The same files went without a kill into a twin database with the same keys: both are
//! compared value by value. `CIMS_TORTURE_KILLS` asks for more kills, `CIMS_TORTURE_SEED` repeats a run.

use crate::support::TestDb;
use crate::world::{World, csv, good, row, with};
use app::ports::Deliveries;
use domain::bsn::Bsn;
use domain::row::{Column, RowText};
use server::audit::verify::verify;
use server::intake::{answer, retain};
use server::keys::{Purpose, Sealed};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};
use uuid::Uuid;

/// Kills when nobody asks for another number.
const KILLS: usize = 50;
/// Rows of a file.
const ROWS: usize = 700;
/// Kills while one file is on its way; then it may end.
const KILLS_A_FILE: usize = 9;

/// Numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

fn env(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// People who are in the BRP of the test, with their date of birth as the BRP writes it.
pub(crate) struct Crowd(Vec<(String, String)>);

impl Crowd {
    pub(crate) fn new(number: usize) -> Self {
        let bsns = (999_900_000..)
            .map(|number: u32| number.to_string())
            .filter(|text| Bsn::parse(text).is_ok());
        let born = |place: usize| {
            format!(
                "{:04}{:02}{:02}",
                1930 + place % 60,
                1 + place % 12,
                1 + place % 28
            )
        };
        Self(
            bsns.take(number)
                .enumerate()
                .map(|(place, bsn)| (bsn, born(place)))
                .collect(),
        )
    }

    pub(crate) async fn enter_brp(&self, world: &World) {
        let load: Uuid = sqlx::query_scalar("SELECT id FROM brp_loads")
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
        let macs: Vec<_> = self
            .0
            .iter()
            .map(|(bsn, _)| world.test.keys.bsn_mac(&Bsn::parse(bsn).unwrap()))
            .collect();
        sqlx::query(
            "INSERT INTO brp_lists (pl_id, mac_key, bsn_mac, bsn_enc, surname, birth_date, content_digest, load_id)
             SELECT 'm' || n, $1, mac, '\\x00', 'Menigte', born, '\\x00', $4
             FROM unnest($2::bytea[], $3::text[]) WITH ORDINALITY AS people (mac, born, n)",
        )
        .bind(macs[0].key_id())
        .bind(macs.iter().map(|mac| mac.bytes.to_vec()).collect::<Vec<_>>())
        .bind(self.0.iter().map(|(_, born)| born.clone()).collect::<Vec<_>>())
        .bind(load)
        .execute(&world.test.admin)
        .await
        .unwrap();
    }

    /// A good row of one of them.
    pub(crate) fn good(&self, place: usize) -> RowText {
        let (bsn, born) = &self.0[place % self.0.len()];
        let birth = format!("{}-{}-{}", &born[6..], &born[4..6], &born[..4]);
        good(bsn, &birth)
    }
}

/// A file with rows of every kind. Corrections and withdrawals follow what they are about closely, so that they
/// cut the file into chunks, and most of these are written in rounds.
fn mixed(crowd: &Crowd, file: usize, dice: &mut Dice) -> Vec<u8> {
    let mut rows: Vec<RowText> = Vec::new();
    let mut accepted: Vec<usize> = Vec::new();
    for place in 0..ROWS {
        let key = format!("S{file}-{place}");
        let fresh = with(
            crowd.good(file * ROWS / 2 + place),
            &[(Column::Bronsleutel, &key)],
        );
        let earlier = accepted
            .last()
            .map(|last| last.saturating_sub(dice.below(20)))
            .filter(|_| place > 5)
            .map(|earlier| rows[earlier].clone());
        let made = match (dice.below(24), earlier) {
            (0 | 1, Some(earlier)) => with(
                earlier,
                &[
                    (Column::Mutatie, "C"),
                    (
                        Column::Vaccinatiedatum,
                        ["28-01-2021", "29-01-2021"][place % 2],
                    ),
                ],
            ),
            (2, Some(earlier)) => row(&[
                (Column::Bronsleutel, earlier.get(Column::Bronsleutel)),
                (Column::Mutatie, "V"),
            ]),
            // Doubles: the very same row, and the same jab under another key.
            (3, Some(earlier)) => earlier,
            (4, Some(earlier)) => with(
                earlier,
                &[(Column::Bronsleutel, &key), (Column::Mutatie, "")],
            ),
            (5, _) => with(fresh, &[(Column::Dosisnummer, "nul")]),
            (6, _) => with(fresh, &[(Column::Bsn, "999990018")]),
            (7, _) => with(fresh, &[(Column::Batchnummer, "QQ1234")]),
            (8, Some(earlier)) => with(
                earlier,
                &[
                    (Column::Bronsleutel, &key),
                    (Column::Mutatie, ""),
                    (Column::Vaccinatiedatum, "03-02-2021"),
                    (Column::Dosisnummer, "2"),
                ],
            ),
            (9 | 10, _) => row(&[
                (Column::Bronsleutel, &key),
                (Column::Toestemming, "N"),
                (Column::Vaccinatiedatum, "27-01-2021"),
                (Column::Vaccin, "Comirnaty"),
                (Column::Batchnummer, "EJ6795"),
                (Column::Dosisnummer, "1"),
                (Column::Leeftijdsgroep, ["A", "B", "C"][place % 3]),
            ]),
            (11, _) => with(
                fresh,
                &[(Column::Batchnummer, "ej 6796"), (Column::Vaccin, "Pfizer")],
            ),
            // A key of an earlier file.
            (12, _) if file > 0 => with(
                fresh,
                &[(Column::Bronsleutel, &format!("S{}-{place}", file - 1))],
            ),
            _ => {
                accepted.push(place);
                fresh
            }
        };
        rows.push(made);
    }
    // Personal values without consent: then the raw file goes with the last row (rule T10).
    if file % 2 == 1 {
        rows.push(with(
            crowd.good(1),
            &[(Column::Bronsleutel, "zonder"), (Column::Toestemming, "N")],
        ));
    }
    csv(&rows)
}

/// The real program on a world's database.
struct Program {
    config: PathBuf,
}

impl Program {
    fn new(world: &World, keys: &Path) -> Self {
        let text = format!(
            "[server]\nmetrics_listen = \"127.0.0.1:0\"\n[database]\nportal_url = \"{}\"\nworker_url = \"{}\"\nconnections = 5\n\
             [keys]\ndir = \"{}\"\n[storage]\ndir = \"{}\"\n[log]\nfilter = \"warn\"\n",
            world.test.url("cims_portal"),
            world.test.url("cims_worker"),
            keys.display(),
            world.test.dir.path().join("storage").display(),
        );
        let config = world.test.dir.path().join("cims.toml");
        std::fs::write(&config, text).unwrap();
        Self { config }
    }

    fn start(&self, words: &[&str]) -> Running {
        let child = Command::new(env!("CARGO_BIN_EXE_cims"))
            .arg("--config")
            .arg(&self.config)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Running(child)
    }

    fn import(&self, file: &Path) -> Running {
        let file = file.to_str().unwrap();
        self.start(&["import", file, "--party", "ZONNEHOF", "--channel", "sftp"])
    }

    fn worker(&self) -> Running {
        self.start(&["serve", "--roles", "worker"])
    }
}

/// A program under way; dropped, it is killed with SIGKILL.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that ended by itself is dead enough.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A delivery as far as it is now.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Now {
    id: Uuid,
    state: String,
    progress: i32,
    /// Leases so far, of all its jobs.
    fence: i64,
}

impl Now {
    /// Nothing happens until somebody does something.
    fn rests(&self) -> bool {
        matches!(self.state.as_str(), "preview" | "done" | "parked")
    }
}

async fn look(world: &World, file: &str) -> Option<Now> {
    sqlx::query_as(
        "SELECT d.id, d.state, d.progress, COALESCE((SELECT sum(fence) FROM jobs j WHERE j.subject = d.id), 0)::bigint AS fence
         FROM deliveries d WHERE file_name = $1",
    )
    .bind(file)
    .fetch_optional(&world.test.admin)
    .await
    .unwrap()
}

/// The queue and the locks in words, for when it does not move.
async fn jobs(world: &World) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat_ws(' ', kind, state, fence, attempts, run_at - now(), lease_until - now(), hashtext(leased_by::text)::oid, last_error) FROM jobs
         UNION ALL
         SELECT concat_ws(' ', pid, state, wait_event, now() - xact_start, pg_blocking_pids(pid),
                          (SELECT array_agg(objid) FROM pg_locks l WHERE l.pid = a.pid AND locktype = 'advisory'), left(query, 150))
         FROM pg_stat_activity a WHERE datname = current_database()",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap()
}

async fn until_it_rests(world: &World, file: &str) -> Now {
    let begun = Instant::now();
    loop {
        if let Some(now) = look(world, file).await.filter(Now::rests) {
            return now;
        }
        if begun.elapsed() > Duration::from_secs(300) {
            panic!("{file} does not end: {:?}", jobs(world).await);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Kills, and what they hit.
struct Torture<'a> {
    world: &'a World,
    program: Program,
    dice: Dice,
    kills: usize,
    /// Kills by the state of the delivery after them.
    hit: BTreeMap<String, usize>,
    /// Kills between the first and the last chunk.
    half_way: usize,
}

impl Torture<'_> {
    async fn pause(&mut self) {
        // Short ones hit the first steps, long ones let it get on.
        let most = [3, 10, 30, 90][self.dice.below(4)];
        let micros = self.dice.below(most * 1_000) as u64;
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }

    async fn kill(&mut self, child: Running, file: &str) {
        drop(child);
        self.kills += 1;
        let now = look(self.world, file).await;
        self.half_way += usize::from(
            now.as_ref()
                .is_some_and(|now| now.progress > 0 && !now.rests()),
        );
        let state = now.map_or_else(|| "not received".to_owned(), |now| now.state);
        *self.hit.entry(state).or_default() += 1;
    }

    /// `cims import`, killed until it has received the file.
    async fn receive(&mut self, path: &Path, file: &str) {
        for attempt in 0.. {
            let child = self.program.import(path);
            if attempt == 2 {
                while look(self.world, file).await.is_none() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            } else {
                let most = 100 + 200 * attempt;
                let millis = self.dice.below(most) as u64;
                tokio::time::sleep(Duration::from_millis(millis)).await;
            }
            self.kill(child, file).await;
            if look(self.world, file).await.is_some() {
                return;
            }
        }
    }

    /// Workers, killed `kills` times, then one that may end it.
    async fn work(&mut self, file: &str, kills: usize) {
        for _ in 0..kills {
            let before = look(self.world, file).await.unwrap();
            if before.rests() {
                return;
            }
            let child = self.program.worker();
            // While it starts, or from one of these on: leased, read, a chunk further.
            let aim = self.dice.below(8);
            // Reading is soon done: until a kill has hit it, none is spent on something else before it.
            let unread = matches!(before.state.as_str(), "received" | "checking");
            let hunt = unread && !self.hit.contains_key("checking");
            let begun = Instant::now();
            loop {
                let now = look(self.world, file).await.unwrap();
                let leased = now.fence > before.fence;
                let read = leased && now.state != "received";
                let further = now.progress > before.progress;
                let there = match aim {
                    _ if hunt => now.state != "received",
                    0 => true,
                    1 | 2 => leased,
                    3 | 4 => read,
                    _ => further,
                };
                if there || now.rests() {
                    break;
                }
                // Less than a lease lasts: what a dead worker had is free at once.
                if begun.elapsed() > Duration::from_secs(25) {
                    panic!("not taken over: {now:?} {:?}", jobs(self.world).await);
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            if !hunt {
                self.pause().await;
            }
            self.kill(child, file).await;
        }
        let last = self.program.worker();
        until_it_rests(self.world, file).await;
        drop(last);
    }

    fn told(&self, seed: u64, files: usize, differences: usize) -> String {
        serde_json::json!({
            "kills": self.kills, "half_way": self.half_way, "hit": self.hit, "deliveries": files, "differences": differences, "seed": seed,
        })
        .to_string()
    }
}

/// Everything that must be equal, one line a thing. Keys of rows are left out, and times.
async fn picture(world: &World) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for sql in [
        "SELECT jsonb_build_array('delivery', file_name, channel, state, outcome, format, format_info, findings, rows_read, skipped, progress,
                geaccepteerd, te_controleren, afgekeurd, dubbel, geteld, warnings, repairs, parked_reason, blob_id IS NULL, doubles IS NULL)::text
         FROM deliveries",
        "SELECT jsonb_build_array('row', file_name, row_number, r.outcome, r.findings, staff_findings, match, mutation, source_key, r.state,
                encode(row_digest, 'hex'), raw_sealed IS NULL, repairs_sealed IS NULL, reason_sealed IS NULL, doses_before, doses_after,
                report_id IS NULL, encode(p.bsn_mac, 'hex'), v.vaccinated_on, v.batch, v.dose)::text
         FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id LEFT JOIN persons p ON p.id = r.person_id
         LEFT JOIN vaccinations v ON v.id = r.vaccination_id",
        "SELECT jsonb_build_array('report', file_name, row_number, version, source_key, mutation, r.channel, r.outcome, encode(p.bsn_mac, 'hex'),
                r.vaccinated_on, r.vaccine, r.batch, r.dose, r.target_group, encode(row_digest, 'hex'), r.findings, r.valid_to IS NULL,
                v.vaccinated_on, v.batch, v.dose, v.effective)::text
         FROM reports r JOIN deliveries d ON d.id = r.delivery_id LEFT JOIN persons p ON p.id = r.person_id
         LEFT JOIN vaccinations v ON v.id = r.vaccination_id",
        "SELECT jsonb_build_array('vaccination', encode(p.bsn_mac, 'hex'), vaccinated_on, vaccine, hpk, batch, dose, country, target_group, agb,
                effective, v.valid_to IS NULL, count(*), (SELECT count(*) FROM reports r WHERE r.vaccination_id = any (array_agg(v.id))))::text
         FROM vaccinations v JOIN persons p ON p.id = v.person_id
         GROUP BY p.bsn_mac, vaccinated_on, vaccine, hpk, batch, dose, country, target_group, agb, effective, v.valid_to IS NULL",
        "SELECT jsonb_build_array('person', encode(bsn_mac, 'hex'), count(*))::text FROM persons GROUP BY bsn_mac",
        "SELECT jsonb_build_array('counted', vaccinated_on, vaccine, batch, dose, origin, age_group, number)::text FROM anonymous_counts",
        "SELECT jsonb_build_array('remembered', count(*))::text FROM anonymous_keys",
        "SELECT jsonb_build_array('jobs', kind, state, count(*))::text FROM jobs GROUP BY kind, state",
    ] {
        let found: Vec<String> = sqlx::query_scalar(sql)
            .fetch_all(&world.test.admin)
            .await
            .unwrap();
        assert!(!found.is_empty(), "nothing to compare: {sql}");
        lines.extend(found);
    }
    lines.extend(opened(world).await);
    let mut connection = world.test.admin.acquire().await.unwrap();
    let deliveries: Vec<(Uuid, String)> = sqlx::query_as("SELECT id, file_name FROM deliveries")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    for (id, name) in deliveries {
        let mut answered = Vec::new();
        answer::csv(&mut connection, id, &mut answered)
            .await
            .unwrap();
        let answered = String::from_utf8(answered).unwrap();
        lines.extend(
            answered
                .lines()
                .enumerate()
                .map(|(number, line)| format!("answer {name} {number}: {line}")),
        );
    }
    lines
}

/// What is sealed, as it reads.
async fn opened(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    for (what, purpose, sql) in [
        (
            "raw",
            Purpose::Row,
            "SELECT r.id, raw_sealed, file_name || ' ' || row_number FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id
             WHERE raw_sealed IS NOT NULL",
        ),
        (
            "content",
            Purpose::Report,
            "SELECT r.id, content_sealed, file_name || ' ' || row_number FROM reports r JOIN deliveries d ON d.id = r.delivery_id
             WHERE content_sealed IS NOT NULL",
        ),
    ] {
        let sealed: Vec<(Uuid, Vec<u8>, String)> = sqlx::query_as(sql)
            .fetch_all(&world.test.admin)
            .await
            .unwrap();
        for (id, bytes, place) in sealed {
            let plain = world
                .test
                .keys
                .open(&Sealed::from_bytes(bytes), &purpose.of(id.as_bytes()))
                .unwrap();
            let row: RowText = serde_json::from_slice(&plain).unwrap();
            let cells = Column::ALL.map(|column| row.get(column).to_owned());
            found.push(format!("{what} {place} {cells:?}"));
        }
    }
    found
}

/// The audit is whole, and says of each stored row once that it was stored.
async fn audit_is_whole(world: &World) {
    let mut connection = world.test.admin.acquire().await.unwrap();
    let report = verify(&mut connection, &world.test.keys).await.unwrap();
    assert!(report.broken.is_empty(), "{:?}", report.broken);
    let uncovered: Vec<(String, i32, i64)> = sqlx::query_as(
        "SELECT file_name, row_number, count(a.line) FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id
         LEFT JOIN (SELECT line, (line::jsonb ->> 'delivery')::uuid AS delivery, (line::jsonb -> 'rows' ->> 0)::integer AS first,
                           (line::jsonb -> 'rows' ->> 1)::integer AS last
                    FROM audit_lines WHERE event = 'transfer.rows-stored') a
           ON a.delivery = r.delivery_id AND row_number BETWEEN first AND last
         GROUP BY file_name, row_number, r.outcome, d.submitted_at
         HAVING count(a.line) > 1 OR (count(a.line) = 0 AND NOT (d.submitted_at IS NOT NULL AND r.outcome IN ('AFGEKEURD', 'DUBBEL')))",
    )
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    assert_eq!(uncovered, [], "rows that the audit names not once");
    let received: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit_lines WHERE event = 'transfer.received'")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
    assert_eq!(
        received,
        world.count("deliveries").await,
        "receipts in the audit"
    );
}

/// Raw files: each delivery that has one can be read to its end, and the sweep takes what belongs to nobody.
async fn files_are_whole(world: &World) -> usize {
    let storage = world.test.dir.path().join("storage");
    let names = |folder: &str| -> BTreeSet<String> {
        std::fs::read_dir(storage.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let stray = names("spool").len() + names("blobs").len();
    for folder in ["spool", "blobs"] {
        for name in names(folder) {
            let file = std::fs::File::open(storage.join(folder).join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
    }
    retain::sweep(&world.road, world.road.clock.now())
        .await
        .unwrap();
    let owned: Vec<Uuid> =
        sqlx::query_scalar("SELECT blob_id FROM deliveries WHERE blob_id IS NOT NULL")
            .fetch_all(&world.test.admin)
            .await
            .unwrap();
    for id in &owned {
        let mut file = world.road.blobs.read(&world.test.keys, *id).unwrap();
        assert!(std::io::copy(&mut file, &mut std::io::sink()).unwrap() > 0);
    }
    assert_eq!(names("spool"), BTreeSet::new());
    assert_eq!(names("blobs"), owned.iter().map(Uuid::to_string).collect());
    stray - owned.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_and_started_again_it_ends_as_a_clean_run() {
    let seed = env("CIMS_TORTURE_SEED").unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    println!("seed: CIMS_TORTURE_SEED={seed}");
    let wanted = env("CIMS_TORTURE_KILLS").map_or(KILLS, |kills| kills as usize);
    let crowd = Crowd::new(ROWS * 2);
    let tortured = World::new().await;
    let mut same_keys = TestDb::new().await;
    same_keys.keys = tortured.test.keys.clone();
    let clean = World::on(same_keys).await;
    for world in [&tortured, &clean] {
        crowd.enter_brp(world).await;
    }
    let keys = tortured.test.dir.path().join("keys");
    let calm = Program::new(&clean, &keys);
    let mut torture = Torture {
        world: &tortured,
        program: Program::new(&tortured, &keys),
        dice: Dice(seed),
        kills: 0,
        hit: BTreeMap::new(),
        half_way: 0,
    };
    let steady = calm.worker();
    let mut files = 0;
    while torture.kills < wanted {
        let name = format!("aanlevering-{files}.csv");
        let content = mixed(&crowd, files, &mut torture.dice);
        if files % 3 == 2 {
            // By the portal: a preview, then "Indienen".
            for world in [&tortured, &clean] {
                world.receive(&world.maria, &name, &content, true).await;
            }
            torture.work(&name, KILLS_A_FILE / 2).await;
            for world in [&tortured, &clean] {
                let waits = until_it_rests(world, &name).await;
                assert_eq!(waits.state, "preview");
                Deliveries::submit(&world.portal, &world.maria, waits.id)
                    .await
                    .unwrap();
            }
            torture.work(&name, KILLS_A_FILE / 2).await;
            until_it_rests(&clean, &name).await;
        } else {
            let path = tortured.test.dir.path().join(&name);
            std::fs::write(&path, &content).unwrap();
            torture.receive(&path, &name).await;
            torture.work(&name, KILLS_A_FILE).await;
            let mut import = calm.import(&path);
            import.0.wait().unwrap();
            until_it_rests(&clean, &name).await;
        }
        files += 1;
    }
    drop(steady);

    let (mine, theirs) = (picture(&tortured).await, picture(&clean).await);
    let differences: Vec<_> = mine.symmetric_difference(&theirs).collect();
    println!("torture: {}", torture.told(seed, files, differences.len()));
    assert!(
        differences.is_empty(),
        "{} differences, seed {seed}; the first: {:#?}",
        differences.len(),
        &differences[..differences.len().min(6)]
    );
    for world in [&tortured, &clean] {
        audit_is_whole(world).await;
    }
    let swept = files_are_whole(&tortured).await;
    println!("swept: {swept} raw files of nobody");
    for state in ["not received", "received", "checking", "storing"] {
        assert!(
            torture.hit.contains_key(state),
            "no kill hit `{state}`: {:?}",
            torture.hit
        );
    }
    assert!(
        torture.half_way >= wanted / 8,
        "kills between chunks: {}",
        torture.half_way
    );
    // The rows were of all kinds.
    for outcome in [
        "GEACCEPTEERD",
        "TE_CONTROLEREN",
        "AFGEKEURD",
        "DUBBEL",
        "GETELD",
    ] {
        let condition = format!("delivery_rows WHERE outcome = '{outcome}'");
        assert!(tortured.count(&condition).await > 20, "{outcome}");
    }
    for mutation in ["C", "V"] {
        let condition = format!("reports WHERE mutation = '{mutation}'");
        assert!(tortured.count(&condition).await > 5, "{mutation}");
    }
}
