//! The size of a country (performance P6, P7): a BRP of 17.5 million persons, and 34 million stored rows.
//! An hour or more and some 38 GB of disk. An import at that size is measured once.
//!
//! The stored rows are copies, made in the database, of rows that an import wrote. Each has keys of its own;
//! two belong to a person, some weeks apart. Their sealed content is left out: an import never reads it.

use super::ground::{Bench, File};
use super::portal;
use super::table::{Goal, Table};
use crate::stack::DATABASE;
use crate::{say, sh};
use anyhow::{Context as _, Result, ensure};
use std::time::Instant;

/// Tables of copies, in the order of their references, each with what a copy has of its own. In the expressions
/// `{n}` is the number of the copy, from 1, and `{pair}` that of the two copies that share their persons.
const FILLED: [(&str, &[(&str, &str)]); 4] = [
    (
        "deliveries",
        &[
            ("id", OWN_ID),
            (
                "seq",
                "nextval(pg_get_serial_sequence('deliveries', 'seq'))",
            ),
            ("file_digest", "NULL"),
            ("digest_key", "NULL"),
            ("blob_id", "NULL"),
        ],
    ),
    (
        "persons",
        &[
            ("id", "md5(id || '/{pair}')::uuid"),
            (
                "bsn_mac",
                "substr(sha256(bsn_mac || '/{pair}'::bytea), 1, length(bsn_mac))",
            ),
        ],
    ),
    (
        "vaccinations",
        &[
            ("person_id", PERSON),
            ("id", OWN_ID),
            ("vaccinated_on", LATER),
            ("dose", DOSE),
        ],
    ),
    (
        "reports",
        &[
            ("id", OWN_ID),
            ("source_key", "source_key || '-{n}'"),
            ("delivery_id", "md5(delivery_id || '-{n}')::uuid"),
            ("person_id", PERSON),
            ("vaccination_id", "md5(vaccination_id || '-{n}')::uuid"),
            ("vaccinated_on", LATER),
            ("dose", DOSE),
            ("content_sealed", "NULL"),
        ],
    ),
];
/// Bytes of a stored row in all its tables and indexes, and of a person of the BRP while it is loaded; seen at
/// two million rows and at 800,000 persons.
const ROW: u64 = 950;
const PERSON_OF_BRP: u64 = 1_300;
/// Bytes of all else: the base, the measured rows, the log of PostgreSQL.
const REST: u64 = 6 << 30;
const OWN_ID: &str = "md5(id || '-{n}')::uuid";
const PERSON: &str = "md5(person_id || '/{pair}')::uuid";
const LATER: &str = "vaccinated_on + 35 * {second}";
const DOSE: &str = "dose + {second}";
/// The large ones: their indexes are made after their rows.
const LARGE: [&str; 3] = ["persons", "vaccinations", "reports"];

/// Adds the lines of a country.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    room(bench)?;
    bench.base()?;
    let file = bench.file(bench.options.rows, 3)?;
    let (small, _) = bench.imports(&file)?;
    persons(bench, table, &file, small)?;
    stored(bench, table, &file, small)
}

/// Refuses to begin what would fill the disk.
fn room(bench: &Bench) -> Result<()> {
    let needed = u64::from(bench.options.stored) * ROW;
    let needed = needed.max(u64::from(bench.options.nation) * PERSON_OF_BRP) + REST;
    let disk = rustix::fs::statvfs(sh::root())?;
    let free = disk.f_bavail * disk.f_frsize;
    ensure!(
        free > needed,
        "this takes {} GB of disk and {} GB are free; fewer with --stored N and --nation N",
        needed >> 30,
        free >> 30
    );
    Ok(())
}

/// The same import with a BRP of everybody.
fn persons(bench: &Bench, table: &mut Table, file: &File, small: f64) -> Result<()> {
    let everybody = bench.options.nation;
    bench.register(everybody)?;
    let large = bench.import(file)?.seconds;
    table.ratio(
        "P6 import with the BRP of all, to that of the base",
        large / small,
        Goal::AtMost(2.0),
        format!(
            "{large:.1} and {small:.1} s; {everybody} and {} persons, once and median; {}",
            bench.options.persons,
            size(bench)?
        ),
    );
    // As autovacuum would within minutes.
    bench.sql(DATABASE, "vacuum analyze")?;
    portal::uploads(bench, table, &format!("BRP of {everybody} persons"))
}

/// The same import into a register that is in use for long.
fn stored(bench: &Bench, table: &mut Table, file: &File, small: f64) -> Result<()> {
    bench.take_base()?;
    let rows = fill(bench)?;
    let large = bench.import(file)?.seconds;
    table.ratio(
        "P6 import into the rows of all, to that into none",
        large / small,
        Goal::AtMost(4.5),
        format!(
            "{large:.1} and {small:.1} s; {rows} rows stored (copies, content left out), once and median; {}",
            size(bench)?
        ),
    );
    portal::uploads(bench, table, &format!("{rows} rows stored"))
}

/// Fills the register; answers the rows in it.
fn fill(bench: &Bench) -> Result<u64> {
    let wanted = u64::from(bench.options.stored);
    say::step(format_args!("{wanted} stored rows"));
    let begin = Instant::now();
    // As many as the large file has at most: its persons must not be in the register yet.
    let pattern = bench.file(bench.options.rows / 2, 0)?;
    bench.import(&pattern)?;
    let each = pattern.expected["geaccepteerd"]
        .as_u64()
        .unwrap_or_default();
    ensure!(each > 0, "nothing to copy");
    let large = LARGE.join(", ");
    let listed = LARGE.map(|name| format!("'{name}'::regclass")).join(", ");
    let aside: Vec<String> = FILLED
        .iter()
        .map(|(name, _)| format!("create unlogged table pattern_{name} as table {name}"))
        .collect();
    bench.sql(DATABASE, &aside.join("; "))?;
    bench.sql(
        DATABASE,
        &format!(
            "truncate {large}, delivery_rows cascade;
             update pg_index set indisready = false, indisvalid = false where indrelid in ({listed})"
        ),
    )?;
    for n in 1..=wanted.div_ceil(each) {
        copy(bench, n)?;
        if n.is_multiple_of(10) {
            say::note(format_args!(
                "{} rows after {}",
                n * each,
                say::duration(begin.elapsed())
            ));
        }
    }
    for (name, _) in FILLED {
        bench.sql(DATABASE, &format!("drop table pattern_{name}"))?;
    }
    for name in LARGE {
        // It makes the indexes valid again, and would find a key that is there twice.
        bench.sql(
            DATABASE,
            &format!("set maintenance_work_mem = '1GB'; reindex table {name}"),
        )?;
    }
    bench.sql(DATABASE, "vacuum (freeze, analyze)")?;
    bench.sql(DATABASE, "checkpoint")?;
    say::note(format_args!("filled in {}", say::duration(begin.elapsed())));
    let stored = bench.ask(DATABASE, "select count(*) from reports")?;
    stored.parse().context("no count of the stored rows")
}

/// One copy of all rows of the pattern; of its persons only once in two.
fn copy(bench: &Bench, n: u64) -> Result<()> {
    let mut sql = vec!["set session_replication_role = replica".to_owned()];
    for (name, own) in FILLED {
        if name == "persons" && n.is_multiple_of(2) {
            continue;
        }
        let columns = columns(bench, name)?;
        let values: Vec<String> = columns
            .iter()
            .map(|column| expression(column, own, n))
            .collect();
        sql.push(format!(
            "insert into {name} ({}) overriding system value select {} from pattern_{name}",
            columns.join(", "),
            values.join(", ")
        ));
    }
    bench.sql(DATABASE, &sql.join("; "))
}

/// What a column of copy `n` holds.
fn expression(column: &str, own: &[(&str, &str)], n: u64) -> String {
    let Some((_, text)) = own.iter().find(|(name, _)| *name == column) else {
        return column.to_owned();
    };
    text.replace("{n}", &n.to_string())
        .replace("{pair}", &n.div_ceil(2).to_string())
        .replace("{second}", &((n + 1) % 2).to_string())
}

fn columns(bench: &Bench, name: &str) -> Result<Vec<String>> {
    let sql = format!(
        "select attname from pg_attribute where attrelid = '{name}'::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum"
    );
    let said = bench.ask(DATABASE, &sql)?;
    Ok(said.lines().map(str::to_owned).collect())
}

/// How large the database is, in words.
fn size(bench: &Bench) -> Result<String> {
    bench.ask(
        DATABASE,
        "select pg_size_pretty(pg_database_size(current_database()))",
    )
}

#[cfg(test)]
mod tests {
    use super::{LATER, OWN_ID, PERSON, expression};

    #[test]
    fn two_copies_share_their_persons_and_nothing_else() {
        let own = [("id", OWN_ID), ("person_id", PERSON), ("day", LATER)];
        let of = |n| ["id", "person_id", "day", "batch"].map(|name| expression(name, &own, n));
        let (first, second, third) = (of(1), of(2), of(3));
        assert_eq!(first[1], second[1]);
        assert_ne!(first[1], third[1]);
        assert_ne!(first[0], second[0]);
        assert_eq!(
            (first[2].as_str(), second[2].as_str()),
            ("vaccinated_on + 35 * 0", "vaccinated_on + 35 * 1")
        );
        assert_eq!(second[3], "batch");
    }
}
