//! Answer files of the drop box (specification §7): `<naam>.ontvangst.json` with the receipt itself, and when the
//! delivery has ended `<naam>.resultaat.csv` and `.json`. Sealed on disk like raw files; the row that names one
//! commits after it, so what a kill leaves behind is a file without a row, and the sweep takes that.

use super::Road;
use super::answer::{self, AnswerError};
use super::receive::{BlobWriter, Whole};
use crate::clock;
use crate::jobs::{self, Job, Stopped};
use crate::store::answer_files::{self, NewAnswer};
use crate::store::deliveries::NewDelivery;
use crate::store::{StoreError, WorkerTx, worker_tx};
use serde::Serialize;
use std::io::{self, Write};
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

/// The receipt of a file, in the transaction that receives it. The one place where the plain digest is kept, sealed.
///
/// # Errors
/// When disk or database fails.
pub(super) async fn receipt(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    delivery: &NewDelivery<'_>,
    whole: Whole,
) -> Result<(), StoreError> {
    let Some(dropped) = &delivery.dropped else {
        return Ok(());
    };
    let name = delivery.file_name.unwrap_or_default();
    let receipt = Receipt {
        bestand: name,
        grootte: whole.size,
        sha256: whole
            .sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        ontvangen: clock::dutch_time(delivery.received_at)
            .truncate_to_second()
            .format(&Rfc3339)
            .unwrap_or_default(),
        aanlevering: delivery.id,
    };
    let id = Uuid::now_v7();
    let size = async {
        let mut file = Sealing(road.blobs.create(&road.keys, id)?);
        serde_json::to_writer(&mut file, &receipt)?;
        file.write_all(b"\n")?;
        finish(file).await
    }
    .await
    .map_err(|error| disk(&error))?;
    answer_files::put(
        tx,
        &NewAnswer {
            id,
            delivery: delivery.id,
            party: delivery.party,
            account: dropped.account,
            kind: "ontvangst",
            name: &format!("{name}.ontvangst.json"),
            size,
        },
    )
    .await
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
        for (kind, ending) in [("resultaat-csv", "csv"), ("resultaat-json", "json")] {
            let id = Uuid::now_v7();
            let file = road
                .blobs
                .create(&road.keys, id)
                .map_err(|error| disk(&error))?;
            let mut file = Sealing(file);
            let made = match ending {
                "csv" => answer::csv(&mut tx, delivery, &mut file).await,
                _ => answer::json(&mut tx, delivery, &mut file).await,
            };
            made.map_err(|error| match error {
                AnswerError::Store(error) => error,
                AnswerError::Write(error) => disk(&error),
            })?;
            let size = finish(file).await.map_err(|error| disk(&error))?;
            let name = format!("{}.resultaat.{ending}", to.file_name);
            let new = NewAnswer {
                id,
                delivery,
                party: to.party,
                account: to.account,
                kind,
                name: &name,
                size,
            };
            answer_files::put(&mut tx, &new).await?;
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
