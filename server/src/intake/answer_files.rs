//! Answer files of the drop box (specification §7): `<naam>.ontvangst.json` with the receipt itself, and when the
//! delivery has ended `<naam>.resultaat.csv` and `.json` (`<naam>.<aanlevering>.resultaat.*` where another answer keeps that name); for sets of the BRP too. Sealed on disk like raw files; the row that names one
//! commits after it, so what a kill leaves behind is a file without a row, and the sweep takes that.

use super::Road;
use super::answer::{self, AnswerError};
use super::receive::{BlobWriter, Whole};
use crate::clock;
use crate::jobs::{self, Job, Stopped};
use crate::store::answer_files::{self, NewAnswer, Of};
use crate::store::{StoreError, WorkerTx, worker_tx};
use serde::Serialize;
use std::io::{self, Write};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// A file being sealed, as a writer.
struct Sealing(BlobWriter);

impl Write for Sealing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Serialize)]
struct Receipt<'a> {
    bestand: &'a str,
    grootte: u64,
    sha256: String,
    ontvangen: String,
    aanlevering: Uuid,
}

/// Whom an answer goes to, and what it is of.
pub(crate) struct To<'a> {
    /// What it answers.
    pub of: Of,
    /// Whose.
    pub party: Uuid,
    /// The account whose `uit/` it lies in.
    pub account: Uuid,
    /// Name of the file that is answered.
    pub name: &'a str,
}

/// The receipt of a file, in the transaction that receives it. The one place where the plain digest is kept, sealed.
///
/// # Errors
/// When disk or database fails.
pub(crate) async fn receipt(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    to: &To<'_>,
    whole: Whole,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let content = receipt_of(to.name, whole, at, to.of.id()).map_err(|error| disk(&error))?;
    put(road, tx, to, "ontvangst", &content).await
}

/// What a receipt says.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn receipt_of(
    name: &str,
    whole: Whole,
    at: OffsetDateTime,
    delivery: Uuid,
) -> io::Result<Vec<u8>> {
    let receipt = Receipt {
        bestand: name,
        grootte: whole.size,
        sha256: whole.digest(),
        ontvangen: clock::dutch_time(at)
            .truncate_to_second()
            .format(&Rfc3339)
            .unwrap_or_default(),
        aanlevering: delivery,
    };
    let mut content = serde_json::to_vec(&receipt)?;
    content.push(b'\n');
    Ok(content)
}

/// Puts a small answer in `uit/`, named after its kind.
///
/// # Errors
/// When disk or database fails.
pub(crate) async fn put(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    to: &To<'_>,
    kind: &str,
    content: &[u8],
) -> Result<(), StoreError> {
    let id = crate::clock::new_key();
    let size = async {
        let mut file = Sealing(road.blobs.create(&road.keys, id)?);
        file.write_all(content)?;
        finish(file).await
    }
    .await
    .map_err(|error| disk(&error))?;
    told(tx, to, kind, id, size).await
}

/// Puts in `uit/` that a file never counts, because nobody proved in time that it is whole (security F18).
///
/// # Errors
/// When disk or database fails.
pub(crate) async fn unproved(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    to: &To<'_>,
) -> Result<(), StoreError> {
    let (table, json) = answer::unproved(to.of.id(), to.name).map_err(|error| disk(&error))?;
    put(road, tx, to, "resultaat-csv", &table).await?;
    put(road, tx, to, "resultaat-json", &json).await
}

async fn told(
    tx: &mut WorkerTx<'_>,
    to: &To<'_>,
    kind: &str,
    id: Uuid,
    size: u64,
) -> Result<(), StoreError> {
    let ending = match kind {
        "resultaat-csv" => "resultaat.csv",
        "resultaat-json" => "resultaat.json",
        _ => "ontvangst.json",
    };
    let new = NewAnswer {
        id,
        of: to.of,
        party: to.party,
        account: to.account,
        kind,
        file: to.name,
        ending,
        size,
    };
    answer_files::put(tx, &new).await
}

/// Makes the answers of a delivery that has ended: what its job does.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub(super) async fn make(road: &Road, job: &Job) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    let delivery = job.subject;
    if let Some(to) = answer_files::answered(&mut tx, delivery).await? {
        let to = To {
            of: Of::Delivery(delivery),
            party: to.party,
            account: to.account,
            name: &to.file_name,
        };
        for kind in ["resultaat-csv", "resultaat-json"] {
            let id = crate::clock::new_key();
            let file = road
                .blobs
                .create(&road.keys, id)
                .map_err(|error| disk(&error))?;
            let mut file = Sealing(file);
            let made = match kind {
                "resultaat-csv" => answer::csv(&mut tx, delivery, &mut file).await,
                _ => answer::json(&mut tx, delivery, &mut file).await,
            };
            made.map_err(|error| match error {
                AnswerError::Store(error) => error,
                AnswerError::Write(error) => disk(&error),
            })?;
            let size = finish(file).await.map_err(|error| disk(&error))?;
            told(&mut tx, &to, kind, id, size).await?;
        }
    }
    jobs::finish(&mut tx, job).await?;
    Ok(tx.commit().await?)
}

async fn finish(file: Sealing) -> io::Result<u64> {
    let whole = tokio::task::spawn_blocking(move || file.0.finish())
        .await
        .map_err(io::Error::other)??;
    Ok(whole.size)
}

fn disk(error: &io::Error) -> StoreError {
    StoreError::Broken(format!("disk: {}", error.kind()))
}
