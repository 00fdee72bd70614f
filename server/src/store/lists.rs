//! Managed code lists: what stands in them, proposed changes with what stood there before, and the rows that wait because
//! of what a list does not say. Each step names the state it comes from, so that two of the same command do one thing.

use super::rows::Clusters;
use super::{StoreError, WorkerTx};
use domain::lists::Entry;
use sqlx::types::Json;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// An entry of a list.
pub struct Listed {
    /// Batch number, name, code, or name of the product.
    pub key: String,
    /// Product.
    pub vaccine: i16,
    /// Name of the product.
    pub product: String,
    /// What the list says.
    pub entry: Json<Entry>,
    /// Since when.
    pub valid_from: Option<Date>,
    /// Last day of an entry that ended.
    pub valid_to: Option<Date>,
    /// The change that put it there; none is the first list.
    pub change_id: Option<Uuid>,
    /// Entries in all pages.
    pub total: i64,
}

/// Entries of a list, those that ended last; of which the key or the product contains a text.
///
/// # Errors
/// When the database fails.
pub async fn entries(
    tx: &mut WorkerTx<'_>,
    list: &str,
    search: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<Listed>, StoreError> {
    let rows = sqlx::query_as!(
        Listed,
        r#"SELECT e.key AS "key!", e.vaccine AS "vaccine!", COALESCE(v.name, '') AS "product!", e.entry AS "entry!: Json<Entry>", e.valid_from, e.valid_to,
                  e.change_id, count(*) OVER () AS "total!"
           FROM list_entries e LEFT JOIN vaccines v ON v.id = e.vaccine
           WHERE e.list = $1 AND (position(lower($2) IN lower(e.key)) > 0 OR position(lower($2) IN lower(COALESCE(v.name, e.entry ->> 'meaning', ''))) > 0)
           ORDER BY e.valid_to IS NOT NULL, e.vaccine, e.key LIMIT $3 OFFSET $4"#,
        list,
        search,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// One entry, ended or not.
///
/// # Errors
/// When the database fails.
pub async fn entry(
    tx: &mut WorkerTx<'_>,
    list: &str,
    key: &str,
    product: &str,
) -> Result<Option<Listed>, StoreError> {
    let row = sqlx::query_as!(
        Listed,
        r#"SELECT e.key AS "key!", e.vaccine AS "vaccine!", COALESCE(v.name, '') AS "product!", e.entry AS "entry!: Json<Entry>", e.valid_from, e.valid_to,
                  e.change_id, 1::bigint AS "total!"
           FROM list_entries e LEFT JOIN vaccines v ON v.id = e.vaccine WHERE e.list = $1 AND e.key = $2 AND COALESCE(v.name, '') = $3"#,
        list,
        key,
        product
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// What a list says about these things, ended or not: (key, product, entry).
///
/// # Errors
/// When the database fails.
pub async fn current(
    tx: &mut WorkerTx<'_>,
    list: &str,
    keys: &[String],
) -> Result<Vec<(String, i16, Entry)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT key AS "key!", vaccine AS "vaccine!", entry AS "entry!: Json<Entry>" FROM list_entries WHERE list = $1 AND key = ANY ($2)"#,
        list,
        keys
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.key, row.vaccine, row.entry.0))
        .collect())
}

/// Entries that stand in each list: (list, how many).
///
/// # Errors
/// When the database fails.
pub async fn counts(tx: &mut WorkerTx<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT list AS "list!", count(*) AS "n!" FROM list_entries WHERE valid_to IS NULL GROUP BY list"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.list, row.n)).collect())
}

/// The number of a product that is proposed.
///
/// # Errors
/// When the database fails.
pub async fn new_product(tx: &mut WorkerTx<'_>) -> Result<i16, StoreError> {
    let number = sqlx::query_scalar!(r#"SELECT nextval('vaccine_numbers') AS "number!""#)
        .fetch_one(&mut **tx)
        .await?;
    i16::try_from(number).map_err(|_| StoreError::Broken("number of a product".to_owned()))
}

/// A new proposal, not asked for yet.
pub struct NewChange {
    /// Key.
    pub id: Uuid,
    /// The list.
    pub list: &'static str,
    /// Where it comes from, sealed.
    pub source_sealed: Vec<u8>,
    /// From which day it holds.
    pub holds_from: Date,
    /// Lines of a file.
    pub lines: Option<i32>,
    /// Of those, what the list says already.
    pub unchanged: i32,
    /// Of those, what was not taken.
    pub wrong: serde_json::Value,
    /// Who.
    pub by: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// Its items: key, product, what is to stand there.
    pub items: Vec<(String, i16, Entry)>,
}

/// Keeps a proposal as a draft, with what the list says now.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut WorkerTx<'_>, new: &NewChange) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO list_changes (id, list, source_sealed, holds_from, lines, unchanged, wrong, asked_by, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.list,
        new.source_sealed,
        new.holds_from,
        new.lines,
        new.unchanged,
        new.wrong,
        new.by,
        new.at
    )
    .execute(&mut **tx)
    .await?;
    let keys: Vec<String> = new.items.iter().map(|(key, ..)| key.clone()).collect();
    let vaccines: Vec<i16> = new.items.iter().map(|(_, vaccine, _)| *vaccine).collect();
    let after = new
        .items
        .iter()
        .map(|(_, _, entry)| serde_json::to_value(entry))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| StoreError::Broken("list item".to_owned()))?;
    sqlx::query!(
        "INSERT INTO list_items (change_id, place, key, vaccine, before, after)
         SELECT $1, n.place, n.key, n.vaccine, e.entry, n.after
         FROM unnest($3::text[], $4::smallint[], $5::jsonb[]) WITH ORDINALITY AS n (key, vaccine, after, place)
         LEFT JOIN list_entries e ON e.list = $2 AND e.key = n.key AND e.vaccine = n.vaccine",
        new.id,
        new.list,
        &keys,
        &vaccines,
        &after
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A change.
pub struct Change {
    /// Key.
    pub id: Uuid,
    /// The list.
    pub list: String,
    /// State.
    pub state: String,
    /// Where it comes from, sealed.
    pub source_sealed: Vec<u8>,
    /// From which day it holds.
    pub holds_from: Date,
    /// Lines of a file.
    pub lines: Option<i32>,
    /// Of those, what the list said already.
    pub unchanged: i32,
    /// Of those, what was not taken.
    pub wrong: serde_json::Value,
    /// Rows that waited and are accepted.
    pub accepted: i32,
    /// Rows that were refused and wait for RIVM.
    pub to_review: i32,
    /// Items.
    pub items: i64,
    /// Key of the first.
    pub first: Option<String>,
    /// Who asked.
    pub asked_by: Uuid,
    /// Name of who asked.
    pub asked_by_name: String,
    /// When.
    pub asked_at: OffsetDateTime,
    /// Who decided.
    pub decided_by: Option<Uuid>,
    /// Name of who decided.
    pub decided_by_name: Option<String>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
}

/// Changes that are no drafts, those that wait first, then the newest; with `id` that one, drafts included.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut WorkerTx<'_>,
    id: Option<Uuid>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        Change,
        r#"SELECT c.id, c.list, c.state, c.source_sealed, c.holds_from, c.lines, c.unchanged, c.wrong, c.accepted, c.to_review,
                  (SELECT count(*) FROM list_items i WHERE i.change_id = c.id) AS "items!",
                  (SELECT i.key FROM list_items i WHERE i.change_id = c.id ORDER BY i.place LIMIT 1) AS first,
                  c.asked_by, a.name AS asked_by_name, c.asked_at, c.decided_by, b.name AS "decided_by_name?", c.decided_at
           FROM list_changes c JOIN users a ON a.id = c.asked_by LEFT JOIN users b ON b.id = c.decided_by
           WHERE CASE WHEN $1::uuid IS NULL THEN c.state <> 'draft' ELSE c.id = $1 END
           ORDER BY c.state <> 'asked', c.asked_at DESC, c.id LIMIT $2 OFFSET $3"#,
        id,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// How many there are.
///
/// # Errors
/// When the database fails.
pub async fn total(tx: &mut WorkerTx<'_>) -> Result<i64, StoreError> {
    Ok(
        sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM list_changes WHERE state <> 'draft'"#)
            .fetch_one(&mut **tx)
            .await?,
    )
}

/// What a change says of one thing.
pub struct Item {
    /// Batch number, name, code, or name of the product.
    pub key: String,
    /// Product.
    pub vaccine: i16,
    /// Name of the product.
    pub product: String,
    /// What the list said.
    pub before: Option<Json<Entry>>,
    /// What it is to say.
    pub after: Json<Entry>,
}

/// Items of a change, in their order.
///
/// # Errors
/// When the database fails.
pub async fn items(
    tx: &mut WorkerTx<'_>,
    change: Uuid,
    limit: i64,
) -> Result<Vec<Item>, StoreError> {
    let rows = sqlx::query_as!(
        Item,
        r#"SELECT i.key, i.vaccine, COALESCE(v.name, CASE WHEN i.vaccine = 0 THEN '' ELSE i.key END) AS "product!",
                  i.before AS "before: Json<Entry>", i.after AS "after: Json<Entry>"
           FROM list_items i LEFT JOIN vaccines v ON v.id = i.vaccine WHERE i.change_id = $1 ORDER BY i.place LIMIT $2"#,
        change,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A change of one entry, by who and when.
pub struct Past {
    /// The change.
    pub change: Uuid,
    /// Its state.
    pub state: String,
    /// What the list said.
    pub before: Option<Json<Entry>>,
    /// What it was to say.
    pub after: Json<Entry>,
    /// From which day.
    pub holds_from: Date,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: OffsetDateTime,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
}

/// All that was asked for about an entry, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn history(
    tx: &mut WorkerTx<'_>,
    list: &str,
    key: &str,
    vaccine: i16,
) -> Result<Vec<Past>, StoreError> {
    let rows = sqlx::query_as!(
        Past,
        r#"SELECT c.id AS change, c.state, i.before AS "before: Json<Entry>", i.after AS "after: Json<Entry>", c.holds_from,
                  a.name AS asked_by, c.asked_at, b.name AS "decided_by?", c.decided_at
           FROM list_items i JOIN list_changes c ON c.id = i.change_id AND c.list = $1 AND c.state <> 'draft'
           JOIN users a ON a.id = c.asked_by LEFT JOIN users b ON b.id = c.decided_by
           WHERE i.key = $2 AND i.vaccine = $3 ORDER BY c.asked_at DESC, c.id LIMIT 100"#,
        list,
        key,
        vaccine
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A change that waits for a second person.
pub struct Asked {
    /// Key.
    pub id: Uuid,
    /// The list.
    pub list: String,
    /// Items.
    pub items: i64,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: OffsetDateTime,
}

/// Changes that wait for somebody else than this person, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn asked(tx: &mut WorkerTx<'_>, user: Uuid) -> Result<Vec<Asked>, StoreError> {
    let rows = sqlx::query_as!(
        Asked,
        r#"SELECT c.id, c.list, (SELECT count(*) FROM list_items i WHERE i.change_id = c.id) AS "items!", a.name AS asked_by, c.asked_at
           FROM list_changes c JOIN users a ON a.id = c.asked_by
           WHERE c.state = 'asked' AND c.asked_by <> $1 ORDER BY c.asked_at LIMIT 20"#,
        user
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Why a change cannot be asked for or agreed to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InTheWay {
    /// Another change of one of its entries is open.
    Other,
    /// The list says something else than when it was proposed.
    Stale,
}

/// Holds other steps of changes off until the transaction ends, so that what [`in_the_way`] says stays so.
///
/// # Errors
/// When the database fails.
pub async fn one_at_a_time(tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
    sqlx::query!("LOCK TABLE list_changes IN SHARE ROW EXCLUSIVE MODE")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Looks whether a change can go on.
///
/// # Errors
/// When the database fails.
pub async fn in_the_way(
    tx: &mut WorkerTx<'_>,
    change: &Change,
) -> Result<Option<InTheWay>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM list_items i JOIN list_items o ON o.key = i.key AND o.vaccine = i.vaccine AND o.change_id <> i.change_id
                          JOIN list_changes c ON c.id = o.change_id AND c.list = $2 AND c.state IN ('asked', 'agreed')
                          WHERE i.change_id = $1) AS "other!",
                  EXISTS (SELECT FROM list_items i
                          LEFT JOIN list_entries e ON e.list = $2 AND e.key = i.key AND e.vaccine = i.vaccine
                          WHERE i.change_id = $1 AND i.before IS DISTINCT FROM e.entry) AS "stale!""#,
        change.id,
        change.list
    )
    .fetch_one(&mut **tx)
    .await?;
    let (other, stale) = match change.list.as_str() {
        "batches" => (false, false),
        _ => same_word(tx, change).await?,
    };
    Ok(match (found.other || other, found.stale || stale) {
        (true, _) => Some(InTheWay::Other),
        (false, true) => Some(InTheWay::Stale),
        (false, false) => None,
    })
}

/// What is not about the same entry, but cannot stand beside it: a name, code or EU number says one product, and the ages of
/// the groups follow each other. First another open change that says so, then the lists.
async fn same_word(tx: &mut WorkerTx<'_>, change: &Change) -> Result<(bool, bool), StoreError> {
    let found = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM list_items i JOIN list_items o ON o.change_id <> i.change_id
                          JOIN list_changes c ON c.id = o.change_id AND c.state IN ('asked', 'agreed')
                          WHERE i.change_id = $1 AND (
                              c.list = $2 AND ($2 = 'ages' OR o.key = i.key OR o.after ->> 'eu' = i.after ->> 'eu')
                              OR $2 IN ('names', 'products') AND c.list IN ('names', 'products') AND lower(o.key) = lower(i.key))) AS "other!",
                  EXISTS (SELECT FROM list_items i WHERE i.change_id = $1 AND i.before IS NULL AND CASE $2
                          WHEN 'codes' THEN EXISTS (SELECT FROM vaccine_hpk h WHERE h.hpk = i.key AND h.valid_to IS NULL)
                          WHEN 'ages' THEN false
                          WHEN 'groups' THEN false
                          ELSE EXISTS (SELECT FROM vaccines v WHERE lower(v.name) = lower(i.key) OR v.eu_number = i.after ->> 'eu')
                               OR EXISTS (SELECT FROM vaccine_aliases a WHERE lower(a.alias) = lower(i.key) AND a.valid_to IS NULL) END) AS "stale!""#,
        change.id,
        change.list
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((found.other, found.stale))
}

/// Takes a step; `false` when the change was not in the state it starts from.
///
/// # Errors
/// When the database fails; constraint `list_changes_four_eyes` when the same person agrees.
pub async fn step(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    from: &str,
    to: &str,
    by: Option<Uuid>,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "UPDATE list_changes SET state = $3, decided_by = $4::uuid, decided_at = CASE WHEN $4::uuid IS NOT NULL THEN $5::timestamptz END
         WHERE id = $1 AND state = $2",
        id,
        from,
        to,
        by,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Puts a change in its list. What is there is changed or ended, never taken away.
///
/// # Errors
/// When the database fails.
pub async fn apply(
    tx: &mut WorkerTx<'_>,
    change: &Change,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    match change.list.as_str() {
        "batches" => {
            sqlx::query!(
                "INSERT INTO batches (lot, vaccine, hpk, entry_date, expiration_date, added_at, added_by, valid_from, valid_to, change_id)
                 SELECT i.key, i.vaccine, i.after ->> 'hpk', (i.after ->> 'released')::date, (i.after ->> 'last_day')::date, $2, c.asked_by,
                        c.holds_from, CASE WHEN (i.after ->> 'ended')::boolean THEN c.holds_from - 1 END, c.id
                 FROM list_changes c JOIN list_items i ON i.change_id = c.id WHERE c.id = $1
                 ON CONFLICT ON CONSTRAINT batches_pk DO UPDATE
                 SET hpk = EXCLUDED.hpk, entry_date = EXCLUDED.entry_date, expiration_date = EXCLUDED.expiration_date,
                     valid_from = CASE WHEN batches.valid_to IS NULL THEN batches.valid_from ELSE EXCLUDED.valid_from END,
                     valid_to = EXCLUDED.valid_to, change_id = EXCLUDED.change_id",
                change.id,
                at
            )
            .execute(&mut **tx)
            .await?;
        }
        "names" => apply_names(tx, change.id).await?,
        "codes" => apply_codes(tx, change.id).await?,
        "products" => apply_products(tx, change.id).await?,
        "groups" => apply_groups(tx, change.id).await?,
        _ => {
            sqlx::query!(
                "UPDATE age_groups a SET first_age = (i.after ->> 'first_age')::smallint, valid_from = c.holds_from, change_id = c.id
                 FROM list_changes c JOIN list_items i ON i.change_id = c.id WHERE c.id = $1 AND a.code = i.key",
                change.id
            )
            .execute(&mut **tx)
            .await?;
        }
    }
    Ok(())
}

async fn apply_products(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE vaccines v SET doses = (i.after ->> 'doses')::smallint, min_interval_days = (i.after ->> 'min_days')::smallint,
                first_use = (i.after ->> 'first_use')::date, change_id = i.change_id,
                valid_to = CASE WHEN (i.after ->> 'ended')::boolean THEN c.holds_from - 1 END
         FROM list_changes c JOIN list_items i ON i.change_id = c.id WHERE c.id = $1 AND v.id = i.vaccine",
        id
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO vaccines (id, name, eu_number, doses, min_interval_days, first_use, valid_from, change_id)
         SELECT i.vaccine, i.key, i.after ->> 'eu', (i.after ->> 'doses')::smallint, (i.after ->> 'min_days')::smallint,
                (i.after ->> 'first_use')::date, c.holds_from, c.id
         FROM list_changes c JOIN list_items i ON i.change_id = c.id
         WHERE c.id = $1 AND i.before IS NULL ON CONFLICT (id) DO NOTHING",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn apply_groups(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO target_groups (code, meaning, valid_from, change_id)
         SELECT i.key, i.after ->> 'meaning', c.holds_from, c.id FROM list_changes c JOIN list_items i ON i.change_id = c.id
         WHERE c.id = $1
         ON CONFLICT (code) DO UPDATE
         SET meaning = EXCLUDED.meaning, change_id = EXCLUDED.change_id,
             valid_from = CASE WHEN target_groups.valid_to IS NULL THEN target_groups.valid_from ELSE EXCLUDED.valid_from END,
             valid_to = CASE WHEN (SELECT (i.after ->> 'ended')::boolean FROM list_items i WHERE i.change_id = $1 AND i.key = EXCLUDED.code)
                             THEN EXCLUDED.valid_from - 1 END",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn apply_names(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE vaccine_aliases a SET valid_to = c.holds_from - 1, change_id = c.id
         FROM list_changes c JOIN list_items i ON i.change_id = c.id
         WHERE c.id = $1 AND (i.after ->> 'ended')::boolean AND a.alias = i.key AND a.vaccine = i.vaccine AND a.valid_to IS NULL",
        id
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO vaccine_aliases (alias, vaccine, valid_from, change_id)
         SELECT i.key, i.vaccine, c.holds_from, c.id FROM list_changes c JOIN list_items i ON i.change_id = c.id
         WHERE c.id = $1 AND NOT (i.after ->> 'ended')::boolean
         ON CONFLICT ON CONSTRAINT vaccine_aliases_pk DO UPDATE SET vaccine = EXCLUDED.vaccine, valid_to = NULL, change_id = EXCLUDED.change_id",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn apply_codes(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE vaccine_hpk h SET valid_to = c.holds_from - 1, change_id = c.id
         FROM list_changes c JOIN list_items i ON i.change_id = c.id
         WHERE c.id = $1 AND (i.after ->> 'ended')::boolean AND h.hpk = i.key AND h.vaccine = i.vaccine AND h.valid_to IS NULL",
        id
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO vaccine_hpk (hpk, vaccine, valid_from, change_id)
         SELECT i.key, i.vaccine, c.holds_from, c.id FROM list_changes c JOIN list_items i ON i.change_id = c.id
         WHERE c.id = $1 AND NOT (i.after ->> 'ended')::boolean
         ON CONFLICT ON CONSTRAINT vaccine_hpk_pk DO UPDATE SET vaccine = EXCLUDED.vaccine, valid_to = NULL, change_id = EXCLUDED.change_id",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The list has the change; what waited is looked at next. `false` when it had it already.
///
/// # Errors
/// When the database fails.
pub async fn applied(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "UPDATE list_changes SET state = 'applied', applied_at = $2 WHERE id = $1 AND state = 'agreed'",
        id,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Counts what was released, in the transaction it was released in.
///
/// # Errors
/// When the database fails.
pub async fn count(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    accepted: i32,
    to_review: i32,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE list_changes SET accepted = accepted + $2, to_review = to_review + $3 WHERE id = $1",
        id,
        accepted,
        to_review
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Changes that came into force while a delivery was judged: its rows may be judged by the list before. `began`: when whoever
/// ends it took it up; what was stored of it before that was judged at most ten minutes before it was stored.
///
/// # Errors
/// When the database fails.
pub async fn changed_under(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    began: OffsetDateTime,
) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT id FROM list_changes
         WHERE state IN ('applied', 'done')
           AND applied_at > LEAST($2, (SELECT created_at - interval '10 minutes' FROM delivery_rows WHERE delivery_id = $1 ORDER BY row_number LIMIT 1))
         ORDER BY applied_at",
        delivery,
        began
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// All that waited was looked at.
///
/// # Errors
/// When the database fails.
pub async fn finish(tx: &mut WorkerTx<'_>, id: Uuid, at: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE list_changes SET state = 'done', finished_at = $2 WHERE id = $1 AND state = 'applied'",
        id,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A cluster of refused rows, and one of its rows.
pub struct Sample {
    /// The row.
    pub id: Uuid,
    /// Whose.
    pub party_id: Uuid,
    /// Rule code.
    pub code: String,
    /// Column.
    pub column: String,
    /// Hash of its value.
    pub value: String,
    /// As delivered, sealed.
    pub raw_sealed: Option<Vec<u8>>,
}

/// Clusters of refused rows that wait with one of these codes, for RIVM or for their sender, each with one of its rows.
///
/// # Errors
/// When the database fails.
pub async fn refused_clusters(
    tx: &mut WorkerTx<'_>,
    codes: &[String],
) -> Result<Vec<Sample>, StoreError> {
    let rows = sqlx::query_as!(
        Sample,
        r#"WITH found AS MATERIALIZED (
               SELECT DISTINCT ON (party_id, cluster_code, cluster_column, cluster_value) id, party_id, cluster_code, cluster_column, cluster_value
               FROM delivery_rows
               WHERE state = 'open' AND outcome = 'AFGEKEURD' AND cluster_code = ANY ($1) AND cluster_code IS NOT NULL AND returned_at IS NULL
               ORDER BY party_id, cluster_code, cluster_column, cluster_value),
           -- By another index: what went back to its sender.
           back AS MATERIALIZED (
               SELECT id, party_id, cluster_code, cluster_column, cluster_value FROM delivery_rows
               WHERE state = 'open' AND returned_by IS NOT NULL AND outcome = 'AFGEKEURD' AND cluster_code = ANY ($1)),
           each AS MATERIALIZED (
               SELECT DISTINCT ON (b.party_id, b.cluster_code, b.cluster_column, b.cluster_value) b.*
               FROM (SELECT * FROM found UNION ALL SELECT * FROM back) AS b
               ORDER BY b.party_id, b.cluster_code, b.cluster_column, b.cluster_value)
           SELECT e.id AS "id!", e.party_id AS "party_id!", e.cluster_code AS "code!", e.cluster_column AS "column!",
                  e.cluster_value AS "value!", r.raw_sealed
           FROM each e JOIN delivery_rows r ON r.id = e.id"#,
        codes
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A refused row that waits.
pub struct Refused {
    /// Delivery.
    pub delivery_id: Uuid,
    /// Whose.
    pub party_id: Uuid,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Key.
    pub id: Uuid,
    /// Findings as the sender sees them.
    pub findings: serde_json::Value,
}

/// The rows of these clusters, delivery by delivery; those that went back to their sender among them.
///
/// # Errors
/// When the database fails.
pub async fn refused_rows(
    tx: &mut WorkerTx<'_>,
    clusters: &[Sample],
    limit: i64,
) -> Result<Vec<Refused>, StoreError> {
    let parties: Vec<Uuid> = clusters.iter().map(|one| one.party_id).collect();
    let text = |of: fn(&Sample) -> &String| clusters.iter().map(of).cloned().collect::<Vec<_>>();
    let rows = sqlx::query_as!(
        Refused,
        r#"WITH n AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS n (party_id, code, in_column, value))
           SELECT r.delivery_id AS "delivery_id!", r.party_id AS "party_id!", r.row_number AS "row_number!", r.id AS "id!", r.findings AS "findings!"
           FROM (SELECT w.delivery_id, w.party_id, w.row_number, w.id, w.findings
                 FROM n JOIN delivery_rows w ON w.party_id = n.party_id AND w.cluster_code = n.code AND w.cluster_column = n.in_column
                      AND w.cluster_value = n.value AND w.state = 'open' AND w.cluster_code IS NOT NULL AND w.returned_at IS NULL
                 WHERE w.outcome = 'AFGEKEURD'
                 UNION ALL
                 SELECT b.delivery_id, b.party_id, b.row_number, b.id, b.findings
                 FROM delivery_rows b
                 WHERE b.state = 'open' AND b.returned_by IS NOT NULL AND b.outcome = 'AFGEKEURD'
                   AND (b.party_id, b.cluster_code, b.cluster_column, b.cluster_value) IN (SELECT party_id, code, in_column, value FROM n)) AS r
           ORDER BY r.delivery_id, r.row_number LIMIT $5"#,
        &parties,
        &text(|one| &one.code),
        &text(|one| &one.column),
        &text(|one| &one.value),
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A stored row that waits because of its batch.
pub struct Doubted {
    /// Registration.
    pub report: Uuid,
    /// Its version.
    pub version: i32,
    /// The row.
    pub row: Uuid,
    /// Its party.
    pub party: Uuid,
    /// Batch.
    pub batch: String,
    /// Product.
    pub vaccine: i16,
    /// Day.
    pub on: Date,
    /// All columns, sealed.
    pub content_sealed: Vec<u8>,
    /// Findings as its sender sees them.
    pub shown: serde_json::Value,
    /// Findings that only RIVM sees.
    pub staff: serde_json::Value,
}

/// Stored rows that wait with one of these batches, in the order of their keys and after one of them; locked.
///
/// # Errors
/// When the database fails.
pub async fn doubted(
    tx: &mut WorkerTx<'_>,
    lots: &[String],
    after: Uuid,
    limit: i64,
) -> Result<Vec<Doubted>, StoreError> {
    let rows = sqlx::query_as!(
        Doubted,
        r#"SELECT r.id AS report, r.version, w.id AS row, r.party_id AS party, r.batch AS "batch!", r.vaccine AS "vaccine!",
                  r.vaccinated_on AS "on!", r.content_sealed AS "content_sealed!", w.findings AS shown, w.staff_findings AS staff
           FROM delivery_rows w JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
           WHERE w.state = 'open' AND w.report_id IS NOT NULL AND w.outcome = 'TE_CONTROLEREN' AND w.id > $2
             AND (w.findings @> '[{"code": "V22"}]' OR w.findings @> '[{"code": "V23"}]')
             AND r.batch = ANY ($1) AND r.vaccine IS NOT NULL AND r.vaccinated_on IS NOT NULL AND r.content_sealed IS NOT NULL
           ORDER BY w.id LIMIT $3 FOR UPDATE OF r, w"#,
        lots,
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A stored row that waits because its dose came too soon after another.
pub struct TooSoon {
    /// The row.
    pub row: Uuid,
    /// Its registration.
    pub report: Uuid,
    /// The version of it that stands.
    pub version: i32,
    /// Its person.
    pub person: Uuid,
    /// All columns, sealed.
    pub content_sealed: Vec<u8>,
}

/// Stored rows that wait with rule V32, in the order of their keys and after one of them.
///
/// # Errors
/// When the database fails.
pub async fn too_soon(
    tx: &mut WorkerTx<'_>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<TooSoon>, StoreError> {
    let rows = sqlx::query_as!(
        TooSoon,
        r#"SELECT w.id AS row, r.id AS report, r.version, r.person_id AS "person!", r.content_sealed AS "content_sealed!"
           FROM waiting_codes c JOIN delivery_rows w ON w.delivery_id = c.delivery_id AND w.row_number = c.row_number
           JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
           WHERE c.code = 'V32' AND c.outcome = 'TE_CONTROLEREN' AND w.id > $1 AND r.person_id IS NOT NULL AND r.content_sealed IS NOT NULL
           ORDER BY w.id LIMIT $2"#,
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Findings of stored rows after a list changed, column by column.
#[derive(Default)]
pub struct Reread {
    /// Registrations.
    pub report: Vec<Uuid>,
    /// Their versions.
    pub version: Vec<i32>,
    /// Rows.
    pub row: Vec<Uuid>,
    /// Findings as the sender sees them.
    pub shown: Vec<serde_json::Value>,
    /// Findings that only RIVM sees.
    pub staff: Vec<serde_json::Value>,
    /// What they wait for now; nothing leaves it as it is.
    pub clusters: Clusters,
}

/// Writes the findings of rows that waited until then, and keeps how they stood in their history: by this change, at this moment.
///
/// # Errors
/// When the database fails.
pub async fn reread(
    tx: &mut WorkerTx<'_>,
    new: &Reread,
    change: Uuid,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH n AS (SELECT * FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[], $4::text[], $5::text[], $6::text[])
                        AS n (id, shown, staff, code, in_column, value)),
              kept AS (INSERT INTO row_history (party_id, delivery_id, row_number, row_id, outcome, findings, staff_findings, mended_at, list_change_id)
                       SELECT w.party_id, w.delivery_id, w.row_number, w.id, 'TE_CONTROLEREN', w.findings, w.staff_findings, $7, $8
                       FROM delivery_rows w JOIN n ON n.id = w.id)
         UPDATE delivery_rows w
         SET findings = n.shown, staff_findings = n.staff, cluster_code = COALESCE(n.code, w.cluster_code),
             cluster_column = CASE WHEN n.code IS NULL THEN w.cluster_column ELSE n.in_column END,
             cluster_value = CASE WHEN n.code IS NULL THEN w.cluster_value ELSE n.value END
         FROM n WHERE w.id = n.id",
        &new.row,
        &new.shown,
        &new.staff,
        &new.clusters.code as _,
        &new.clusters.column,
        &new.clusters.value,
        at,
        change
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE reports r SET findings = n.shown FROM unnest($1::uuid[], $2::integer[], $3::jsonb[]) AS n (id, version, shown)
         WHERE r.id = n.id AND r.version = n.version",
        &new.report,
        &new.version,
        &new.shown
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A batch that nobody else gave, or that no list has.
pub struct Suspect {
    /// Number.
    pub batch: String,
    /// Product.
    pub vaccine: i16,
    /// It is in the list.
    pub listed: bool,
    /// Vaccinations and waiting rows with it; [`MOST_SEEN`] is that or more.
    pub times: i64,
    /// The parties that reported it.
    pub parties: Vec<String>,
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
    /// Batches in all pages.
    pub total: i64,
}

/// How often each of these batches was given in these days, counted up to [`MOST_SEEN`].
///
/// # Errors
/// When the database fails.
pub async fn given(
    tx: &mut WorkerTx<'_>,
    lots: &[String],
    from: Date,
    until: Date,
) -> Result<Vec<(String, i64)>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT n.lot AS "lot!", g.times AS "times!"
           FROM unnest($1::text[]) AS n (lot) CROSS JOIN LATERAL (
               SELECT count(*) AS times FROM (
                   SELECT FROM vaccinations v
                   WHERE v.batch = n.lot AND v.vaccinated_on BETWEEN $2 AND $3 AND v.effective AND v.valid_to IS NULL LIMIT $4) AS those) g"#,
        lots,
        from,
        until,
        MOST_SEEN
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().map(|one| (one.lot, one.times)).collect())
}

/// Vaccinations of a batch that are counted, at most.
pub const MOST_SEEN: i64 = 1_000;

/// Vaccinations of a number that some list has, at most: it is only seen whether it was given once, and of which products.
const LISTED_SEEN: i64 = 50;

/// Batches of registered vaccinations and of rows that wait, which are not in the list or were given exactly once; those
/// that are not in the list first, then the rarest. The batches in use are found by jumping through the indexes of batches,
/// so neither a register of millions nor a queue of as many is read; in the order of the index, for else PostgreSQL reads all
/// vaccinations to find none of a rare batch.
///
/// # Errors
/// When the database fails.
pub async fn suspects(
    tx: &mut WorkerTx<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Suspect>, StoreError> {
    let rows = sqlx::query_as!(
        Suspect,
        r#"WITH RECURSIVE given (batch) AS (
               (SELECT batch FROM vaccinations WHERE effective AND valid_to IS NULL ORDER BY batch LIMIT 1)
               UNION ALL
               SELECT (SELECT v.batch FROM vaccinations v WHERE v.effective AND v.valid_to IS NULL AND v.batch > g.batch ORDER BY v.batch LIMIT 1)
               FROM given g WHERE g.batch IS NOT NULL),
           waiting (batch) AS (
               (SELECT batch FROM reports WHERE valid_to IS NULL AND outcome = 'TE_CONTROLEREN' AND batch IS NOT NULL ORDER BY batch LIMIT 1)
               UNION ALL
               SELECT (SELECT r.batch FROM reports r WHERE r.valid_to IS NULL AND r.outcome = 'TE_CONTROLEREN' AND r.batch IS NOT NULL AND r.batch > w.batch
                       ORDER BY r.batch LIMIT 1)
               FROM waiting w WHERE w.batch IS NOT NULL),
           lots AS MATERIALIZED (
               SELECT l.batch, CASE WHEN EXISTS (SELECT FROM batches b WHERE b.lot = l.batch AND b.valid_to IS NULL) THEN $4::bigint ELSE $3::bigint END AS most
               FROM (SELECT batch FROM given UNION SELECT batch FROM waiting) l WHERE l.batch IS NOT NULL),
           seen AS MATERIALIZED (
               SELECT l.batch, s.vaccine, count(*) AS times, min(s.vaccinated_on) AS first, max(s.vaccinated_on) AS last
               FROM lots l CROSS JOIN LATERAL (
                   (SELECT v.vaccine, v.vaccinated_on FROM vaccinations v
                    WHERE v.batch = l.batch AND v.effective AND v.valid_to IS NULL ORDER BY v.vaccinated_on LIMIT l.most)
                   UNION ALL
                   (SELECT r.vaccine, r.vaccinated_on FROM reports r
                    WHERE r.batch = l.batch AND r.valid_to IS NULL AND r.outcome = 'TE_CONTROLEREN' AND r.batch IS NOT NULL
                      AND r.vaccine IS NOT NULL AND r.vaccinated_on IS NOT NULL LIMIT l.most)) s
               GROUP BY 1, 2),
           page AS MATERIALIZED (
               SELECT s.*, b.lot IS NOT NULL AS listed, count(*) OVER () AS total
               FROM seen s LEFT JOIN batches b ON b.lot = s.batch AND b.vaccine = s.vaccine AND b.valid_to IS NULL
               WHERE b.lot IS NULL OR s.times = 1
               ORDER BY b.lot IS NOT NULL, s.times, s.batch, s.vaccine LIMIT $1 OFFSET $2)
           SELECT p.batch AS "batch!", p.vaccine AS "vaccine!", p.listed AS "listed!", LEAST(p.times, $3) AS "times!",
                  ARRAY(SELECT DISTINCT y.name FROM (
                            (SELECT r.party_id FROM (SELECT v.id FROM vaccinations v
                                                     WHERE v.batch = p.batch AND v.vaccine = p.vaccine AND v.effective AND v.valid_to IS NULL
                                                     ORDER BY v.vaccinated_on LIMIT $4) v
                             JOIN reports r ON r.vaccination_id = v.id AND r.valid_to IS NULL)
                            UNION ALL
                            (SELECT r.party_id FROM reports r
                             WHERE r.batch = p.batch AND r.vaccine = p.vaccine AND r.valid_to IS NULL AND r.outcome = 'TE_CONTROLEREN'
                               AND r.batch IS NOT NULL LIMIT $4)) who
                        JOIN parties y ON y.id = who.party_id ORDER BY y.name LIMIT 4) AS "parties!: Vec<String>",
                  p.first AS "first!", p.last AS "last!", p.total AS "total!"
           FROM page p ORDER BY p.listed, p.times, p.batch, p.vaccine"#,
        limit,
        offset,
        MOST_SEEN,
        LISTED_SEEN
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}
