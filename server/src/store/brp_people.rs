//! Persons of the local copy of the BRP who may be those of a row that was not matched (rules B10, B14).

use super::register::BrpList;
use super::{StoreError, WorkerTx};

/// Most lists that are held against one row: those born on a day are some thousands at most.
const MOST: i64 = 20_000;

/// A list with its key, and what is shown of it besides.
pub struct Listed {
    /// Key of the list.
    pub pl_id: String,
    /// Sealed BSN.
    pub bsn_enc: Vec<u8>,
    /// Key id of the hash of its BSN.
    pub mac_key: String,
    /// M, V or O.
    pub sex: Option<String>,
    /// What is compared.
    pub list: BrpList,
}

/// What a row says, as it is looked for.
#[derive(Default)]
pub struct Wanted {
    /// Keyed hash of the delivered BSN.
    pub bsn: Vec<Vec<u8>>,
    /// Dates of birth that agree with the delivered one (jjjjmmdd, 00 for unknown).
    pub born: Vec<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// House number.
    pub number: Option<i32>,
    /// Key of one list, looked up besides.
    pub pl_id: Option<String>,
}

/// Lists with a BSN, lists F and W aside, that have the BSN, the date of birth or the address of a row: each found by an index of its own.
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut WorkerTx<'_>, wanted: &Wanted) -> Result<Vec<Listed>, StoreError> {
    let rows = sqlx::query!(
        r#"WITH found AS MATERIALIZED (
               SELECT pl_id FROM brp_lists WHERE bsn_mac = ANY ($1)
               UNION SELECT pl_id FROM brp_lists WHERE birth_date = ANY ($2)
               UNION SELECT pl_id FROM brp_lists WHERE postcode = $3 AND house_number = $4
               UNION SELECT pl_id FROM brp_lists WHERE pl_id = $5)
           SELECT b.pl_id, b.bsn_enc AS "bsn_enc!", b.mac_key AS "mac_key!", b.bsn_mac, b.given_names, b.prefix, b.surname, b.partner_prefix, b.partner_surname, b.birth_date,
                  b.sex, b.postcode, b.house_number, b.suspension_reason, b.suspension_date, b.death_date, b.secret
           FROM found f JOIN brp_lists b USING (pl_id)
           WHERE b.bsn_mac IS NOT NULL AND (b.suspension_reason IS NULL OR b.suspension_reason NOT IN ('F', 'W'))
           ORDER BY b.pl_id LIMIT $6"#,
        &wanted.bsn,
        &wanted.born,
        wanted.postcode,
        wanted.number,
        wanted.pl_id,
        MOST
    )
    .fetch_all(&mut **tx)
    .await?;
    let listed = rows.into_iter().map(|row| Listed {
        pl_id: row.pl_id,
        bsn_enc: row.bsn_enc,
        mac_key: row.mac_key,
        sex: row.sex,
        list: BrpList {
            bsn_mac: row.bsn_mac,
            given_names: row.given_names,
            prefix: row.prefix,
            surname: row.surname,
            partner_prefix: row.partner_prefix,
            partner_surname: row.partner_surname,
            birth_date: row.birth_date,
            postcode: row.postcode,
            house_number: row.house_number,
            suspension_reason: row.suspension_reason,
            suspension_date: row.suspension_date,
            death_date: row.death_date,
            secret: row.secret,
        },
    });
    Ok(listed.collect())
}

/// How many vaccinations count for the persons with these BSNs: (keyed hash, number). Who is not in the register is left out.
///
/// # Errors
/// When the database fails.
pub async fn counting(
    tx: &mut WorkerTx<'_>,
    mac_keys: &[String],
    macs: &[Vec<u8>],
) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT p.bsn_mac AS "bsn_mac!", count(v.id) AS "number!"
           FROM persons p LEFT JOIN vaccinations v ON v.person_id = p.id AND v.effective AND v.valid_to IS NULL
           WHERE p.mac_key = ANY ($1) AND p.bsn_mac = ANY ($2) GROUP BY 1"#,
        mac_keys,
        macs
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.bsn_mac, row.number))
        .collect())
}
