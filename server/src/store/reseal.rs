//! Every place in the database that the `enc` key seals, and putting it under the newest key (security G17): in batches of one
//! transaction each, by key order. A value that is under the newest key is passed over, so what was broken off goes on.
//!
//! A draft that was sent is empty, and stays so. Rows on their way (a load of the BRP that was broken off, a chunk that is being stored) are not here: they end by themselves.

use super::{Db, StoreError, worker_tx};
use crate::keys::{Keys, Purpose, Sealed};
use uuid::Uuid;

/// The owner of a value, as it stands in the associated data.
trait Owner: Clone + Send + Sync {
    /// No owner comes before it.
    fn first() -> Self;
    fn bytes(&self) -> &[u8];
}

impl Owner for Uuid {
    fn first() -> Self {
        Self::nil()
    }

    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Owner for String {
    fn first() -> Self {
        Self::new()
    }

    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// Values with their owner and what they are under the newest key.
struct Batch<O> {
    owners: Vec<O>,
    old: Vec<Vec<u8>>,
    new: Vec<Vec<u8>>,
    /// The last owner; none when there was nothing.
    last: Option<O>,
}

/// Seals anew what opens. What does not open stays as it is: [`left`] tells of it.
fn sealed_anew<O: Owner>(keys: &Keys, purpose: Purpose, found: Vec<(O, Vec<u8>)>) -> Batch<O> {
    let mut batch = Batch {
        owners: Vec::new(),
        old: Vec::new(),
        new: Vec::new(),
        last: found.last().map(|(owner, _)| owner.clone()),
    };
    for (owner, old) in found {
        let aad = purpose.of(owner.bytes());
        if let Ok(plain) = keys.open(&Sealed::from_bytes(old.clone()), &aad) {
            batch.new.push(keys.seal(&plain, &aad).into_bytes());
            batch.old.push(old);
            batch.owners.push(owner);
        }
    }
    batch
}

/// One function a place: the same two queries, checked against its table.
macro_rules! places {
    ($($name:ident: $owner:ty, $array:literal, $purpose:ident, $table:literal, $id:literal, $column:literal;)*) => {
        $(async fn $name(db: &Db, keys: &Keys, most: i64) -> Result<u64, StoreError> {
            let newest = keys.newest_seal();
            let (mut from, mut done) = (<$owner as Owner>::first(), 0);
            // Several versions have one owner, so the last owner is asked for again, unless nothing of it opens.
            let mut after = false;
            loop {
                let mut tx = worker_tx(db).await?;
                let found = sqlx::query!(
                    "SELECT " + $id + r#" AS "owner!", "# + $column + r#" AS "value!" FROM "# + $table
                        + " WHERE " + $id + " >= $1 AND (NOT $4::boolean OR " + $id + " <> $1) AND length(" + $column + ") > 0 AND substr(" + $column + ", 1, 3) <> $2 ORDER BY " + $id + " LIMIT $3",
                    from.clone(),
                    newest.as_slice(),
                    most,
                    after
                )
                .fetch_all(&mut *tx)
                .await?;
                let found: Vec<($owner, Vec<u8>)> = found.into_iter().map(|row| (row.owner, row.value)).collect();
                let batch = sealed_anew(keys, Purpose::$purpose, found);
                let Some(last) = batch.last else {
                    tx.rollback().await?;
                    return Ok(done);
                };
                // Changed by somebody else meanwhile: then it is under the newest key already.
                let changed = sqlx::query!(
                    "UPDATE " + $table + " AS t SET " + $column + " = n.new FROM unnest($1::" + $array
                        + ", $2::bytea[], $3::bytea[]) AS n (owner, old, new) WHERE t." + $id + " = n.owner AND t." + $column + " = n.old",
                    &batch.owners,
                    &batch.old,
                    &batch.new
                )
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
                done += changed.rows_affected();
                after = batch.owners.is_empty();
                from = last;
            }
        })*

        /// Puts every value of every place under the newest key; `told` hears of each place that had any. Answers how many
        /// values were sealed anew.
        ///
        /// # Errors
        /// When the database fails; what was done stays done.
        pub async fn all(
            db: &Db,
            keys: &Keys,
            most: i64,
            told: impl Fn(&str, u64),
        ) -> Result<u64, StoreError> {
            let mut all = 0;
            $(
                let done = $name(db, keys, most).await?;
                if done > 0 {
                    told(concat!($table, ".", $column), done);
                }
                all += done;
            )*
            Ok(all)
        }

        /// How many values of these places are under an older key, or under none that we have.
        ///
        /// # Errors
        /// When the database fails.
        pub async fn left(db: &Db, keys: &Keys) -> Result<u64, StoreError> {
            let newest = keys.newest_seal();
            let mut tx = worker_tx(db).await?;
            let mut left = 0;
            $(
                left += sqlx::query_scalar!(
                    r#"SELECT count(*) AS "count!" FROM "# + $table + " WHERE length(" + $column + ") > 0 AND substr(" + $column + ", 1, 3) <> $1",
                    newest.as_slice()
                )
                .fetch_one(&mut *tx)
                .await?;
            )*
            tx.rollback().await?;
            Ok(u64::try_from(left).unwrap_or_default())
        }

        /// The columns that are sealed anew, for the test that compares them with the schema.
        pub const PLACES: &[&str] = &[$(concat!($table, ".", $column)),*];
    };
}

places! {
    persons_bsn: Uuid, "uuid[]", Bsn, "persons", "id", "bsn_enc";
    numbers_bsn: Uuid, "uuid[]", Bsn, "person_numbers", "person_id", "bsn_enc";
    persons_identity: Uuid, "uuid[]", Identity, "persons", "id", "identity_sealed";
    reports_content: Uuid, "uuid[]", Report, "reports", "id", "content_sealed";
    reports_reason: Uuid, "uuid[]", Reason, "reports", "id", "reason_sealed";
    rows_raw: Uuid, "uuid[]", Row, "delivery_rows", "id", "raw_sealed";
    rows_repairs: Uuid, "uuid[]", Repairs, "delivery_rows", "id", "repairs_sealed";
    rows_reason: Uuid, "uuid[]", Reason, "delivery_rows", "id", "reason_sealed";
    history_raw: Uuid, "uuid[]", Row, "row_history", "row_id", "raw_sealed";
    history_repairs: Uuid, "uuid[]", Repairs, "row_history", "row_id", "repairs_sealed";
    history_reason: Uuid, "uuid[]", Reason, "row_history", "row_id", "reason_sealed";
    brp_bsn: String, "text[]", BrpBsn, "brp_lists", "pl_id", "bsn_enc";
    drafts: Uuid, "uuid[]", Draft, "drafts", "id", "sealed";
    kept_forms: Uuid, "uuid[]", Draft, "kept_forms", "id", "sealed";
    worklists: Uuid, "uuid[]", Worklist, "worklists", "user_id", "sealed";
    cards_first: Uuid, "uuid[]", CardFirst, "paper_cards", "id", "first_sealed";
    cards_second: Uuid, "uuid[]", CardSecond, "paper_cards", "id", "second_sealed";
    cards_reason: Uuid, "uuid[]", Reason, "paper_cards", "id", "reason_sealed";
    withdrawals_reason: Uuid, "uuid[]", Reason, "withdrawals", "id", "reason_sealed";
    decisions_old: Uuid, "uuid[]", OldValue, "decisions", "id", "old_sealed";
    decisions_new: Uuid, "uuid[]", NewValue, "decisions", "id", "new_sealed";
    decisions_reason: Uuid, "uuid[]", Reason, "decisions", "id", "reason_sealed";
    decisions_ended: Uuid, "uuid[]", Undone, "decisions", "id", "ended_sealed";
    decisions_request: Uuid, "uuid[]", Request, "decisions", "id", "request_sealed";
    uploads_sha256: Uuid, "uuid[]", Sha256, "sftp_uploads", "id", "sha256_sealed";
    accounts_reason: Uuid, "uuid[]", Reason, "sftp_accounts", "id", "end_reason_sealed";
    connections_reason: Uuid, "uuid[]", Reason, "connections", "id", "reason_sealed";
    steps_reason: Uuid, "uuid[]", Reason, "connection_steps", "connection_id", "reason_sealed";
    party_steps_reason: Uuid, "uuid[]", Reason, "party_steps", "party_id", "reason_sealed";
    requests_form: Uuid, "uuid[]", PartyForm, "party_requests", "id", "form_sealed";
    lists_source: Uuid, "uuid[]", Reason, "list_changes", "id", "source_sealed";
    tests_sha256: Uuid, "uuid[]", Sha256, "deliveries", "id", "sha256_sealed";
    parked_reason: Uuid, "uuid[]", Reason, "deliveries", "id", "settled_sealed";
    rulings_reason: Uuid, "uuid[]", Reason, "rulings", "id", "reason_sealed";
    rulings_undone: Uuid, "uuid[]", Undone, "rulings", "id", "undone_sealed";
    corrections_content: Uuid, "uuid[]", NewValue, "corrections", "id", "content_sealed";
    corrections_request: Uuid, "uuid[]", Reason, "corrections", "id", "request_sealed";
    invitations_code: Uuid, "uuid[]", Invitation, "invitations", "id", "code_sealed";
}
