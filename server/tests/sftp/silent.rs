//! Nothing of a person stands where operators look: no BSN, no name, no birth date (security G12).

use crate::house::{Anyone, House, key};
use crate::support::until;
use crate::trouble::{Process, deliver};
use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, with};
use domain::delivery::dropbox::Proof;
use domain::row::{Column, RowText};
use russh::client;
use russh::keys::PrivateKeyWithHashAlg;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Persons of the files below: BSN, birth date as a file has it, surname.
const PERSONS: [(&str, &str, &str); 4] = [
    (EREBOS, "01-04-2000", "Bultenaar"),
    (NAOMI, "01-04-1987", "Jonker"),
    (FROUKE, "24-03-2000", "Jansen"),
    (NOBODY, "31-12-1931", "Zonderling"),
];

/// All that would tell of them, birth dates in each of the ways they are written.
fn telling() -> Vec<String> {
    let mut all = Vec::new();
    for (bsn, birth, surname) in PERSONS {
        let parts: Vec<&str> = birth.split('-').collect();
        let [day, month, year] = parts[..] else {
            panic!("{birth}")
        };
        all.extend([bsn, birth, surname].map(str::to_owned));
        all.push(surname.to_lowercase());
        all.push(surname.to_uppercase());
        all.push(format!("{year}-{month}-{day}"));
        all.push(format!("{year}{month}{day}"));
        all.push(format!("{day}{month}{year}"));
        all.push(format!("{day}/{month}/{year}"));
    }
    all.push("2345BC".to_owned());
    all
}

/// A good row of each, with a name; the one nobody knows without a BSN.
fn rows(key: &str) -> Vec<RowText> {
    let mut all = Vec::new();
    for (place, (bsn, birth, surname)) in PERSONS.into_iter().enumerate() {
        let key = format!("{key}-{place}");
        let row = with(
            good(bsn, birth),
            &[(Column::Bronsleutel, &key), (Column::Achternaam, surname)],
        );
        let unknown = [
            (Column::Bsn, ""),
            (Column::GeenBsnReden, "BUITENLAND"),
            (Column::Postcode, "2345BC"),
            (Column::Huisnummer, "12"),
        ];
        all.push(if bsn == NOBODY {
            with(row, &unknown)
        } else {
            row
        });
    }
    all
}

/// The same with a person in every column that does not want one, and with what is wrong of a person.
fn wrong(key: &str) -> Vec<RowText> {
    let mut all = Vec::new();
    for (place, column) in Column::ALL.into_iter().enumerate() {
        for (number, told) in [EREBOS, "01-04-2000", "Bultenaar", "=Jansen", "31-12-2931"]
            .into_iter()
            .enumerate()
        {
            let key = format!("{key}-{place}-{number}");
            let row = with(rows("")[number % 4].clone(), &[(Column::Bronsleutel, &key)]);
            all.push(with(row, &[(column, told)]));
        }
    }
    all
}

/// Files that are no good: of each a name that may be used, and what is in it.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let whole = csv(&rows("goed"));
    let mut open_quote = whole.clone();
    open_quote.extend(b"J;\"999990019;Bultenaar;01-04-2000\r\n");
    let mut nul = whole.clone();
    nul.extend(b"Jansen\0;24-03-2000\r\n");
    let long = format!("J;{}\r\n", "Bultenaar 01-04-2000 ".repeat(2000));
    let header = b"Bultenaar;01-04-2000;999990019\r\nJansen;24-03-2000;999991772\r\n";
    vec![
        ("CIMS_ZONNEHOF_stil_20210301_1.csv", whole.clone()),
        ("CIMS_ZONNEHOF_stil_20210301_2.csv", csv(&wrong("fout"))),
        ("CIMS_ZONNEHOF_stil_20210301_3.csv", open_quote),
        ("CIMS_ZONNEHOF_stil_20210301_4.csv", nul),
        (
            "CIMS_ZONNEHOF_stil_20210301_5.csv",
            [&whole[..], long.as_bytes()].concat(),
        ),
        ("CIMS_ZONNEHOF_stil_20210301_6.csv", header.to_vec()),
        ("CIMS_ZONNEHOF_stil_20210301_7.xlsx", whole.clone()),
        ("CIMS_ZONNEHOF_Bultenaar_20000401_8.csv", whole.clone()),
        ("Jansen-24-03-2000.csv", whole),
    ]
}

/// Somebody who types a person where a name is asked.
async fn guesses(port: u16) {
    for name in ["Bultenaar", EREBOS, "01-04-2000"] {
        let config = Arc::new(client::Config::default());
        let mut ssh = client::connect(config, ("127.0.0.1", port), Anyone)
            .await
            .unwrap();
        assert!(
            !ssh.authenticate_password(name, "Jansen24-03-2000")
                .await
                .unwrap()
                .success()
        );
        let key = PrivateKeyWithHashAlg::new(Arc::new(key(9)), None);
        assert!(
            !ssh.authenticate_publickey(name, key)
                .await
                .unwrap()
                .success()
        );
    }
}

/// What the database says when it refuses holds the whole row; it refuses once, and then no more.
async fn refusing(world: &World) {
    let sql = "CREATE TABLE refusals (n int);
               CREATE FUNCTION refusing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
               $$ BEGIN
                   IF (SELECT count(*) FROM refusals) < 1 THEN RETURN NEW; END IF;
                   RAISE EXCEPTION 'row of Bultenaar, 01-04-2000, 999990019' USING DETAIL = 'Jansen 2000-03-24', HINT = 'Jonker';
               END $$;
               CREATE TRIGGER refusing BEFORE INSERT ON delivery_rows FOR EACH ROW EXECUTE FUNCTION refusing();
               INSERT INTO refusals VALUES (1)";
    sqlx::raw_sql(sql).execute(&world.test.admin).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_person_stands_in_a_log_a_metric_an_error_or_the_audit() {
    let mut house = House::open().await;
    house.keyed("stil", Proof::Rename, 1).await;
    house.close().await;
    let world = &house.world;
    refusing(world).await;
    let process = Process::begin(world, "", |program| {
        let mut command = Command::new(program);
        command.env("CIMS__LOG__FILTER", "info,server=trace");
        command
    });
    let mut raw = process.raw("stil").await.expect("it listens");
    let files = files();
    for (place, (name, content)) in files.iter().enumerate() {
        assert!(deliver(&mut raw, name, content).await.is_some(), "{name}");
        if place == 0 {
            let failed = "jobs WHERE last_error IS NOT NULL";
            until(Duration::from_secs(60), "it is not refused", async || {
                world.count(failed).await > 0
            })
            .await;
            let again = "TRUNCATE refusals; UPDATE jobs SET run_at = now() WHERE state = 'queued'";
            sqlx::raw_sql(again)
                .execute(&world.test.admin)
                .await
                .unwrap();
        }
    }
    assert!(raw.create("999990019.csv").await.is_err());
    guesses(process.port).await;
    let all = i64::try_from(files.len()).unwrap();
    house.until("deliveries WHERE state = 'done'", all).await;
    assert_eq!(house.answered(files[0].0).await, "VERWERKT");
    for outcome in ["VERWERKT", "GEWEIGERD"] {
        let of = format!("deliveries WHERE outcome = '{outcome}'");
        assert!(world.count(&of).await > 0, "{outcome}");
    }
    let metrics = process.metrics().await;
    assert!(metrics.contains("cims_rows_total"), "{metrics}");
    drop(process);
    let log = std::fs::read_to_string(world.test.dir.path().join("log")).unwrap();
    let worked = log.matches("\"job done\"").count();
    assert!(
        worked >= files.len() && log.contains("job given back"),
        "{log}"
    );
    for told in telling() {
        assert!(!log.contains(&told), "{told} in the log");
        assert!(!metrics.contains(&told), "{told} in a metric");
        for column in [
            "audit_lines WHERE line",
            "jobs WHERE last_error",
            "deliveries WHERE findings::text",
        ] {
            let stands = format!("{column} LIKE '%{told}%'");
            assert_eq!(world.count(&stands).await, 0, "{stands}");
        }
    }
}
