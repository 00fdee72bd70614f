//! The steps of a delivery: the table takes those of the drawing and no other.

use crate::support::TestDb;
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;

const STATES: [&str; 9] = [
    "received",
    "complete",
    "checking",
    "preview",
    "storing",
    "done",
    "parked",
    "withdrawn",
    "discarded",
];

/// The steps that the table takes: of a delivery of which so many rows are in the register, and that ended so when it did.
async fn taken(
    test: &TestDb,
    party: uuid::Uuid,
    (progress, outcome): (i32, &str),
) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    for from in STATES {
        for to in STATES.into_iter().filter(|to| *to != from) {
            let mut tx = test.admin.begin().await.unwrap();
            let ended = if from == "done" { outcome } else { "" };
            let begin = format!(
                "INSERT INTO deliveries (id, party_id, channel, state, outcome, progress, received_at)
                 VALUES ('{}', '{party}', 'sftp', '{from}', nullif('{ended}', ''), {progress}, now())",
                uuid::Uuid::nil()
            );
            sqlx::query(AssertSqlSafe(begin))
                .execute(&mut *tx)
                .await
                .unwrap();
            let step = format!(
                "UPDATE deliveries SET state = '{to}', outcome = COALESCE(outcome, 'VERWERKT')"
            );
            match sqlx::query(AssertSqlSafe(step)).execute(&mut *tx).await {
                Ok(_) => {
                    taken.insert(format!("{from} -> {to}"));
                }
                Err(error) => {
                    let error = error.as_database_error().expect("of the database");
                    assert_eq!(error.constraint(), Some("deliveries_steps"), "{error}");
                }
            }
            tx.rollback().await.unwrap();
        }
    }
    taken
}

#[tokio::test]
async fn a_delivery_takes_the_steps_of_the_drawing_and_no_other() {
    let test = TestDb::new().await;
    let party = test.party("AAA").await.id;
    let (stored, not_stored) = (
        taken(&test, party, (5, "VERWERKT")).await,
        taken(&test, party, (0, "GEWEIGERD")).await,
    );
    let doubled = taken(&test, party, (0, "DUBBEL")).await;
    assert!(not_stored.is_subset(&doubled));
    let mut steps: Vec<String> = stored.intersection(&not_stored).cloned().collect();
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>, word: &str| -> Vec<String> {
        one.difference(other)
            .map(|step| format!("{step} ({word})"))
            .collect()
    };
    steps.extend(only(&stored, &not_stored, "stored"));
    steps.extend(only(&not_stored, &stored, "not stored"));
    steps.extend(only(&doubled, &not_stored, "doubled"));
    steps.sort_unstable();
    let drawing = include_str!("../../../docs/states.md");
    let mut drawn: Vec<&str> = drawing
        .lines()
        .filter(|line| line.contains(" -> "))
        .collect();
    drawn.sort_unstable();
    assert_eq!(steps, drawn);
}
