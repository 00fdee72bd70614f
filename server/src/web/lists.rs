//! Code lists in force, as forms and the template show them: read now and then, so that a change two people agreed about is
//! there on its day, on every node.

use super::Web;
use crate::store::products::Products;
use crate::store::{StoreError, worker_tx};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How old they may be.
const EVERY: Duration = Duration::from_secs(10);

/// Reads the lists of today.
///
/// # Errors
/// When the database fails.
pub async fn look(web: &Web) -> Result<(), StoreError> {
    let mut tx = worker_tx(&web.db).await?;
    let today = web.road.clock.day(web.road.clock.now());
    let lists = Products::load(&mut tx, today).await?.lists().clone();
    tx.rollback().await?;
    web.lists.send_if_modified(|known| {
        let changed = **known != lists;
        if changed {
            *known = Arc::new(lists);
        }
        changed
    });
    Ok(())
}

/// Reads them until the server stops. While the database is away the lists stay what they were.
pub async fn follow(web: Web, mut stop: watch::Receiver<bool>) {
    loop {
        if look(&web).await.is_err() {
            tracing::warn!("the code lists could not be read; forms show the former ones");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}
