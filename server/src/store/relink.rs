//! Persons whose BSN the BRP changed: who they are, and giving them the new one. Works on sets; the one transaction that does
//! it all begins with [`leave`], which locks the persons, so that what comes in meanwhile is seen or waits.

use super::{StoreError, WorkerTx, turns};
use uuid::Uuid;

/// A list that came back with another BSN.
pub struct Renumbered {
    /// The load.
    pub load: Uuid,
    /// The list.
    pub pl_id: String,
    /// Keyed hash of the BSN it had.
    pub old_mac: Vec<u8>,
    /// Birth date it had.
    pub old_birth_date: Option<String>,
    /// Its BSN now, sealed for the list.
    pub new_enc: Option<Vec<u8>>,
    /// The person of the register with the old BSN.
    pub person: Option<Uuid>,
    /// That BSN, sealed for the person.
    pub old_enc: Option<Vec<u8>>,
}

/// Settles those that nobody has to follow: their number is nobody's in the register, or the list has no other one. In one
/// statement, for a full set may lose a million lists.
///
/// # Errors
/// When the database fails.
pub async fn settle_nobody(tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE brp_renumbered c SET outcome = 'nobody', settled_at = now()
         WHERE c.outcome IS NULL
           AND NOT EXISTS (SELECT FROM persons p JOIN brp_lists l ON l.pl_id = c.pl_id AND l.bsn_mac <> c.old_mac
                           WHERE p.mac_key = c.old_key AND p.bsn_mac = c.old_mac)"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Those that have a person and another BSN now. Also of those that nobody had to follow before: that person came in while
/// they were settled, or the list was without a BSN, or gone, since then. Locked. Of a list that changed more than once each
/// change has a line.
///
/// # Errors
/// When the database fails.
pub async fn waiting(tx: &mut WorkerTx<'_>) -> Result<Vec<Renumbered>, StoreError> {
    Ok(sqlx::query_as!(
        Renumbered,
        r#"SELECT c.load_id AS load, c.pl_id, c.old_mac, c.old_birth_date, l.bsn_enc AS new_enc, p.id AS "person?", p.bsn_enc AS old_enc
           FROM brp_renumbered c JOIN brp_lists l ON l.pl_id = c.pl_id
           JOIN persons p ON p.mac_key = c.old_key AND p.bsn_mac = c.old_mac
           WHERE (c.outcome IS NULL OR c.outcome = 'nobody') AND l.bsn_mac <> c.old_mac
           ORDER BY c.load_id, c.pl_id FOR UPDATE OF c"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Persons who have one of these BSNs now: (MAC, person).
///
/// # Errors
/// When the database fails.
pub async fn holders(
    tx: &mut WorkerTx<'_>,
    mac_key: &str,
    macs: &[Vec<u8>],
) -> Result<Vec<(Vec<u8>, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT bsn_mac AS "bsn_mac!", id FROM persons WHERE mac_key = $1 AND bsn_mac = ANY ($2)"#,
        mac_key,
        macs
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.bsn_mac, row.id)).collect())
}

/// What is reported of a person: the newest accepted registration, else the newest that stands.
pub struct Content {
    /// The person.
    pub person: Uuid,
    /// The registration.
    pub report: Uuid,
    /// All columns, sealed.
    pub content_sealed: Vec<u8>,
    /// Day of the vaccination.
    pub on: time::Date,
}

/// The content of each of these persons who has one.
///
/// # Errors
/// When the database fails.
pub async fn contents(tx: &mut WorkerTx<'_>, persons: &[Uuid]) -> Result<Vec<Content>, StoreError> {
    Ok(sqlx::query_as!(
        Content,
        r#"SELECT p.id AS "person!", r.id AS report, r.content_sealed AS "content_sealed!", r.vaccinated_on AS "on!"
           FROM unnest($1::uuid[]) AS p (id)
           CROSS JOIN LATERAL (SELECT * FROM reports o WHERE o.person_id = p.id AND o.valid_to IS NULL AND o.content_sealed IS NOT NULL
                                 AND o.vaccinated_on IS NOT NULL
                               ORDER BY o.outcome = 'GEACCEPTEERD' DESC, o.recorded_at DESC, o.id LIMIT 1) AS r"#,
        persons
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// These persons no longer have the BSN they had; it goes to their history.
///
/// # Errors
/// When the database fails.
pub async fn leave(tx: &mut WorkerTx<'_>, load: Uuid, persons: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO person_numbers (person_id, mac_key, bsn_mac, bsn_enc, load_id)
         SELECT id, mac_key, bsn_mac, bsn_enc, $1 FROM persons WHERE id = ANY ($2) AND bsn_mac IS NOT NULL ORDER BY id
         ON CONFLICT DO NOTHING",
        load,
        persons
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE persons SET mac_key = CASE WHEN identity_mac IS NOT NULL THEN mac_key END, bsn_mac = NULL, bsn_enc = NULL WHERE id = ANY ($1)",
        persons
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// BSNs that persons get, column by column.
#[derive(Default)]
pub struct Numbers {
    /// Persons.
    pub person: Vec<Uuid>,
    /// Keyed hashes.
    pub mac: Vec<Vec<u8>>,
    /// Sealed for the person.
    pub enc: Vec<Vec<u8>>,
}

/// Gives persons who left theirs another BSN.
///
/// # Errors
/// When the database fails; a unique violation when somebody else got it in this very moment.
pub async fn get(
    tx: &mut WorkerTx<'_>,
    mac_key: &str,
    numbers: &Numbers,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE persons p SET mac_key = $1, bsn_mac = n.mac, bsn_enc = n.enc
         FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) AS n (id, mac, enc) WHERE p.id = n.id",
        mac_key,
        &numbers.person,
        &numbers.mac,
        &numbers.enc
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Persons who became one with another, and got a vaccination since: (kept, gone).
///
/// # Errors
/// When the database fails.
pub async fn late_comers(tx: &mut WorkerTx<'_>) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT p.merged_into AS "kept!", p.id FROM persons p
           WHERE p.merged_into IS NOT NULL AND EXISTS (SELECT FROM vaccinations v WHERE v.person_id = p.id) ORDER BY p.id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kept, row.id)).collect())
}

/// A vaccination that came over and contradicts one that the kept person has.
pub struct Contradicts {
    /// The vaccination.
    pub jab: Uuid,
    /// Of that day is another one (rule D04); else of that dose (rule D05).
    pub same_day: bool,
}

/// Makes one of two persons, (kept, gone) by their place: what is reported of the second is of the first. A jab that both have
/// is one with all its reports; what contradicts another one is answered. [`super::rulings::settle`] the kept ones afterwards.
///
/// # Errors
/// When the database fails.
pub async fn merge(
    tx: &mut WorkerTx<'_>,
    load: Uuid,
    kept: &[Uuid],
    gone: &[Uuid],
) -> Result<Vec<Contradicts>, StoreError> {
    let pairs = sqlx::query!(
        r#"SELECT DISTINCT ON (v.id) v.person_id AS gone, v.id AS old, k.id AS new
           FROM unnest($1::uuid[], $2::uuid[]) AS m (kept, gone)
           JOIN vaccinations v ON v.person_id = m.gone AND v.valid_to IS NULL
           JOIN vaccinations k ON k.person_id = m.kept AND k.valid_to IS NULL AND k.vaccinated_on = v.vaccinated_on
                              AND k.vaccine = v.vaccine AND k.batch = v.batch AND k.dose = v.dose
           ORDER BY v.id, k.effective DESC, k.valid_from, k.id"#,
        kept,
        gone
    )
    .fetch_all(&mut **tx)
    .await?;
    let (old, new): (Vec<Uuid>, Vec<Uuid>) = pairs.iter().map(|row| (row.old, row.new)).unzip();
    sqlx::query!(
        "INSERT INTO person_merges (id, kept, gone, load_id, vaccinations, same)
         SELECT gen_random_uuid(), m.kept, m.gone, $3, COALESCE(array_agg(v.id) FILTER (WHERE v.id IS NOT NULL), '{}'),
                COALESCE(array_agg(v.id) FILTER (WHERE v.id = ANY ($4)), '{}')
         FROM unnest($1::uuid[], $2::uuid[]) AS m (kept, gone) LEFT JOIN vaccinations v ON v.person_id = m.gone
         GROUP BY m.kept, m.gone",
        kept,
        gone,
        load,
        &old
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "WITH r AS (UPDATE reports r SET person_id = m.kept
                    FROM unnest($1::uuid[], $2::uuid[]) AS m (kept, gone) JOIN vaccinations v ON v.person_id = m.gone
                    WHERE r.vaccination_id = v.id AND r.person_id = m.gone RETURNING r.delivery_id, r.row_number, r.person_id)
         UPDATE delivery_rows w SET person_id = r.person_id FROM r
         WHERE w.delivery_id = r.delivery_id AND w.row_number = r.row_number AND w.person_id IS NOT NULL",
        kept,
        gone
    )
    .execute(&mut **tx)
    .await?;
    // What both have: the reports rest on the one of the kept person.
    turns::point_at(tx, &old, &new).await?;
    let came = sqlx::query_scalar!(
        "UPDATE vaccinations v SET person_id = m.kept, effective = v.effective AND v.valid_to IS NOT NULL,
                valid_to = CASE WHEN v.id = ANY ($3) THEN GREATEST(now(), v.valid_from) ELSE v.valid_to END
         FROM unnest($1::uuid[], $2::uuid[]) AS m (kept, gone) WHERE v.person_id = m.gone RETURNING v.id",
        kept,
        gone,
        &old
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE rulings r SET person_id = m.kept FROM unnest($1::uuid[], $2::uuid[]) AS m (kept, gone)
         WHERE r.person_id = m.gone AND NOT EXISTS (SELECT FROM rulings o WHERE o.person_id = m.kept AND o.lesser = r.lesser
                                                    AND o.kind = 'merge' AND o.undone_at IS NULL)",
        kept,
        gone
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE corrections c SET person_id = m.kept FROM unnest($1::uuid[], $2::uuid[]) AS m (kept, gone) WHERE c.person_id = m.gone",
        kept,
        gone
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE persons p SET merged_into = m.kept FROM unnest($1::uuid[], $2::uuid[]) AS m (kept, gone)
         WHERE p.id = m.gone OR p.merged_into = m.gone",
        kept,
        gone
    )
    .execute(&mut **tx)
    .await?;
    Ok(sqlx::query_as!(
        Contradicts,
        r#"SELECT v.id AS jab, bool_or(k.vaccinated_on = v.vaccinated_on) AS "same_day!"
           FROM vaccinations v JOIN vaccinations k ON k.person_id = v.person_id AND k.valid_to IS NULL AND k.id <> ALL ($1)
                              AND (k.vaccinated_on = v.vaccinated_on OR k.dose = v.dose)
           WHERE v.person_id = ANY ($2) AND v.id = ANY ($1) AND v.valid_to IS NULL
             AND EXISTS (SELECT FROM reports r WHERE r.vaccination_id = k.id AND r.valid_to IS NULL AND r.outcome <> 'AFGEKEURD')
           GROUP BY v.id ORDER BY v.id"#,
        &came,
        kept
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// What became of changes, column by column.
#[derive(Default)]
pub struct Settled {
    /// Loads.
    pub load: Vec<Uuid>,
    /// Lists.
    pub pl_id: Vec<String>,
    /// Words of the table.
    pub outcome: Vec<&'static str>,
}

/// Keeps what became of them.
///
/// # Errors
/// When the database fails.
pub async fn settled(tx: &mut WorkerTx<'_>, settled: &Settled) -> Result<(), StoreError> {
    let outcome: Vec<String> = settled
        .outcome
        .iter()
        .map(|&word| word.to_owned())
        .collect();
    sqlx::query!(
        "UPDATE brp_renumbered c SET outcome = n.outcome, settled_at = now()
         FROM unnest($1::uuid[], $2::text[], $3::text[]) AS n (load, pl_id, outcome) WHERE c.load_id = n.load AND c.pl_id = n.pl_id",
        &settled.load,
        &settled.pl_id,
        &outcome
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
