//! Persons of the local copy of the BRP who may be those of a row that was not matched (rules B10, B14).

use super::register::BrpList;
use super::{StoreError, WorkerTx};

/// Most lists that are held against one row: those born on a day are some thousands at most.
const MOST: i64 = 20_000;

/// A list with its key, and what is shown of it besides.
pub struct Listed {
    /// Key of the list.
    pub pl_id: String,
    /// Sealed BSN; empty when it has none.
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
    /// Keyed hashes of the delivered BSN, and of what it is with two digits exchanged.
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
    let rows = sqlx::query_as!(
        Row,
        r#"WITH found AS MATERIALIZED (
               SELECT pl_id FROM brp_lists WHERE bsn_mac = ANY ($1)
               UNION SELECT pl_id FROM brp_lists WHERE birth_date = ANY ($2)
               UNION SELECT pl_id FROM brp_lists WHERE postcode = $3 AND house_number = $4
               UNION SELECT pl_id FROM brp_lists WHERE pl_id = $5)
           SELECT b.pl_id, b.bsn_enc, b.mac_key, b.bsn_mac, b.given_names, b.prefix, b.surname, b.partner_prefix, b.partner_surname, b.birth_date,
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
    Ok(rows.into_iter().map(Row::listed).collect())
}

/// Lists by their key, those without a BSN and those that ended too.
///
/// # Errors
/// When the database fails.
pub async fn by_key(tx: &mut WorkerTx<'_>, pl_ids: &[String]) -> Result<Vec<Listed>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT pl_id, bsn_enc, mac_key, bsn_mac, given_names, prefix, surname, partner_prefix, partner_surname, birth_date,
                sex, postcode, house_number, suspension_reason, suspension_date, death_date, secret
         FROM brp_lists WHERE pl_id = ANY ($1)",
        pl_ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Row::listed).collect())
}

/// A list as it stands in the table.
struct Row {
    pl_id: String,
    bsn_enc: Option<Vec<u8>>,
    mac_key: Option<String>,
    bsn_mac: Option<Vec<u8>>,
    given_names: Option<String>,
    prefix: Option<String>,
    surname: Option<String>,
    partner_prefix: Option<String>,
    partner_surname: Option<String>,
    birth_date: Option<String>,
    sex: Option<String>,
    postcode: Option<String>,
    house_number: Option<i32>,
    suspension_reason: Option<String>,
    suspension_date: Option<String>,
    death_date: Option<String>,
    secret: bool,
}

impl Row {
    fn listed(self) -> Listed {
        Listed {
            pl_id: self.pl_id,
            bsn_enc: self.bsn_enc.unwrap_or_default(),
            mac_key: self.mac_key.unwrap_or_default(),
            sex: self.sex,
            list: BrpList {
                bsn_mac: self.bsn_mac,
                given_names: self.given_names,
                prefix: self.prefix,
                surname: self.surname,
                partner_prefix: self.partner_prefix,
                partner_surname: self.partner_surname,
                birth_date: self.birth_date,
                postcode: self.postcode,
                house_number: self.house_number,
                suspension_reason: self.suspension_reason,
                suspension_date: self.suspension_date,
                death_date: self.death_date,
                secret: self.secret,
            },
        }
    }
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
