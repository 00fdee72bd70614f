//! Loading BRP sets: whole, changed, broken off, implausible.

use crate::support::TestDb;
use domain::bsn::Bsn;
use server::brp::fiction;
use server::brp::load::{LoadError, Loaded, Request, Set, SetOf, load};
use server::keys::{Purpose, Sealed};
use sqlx::Row;
use std::path::PathBuf;
use std::sync::Arc;
use time::Date;
use time::macros::date;

const HEADER: &str = "pl_id;bsn;geslachtsnaam;geboortedatum;postcode;huisnummer;overlijden_datum\n";

impl TestDb {
    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    async fn load(&self, file: PathBuf, set: Set) -> Result<Loaded, LoadError> {
        let request = Request {
            file,
            set,
            of: None,
            accept_older: false,
            accept_shrink: false,
            restart: false,
            by: "test".to_owned(),
        };
        load(&self.db, &self.keys, &request, |_| ()).await
    }

    /// Every list as text, but for what is random in it.
    async fn lists(&self) -> Vec<String> {
        let query = "SELECT concat_ws('|', pl_id, encode(bsn_mac, 'hex'), given_names, prefix, surname, partner_prefix, partner_surname, birth_date, sex,
                            postcode, house_number, suspension_reason, death_date, secret, encode(content_digest, 'hex')) FROM brp_lists ORDER BY pl_id";
        sqlx::query(query)
            .fetch_all(&self.admin)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect()
    }
}

fn merged(loaded: &Loaded) -> (i64, i64, i64, i64) {
    (
        loaded.merged.new,
        loaded.merged.changed,
        loaded.merged.gone,
        loaded.merged.total,
    )
}

#[tokio::test]
async fn a_full_set_a_delta_and_the_next_full_set() {
    let test = TestDb::new().await;
    let first = format!(
        "{HEADER}A;999990019;Bultenaar;20000401;1234AB;1;\nB;999995571;Jonker;19870401;;;\nC;;Berg;20210105;;;\n"
    );
    let loaded = test
        .load(test.write("vol.csv", first.as_bytes()), Set::Full)
        .await
        .unwrap();
    assert_eq!(
        (loaded.read, loaded.refused, merged(&loaded)),
        (3, 0, (3, 0, 0, 3))
    );

    let same = test
        .load(test.write("nogmaals.csv", first.as_bytes()), Set::Full)
        .await
        .unwrap();
    assert_eq!(merged(&same), (0, 0, 0, 3), "the same set changes nothing");

    let delta =
        format!("{HEADER}B;999995571;Jonker;19870401;;;20211224\nD;999991772;Jansen;20000324;;;\n");
    let loaded = test
        .load(test.write("delta.csv", delta.as_bytes()), Set::Delta)
        .await
        .unwrap();
    assert_eq!(merged(&loaded), (1, 1, 0, 4));

    let rows = sqlx::query("SELECT bsn_mac, bsn_enc FROM brp_lists WHERE pl_id = 'A'")
        .fetch_one(&test.admin)
        .await
        .unwrap();
    let bsn = Bsn::parse("999990019").unwrap();
    assert_eq!(rows.get::<Vec<u8>, _>(0), test.keys.bsn_mac(&bsn).bytes);
    let sealed = Sealed::from_bytes(rows.get(1));
    assert_eq!(
        test.keys
            .open(&sealed, &Purpose::BrpBsn.of(b"A"))
            .unwrap()
            .as_slice(),
        b"999990019"
    );
    assert!(test.keys.open(&sealed, &Purpose::BrpBsn.of(b"B")).is_err());

    let line: String = sqlx::query_scalar(
        "SELECT line FROM audit_lines WHERE event = 'beyond.brp-loaded' ORDER BY at DESC LIMIT 1",
    )
    .fetch_one(&test.admin)
    .await
    .unwrap();
    assert!(
        line.contains("\"new\":1") && !line.contains("999991772"),
        "{line}"
    );
}

#[tokio::test]
async fn no_bsn_stands_readable_anywhere_in_the_copy() {
    let test = TestDb::new().await;
    let set = format!("{HEADER}A;999990019;Bultenaar;20000401;1234AB;1;\n");
    test.load(test.write("vol.csv", set.as_bytes()), Set::Full)
        .await
        .unwrap();
    for table in ["brp_lists", "brp_loads", "brp_staging", "audit_lines"] {
        let query = format!(
            "SELECT count(*) FROM {table} t WHERE t::text LIKE '%999990019%' OR t::text LIKE '%' || encode('999990019', 'hex') || '%'"
        );
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .fetch_one(&test.admin)
            .await
            .unwrap();
        assert_eq!(found, 0, "{table}");
    }
}

#[tokio::test]
async fn a_wrong_line_of_a_full_set_does_not_take_its_list_away() {
    let test = TestDb::new().await;
    let persons: String = (0..30)
        .map(|n| format!("P{n};;Naam{n};19500101;1234AB;{n};\n"))
        .collect();
    let first = format!("{HEADER}A;999990019;Bultenaar;20000401;1234AB;1;\n{persons}");
    test.load(test.write("vol.csv", first.as_bytes()), Set::Full)
        .await
        .unwrap();
    let before = test.lists().await;

    // No date of LO3, no BSN, a line cut off; who is not in the file at all is gone.
    let persons = persons
        .replace("Naam3;19500101", "Naam3;1950")
        .replace("P4;;", "P4;999999245;")
        .replace("P5;;Naam5;19500101;1234AB;5;\n", "P5;;Naam5\n")
        .replace("P6;;Naam6;19500101;1234AB;6;\n", "");
    let next = format!("{HEADER}A;999990019;Bultenaar;20000401;1234AB;1;\n{persons}");
    let loaded = test
        .load(test.write("volgende.csv", next.as_bytes()), Set::Full)
        .await
        .unwrap();
    assert_eq!((loaded.refused, merged(&loaded)), (3, (0, 0, 1, 30)));
    let after = test.lists().await;
    let gone: Vec<_> = before.iter().filter(|list| !after.contains(list)).collect();
    assert!(gone.len() == 1 && gone[0].starts_with("P6|"), "{gone:?}");

    // A house number that is no number is no reason to lose a person.
    let delta = format!("{HEADER}P7;;Naam7;19500101;1234AB;7 bis;\n");
    let loaded = test
        .load(test.write("delta.csv", delta.as_bytes()), Set::Delta)
        .await
        .unwrap();
    assert_eq!((loaded.refused, merged(&loaded)), (0, (0, 1, 0, 30)));
}

#[tokio::test]
async fn a_set_that_lost_many_persons_is_refused_and_the_next_one_is_not_blocked_by_it() {
    let test = TestDb::new().await;
    let lines: String = (0..40)
        .map(|n| format!("{n};;Naam{n};19500101;;;\n"))
        .collect();
    test.load(
        test.write("vol.csv", format!("{HEADER}{lines}").as_bytes()),
        Set::Full,
    )
    .await
    .unwrap();
    let half: String = (0..20)
        .map(|n| format!("{n};;Naam{n};19500101;;;\n"))
        .collect();
    let half = test.write("half.csv", format!("{HEADER}{half}").as_bytes());
    let refused = test.load(half.clone(), Set::Full).await.unwrap_err();
    assert!(
        matches!(
            refused,
            LoadError::Shrink {
                before: 40,
                now: 20
            }
        ),
        "{refused}"
    );
    assert_eq!(test.lists().await.len(), 40, "nothing changed");
    let most: String = (0..38)
        .map(|n| format!("{n};;Naam{n};19500101;;;\n"))
        .collect();
    let loaded = test
        .load(
            test.write("meeste.csv", format!("{HEADER}{most}").as_bytes()),
            Set::Full,
        )
        .await
        .unwrap();
    assert_eq!(merged(&loaded), (0, 0, 2, 38));
    let request = Request {
        file: half,
        set: Set::Full,
        of: None,
        accept_older: false,
        accept_shrink: true,
        restart: false,
        by: "test".to_owned(),
    };
    let loaded = load(&test.db, &test.keys, &request, |_| ()).await.unwrap();
    assert_eq!(merged(&loaded), (0, 0, 18, 20));
}

#[tokio::test]
async fn wrong_lines_are_named_and_a_file_of_something_else_is_refused() {
    let test = TestDb::new().await;
    let set = format!(
        "{HEADER}A;999990019;Bultenaar;20000401;;;\nB;999999245;Iakovidis;19800101;;;\nC;;Berg;2021;;;\nA;999990019;Bultenaar;20000402;;;\n"
    );
    let loaded = test
        .load(test.write("set.csv", set.as_bytes()), Set::Delta)
        .await
        .unwrap();
    assert_eq!(
        (
            loaded.read,
            loaded.refused,
            &loaded.refused_lines[..],
            merged(&loaded)
        ),
        (4, 2, &[3, 4][..], (1, 0, 0, 1))
    );
    let born: String = sqlx::query_scalar("SELECT birth_date FROM brp_lists")
        .fetch_one(&test.admin)
        .await
        .unwrap();
    assert_eq!(
        born, "20000402",
        "of a list that stands twice the last line counts"
    );

    let wrong: String = (0..30).map(|n| format!("{n};;Naam;1950;;;\n")).collect();
    let refused = test
        .load(
            test.write("fout.csv", format!("{HEADER}{wrong}").as_bytes()),
            Set::Delta,
        )
        .await
        .unwrap_err();
    assert!(
        matches!(
            refused,
            LoadError::Refused {
                read: 30,
                refused: 30,
                first: 2
            }
        ),
        "{refused}"
    );
    let refused = test
        .load(test.write("anders.csv", b"naam;plaats\nx;y\n"), Set::Delta)
        .await
        .unwrap_err();
    assert!(matches!(refused, LoadError::Header(_)), "{refused}");
    assert_eq!(
        test.load(
            test.write(
                "goed.csv",
                format!("{HEADER}Z;;Goed;19500101;;;\n").as_bytes()
            ),
            Set::Delta
        )
        .await
        .unwrap()
        .merged
        .new,
        1
    );
}

#[tokio::test]
async fn a_load_that_was_killed_goes_on_where_it_stopped() {
    let (test, clean) = (TestDb::new().await, TestDb::new().await);
    let mut set = Vec::new();
    fiction::write(&mut set, 25_000, 3).unwrap();
    let file = test.write("groot.csv", &set);
    let (chunk_done, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let killed = tokio::spawn({
        let (db, keys, file) = (test.db.clone(), Arc::clone(&test.keys), file.clone());
        async move {
            let request = Request {
                file,
                set: Set::Full,
                of: None,
                accept_older: false,
                accept_shrink: false,
                restart: false,
                by: "test".to_owned(),
            };
            load(&db, &keys, &request, |lines| {
                chunk_done.send(lines).ok();
            })
            .await
        }
    });
    assert_eq!(seen.recv().await, Some(10_000));
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());
    assert_eq!(test.lists().await.len(), 0, "nobody sees half a set");

    let other = test
        .load(
            test.write(
                "ander.csv",
                format!("{HEADER}A;;Een;19500101;;;\n").as_bytes(),
            ),
            Set::Delta,
        )
        .await
        .unwrap_err();
    assert!(
        matches!(&other, LoadError::BrokenOff(name) if name == "groot.csv"),
        "{other}"
    );
    let loaded = test.load(file.clone(), Set::Full).await.unwrap();
    assert!(loaded.resumed >= 10_000, "{}", loaded.resumed);
    assert_eq!((loaded.read, loaded.refused), (25_000, 0));

    // Exactly what an unbroken load gives, under the same keys.
    let request = Request {
        file,
        set: Set::Full,
        of: None,
        accept_older: false,
        accept_shrink: false,
        restart: false,
        by: "test".to_owned(),
    };
    load(&clean.db, &test.keys, &request, |_| ()).await.unwrap();
    assert_eq!(test.lists().await, clean.lists().await);
}

#[tokio::test]
async fn a_load_whose_file_is_gone_can_be_dropped() {
    let test = TestDb::new().await;
    sqlx::query("INSERT INTO brp_loads (id, kind, file_name, file_digest, digest_key) VALUES (gen_random_uuid(), 'full', 'weg.csv', '', '1')")
        .execute(&test.admin).await.unwrap();
    let file = test.write(
        "nieuw.csv",
        format!("{HEADER}A;;Een;19500101;;;\n").as_bytes(),
    );
    let refused = test.load(file.clone(), Set::Full).await.unwrap_err();
    assert!(matches!(refused, LoadError::BrokenOff(_)), "{refused}");
    let request = Request {
        file,
        set: Set::Full,
        of: None,
        accept_older: false,
        accept_shrink: false,
        restart: true,
        by: "test".to_owned(),
    };
    assert_eq!(
        load(&test.db, &test.keys, &request, |_| ())
            .await
            .unwrap()
            .merged
            .new,
        1
    );
}

#[tokio::test]
async fn the_public_test_persons_load_as_they_come() {
    // Lines in the form of the RvIG set: columns of its own, quotes in a surname, partial dates, a year alone.
    let test = TestDb::new().await;
    let set = "pl_id;a_nummer;bsn;voornamen;voornamen_diak;voorvoegsel;geslachtsnaam;geslachtsnaam_diak;geboortedatum;geboorteplaats;geboorteland;geslacht;opschorting_datum;opschorting_reden;geheim;overlijden_datum\r\n\
        1;1234567890;999990743;Ali;;van;Sener;Şener;19510000;0518;6030;M;;;0;\r\n\
        2;1234567891;999991449;Jan;;;\"<Onbekend> & \"\"<Onbemind>\"\"\";;00000000;;;V;2014;E;7;\r\n";
    let loaded = test
        .load(test.write("rvig.csv", set.as_bytes()), Set::Full)
        .await
        .unwrap();
    assert_eq!((loaded.refused, merged(&loaded)), (0, (2, 0, 0, 2)));
    let names: Vec<String> = sqlx::query_scalar("SELECT surname FROM brp_lists ORDER BY pl_id")
        .fetch_all(&test.admin)
        .await
        .unwrap();
    assert_eq!(names, ["Şener", "<Onbekend> & \"<Onbemind>\""]);
}

#[tokio::test]
async fn a_set_of_an_earlier_day_is_taken_only_when_that_is_asked_for() {
    let test = TestDb::new().await;
    let load_of = async |day: Option<Date>, surname: &str, accept_older: bool| {
        let set = format!("{HEADER}A;999990019;{surname};20000401;;;\n");
        let request = Request {
            file: test.write("mutatie.csv", set.as_bytes()),
            set: Set::Delta,
            of: day.map(|day| SetOf { day, number: None }),
            accept_older,
            accept_shrink: false,
            restart: false,
            by: "test".to_owned(),
        };
        load(&test.db, &test.keys, &request, |_| ()).await
    };
    let (first, second) = (date!(2021 - 03 - 01), date!(2021 - 03 - 02));
    load_of(Some(second), "Twee", false).await.unwrap();
    let refused = load_of(Some(first), "Een", false).await;
    assert!(matches!(refused, Err(LoadError::Older { newest }) if newest.day == second));
    assert!(test.lists().await[0].contains("Twee"));
    // Of one day nobody knows, nor of a file whose day nobody said.
    load_of(Some(second), "Ook twee", false).await.unwrap();
    load_of(None, "Zonder dag", false).await.unwrap();
    load_of(Some(first), "Een", true).await.unwrap();
    assert!(test.lists().await[0].contains("Een"));
    let tomorrow = server::clock::today().next_day().unwrap();
    let ahead = load_of(Some(tomorrow), "Morgen", true).await;
    assert!(matches!(ahead, Err(LoadError::Ahead(day)) if day == tomorrow));
}

#[tokio::test]
async fn a_quote_that_stays_open_refuses_the_set_and_gives_nobody_the_data_of_others() {
    let test = TestDb::new().await;
    let set =
        format!("{HEADER}A;999990019;Bultenaar;20000401;;;\nB;999995571;Jonker;19870401;;;\n");
    test.load(test.write("vol.csv", set.as_bytes()), Set::Full)
        .await
        .unwrap();
    let before = test.lists().await;
    let between: String = (0..3_000)
        .map(|n| format!("T{n};;Tussen;19500101;;;\n"))
        .collect();
    let long = format!("A;;{};20000401;;;\n", "x".repeat(20_000));
    for (lines, line) in [
        // Closed by a quote of somebody else it is one record with all its fields.
        (
            format!("A;999990019;\"Bult;20000401;;;\n{between}B;999995571;\"Jonk;19870401;;;\n"),
            2,
        ),
        // Closed by nothing it would be one line that is refused, and the rest of the file.
        (
            format!("A;999990019;Bult;20000401;;;\nB;999995571;\"Jonk;19870401;;;\n{between}"),
            3,
        ),
        ("A;999990019;\"Bult\r\nenaar\";20000401;;;\r\n".into(), 2),
        (
            "A;999990019;Bult;20000401;;;\nB;;Jonk;19870401;;;\"".into(),
            3,
        ),
        (long, 2),
    ] {
        let file = test.write("mutatie.csv", format!("{HEADER}{lines}").as_bytes());
        let refused = test.load(file, Set::Delta).await.unwrap_err();
        assert!(
            matches!(refused, LoadError::Line(number) if number == line),
            "{line}: {refused}"
        );
        assert_eq!(test.lists().await, before);
    }
    let open: i64 = sqlx::query_scalar("SELECT count(*) FROM brp_loads WHERE state = 'staging'")
        .fetch_one(&test.admin)
        .await
        .unwrap();
    assert_eq!(open, 0, "the next set does not wait");
}

#[tokio::test]
async fn a_value_the_database_cannot_hold_costs_its_line_and_not_the_set() {
    let test = TestDb::new().await;
    let long = "x".repeat(1_500);
    let set = format!(
        "{HEADER}A;999990019;Bul\0tenaar;20000401;;;\nB;999995571;Jonker;19870401;;;\n\0C;;Berg;20210105;;;\n{long};;Lang;20210105;;;\n"
    );
    let loaded = test
        .load(test.write("mutatie.csv", set.as_bytes()), Set::Delta)
        .await
        .unwrap();
    assert_eq!(
        (loaded.read, &loaded.refused_lines[..], merged(&loaded)),
        (4, &[2, 4, 5][..], (1, 0, 0, 1))
    );
}

#[tokio::test]
async fn a_closing_line_is_no_person_and_its_number_holds() {
    let test = TestDb::new().await;
    let load = async |closing: &str| {
        let set = format!("{HEADER}A;;Bultenaar;20000401;;;\nB;;Jonker;19870401;;;\n{closing}");
        test.load(test.write("mutatie.csv", set.as_bytes()), Set::Delta)
            .await
    };
    let cut = load("#EINDE;3\n").await.unwrap_err();
    assert!(
        matches!(
            cut,
            LoadError::Promised {
                promised: 3,
                read: 2
            }
        ),
        "{cut}"
    );
    assert_eq!(test.lists().await.len(), 0);
    // Not at the end it closes nothing, and it is no person.
    let within = load("#EINDE;2\nC;;Berg;20210105;;;\n").await.unwrap();
    assert_eq!(
        (within.read, &within.refused_lines[..], merged(&within)),
        (4, &[4][..], (3, 0, 0, 3))
    );
    for closing in ["#EINDE;2\r\n", "#EINDE;2;;;;;", "\"#EINDE;2\"\n\n", ""] {
        let whole = load(closing).await.unwrap();
        assert_eq!(
            (whole.read, whole.refused, merged(&whole)),
            (2, 0, (0, 0, 0, 3)),
            "{closing:?}"
        );
    }
}
