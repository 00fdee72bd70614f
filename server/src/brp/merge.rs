//! From staging into the copy, as sets, in one transaction.

use super::load::{LoadError, Set};
use crate::store::WorkerTx;
use uuid::Uuid;

/// What a merge changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Lists that were not in the copy.
    pub new: i64,
    /// Lists with other content.
    pub changed: i64,
    /// Lists that disappeared (full set).
    pub gone: i64,
    /// Lists in the copy now.
    pub total: i64,
    /// Of the changed ones, those with another BSN.
    pub renumbered: i64,
}

/// Takes the staged lines into the copy. Of a list that stands twice in the file the last line counts.
pub(super) async fn merge(
    tx: &mut WorkerTx<'_>,
    load: Uuid,
    set: Set,
    accept_shrink: bool,
) -> Result<Merged, LoadError> {
    sqlx::query!("SELECT brp_analyze()")
        .fetch_one(&mut **tx)
        .await?;
    sqlx::query!("DELETE FROM brp_staging s USING brp_staging later WHERE later.pl_id = s.pl_id AND later.line > s.line").execute(&mut **tx).await?;
    let before = sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM brp_lists"#)
        .fetch_one(&mut **tx)
        .await?;
    let staged = sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM brp_staging"#)
        .fetch_one(&mut **tx)
        .await?;
    if set == Set::Full && staged * 10 < before * 9 && !accept_shrink {
        return Err(LoadError::Shrink {
            before,
            now: staged,
        });
    }
    let gone = if set == Set::Full && before > 0 {
        // One that comes back may have another BSN.
        sqlx::query_scalar!(
            r#"WITH gone AS (DELETE FROM brp_lists l WHERE NOT EXISTS (SELECT FROM brp_staging s WHERE s.pl_id = l.pl_id)
                             RETURNING l.pl_id, l.mac_key, l.bsn_mac, l.birth_date),
                    kept AS (INSERT INTO brp_renumbered (load_id, pl_id, old_key, old_mac, old_birth_date)
                             SELECT $1, pl_id, mac_key, bsn_mac, birth_date FROM gone WHERE bsn_mac IS NOT NULL)
               SELECT count(*) AS "n!" FROM gone"#,
            load
        )
        .fetch_one(&mut **tx)
        .await?
    } else {
        0
    };
    let renumbered = renumbered(tx, load).await?;
    // The MAC key is compared too: after a rotation every list is written under the new one.
    let changed = sqlx::query!(
        "UPDATE brp_lists l SET (mac_key, bsn_mac, bsn_enc, given_names, prefix, surname, partner_prefix, partner_surname, birth_date, sex,
                postcode, house_number, house_letter, house_addition, street, town, suspension_reason, suspension_date, death_date,
                secret, content_digest, load_id, standing_load)
              = (s.mac_key, s.bsn_mac, s.bsn_enc, s.given_names, s.prefix, s.surname, s.partner_prefix, s.partner_surname, s.birth_date, s.sex,
                s.postcode, s.house_number, s.house_letter, s.house_addition, s.street, s.town, s.suspension_reason, s.suspension_date, s.death_date,
                s.secret, s.content_digest, s.load_id,
                CASE WHEN (s.suspension_reason, s.death_date) IS DISTINCT FROM (l.suspension_reason, l.death_date) THEN s.load_id ELSE l.standing_load END)
         FROM brp_staging s
         WHERE s.pl_id = l.pl_id AND s.usable AND (s.content_digest <> l.content_digest OR s.mac_key IS DISTINCT FROM l.mac_key)"
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    let new = sqlx::query!(
        "INSERT INTO brp_lists (pl_id, mac_key, bsn_mac, bsn_enc, given_names, prefix, surname, partner_prefix, partner_surname, birth_date, sex,
                postcode, house_number, house_letter, house_addition, street, town, suspension_reason, suspension_date, death_date,
                secret, content_digest, load_id)
         SELECT s.pl_id, s.mac_key, s.bsn_mac, s.bsn_enc, s.given_names, s.prefix, s.surname, s.partner_prefix, s.partner_surname, s.birth_date, s.sex,
                s.postcode, s.house_number, s.house_letter, s.house_addition, s.street, s.town, s.suspension_reason, s.suspension_date, s.death_date,
                s.secret, s.content_digest, s.load_id
         FROM brp_staging s
         WHERE s.load_id = $1 AND s.usable AND NOT EXISTS (SELECT FROM brp_lists l WHERE l.pl_id = s.pl_id)
         ORDER BY s.pl_id",
        load
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    sqlx::query!("SELECT brp_analyze_lists()")
        .fetch_one(&mut **tx)
        .await?;
    let total = sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM brp_lists"#)
        .fetch_one(&mut **tx)
        .await?;
    Ok(Merged {
        new: new.cast_signed(),
        changed: changed.cast_signed(),
        gone,
        total,
        renumbered,
    })
}

/// Keeps which lists come back with another BSN, or with none until a later load gives them one: the records of their persons
/// follow in a job ([`super::relink`]).
async fn renumbered(tx: &mut WorkerTx<'_>, load: Uuid) -> Result<i64, LoadError> {
    let kept = sqlx::query!(
        "INSERT INTO brp_renumbered (load_id, pl_id, old_key, old_mac, old_birth_date)
         SELECT $1, l.pl_id, l.mac_key, l.bsn_mac, l.birth_date FROM brp_lists l JOIN brp_staging s ON s.pl_id = l.pl_id
         WHERE s.usable AND s.content_digest <> l.content_digest AND l.bsn_mac IS NOT NULL AND s.bsn_mac IS DISTINCT FROM l.bsn_mac",
        load
    )
    .execute(&mut **tx)
    .await?;
    Ok(kept.rows_affected().cast_signed())
}
