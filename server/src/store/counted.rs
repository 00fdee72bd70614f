//! People without consent: numbers only, and for 30 days a keyed hash against counting somebody twice.
//!
//! `anonymous_counts` is what counts. `counted` says the same by the deliveries that said it, so that it goes and comes back
//! with them; no key leads from it to a row (domain facts §2.2). Every function works on a set.

use super::{StoreError, WorkerTx};
use time::Date;
use uuid::Uuid;

/// A count of people who gave no consent.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnonymousCount {
    /// Day.
    pub vaccinated_on: Date,
    /// Product.
    pub vaccine: i16,
    /// Batch.
    pub batch: String,
    /// Dose.
    pub dose: i16,
    /// NL, BES, CAS.
    pub origin: String,
    /// A, B, C.
    pub age_group: String,
}

/// What the same deliveries, in the order of their keys, said of the same jabs.
pub type Cell = (Vec<Uuid>, AnonymousCount);

/// Keeps others out who count for this party, until the end of the transaction: it belongs shortly before the commit.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut WorkerTx<'_>, party: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('counted ' || $1::text, 0))",
        party.to_string()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// A row that was counted in the last 30 days.
pub struct Remembered {
    /// Keyed hash of party and bronsleutel.
    pub key_hash: Vec<u8>,
    /// Deliveries that said it; none when it is never withdrawn.
    pub said_by: Option<Vec<Uuid>>,
    /// It counts now.
    pub stands: bool,
}

/// Which of these hashes are remembered.
///
/// # Errors
/// When the database fails.
pub async fn remembered(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    hashes: &[Vec<u8>],
    today: Date,
) -> Result<Vec<Remembered>, StoreError> {
    let rows = sqlx::query_as!(
        Remembered,
        r#"SELECT k.key_hash, k.said_by,
                  (k.said_by IS NULL OR EXISTS (SELECT FROM unnest(k.said_by) AS s (id) WHERE counts_stand(s.id))) AS "stands!"
           FROM anonymous_keys k WHERE k.party_id = $1 AND k.key_hash = ANY ($2) AND k.expires_on >= $3"#,
        party,
        hashes,
        today
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// What these deliveries said of jabs of these days, and how often.
///
/// # Errors
/// When the database fails.
pub async fn cells(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    deliveries: &[Uuid],
    days: &[Date],
) -> Result<Vec<(Cell, i32)>, StoreError> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        "SELECT said_by, vaccinated_on, vaccine, batch, dose, origin, age_group, number FROM counted
         WHERE party_id = $1 AND said_by && $2 AND vaccinated_on = ANY ($3) AND number > 0",
        party,
        deliveries,
        days as _
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let count = AnonymousCount {
            vaccinated_on: row.vaccinated_on,
            vaccine: row.vaccine,
            batch: row.batch,
            dose: row.dose,
            origin: row.origin,
            age_group: row.age_group,
        };
        ((row.said_by, count), row.number)
    });
    Ok(rows.collect())
}

/// Remembers keyed hashes, with the deliveries that said them: until then, or, without a day, as long as they were.
///
/// # Errors
/// When the database fails.
pub async fn remember(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    hash_key: &str,
    keys: &[(Vec<u8>, Option<Vec<Uuid>>)],
    until: Option<Date>,
) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let hashes: Vec<Vec<u8>> = keys.iter().map(|(hash, _)| hash.clone()).collect();
    let said: Vec<Option<String>> = keys
        .iter()
        .map(|(_, said_by)| said_by.as_deref().map(listed))
        .collect();
    match until {
        Some(until) => {
            sqlx::query!(
                "INSERT INTO anonymous_keys (party_id, key_hash, hash_key, expires_on, said_by)
                 SELECT $1, n.hash, $2, $3, n.said_by::uuid[] FROM unnest($4::bytea[], $5::text[]) AS n (hash, said_by)
                 ON CONFLICT (party_id, key_hash) DO UPDATE SET expires_on = EXCLUDED.expires_on, said_by = EXCLUDED.said_by",
                party,
                hash_key,
                until,
                &hashes,
                &said as _
            )
            .execute(&mut **tx)
            .await?;
        }
        None => {
            sqlx::query!(
                "UPDATE anonymous_keys k SET said_by = n.said_by::uuid[] FROM unnest($2::bytea[], $3::text[]) AS n (hash, said_by)
                 WHERE k.party_id = $1 AND k.key_hash = n.hash",
                party,
                &hashes,
                &said as _
            )
            .execute(&mut **tx)
            .await?;
        }
    }
    Ok(())
}

fn listed(deliveries: &[Uuid]) -> String {
    let ids: Vec<String> = deliveries.iter().map(Uuid::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

/// Counts as the columns of a statement.
#[derive(Default)]
struct Columns {
    said_by: Vec<String>,
    days: Vec<Date>,
    vaccines: Vec<i16>,
    batches: Vec<String>,
    doses: Vec<i16>,
    origins: Vec<String>,
    groups: Vec<String>,
    numbers: Vec<i32>,
}

impl Columns {
    fn add(&mut self, said_by: &[Uuid], count: &AnonymousCount, number: i32) {
        self.said_by.push(listed(said_by));
        self.days.push(count.vaccinated_on);
        self.vaccines.push(count.vaccine);
        self.batches.push(count.batch.clone());
        self.doses.push(count.dose);
        self.origins.push(count.origin.clone());
        self.groups.push(count.age_group.clone());
        self.numbers.push(number);
    }
}

/// Adds to what counts.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    counts: impl IntoIterator<Item = (AnonymousCount, i32)>,
) -> Result<(), StoreError> {
    let mut new = Columns::default();
    for (count, number) in counts {
        new.add(&[], &count, number);
    }
    if new.days.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO anonymous_counts AS c (party_id, vaccinated_on, vaccine, batch, dose, origin, age_group, number)
         SELECT $1, n.* FROM unnest($2::date[], $3::smallint[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::integer[])
                             AS n (d, v, b, s, o, a, number)
         ORDER BY n.d, n.v, n.b, n.s, n.o, n.a
         ON CONFLICT ON CONSTRAINT anonymous_counts_pk DO UPDATE SET number = c.number + EXCLUDED.number",
        party,
        &new.days as _,
        &new.vaccines,
        &new.batches,
        &new.doses,
        &new.origins,
        &new.groups,
        &new.numbers
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes what deliveries said, by a number more or less; by nothing, it is there as it was, or as a zero.
///
/// # Errors
/// When the database fails; constraint `counted_not_negative` when they did not say it so often.
pub async fn change(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    cells: impl IntoIterator<Item = (Cell, i32)>,
) -> Result<(), StoreError> {
    let (mut more, mut less) = (Columns::default(), Columns::default());
    for ((said_by, count), number) in cells {
        match number {
            0.. => more.add(&said_by, &count, number),
            _ => less.add(&said_by, &count, -number),
        }
    }
    if !less.days.is_empty() {
        sqlx::query!(
            "UPDATE counted c SET number = c.number - n.number
             FROM unnest($2::text[], $3::date[], $4::smallint[], $5::text[], $6::smallint[], $7::text[], $8::text[], $9::integer[])
                  AS n (w, d, v, b, s, o, a, number)
             WHERE c.party_id = $1 AND c.said_by = n.w::uuid[] AND c.vaccinated_on = n.d AND c.vaccine = n.v AND c.batch = n.b
               AND c.dose = n.s AND c.origin = n.o AND c.age_group = n.a",
            party,
            &less.said_by,
            &less.days as _,
            &less.vaccines,
            &less.batches,
            &less.doses,
            &less.origins,
            &less.groups,
            &less.numbers
        )
        .execute(&mut **tx)
        .await?;
    }
    if !more.days.is_empty() {
        sqlx::query!(
            "INSERT INTO counted AS c (party_id, said_by, vaccinated_on, vaccine, batch, dose, origin, age_group, number)
             SELECT $1, n.w::uuid[], n.d, n.v, n.b, n.s, n.o, n.a, n.number
             FROM unnest($2::text[], $3::date[], $4::smallint[], $5::text[], $6::smallint[], $7::text[], $8::text[], $9::integer[])
                  AS n (w, d, v, b, s, o, a, number)
             ON CONFLICT ON CONSTRAINT counted_pk DO UPDATE SET number = c.number + EXCLUDED.number",
            party,
            &more.said_by,
            &more.days as _,
            &more.vaccines,
            &more.batches,
            &more.doses,
            &more.origins,
            &more.groups,
            &more.numbers
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Takes out of what counts, when it goes, what this delivery alone says among those that count; else puts it back.
///
/// # Errors
/// When the database fails.
pub async fn turn(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
    goes: bool,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE anonymous_counts a SET number = CASE WHEN $3 THEN a.number - o.number ELSE a.number + o.number END
         FROM (SELECT c.vaccinated_on, c.vaccine, c.batch, c.dose, c.origin, c.age_group, sum(c.number)::integer AS number
               FROM counted c
               WHERE c.party_id = $1 AND c.said_by @> ARRAY[$2::uuid]
                 AND NOT EXISTS (SELECT FROM unnest(c.said_by) AS s (id) WHERE s.id <> $2 AND counts_stand(s.id))
               GROUP BY c.vaccinated_on, c.vaccine, c.batch, c.dose, c.origin, c.age_group) AS o
         WHERE a.party_id = $1 AND a.vaccinated_on = o.vaccinated_on AND a.vaccine = o.vaccine AND a.batch = o.batch
           AND a.dose = o.dose AND a.origin = o.origin AND a.age_group = o.age_group",
        party,
        delivery,
        goes
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets keyed hashes whose 30 days are over, and what several deliveries say no more. What one says stays, as a zero too: it
/// tells that its counts go with it (`Work::counted_before`).
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut WorkerTx<'_>, today: Date) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM anonymous_keys WHERE expires_on < $1", today)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("DELETE FROM counted WHERE number = 0 AND cardinality(said_by) > 1")
        .execute(&mut **tx)
        .await?;
    Ok(())
}
