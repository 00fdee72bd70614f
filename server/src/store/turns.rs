//! Turning registrations back, or forward again: the register's side of withdrawing a delivery (security G6).
//!
//! Works on sets, like `register`. A turned registration gets one version more: empty, or with the content of
//! an earlier version. Vaccinations follow their sources: what nobody reports ends, what is reported again comes
//! back under a new key, and what lost the source its content came from takes that of the next one.
//!
//! The newest version is looked up as the first of its key, never as "the one that is valid": just after an import the
//! planner knows nothing of the size of a delivery, and joins it with itself.

use super::{StoreError, WorkerTx};
use time::Date;
use uuid::Uuid;

/// Most numbers of rows that are looked at in one go where nothing turns.
const LOOKED_AT: i32 = 20_000;

/// A registration that a delivery, or a withdrawal, made a version of.
pub struct Candidate {
    /// Row of that delivery.
    pub row_number: i32,
    /// The registration.
    pub id: Uuid,
    /// Its newest version.
    pub version: i32,
    /// About whom that version is.
    pub person_id: Option<Uuid>,
    /// The vaccination it is a source of.
    pub vaccination_id: Option<Uuid>,
    /// Something else is to stand than what stands.
    pub turns: bool,
    /// The version that says what is to stand; `None` when the registration would not be there.
    pub onto: Option<i32>,
}

/// The next registrations of a delivery that is withdrawn, or put back again (`undone`: its withdrawal), each at its last row
/// there. What is to stand of a registration is what the last of the deliveries that count said of it, in whatever order
/// these were withdrawn and put back. A delivery that was told that it is known said so too. A version that only repeats
/// another one stands for it, and what a party took back by itself and put back again was never taken back.
///
/// # Errors
/// When the database fails.
pub async fn of_delivery(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    undone: Option<Uuid>,
    mut after: i32,
    limit: i64,
) -> Result<Vec<Candidate>, StoreError> {
    let last = last_row(tx, delivery).await?;
    let most = usize::try_from(limit).unwrap_or(1);
    // So many numbers at a time: however large the delivery is, a portion of it costs the same.
    let mut at_once = i32::try_from(limit).unwrap_or(i32::MAX);
    loop {
        let upto = after.saturating_add(at_once);
        let mut rows = between(tx, delivery, undone, (after, upto)).await?;
        if rows.is_empty() && upto < last {
            // A gap in the numbers, or rows that nothing turns.
            (after, at_once) = (upto, at_once.saturating_mul(2).min(LOOKED_AT));
            continue;
        }
        if let Some(end) = rows.get(most.saturating_sub(1)).map(|row| row.row_number) {
            rows.retain(|row| row.row_number <= end);
        }
        return Ok(rows);
    }
}

/// Number of the last row of a delivery that may turn.
async fn last_row(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<i32, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT GREATEST((SELECT max(row_number) FROM delivery_rows WHERE delivery_id = $1),
                           (SELECT max(row_number) FROM reports WHERE delivery_id = $1), 0) AS "last!""#,
        delivery
    )
    .fetch_one(&mut **tx)
    .await?)
}

async fn between(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    undone: Option<Uuid>,
    (after, upto): (i32, i32),
) -> Result<Vec<Candidate>, StoreError> {
    let mut rows = sqlx::query_as!(
        Candidate,
        r#"SELECT n.row_number AS "row_number!", n.id AS "id!", c.version, c.person_id, c.vaccination_id, b.version AS "onto?",
                  t.version IS DISTINCT FROM o.version AS "turns!"
           FROM (SELECT d.row_number, d.id, true AS said FROM reports d
                 WHERE d.delivery_id = $1 AND d.row_number > $3 AND d.row_number <= $4
                   AND d.version = (SELECT max(n.version) FILTER (WHERE n.delivery_id = $1) FROM reports n WHERE n.id = d.id)
                 UNION ALL
                 SELECT x.row_number, r.id, false FROM delivery_rows x
                 CROSS JOIN LATERAL (SELECT DISTINCT r.id, r.party_id FROM (SELECT * FROM reports r WHERE r.vaccination_id = x.vaccination_id OFFSET 0) AS r) AS r
                 WHERE x.delivery_id = $1 AND x.row_number > $3 AND x.row_number <= $4 AND x.outcome = 'DUBBEL' AND x.vaccination_id IS NOT NULL AND x.state <> 'pending'
                   AND r.party_id = x.party_id AND NOT EXISTS (SELECT FROM reports s WHERE s.id = r.id AND s.delivery_id = $1)) AS n
           CROSS JOIN LATERAL (SELECT c.* FROM reports c WHERE c.id = n.id ORDER BY c.version DESC LIMIT 1) AS c
           -- What stands was said by this version; nothing stands once it went with its delivery.
           LEFT JOIN LATERAL (SELECT COALESCE(c.restores, c.version) AS version WHERE c.restores IS NOT NULL OR c.withdrawal_id IS NULL) AS o ON true
           LEFT JOIN LATERAL (
               SELECT p.version FROM reports p
               WHERE p.id = n.id AND p.restores IS NULL AND p.withdrawal_id IS NULL
                 AND (delivery_counts(p.delivery_id)
                      OR EXISTS (SELECT FROM delivery_rows x WHERE x.vaccination_id = p.vaccination_id AND x.outcome = 'DUBBEL' AND x.party_id = p.party_id
                                 AND x.delivery_id <> p.delivery_id AND x.state <> 'pending' AND delivery_counts(x.delivery_id)))
                 AND NOT (p.mutation = 'V' AND EXISTS (SELECT FROM reports k WHERE k.id = p.id AND k.version = p.version + 1
                                                       AND k.restores IS NOT NULL AND k.withdrawal_id IS NULL))
               ORDER BY p.version DESC LIMIT 1) AS t ON true
           LEFT JOIN LATERAL (SELECT v.version FROM reports v WHERE v.id = n.id AND COALESCE(v.restores, v.version) = t.version
                                AND (v.restores IS NOT NULL OR v.withdrawal_id IS NULL)
                              ORDER BY v.version DESC LIMIT 1) AS b ON true
           -- What this delivery said and something else stands for is kept, and told; not what was never turned.
           WHERE t.version IS DISTINCT FROM o.version
              OR n.said AND ($2::uuid IS NULL OR EXISTS (SELECT FROM reports w WHERE w.id = n.id AND w.delivery_id = $2))
           ORDER BY n.row_number"#,
        delivery,
        undone,
        after,
        upto
    )
    .fetch_all(&mut **tx)
    .await?;
    // One that two rows of the delivery repeat turns once.
    let mut seen = std::collections::HashSet::new();
    rows.retain(|row| seen.insert(row.id));
    Ok(rows)
}

/// A registration that its own party withdrew by itself, as it is put back; its delivery must still count.
///
/// # Errors
/// When the database fails.
pub async fn withdrawn_alone(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    id: Uuid,
) -> Result<Option<(Candidate, Uuid)>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT c.version, o.delivery_id, o.person_id
           FROM reports c JOIN reports p ON p.id = c.id AND p.version = c.version - 1
           JOIN reports o ON o.id = c.id AND o.version = COALESCE(p.restores, p.version)
           JOIN deliveries d ON d.id = o.delivery_id
           WHERE c.id = $2 AND c.party_id = $1 AND c.valid_to IS NULL AND c.mutation = 'V' AND c.withdrawal_id IS NULL AND c.unlink_id IS NULL AND c.reject_id IS NULL
             AND p.mutation <> 'V' AND d.state <> 'withdrawn'"#,
        party,
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        let candidate = Candidate {
            row_number: 1,
            id,
            version: row.version,
            person_id: row.person_id,
            vaccination_id: None,
            turns: true,
            onto: Some(row.version - 1),
        };
        (candidate, row.delivery_id)
    }))
}

/// A registration of this party, other than this one, that rests on the same jab as its version did.
///
/// # Errors
/// When the database fails.
pub async fn same_jab(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    id: Uuid,
    version: i32,
) -> Result<Option<Uuid>, StoreError> {
    let row = sqlx::query_scalar!(
        "SELECT r.id FROM reports p JOIN vaccinations v ON v.person_id = p.person_id AND v.id = p.vaccination_id
         JOIN vaccinations s ON s.person_id = v.person_id AND s.valid_to IS NULL AND s.vaccinated_on = v.vaccinated_on
                            AND s.vaccine = v.vaccine AND s.batch = v.batch AND s.dose = v.dose
         JOIN reports r ON r.vaccination_id = s.id AND r.valid_to IS NULL AND r.party_id = $1 AND r.id <> $2
         WHERE p.id = $2 AND p.version = $3 LIMIT 1",
        party,
        id,
        version
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Persons that these versions of registrations are about.
///
/// # Errors
/// When the database fails.
pub async fn persons(
    tx: &mut WorkerTx<'_>,
    ids: &[Uuid],
    versions: &[i32],
) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT DISTINCT r.person_id AS "person!" FROM unnest($1::uuid[], $2::integer[]) AS n (id, version)
           JOIN reports r ON r.id = n.id AND r.version = n.version WHERE r.person_id IS NOT NULL"#,
        ids,
        versions
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A version to go back to, and where its jab stands now.
pub struct Before {
    /// The registration.
    pub id: Uuid,
    /// Who it is about; a withdrawal of the party itself is about nobody.
    pub person_id: Option<Uuid>,
    /// Content, sealed.
    pub content_sealed: Option<Vec<u8>>,
    /// Outcome it had.
    pub outcome: String,
    /// The vaccination it was a source of.
    pub jab: Option<Uuid>,
    /// Day of that vaccination.
    pub vaccinated_on: Option<Date>,
    /// Product of that vaccination.
    pub vaccine: Option<i16>,
    /// Batch of that vaccination.
    pub batch: Option<String>,
    /// Dose of that vaccination.
    pub dose: Option<i16>,
    /// That vaccination counted in proofs and reports.
    pub effective: bool,
    /// A vaccination that stands now for the same jab: that one itself, when it never ended.
    pub now: Option<Uuid>,
    /// Another vaccination counts now that stands against it, by this rule: one of that day and product, or one that was not
    /// there beside it.
    pub against: Option<String>,
    /// It was ruled which of two counts, and this is one of them.
    pub ruled: bool,
}

/// Versions to go back to, as the register stands after the newest ones ended.
///
/// # Errors
/// When the database fails.
pub async fn before(
    tx: &mut WorkerTx<'_>,
    ids: &[Uuid],
    versions: &[i32],
) -> Result<Vec<Before>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        Before,
        r#"SELECT p.id, p.person_id, p.content_sealed, p.outcome, v.id AS "jab?", v.vaccinated_on AS "vaccinated_on?",
                  v.vaccine AS "vaccine?", v.batch AS "batch?", v.dose AS "dose?", COALESCE(v.effective, false) AS "effective!",
                  s.id AS "now?",
                  (SELECT min(CASE WHEN t.vaccinated_on = v.vaccinated_on THEN 'D04' WHEN t.dose = v.dose THEN 'D05' ELSE 'V32' END)
                   FROM vaccinations t WHERE t.person_id = v.person_id AND t.effective AND t.valid_to IS NULL
                     AND (t.vaccinated_on = v.vaccinated_on AND t.vaccine = v.vaccine
                          OR (t.vaccinated_on = v.vaccinated_on OR t.dose = v.dose
                              OR abs(t.vaccinated_on - v.vaccinated_on) < (SELECT p.min_interval_days FROM vaccines p
                                   WHERE p.id = CASE WHEN t.vaccinated_on < v.vaccinated_on THEN t.vaccine ELSE v.vaccine END))
                             AND NOT EXISTS (SELECT FROM vaccinations b WHERE b.person_id = t.person_id AND b.id IN (t.id, t.continues)
                                             AND b.valid_from < v.valid_to))) AS against,
                  EXISTS (SELECT FROM rulings m WHERE m.person_id = v.person_id AND m.kind = 'merge' AND m.undone_at IS NULL
                          AND v.id IN (m.lesser, m.kept)) AS "ruled!"
           FROM unnest($1::uuid[], $2::integer[]) AS w (id, version)
           JOIN reports p ON p.id = w.id AND p.version = w.version
           LEFT JOIN vaccinations v ON v.person_id = p.person_id AND v.id = p.vaccination_id
           LEFT JOIN LATERAL (SELECT s.id FROM vaccinations s
                              WHERE s.person_id = v.person_id AND s.valid_to IS NULL AND s.vaccinated_on = v.vaccinated_on
                                AND s.vaccine = v.vaccine AND s.batch = v.batch AND s.dose = v.dose
                              ORDER BY s.id <> v.id, s.effective DESC, s.id LIMIT 1) AS s ON true"#,
        ids,
        versions
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Vaccinations that come back: (person, ended one, its new key, it counts), column by column.
#[derive(Default)]
pub struct Revived {
    /// Whose.
    pub person_id: Vec<Uuid>,
    /// The one that ended.
    pub old: Vec<Uuid>,
    /// The one in its place.
    pub new: Vec<Uuid>,
    /// No reviewer has to decide.
    pub effective: Vec<bool>,
}

/// Brings vaccinations back as they were when they ended.
///
/// # Errors
/// When the database fails; a unique violation when somebody else was faster.
pub async fn revive(tx: &mut WorkerTx<'_>, jabs: &Revived) -> Result<(), StoreError> {
    if jabs.new.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO vaccinations (person_id, id, vaccinated_on, vaccine, hpk, batch, dose, country, target_group, agb, effective, continues)
         SELECT v.person_id, n.new, v.vaccinated_on, v.vaccine, v.hpk, v.batch, v.dose, v.country, v.target_group, v.agb, n.effective, v.id
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[]) AS n (person_id, old, new, effective)
         JOIN vaccinations v ON v.person_id = n.person_id AND v.id = n.old ORDER BY 1, 3, 4",
        &jabs.person_id,
        &jabs.old,
        &jabs.new,
        &jabs.effective
    )
    .execute(&mut **tx)
    .await?;
    point_at(tx, &jabs.old, &jabs.new).await
}

/// Vaccinations that go on under other keys, column by column.
#[derive(Default)]
pub struct GoesOn {
    /// Whose.
    pub person_id: Vec<Uuid>,
    /// The one that ended.
    pub old: Vec<Uuid>,
    /// The one in its place.
    pub new: Vec<Uuid>,
}

/// They go on with what was ruled of them: who reported them said something new of the rest.
///
/// # Errors
/// When the database fails.
pub async fn go_on(tx: &mut WorkerTx<'_>, jabs: &GoesOn) -> Result<(), StoreError> {
    if jabs.new.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE vaccinations v SET continues = n.old FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS n (person_id, old, new)
         WHERE v.person_id = n.person_id AND v.id = n.new",
        &jabs.person_id,
        &jabs.old,
        &jabs.new
    )
    .execute(&mut **tx)
    .await?;
    point_at(tx, &jabs.old, &jabs.new).await
}

/// Whoever pointed at a vaccination now points at the one in its place.
pub(super) async fn point_at(
    tx: &mut WorkerTx<'_>,
    old: &[Uuid],
    new: &[Uuid],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE reports r SET vaccination_id = n.new FROM unnest($1::uuid[], $2::uuid[]) AS n (old, new) WHERE r.vaccination_id = n.old",
        old,
        new
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE rulings r SET lesser = COALESCE(l.new, r.lesser), kept = COALESCE(k.new, r.kept)
         FROM rulings o
         LEFT JOIN unnest($1::uuid[], $2::uuid[]) AS l (old, new) ON l.old = o.lesser
         LEFT JOIN unnest($1::uuid[], $2::uuid[]) AS k (old, new) ON k.old = o.kept
         WHERE r.id = o.id AND r.kind = 'merge' AND (o.lesser = ANY ($1) OR o.kept = ANY ($1))",
        old,
        new
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE delivery_rows r SET vaccination_id = n.new FROM unnest($1::uuid[], $2::uuid[]) AS n (old, new)
         WHERE r.vaccination_id = n.old AND r.outcome = 'DUBBEL'",
        old,
        new
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Rows that RIVM had to look at because these registrations came back, and those of deliveries that were withdrawn before:
/// the registrations turn once more.
///
/// # Errors
/// When the database fails.
pub async fn close_review(tx: &mut WorkerTx<'_>, ids: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE delivery_rows x SET state = 'withdrawn' FROM reports r, deliveries d
         WHERE r.id = ANY ($1) AND x.delivery_id = r.delivery_id AND x.row_number = r.row_number AND x.report_id = r.id AND x.state = 'open'
           AND d.id = x.delivery_id AND (r.restores IS NOT NULL OR d.state = 'withdrawn')",
        ids
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// New versions, column by column. What they say comes from the version they go back to.
#[derive(Default)]
pub struct Turned {
    /// Registrations.
    pub id: Vec<Uuid>,
    /// Versions that ended.
    pub version: Vec<i32>,
    /// Versions to repeat, if any.
    pub onto: Vec<Option<i32>>,
    /// Row numbers, those of the delivery.
    pub row_number: Vec<i32>,
    /// Vaccinations they are a source of.
    pub vaccination_id: Vec<Option<Uuid>>,
    /// RIVM has to look: another vaccination stands in the way. Findings then, as the sender sees them.
    pub review: Vec<Option<serde_json::Value>>,
}

/// Where new versions come from.
pub struct By {
    /// The delivery whose rows they are.
    pub delivery: Uuid,
    /// The withdrawal of a delivery that made them; none when one registration was put back by itself.
    pub withdrawal: Option<Uuid>,
    /// Who; nobody by name where RIVM decided.
    pub user: Option<Uuid>,
    /// Reason, sealed for that one registration.
    pub reason_sealed: Option<Vec<u8>>,
    /// The decision by which RIVM rejects them for good.
    pub rejects: Option<Uuid>,
}

/// Stores new versions.
///
/// # Errors
/// When the database fails; a unique violation when somebody else was faster.
pub async fn insert(tx: &mut WorkerTx<'_>, by: &By, turned: &Turned) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO reports (id, version, party_id, source_key, mutation, channel, delivery_id, row_number, outcome, person_id,
                              vaccination_id, vaccinated_on, vaccine, batch, dose, target_group, content_sealed, row_digest, digest_key, findings,
                              ruleset_version, accepted_by, recorded_by, withdrawal_id, restores, reason_sealed, link_id, unlink_id, reject_id)
         SELECT c.id, c.version + 1, c.party_id, c.source_key, COALESCE(p.mutation, 'V'), 'portaal', $1, n.row_number,
                CASE WHEN n.review IS NULL THEN COALESCE(p.outcome, 'GEACCEPTEERD') ELSE 'TE_CONTROLEREN' END, p.person_id,
                n.vaccination_id, p.vaccinated_on, p.vaccine, p.batch, p.dose, p.target_group, p.content_sealed,
                -- What is rejected stays out when it is delivered again.
                CASE WHEN $11::uuid IS NULL THEN p.row_digest ELSE c.row_digest END, CASE WHEN $11::uuid IS NULL THEN p.digest_key ELSE c.digest_key END,
                COALESCE(p.findings, '[]') || COALESCE(n.review, '[]'), p.ruleset_version, p.accepted_by, $2, $3,
                COALESCE(p.restores, p.version), $4, p.link_id, p.unlink_id, COALESCE($11, p.reject_id)
         FROM unnest($5::uuid[], $6::integer[], $7::integer[], $8::integer[], $9::uuid[], $10::jsonb[])
              AS n (id, version, onto, row_number, vaccination_id, review)
         JOIN reports c ON c.id = n.id AND c.version = n.version
         LEFT JOIN reports p ON p.id = n.id AND p.version = n.onto",
        by.delivery,
        by.user,
        by.withdrawal,
        by.reason_sealed,
        &turned.id,
        &turned.version,
        &turned.onto as _,
        &turned.row_number,
        &turned.vaccination_id as _,
        &turned.review as _,
        by.rejects
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A source of a vaccination, and the vaccination as it stands.
pub struct Source {
    /// Whose.
    pub person_id: Uuid,
    /// The vaccination.
    pub jab: Uuid,
    /// The registration.
    pub id: Uuid,
    /// Of the delivery that is being turned.
    pub ours: bool,
    /// Of a delivery that was withdrawn.
    pub withdrawn: bool,
    /// Outcome of what was reported.
    pub outcome: String,
    /// Content, sealed.
    pub content_sealed: Vec<u8>,
    /// Target group of what was reported.
    pub said_target_group: Option<String>,
    /// HPK code now.
    pub hpk: Option<String>,
    /// Country now.
    pub country: String,
    /// Target group now.
    pub target_group: String,
    /// Who administered, now.
    pub agb: Option<String>,
    /// Counts now.
    pub effective: bool,
}

/// All that was ever reported of these vaccinations, as far as they still stand, first reported first.
///
/// # Errors
/// When the database fails.
pub async fn sources(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    jabs: &[Uuid],
) -> Result<Vec<Source>, StoreError> {
    let rows = sqlx::query_as!(
        Source,
        r#"SELECT v.person_id, v.id AS jab, r.id, od.id = $1 AS "ours!", od.state = 'withdrawn' AS "withdrawn!", o.outcome,
                  r.content_sealed AS "content_sealed!", r.target_group AS said_target_group, v.hpk, v.country, v.target_group, v.agb, v.effective
           FROM reports r
           JOIN vaccinations v ON v.person_id = r.person_id AND v.id = r.vaccination_id AND v.valid_to IS NULL
           JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           JOIN deliveries od ON od.id = o.delivery_id
           WHERE r.vaccination_id = ANY ($2) AND r.content_sealed IS NOT NULL
           ORDER BY v.id, o.recorded_at, od.seq, o.row_number, r.version"#,
        delivery,
        jabs
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Vaccinations with other content, column by column.
#[derive(Default)]
pub struct Rewritten {
    /// Whose.
    pub person_id: Vec<Uuid>,
    /// The one that ends.
    pub old: Vec<Uuid>,
    /// The one in its place.
    pub new: Vec<Uuid>,
    /// HPK codes.
    pub hpk: Vec<Option<String>>,
    /// Countries.
    pub country: Vec<String>,
    /// Target groups.
    pub target_group: Vec<String>,
    /// Who administered.
    pub agb: Vec<Option<String>>,
    /// No reviewer has to decide, unless another vaccination of that day and product counts.
    pub effective: Vec<bool>,
}

/// Ends vaccinations and puts others with the same jab in their place.
///
/// # Errors
/// When the database fails; a unique violation when somebody else was faster.
pub async fn rewrite(tx: &mut WorkerTx<'_>, jabs: &Rewritten) -> Result<(), StoreError> {
    if jabs.new.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE vaccinations v SET valid_to = GREATEST(now(), v.valid_from) FROM unnest($1::uuid[], $2::uuid[]) AS n (person_id, old)
         WHERE v.person_id = n.person_id AND v.id = n.old AND v.valid_to IS NULL",
        &jabs.person_id,
        &jabs.old
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO vaccinations (person_id, id, vaccinated_on, vaccine, hpk, batch, dose, country, target_group, agb, effective, continues)
         SELECT v.person_id, n.new, v.vaccinated_on, v.vaccine, n.hpk, v.batch, v.dose, n.country, n.target_group, n.agb,
                n.effective AND NOT EXISTS (SELECT FROM vaccinations t WHERE t.person_id = v.person_id AND t.vaccinated_on = v.vaccinated_on
                                            AND t.vaccine = v.vaccine AND t.effective AND t.valid_to IS NULL), v.id
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[])
              AS n (person_id, old, new, hpk, country, target_group, agb, effective)
         JOIN vaccinations v ON v.person_id = n.person_id AND v.id = n.old ORDER BY 1, 3, 4",
        &jabs.person_id,
        &jabs.old,
        &jabs.new,
        &jabs.hpk as _,
        &jabs.country,
        &jabs.target_group,
        &jabs.agb as _,
        &jabs.effective
    )
    .execute(&mut **tx)
    .await?;
    point_at(tx, &jabs.old, &jabs.new).await
}

/// A withdrawn delivery asks nobody for anything any more; what stays in the register stays with RIVM.
///
/// # Errors
/// When the database fails.
pub async fn close_rows(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE delivery_rows x SET state = 'withdrawn' WHERE x.delivery_id = $1 AND x.state = 'open'
           AND NOT EXISTS (SELECT FROM (SELECT c.* FROM reports c WHERE c.id = x.report_id ORDER BY c.version DESC LIMIT 1) AS c
                           JOIN reports o ON o.id = c.id AND o.version = COALESCE(c.restores, c.version) WHERE o.delivery_id = $1)",
        delivery
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Rows of a delivery that counts again wait again, and those of its withdrawal no longer.
///
/// # Errors
/// When the database fails.
pub async fn open_rows(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    withdrawal: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE delivery_rows x SET state = 'open' WHERE x.delivery_id = $1 AND x.state = 'withdrawn'
           AND (x.report_id IS NULL OR EXISTS (
                SELECT FROM (SELECT c.* FROM reports c WHERE c.id = x.report_id ORDER BY c.version DESC LIMIT 1) AS c
                JOIN reports o ON o.id = c.id AND o.version = COALESCE(c.restores, c.version) WHERE o.delivery_id = $1))",
        delivery
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE delivery_rows x SET state = 'withdrawn' WHERE x.delivery_id = $1 AND x.state = 'open'
           AND NOT EXISTS (SELECT FROM (SELECT c.* FROM reports c WHERE c.id = x.report_id ORDER BY c.version DESC LIMIT 1) AS c
                           WHERE c.delivery_id = $1)",
        withdrawal
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
