//! Anchors: the heads of the 16 chains, signed with a key that is not in the database. Who can rewrite the
//! whole log can still not forge the anchors it has to agree with.

use crate::keys::Keys;
use crate::store::{Db, StoreError, worker_tx};

/// Signs the heads as they are now; `serve` does so each minute.
///
/// # Errors
/// When the database is not there.
pub async fn anchor(db: &Db, keys: &Keys) -> Result<(), StoreError> {
    let mut tx = worker_tx(db).await?;
    // One after the other, so that each is about later heads than the one it names.
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('audit anchors', 0))")
        .fetch_one(&mut *tx)
        .await?;
    let content = sqlx::query_scalar!(r#"SELECT audit_heads_text() AS "heads!""#)
        .fetch_one(&mut *tx)
        .await?;
    let (key, signature) = keys.sign_anchor(content.as_bytes());
    sqlx::query!(
        "SELECT audit_anchor_add($1, $2, $3)",
        content,
        key.to_string(),
        signature.as_slice()
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await
}
