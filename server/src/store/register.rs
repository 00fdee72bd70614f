//! The register as intake uses it: what is known of a chunk of rows, and what a chunk adds.
//!
//! Every function works on a set; none is called per row. Facts are found first, so that rows go in by
//! plain inserts; a concurrent writer shows as a unique violation and the chunk is tried again.

use super::{StoreError, WorkerTx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Newest version under a source key.
pub struct KnownKey {
    /// The registration.
    pub report_id: Uuid,
    /// Its newest version.
    pub version: i32,
    /// Key of the sender.
    pub source_key: String,
    /// N, C or V.
    pub mutation: String,
    /// Digest of its content.
    pub row_digest: Option<Vec<u8>>,
    /// Digests of what the same row said before RIVM put it right.
    pub said_before: Option<Vec<Vec<u8>>>,
    /// About whom.
    pub person_id: Option<Uuid>,
    /// Source of which vaccination.
    pub vaccination_id: Option<Uuid>,
    /// An empty version because its delivery was withdrawn as a whole.
    pub undone: bool,
    /// Came with a later delivery than the one that asks.
    pub later: bool,
    /// Does not count yet.
    pub waits: bool,
}

/// What this party delivered before under these keys, as a delivery of it asks. Each key is looked up in `reports_source_key_unique`, and written
/// so that nothing else is possible: while the statistics are of before an import, the planner takes the party for one
/// with few rows and would read them all per chunk, through an index on `valid_to IS NULL`.
///
/// # Errors
/// When the database fails.
pub async fn known_keys(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
    keys: &[String],
) -> Result<Vec<KnownKey>, StoreError> {
    let found = sqlx::query_as!(
        KnownKey,
        r#"SELECT r.id AS report_id, r.version, r.source_key, r.mutation, r.row_digest, r.person_id, r.vaccination_id,
                  CASE WHEN r.version > 1 THEN (SELECT array_agg(o.row_digest) FROM reports o
                                                WHERE o.id = r.id AND o.version < r.version AND o.delivery_id = r.delivery_id
                                                  AND o.row_number = r.row_number AND o.row_digest IS NOT NULL) END AS said_before,
                  r.mutation = 'V' AND (r.withdrawal_id IS NOT NULL AND r.restores IS NULL OR r.unlink_id IS NOT NULL) AS "undone!",
                  COALESCE((SELECT v.seq FROM deliveries v WHERE v.id = CASE
                                -- What a withdrawal put back is of the delivery that said it.
                                WHEN r.withdrawal_id IS NULL OR r.restores IS NULL THEN r.delivery_id
                                ELSE (SELECT o.delivery_id FROM reports o WHERE o.id = r.id AND o.version = r.restores) END)
                           > (SELECT m.seq FROM deliveries m WHERE m.id = $3), false) AS "later!",
                  r.outcome = 'TE_CONTROLEREN' AS "waits!"
           FROM unnest($2::text[]) AS k (source_key)
           CROSS JOIN LATERAL (SELECT * FROM reports WHERE party_id = $1 AND source_key = k.source_key
                                 AND COALESCE(valid_to, 'infinity') = 'infinity' OFFSET 0) AS r"#,
        party,
        keys,
        delivery
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// Persons known by BSN: (MAC, key). A BSN that a person had before leads to that person, unless it is that of another
/// person, or of another list of the BRP, now.
///
/// # Errors
/// When the database fails.
pub async fn persons_by_bsn(
    tx: &mut WorkerTx<'_>,
    mac_key: &str,
    macs: &[Vec<u8>],
) -> Result<Vec<(Vec<u8>, Uuid)>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT bsn_mac AS "bsn_mac!", id AS "id!" FROM persons WHERE mac_key = $1 AND bsn_mac = ANY ($2)
           UNION ALL
           SELECT n.bsn_mac, min(n.id::text)::uuid
           FROM (SELECT DISTINCT n.bsn_mac, COALESCE(h.merged_into, h.id) AS id FROM person_numbers n JOIN persons h ON h.id = n.person_id
                 WHERE n.mac_key = $1 AND n.bsn_mac = ANY ($2)) AS n
           JOIN persons p ON p.id = n.id AND p.bsn_mac IS NOT NULL
           WHERE NOT EXISTS (SELECT FROM persons o WHERE o.mac_key = $1 AND o.bsn_mac = n.bsn_mac)
             AND NOT EXISTS (SELECT FROM brp_lists o WHERE o.bsn_mac = n.bsn_mac AND COALESCE(o.suspension_reason, '') NOT IN ('F', 'W'))
           GROUP BY n.bsn_mac HAVING count(*) = 1"#,
        mac_key,
        macs
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().map(|row| (row.bsn_mac, row.id)).collect())
}

/// Persons without BSN, known by their keyed identity: (MAC, key).
///
/// # Errors
/// When the database fails.
pub async fn persons_by_identity(
    tx: &mut WorkerTx<'_>,
    mac_key: &str,
    macs: &[Vec<u8>],
) -> Result<Vec<(Vec<u8>, Uuid)>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT identity_mac AS "identity_mac!", id FROM persons
           WHERE mac_key = $1 AND identity_mac = ANY ($2) AND bsn_mac IS NULL ORDER BY created_at DESC, id"#,
        mac_key,
        macs
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found
        .into_iter()
        .map(|row| (row.identity_mac, row.id))
        .collect())
}

/// True while nobody else of these identities has come since they were looked up; `mine` are the persons that this
/// transaction made of them. Who asks keeps others who ask waiting until it commits, so it is asked shortly before that.
///
/// # Errors
/// When the database fails.
pub async fn still_new(
    tx: &mut WorkerTx<'_>,
    mac_key: &str,
    macs: &[Vec<u8>],
    mine: &[Uuid],
) -> Result<bool, StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('persons without bsn', 0))")
        .execute(&mut **tx)
        .await?;
    // A statement of its own sees what was committed while this one waited.
    Ok(sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM persons WHERE mac_key = $1 AND identity_mac = ANY ($2) AND bsn_mac IS NULL
                              AND id <> ALL ($3)) AS "new!""#,
        mac_key,
        macs,
        mine
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Holds persons until the end of the transaction: what is read of them from here on stays so, for whoever changes what is
/// reported of a person, or what counts, holds the person first. Others wait. Who holds may have begun before whom it waited
/// for: what it ends did not end before it began.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut WorkerTx<'_>, persons: &[Uuid]) -> Result<(), StoreError> {
    if persons.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "SELECT id FROM persons WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
        persons
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// A vaccination of a person, and who reported it.
pub struct KnownJab {
    /// Whose.
    pub person_id: Uuid,
    /// Its key.
    pub id: Uuid,
    /// Day.
    pub vaccinated_on: Date,
    /// Product.
    pub vaccine: i16,
    /// Batch.
    pub batch: String,
    /// Dose.
    pub dose: i16,
    /// Registrations of the asking party that rest on it.
    pub own: Vec<Uuid>,
    /// The same, of which RIVM found the person.
    pub linked: Vec<Uuid>,
    /// Reports of other parties that rest on it.
    pub others: i64,
    /// It counts, or RIVM said which one does in its place.
    pub settled: bool,
}

/// The vaccinations of these persons, seen by one party; what RIVM refused is not among them. Reports are looked up one
/// vaccination at a time, and by that alone (`OFFSET 0`): without statistics PostgreSQL takes the index of all that hold
/// (`valid_to IS NULL`) for nearly empty, and reads it whole for each of them.
///
/// # Errors
/// When the database fails.
pub async fn jabs(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    persons: &[Uuid],
) -> Result<Vec<KnownJab>, StoreError> {
    let found = sqlx::query_as!(
        KnownJab,
        r#"SELECT v.person_id, v.id, v.vaccinated_on, v.vaccine, v.batch, v.dose, s.own AS "own!", s.linked AS "linked!", s.others AS "others!",
                  v.effective OR v.merged_into IS NOT NULL AS "settled!"
           FROM vaccinations v
           CROSS JOIN LATERAL (
               SELECT COALESCE(array_agg(r.id) FILTER (WHERE r.party_id = $1 AND r.link_id IS NULL), '{}') AS own,
                      COALESCE(array_agg(r.id) FILTER (WHERE r.party_id = $1 AND r.link_id IS NOT NULL), '{}') AS linked,
                      count(*) FILTER (WHERE r.party_id <> $1) AS others, count(*) AS stand
               FROM (SELECT * FROM reports o WHERE o.vaccination_id = v.id OFFSET 0) AS r
               WHERE r.valid_to IS NULL AND r.outcome <> 'AFGEKEURD') AS s
           WHERE v.person_id = ANY ($2) AND v.valid_to IS NULL AND s.stand > 0
           ORDER BY v.person_id, v.vaccinated_on, v.id"#,
        party,
        persons
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// A known batch.
pub struct Batch {
    /// Number.
    pub lot: String,
    /// Product.
    pub vaccine: i16,
    /// Last day of use.
    pub expiration_date: Option<Date>,
}

/// All known batches, without those that ended: some hundreds.
///
/// # Errors
/// When the database fails.
pub async fn batches(tx: &mut WorkerTx<'_>) -> Result<Vec<Batch>, StoreError> {
    Ok(sqlx::query_as!(
        Batch,
        "SELECT lot, vaccine, expiration_date FROM batches WHERE valid_to IS NULL"
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// AGB codes a party may deliver for, with their validity.
///
/// # Errors
/// When the database fails.
pub async fn agbs(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
) -> Result<Vec<(String, Date, Option<Date>)>, StoreError> {
    let found = sqlx::query!(
        "SELECT agb, valid_from, valid_to FROM party_agb WHERE party_id = $1",
        party
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found
        .into_iter()
        .map(|row| (row.agb, row.valid_from, row.valid_to))
        .collect())
}

/// New persons of a chunk, column by column.
#[derive(Default)]
pub struct NewPersons {
    /// Keys.
    pub id: Vec<Uuid>,
    /// Key id of the MACs.
    pub mac_key: Vec<String>,
    /// Keyed hash of the BSN.
    pub bsn_mac: Vec<Option<Vec<u8>>>,
    /// Sealed BSN.
    pub bsn_enc: Vec<Option<Vec<u8>>>,
    /// Keyed hash of who a person without BSN is.
    pub identity_mac: Vec<Option<Vec<u8>>>,
    /// The same, sealed.
    pub identity_sealed: Vec<Option<Vec<u8>>>,
}

impl NewPersons {
    /// Adds one: by BSN (MAC and sealed) or by identity (the same).
    pub fn push(
        &mut self,
        id: Uuid,
        mac_key: String,
        bsn: Option<(Vec<u8>, Vec<u8>)>,
        identity: Option<(Vec<u8>, Vec<u8>)>,
    ) {
        let (bsn_mac, bsn_enc) = bsn.unzip();
        let (identity_mac, identity_sealed) = identity.unzip();
        self.id.push(id);
        self.mac_key.push(mac_key);
        self.bsn_mac.push(bsn_mac);
        self.bsn_enc.push(bsn_enc);
        self.identity_mac.push(identity_mac);
        self.identity_sealed.push(identity_sealed);
    }
}

/// Stores new persons.
///
/// # Errors
/// When the database fails; a unique violation when somebody else was faster.
pub async fn insert_persons(tx: &mut WorkerTx<'_>, new: &NewPersons) -> Result<(), StoreError> {
    if new.id.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO persons (id, mac_key, bsn_mac, bsn_enc, identity_mac, identity_sealed)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[]) AS n ORDER BY 3",
        &new.id,
        &new.mac_key,
        &new.bsn_mac as _,
        &new.bsn_enc as _,
        &new.identity_mac as _,
        &new.identity_sealed as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// New vaccinations of a chunk, column by column.
#[derive(Default)]
pub struct NewJabs {
    /// Whose.
    pub person_id: Vec<Uuid>,
    /// Keys.
    pub id: Vec<Uuid>,
    /// Days.
    pub vaccinated_on: Vec<Date>,
    /// Products.
    pub vaccine: Vec<i16>,
    /// HPK codes.
    pub hpk: Vec<Option<String>>,
    /// Batches.
    pub batch: Vec<String>,
    /// Doses.
    pub dose: Vec<i16>,
    /// Countries.
    pub country: Vec<String>,
    /// Target groups.
    pub target_group: Vec<String>,
    /// Who administered.
    pub agb: Vec<Option<String>>,
    /// No reviewer has to decide.
    pub effective: Vec<bool>,
}

/// Stores new vaccinations, in the order of their unique key.
///
/// # Errors
/// When the database fails; a unique violation when somebody else was faster.
pub async fn insert_jabs(tx: &mut WorkerTx<'_>, new: &NewJabs) -> Result<(), StoreError> {
    if new.id.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO vaccinations (person_id, id, vaccinated_on, vaccine, hpk, batch, dose, country, target_group, agb, effective)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::smallint[], $5::text[], $6::text[], $7::smallint[],
                              $8::text[], $9::text[], $10::text[], $11::boolean[]) AS n ORDER BY 1, 3, 4",
        &new.person_id,
        &new.id,
        &new.vaccinated_on as _,
        &new.vaccine,
        &new.hpk as _,
        &new.batch,
        &new.dose,
        &new.country,
        &new.target_group,
        &new.agb as _,
        &new.effective
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// New versions of registrations, column by column.
#[derive(Default)]
pub struct NewReports {
    /// Registrations.
    pub id: Vec<Uuid>,
    /// Versions.
    pub version: Vec<i32>,
    /// Keys of the sender.
    pub source_key: Vec<String>,
    /// N, C, V.
    pub mutation: Vec<String>,
    /// Rows of the delivery.
    pub row_number: Vec<i32>,
    /// References on receipts.
    pub reference: Vec<Option<String>>,
    /// Outcomes.
    pub outcome: Vec<String>,
    /// Persons.
    pub person_id: Vec<Option<Uuid>>,
    /// Vaccinations they are a source of.
    pub vaccination_id: Vec<Option<Uuid>>,
    /// Days.
    pub vaccinated_on: Vec<Option<Date>>,
    /// Products.
    pub vaccine: Vec<Option<i16>>,
    /// Batches.
    pub batch: Vec<Option<String>>,
    /// Doses.
    pub dose: Vec<Option<i16>>,
    /// Target groups.
    pub target_group: Vec<Option<String>>,
    /// Contents after repair, sealed.
    pub content_sealed: Vec<Option<Vec<u8>>>,
    /// Digests of the contents.
    pub row_digest: Vec<Option<Vec<u8>>>,
    /// Findings as the sender may see them.
    pub findings: Vec<serde_json::Value>,
    /// Reasons, sealed.
    pub reason_sealed: Vec<Option<Vec<u8>>>,
    /// The decisions by which RIVM found their persons.
    pub link_id: Vec<Option<Uuid>>,
}

/// Where a chunk comes from.
pub struct Origin<'a> {
    /// The party.
    pub party: Uuid,
    /// The delivery.
    pub delivery: Uuid,
    /// The channel, as on the wire.
    pub channel: &'a str,
    /// Who delivered, if a person did.
    pub by: Option<Uuid>,
    /// The rules that judged it.
    pub ruleset: &'a str,
    /// The key that made the digests.
    pub digest_key: &'a str,
}

/// Stores new versions.
///
/// # Errors
/// When the database fails; a unique violation when somebody else was faster.
pub async fn insert_reports(
    tx: &mut WorkerTx<'_>,
    from: &Origin<'_>,
    new: &NewReports,
) -> Result<(), StoreError> {
    if new.id.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO reports (party_id, delivery_id, channel, recorded_by, ruleset_version,
                              id, version, source_key, mutation, row_number, reference, outcome, person_id, vaccination_id,
                              vaccinated_on, vaccine, batch, dose, target_group, content_sealed, row_digest, findings, reason_sealed,
                              link_id, digest_key)
         SELECT $1, $2, $3, $4, $5, n.*, $25
         FROM unnest($6::uuid[], $7::integer[], $8::text[], $9::text[], $10::integer[], $11::text[], $12::text[], $13::uuid[],
                     $14::uuid[], $15::date[], $16::smallint[], $17::text[], $18::smallint[], $19::text[], $20::bytea[], $21::bytea[],
                     $22::jsonb[], $23::bytea[], $24::uuid[]) AS n",
        from.party,
        from.delivery,
        from.channel,
        from.by,
        from.ruleset,
        &new.id,
        &new.version,
        &new.source_key,
        &new.mutation,
        &new.row_number,
        &new.reference as _,
        &new.outcome,
        &new.person_id as _,
        &new.vaccination_id as _,
        &new.vaccinated_on as _,
        &new.vaccine as _,
        &new.batch as _,
        &new.dose as _,
        &new.target_group as _,
        &new.content_sealed as _,
        &new.row_digest as _,
        &new.findings,
        &new.reason_sealed as _,
        &new.link_id as _,
        from.digest_key
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends versions that are corrected or withdrawn, and the vaccinations that rested on them alone.
/// Answers how many versions ended: fewer than asked means somebody else was faster.
///
/// # Errors
/// When the database fails.
pub async fn end_versions(
    tx: &mut WorkerTx<'_>,
    ids: &[Uuid],
    versions: &[i32],
) -> Result<u64, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let ended = sqlx::query!(
        r#"UPDATE reports r SET valid_to = GREATEST(now(), r.valid_from) FROM unnest($1::uuid[], $2::integer[]) AS e (id, version)
           WHERE r.id = e.id AND r.version = e.version AND r.valid_to IS NULL RETURNING r.person_id, r.vaccination_id"#,
        ids,
        versions
    )
    .fetch_all(&mut **tx)
    .await?;
    let (persons, jabs): (Vec<Uuid>, Vec<Uuid>) = ended
        .iter()
        .filter_map(|row| Some((row.person_id?, row.vaccination_id?)))
        .unzip();
    sqlx::query!(
        "UPDATE vaccinations v SET valid_to = GREATEST(now(), v.valid_from) FROM unnest($1::uuid[], $2::uuid[]) AS e (person_id, id)
         WHERE v.person_id = e.person_id AND v.id = e.id AND v.valid_to IS NULL
           AND NOT EXISTS (SELECT FROM reports r WHERE r.vaccination_id = v.id AND r.valid_to IS NULL)",
        &persons,
        &jabs
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.len() as u64)
}

/// A list of the BRP that may be the person of a row.
#[derive(Clone)]
pub struct BrpList {
    /// Keyed hash of its BSN.
    pub bsn_mac: Option<Vec<u8>>,
    /// Given names.
    pub given_names: Option<String>,
    /// Prefix.
    pub prefix: Option<String>,
    /// Surname.
    pub surname: Option<String>,
    /// Prefix of the partner.
    pub partner_prefix: Option<String>,
    /// Surname of the partner.
    pub partner_surname: Option<String>,
    /// jjjjmmdd, 00 for unknown.
    pub birth_date: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// House number.
    pub house_number: Option<i32>,
    /// Why the list is suspended.
    pub suspension_reason: Option<String>,
    /// Since when.
    pub suspension_date: Option<String>,
    /// Date of death, jjjjmmdd.
    pub death_date: Option<String>,
    /// Name and address are secret.
    pub secret: bool,
}

/// Lists with one of these BSNs. A BSN that a person of the register had before, and that is on no list any more, leads to the
/// list with the BSN that person has now: it is answered under the BSN that was asked for, and judged as any other.
///
/// # Errors
/// When the database fails.
pub async fn brp_by_bsn(
    tx: &mut WorkerTx<'_>,
    macs: &[Vec<u8>],
) -> Result<Vec<BrpList>, StoreError> {
    let mut found = brp_lists_of(tx, macs).await?;
    let former = sqlx::query_as!(
        BrpList,
        "SELECT n.bsn_mac, l.given_names, l.prefix, l.surname, l.partner_prefix, l.partner_surname, l.birth_date, l.postcode, l.house_number,
                l.suspension_reason, l.suspension_date, l.death_date, l.secret
         FROM (SELECT DISTINCT n.bsn_mac, COALESCE(h.merged_into, h.id) AS id FROM person_numbers n JOIN persons h ON h.id = n.person_id
               WHERE n.bsn_mac = ANY ($1)) AS n
         JOIN persons p ON p.id = n.id AND p.bsn_mac <> n.bsn_mac
         JOIN brp_lists l ON l.bsn_mac = p.bsn_mac
         WHERE NOT EXISTS (SELECT FROM brp_lists o WHERE o.bsn_mac = n.bsn_mac AND COALESCE(o.suspension_reason, '') NOT IN ('F', 'W'))",
        macs
    )
    .fetch_all(&mut **tx)
    .await?;
    found.extend(former);
    Ok(found)
}

/// Lists with one of these BSNs, and no others.
///
/// # Errors
/// When the database fails.
pub async fn brp_lists_of(
    tx: &mut WorkerTx<'_>,
    macs: &[Vec<u8>],
) -> Result<Vec<BrpList>, StoreError> {
    let found = sqlx::query_as!(
        BrpList,
        "SELECT bsn_mac, given_names, prefix, surname, partner_prefix, partner_surname, birth_date, postcode, house_number,
                suspension_reason, suspension_date, death_date, secret FROM brp_lists WHERE bsn_mac = ANY ($1)",
        macs
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// Lists at one of these addresses.
///
/// # Errors
/// When the database fails.
pub async fn brp_by_address(
    tx: &mut WorkerTx<'_>,
    postcodes: &[String],
    numbers: &[i32],
) -> Result<Vec<BrpList>, StoreError> {
    let found = sqlx::query_as!(
        BrpList,
        "SELECT b.bsn_mac, b.given_names, b.prefix, b.surname, b.partner_prefix, b.partner_surname, b.birth_date, b.postcode,
                b.house_number, b.suspension_reason, b.suspension_date, b.death_date, b.secret
         FROM brp_lists b JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::integer[]) AS u (p, n)) AS a
           ON b.postcode = a.p AND b.house_number = a.n",
        postcodes,
        numbers
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// Of when the copy of the BRP is: the end of the day of the set that was taken last, or the moment of its load when that was
/// earlier or its day is not known; `None` without one.
///
/// # Errors
/// When the database fails.
pub async fn brp_loaded_at(tx: &mut WorkerTx<'_>) -> Result<Option<OffsetDateTime>, StoreError> {
    Ok(
        sqlx::query_scalar!(
            r#"SELECT LEAST(finished_at, (set_day + 1)::timestamp AT TIME ZONE 'Europe/Amsterdam') AS "at!"
               FROM brp_loads WHERE state = 'done' ORDER BY finished_at DESC LIMIT 1"#
        )
        .fetch_optional(&mut **tx)
        .await?,
    )
}
