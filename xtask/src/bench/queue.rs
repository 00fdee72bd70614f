//! The queue of RIVM with many rows in it: what its pages take in the database (issue of the review side: at most 100 ms with
//! a million). The rows are made in the database; what they say is not looked at here.

use super::sample::median;
use super::table::{Goal, Table};
use crate::cluster::{Cluster, Life};
use crate::stack::{DATABASE, Place, Ports};
use crate::{say, sh};
use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::time::Instant;

/// What a page may take, in milliseconds.
const MOST: f64 = 100.0;
/// Parties in the list of quality.
const PARTIES: u32 = 5_000;
/// Rows of a delivery.
const DELIVERY: u32 = 5_000;

/// Fills a database and measures; minutes.
pub(super) fn measure(rows: u32, runs: usize, table: &mut Table) -> Result<()> {
    // Not measured itself: any build will do.
    say::step("the program `cims`");
    sh::run(
        sh::cargo()
            .args(["build", "--package", "server", "--bin", "cims"])
            .env("SQLX_OFFLINE", "true"),
    )?;
    let folder = sh::target().join("bench-queue");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let place = Place {
        folder,
        binary: sh::target().join("debug/cims"),
        ports: Ports::free()?,
        database: DATABASE.to_owned(),
    };
    let cluster = Cluster::start("bench", Life::Measured)?;
    place.prepare(&cluster)?;
    fs::create_dir_all(place.folder.join("storage"))?;
    cluster.fresh_database(DATABASE)?;
    for words in [
        &["demo", "--keys-only"][..],
        &["migrate"],
        &["demo", "--persons", "10"],
    ] {
        sh::quiet(&mut place.cims(words))?;
    }
    say::step(format_args!("{rows} rows that wait"));
    let began = Instant::now();
    fill(&cluster, rows)?;
    say::note(format_args!("made in {}", say::duration(began.elapsed())));
    let party = "(SELECT code FROM parties WHERE kind <> 'rivm' ORDER BY code LIMIT 1)";
    let middle = format!(
        "(SELECT received_at FROM deliveries ORDER BY received_at OFFSET {} LIMIT 1)",
        rows.div_ceil(DELIVERY) / 2
    );
    let nil = "'00000000-0000-0000-0000-000000000000'";
    let none = "NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL";
    let search = |words: &str| format!("NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, {words}");
    let word = |parties: &str, codes: &str, values: &str| {
        format!(
            "jsonb_build_array(jsonb_build_object('parties', {parties}, 'codes', {codes}, 'columns', '[]'::jsonb, 'values', {values}))"
        )
    };
    let nothing = "'[]'::jsonb";
    let one_party = format!(
        "{} || {}",
        word(
            &format!("jsonb_build_array((SELECT id FROM parties WHERE code = {party}))"),
            nothing,
            nothing
        ),
        word(nothing, "'[\"B10\"]'::jsonb", nothing)
    );
    let many = &word(
        nothing,
        "'[\"V11\", \"V26\", \"P03\", \"D04\"]'::jsonb",
        nothing,
    );
    let value = word(nothing, nothing, "jsonb_build_array('mac-1:' || md5('40'))");
    let sample = "(SELECT sample FROM staff_clusters(NULL, NULL, NULL, 1, 0))";
    for (what, question) in [
        (
            "queue: first page",
            format!("staff_queue({none}, NULL, NULL, NULL, 51)"),
        ),
        (
            "queue: first page, and who has its rows open",
            format!("staff_row_looks(ARRAY(SELECT q.id FROM staff_queue({none}, NULL, NULL, NULL, 51) AS q), {nil}, now() - interval '10 minutes')"),
        ),
        (
            "queue: a page in the middle",
            format!("staff_queue({none}, {middle}, {nil}, 0, 51)"),
        ),
        (
            "queue: of one party and code",
            format!("staff_queue({party}, 'V11', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, 51)"),
        ),
        (
            "queue: of a code beside others",
            "staff_queue(NULL, 'V30', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, 51)".to_owned(),
        ),
        (
            "queue: of a code that few old rows have",
            "staff_queue(NULL, 'P17', NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, 51)".to_owned(),
        ),
        (
            "queue: how many, of a code",
            "staff_queue_count(NULL, 'V30', NULL, NULL, NULL, NULL, NULL, false, NULL, 10000)".to_owned(),
        ),
        (
            "queue: a search for a party and a rule",
            format!("staff_queue({}, NULL, NULL, NULL, 51)", search(&one_party)),
        ),
        (
            "queue: a search for a word of many rules",
            format!("staff_queue({}, NULL, NULL, NULL, 51)", search(many)),
        ),
        (
            "queue: a search for a value",
            format!("staff_queue({}, NULL, NULL, NULL, 51)", search(&value)),
        ),
        (
            "queue: how many, of a search",
            format!("staff_queue_count({}, 10000)", search(many)),
        ),
        (
            "clusters: a search",
            format!("staff_clusters(NULL, NULL, {many}, 50, 0)"),
        ),
        (
            "queue: of one reviewer",
            "staff_queue(NULL, NULL, NULL, NULL, NULL, NULL, (SELECT user_id FROM assignments LIMIT 1), false, NULL, NULL, NULL, NULL, 51)".to_owned(),
        ),
        (
            "queue: of nobody",
            "staff_queue(NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, NULL, NULL, NULL, NULL, 51)".to_owned(),
        ),
        (
            "queue: how many, of nobody",
            "staff_queue_count(NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, NULL, 10000)".to_owned(),
        ),
        (
            "queue: how many",
            format!("staff_queue_count({none}, 10000)"),
        ),
        (
            "queue: how many, of a channel",
            "staff_queue_count(NULL, NULL, NULL, 'sftp', NULL, NULL, NULL, false, NULL, 10000)".to_owned(),
        ),
        (
            "clusters: first page",
            "staff_clusters(NULL, NULL, NULL, 50, 0)".to_owned(),
        ),
        (
            "clusters: the largest, opened",
            format!("staff_cluster_rows({sample}, 20)"),
        ),
    ] {
        let question = format!("SELECT * FROM {question}");
        timed(&cluster, what, &question, runs, table)?;
    }
    say::step(format_args!(
        "{PARTIES} parties that deliver, and batches of what waits"
    ));
    crowd(&cluster)?;
    let ages = "SELECT * FROM staff_open_counts()";
    timed(&cluster, "numbers: by cause and age", ages, runs, table)?;
    let parties = [
        "now() - interval '56 days'",
        "now() - interval '28 days'",
        "''",
        "false",
        "3",
        "50",
        "0",
    ];
    let suspects = ["50", "0", "1000", "50"];
    for (what, mark, with) in [
        ("numbers: quality by party", "AS rows_before", &parties[..]),
        (
            "lists: suspicious batches",
            "RECURSIVE given",
            &suspects[..],
        ),
    ] {
        timed(&cluster, what, &kept(mark, with)?, runs, table)?;
    }
    Ok(())
}

fn timed(
    cluster: &Cluster,
    what: &str,
    question: &str,
    runs: usize,
    table: &mut Table,
) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..runs.max(1) {
        times.push(time(cluster, question)?);
    }
    let took = median(times);
    table.ratio(
        &format!("{what}, of {MOST} ms"),
        took / MOST,
        Goal::AtMost(1.0),
        format!("{took:.1} ms"),
    );
    Ok(())
}

/// A query of the program with this in it, as `.sqlx` keeps it, with its parameters filled in.
fn kept(mark: &str, with: &[&str]) -> Result<String> {
    for file in fs::read_dir(sh::root().join(".sqlx"))? {
        let kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(file?.path())?)?;
        let query = kept["query"].as_str().unwrap_or_default();
        if query.contains(mark) {
            let mut query = query.to_owned();
            for (place, value) in with.iter().enumerate().rev() {
                query = query.replace(&format!("${}", place + 1), value);
            }
            return Ok(query);
        }
    }
    bail!("no query with {mark}")
}

/// Parties that delivered something each day and a half for eight weeks; persons with vaccinations of listed batches, and what
/// waits of thousands of batches that no list has.
fn crowd(cluster: &Cluster) -> Result<()> {
    let sql = format!(
        "INSERT INTO parties (id, code, name, kind, status)
         SELECT gen_random_uuid(), 'PRAKTIJK' || n, 'Praktijk ' || n, 'verpleeghuis', 'active' FROM generate_series(1, {PARTIES}) n;
         INSERT INTO deliveries (id, party_id, channel, state, outcome, received_at, geaccepteerd, afgekeurd)
         SELECT gen_random_uuid(), p.id, 'upload', 'done', 'DEELS_VERWERKT', now() - make_interval(hours => n * 33), 90, n
         FROM parties p, generate_series(1, 40) n WHERE p.code LIKE 'PRAKTIJK%';
         INSERT INTO persons (id) SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid FROM generate_series(1, 500) n;
         INSERT INTO vaccinations (person_id, id, vaccinated_on, vaccine, batch, dose, target_group)
         SELECT p.id, gen_random_uuid(), date '2021-01-06' + n, 1, (ARRAY(SELECT lot FROM batches WHERE vaccine = 1 ORDER BY lot))[1 + n % 20], 1, 'OVERIG'
         FROM persons p, generate_series(1, 400) n WHERE p.id::text LIKE '00000000-0000-4000-%';
         INSERT INTO reports (id, party_id, source_key, channel, delivery_id, row_number, outcome, vaccinated_on, vaccine, batch, dose, target_group,
                              content_sealed)
         SELECT r.id, r.party_id, r.id::text, 'upload', r.delivery_id, r.row_number, 'TE_CONTROLEREN', date '2021-02-01', 1,
                'T' || r.row_number, 1, 'OVERIG', '\\x00'
         FROM delivery_rows r WHERE r.outcome = 'TE_CONTROLEREN' AND r.state = 'open';
         ANALYZE"
    );
    sh::quiet(
        cluster
            .psql(DATABASE)
            .args(["-v", "ON_ERROR_STOP=1", "-c", &sql]),
    )
    .map(drop)
}

/// Deliveries of all parties, rows of many causes; summed up as a worker does each minute.
pub(super) fn fill(cluster: &Cluster, rows: u32) -> Result<()> {
    let deliveries = rows.div_ceil(DELIVERY);
    let sql = format!(
        "INSERT INTO deliveries (id, party_id, channel, state, outcome, received_at, afgekeurd, te_controleren)
         SELECT gen_random_uuid(), p.id, (ARRAY['upload', 'sftp', 'zorgmail'])[1 + n % 3], 'done', 'DEELS_VERWERKT', now() - make_interval(mins => n), 4000, 1000
         FROM generate_series(1, {deliveries}) n
         JOIN LATERAL (SELECT id FROM parties WHERE kind <> 'rivm' ORDER BY code OFFSET n % (SELECT count(*) FROM parties WHERE kind <> 'rivm') LIMIT 1) p ON true;
         INSERT INTO delivery_rows (delivery_id, row_number, id, party_id, outcome, state, cluster_code, cluster_column, cluster_value, created_at, findings)
         SELECT d.id, n, gen_random_uuid(), d.party_id, CASE WHEN n % 5 = 0 THEN 'TE_CONTROLEREN' ELSE 'AFGEKEURD' END, 'open',
                c.code, (ARRAY['vaccin', 'batchnummer', 'bsn', ''])[1 + n % 4],
                CASE WHEN n % 4 < 2 THEN 'mac-1:' || md5((n % 400)::text) ELSE '' END, d.received_at,
                jsonb_build_array(jsonb_build_object('code', c.code, 'severity', 'fout'))
                || CASE WHEN n % 10 = 0 THEN '[{{\"code\": \"V30\", \"severity\": \"fout\"}}]'::jsonb ELSE '[]' END
                || CASE WHEN n = {DELIVERY} AND o.last THEN '[{{\"code\": \"P17\", \"severity\": \"waarschuwing\"}}]'::jsonb ELSE '[]' END
         FROM deliveries d, generate_series(1, {DELIVERY}) n,
              LATERAL (SELECT (ARRAY['V11', 'V26', 'P03', 'B10', 'V22', 'D04', 'P12', 'V31'])[1 + n % 8] AS code) c,
              LATERAL (SELECT d.received_at < now() - make_interval(mins => {deliveries} - 10) AS last) o
         WHERE d.afgekeurd = 4000 AND d.te_controleren = 1000;
         INSERT INTO assignments SELECT r.id, u.id, u.id, now() FROM (SELECT id FROM users LIMIT 1) u, (SELECT id FROM delivery_rows ORDER BY created_at LIMIT 500) r;
         WITH gone AS (DELETE FROM cluster_changes RETURNING *)
         INSERT INTO cluster_changes SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, sum(rows) FROM gone GROUP BY 1, 2, 3, 4, 5;
         ANALYZE;"
    );
    sh::quiet(
        cluster
            .psql(DATABASE)
            .args(["-v", "ON_ERROR_STOP=1", "-c", &sql]),
    )
    .map(drop)
}

/// Milliseconds that a question of RIVM takes in the database, asked as the program does: not compiled.
fn time(cluster: &Cluster, question: &str) -> Result<f64> {
    let sql = format!(
        "SET jit = off; SET cims.role = 'rivm-beheer'; EXPLAIN (ANALYZE, FORMAT JSON) {question}"
    );
    let said = sh::quiet(cluster.psql(DATABASE).args(["-Atc", &sql]))?;
    let from = said.find('[').context("no plan")?;
    let plan: serde_json::Value = serde_json::from_str(said.get(from..).unwrap_or_default())?;
    let took = plan[0]["Execution Time"].as_f64().context("no time")?;
    ensure!(took > 0.0, "nothing was measured");
    Ok(took)
}
