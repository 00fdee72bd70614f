//! Bytes to disk, hashed and sealed, then one transaction: delivery, audit line, job (security G1).
//!
//! Only after that transaction the sender hears "ontvangen". The same content from the same party, not
//! refused before, is DUBBEL (rule A12): decided by a keyed digest, before anything is read. While nobody knows whether
//! the first will be stored, its double keeps its file, and is read when the first is not.

mod blob;

pub use blob::{BlobReader, BlobStore, BlobWriter, KEPT_DAYS, Whole};

use super::Road;
use super::answer_files::{self, To};
use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::jobs::{self, JobKind};
use crate::keys::Purpose;
use crate::store::answer_files::Of;
use crate::store::deliveries::{self, Dropped, NewDelivery};
use crate::store::{StoreError, WorkerTx, sftp_uploads, trials, worker_tx};
use domain::bsn::Bsn;
use domain::dates::dutch;
use domain::delivery::Channel;
use domain::delivery::trial::Trial;
use domain::finding::{Code, Filled, Finding};
use serde_json::json;
use std::io;
use time::OffsetDateTime;
use uuid::Uuid;

/// Longest file name that is kept.
const NAME_CHARS: usize = 200;

/// Who delivers, and how.
pub struct Sender<'a> {
    /// The party.
    pub party: Uuid,
    /// The person, when one delivers.
    pub by: Option<Uuid>,
    /// The channel.
    pub channel: Channel,
    /// Name of the file as given.
    pub file_name: &'a str,
    /// Stops in preview until somebody presses "Indienen".
    pub preview: bool,
    /// Only tried: nothing of it goes into the register.
    pub test_lane: bool,
    /// Who runs the installation that a file is tried for on the page of the test lane.
    pub intermediary: Option<Uuid>,
    /// The line for the audit: who did this.
    pub event: Event,
    /// When.
    pub now: OffsetDateTime,
    /// What the drop box knows of the file; none for every other way in.
    pub dropped: Option<FromBox>,
}

impl Sender<'_> {
    /// Refused at the door of the test lane: nothing of it is kept, should real data have come in.
    fn keeps_nothing(&self) -> bool {
        let refused = self.dropped.as_ref().and_then(|from| from.refused.as_ref());
        self.test_lane && refused.is_some()
    }
}

/// A file of the drop box, on its way to become a delivery.
pub struct FromBox {
    /// What is kept of it.
    pub facts: Dropped,
    /// Why it is refused before anything is read: A13, A14.
    pub refused: Option<Finding>,
}

/// What became of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// A delivery of its own, waiting for a worker.
    New(Uuid),
    /// The same content was received before: a delivery that points at the first.
    Double {
        /// This delivery.
        id: Uuid,
        /// The first one.
        of: Uuid,
    },
}

impl Received {
    /// The delivery.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::New(id) | Self::Double { id, .. } => id,
        }
    }
}

/// Why nothing was received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The disk.
    #[error("the file could not be kept: {0}")]
    Disk(#[from] io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Ends an upload: makes it durable, then says what it is.
///
/// # Errors
/// When disk or database fails; then nothing was received.
pub async fn receive(
    road: &Road,
    sender: Sender<'_>,
    file: BlobWriter,
) -> Result<Received, ReceiveError> {
    let id = file.id();
    let whole = tokio::task::spawn_blocking(move || file.finish())
        .await
        .map_err(io::Error::other)??;
    received(road, &sender, id, whole).await
}

/// What a whole file on disk is: the part of [`receive`] after the bytes.
///
/// # Errors
/// When disk or database fails; then nothing was received. `NotFound` when a file of the drop box was taken already.
pub async fn received(
    road: &Road,
    sender: &Sender<'_>,
    id: Uuid,
    whole: Whole,
) -> Result<Received, ReceiveError> {
    let done = match register(road, sender, id, whole).await {
        // Somebody sent the same content in this very moment: now it is known.
        Err(error) if error.is_constraint("deliveries_same_content") => {
            register(road, sender, id, whole).await
        }
        other => other,
    };
    // After an error nobody knows whether the commit came through: then the sweep looks later.
    if matches!(&done, Ok(done) if !done.keeps_file) {
        road.blobs.destroy(id)?;
    }
    road.db.work.notify_waiters();
    Ok(done?.received)
}

async fn register(
    road: &Road,
    sender: &Sender<'_>,
    id: Uuid,
    whole: Whole,
) -> Result<Registered, StoreError> {
    let digest = road.keys.digest(whole.sha256);
    let key = digest.key_id();
    let mut tx = worker_tx(&road.db).await?;
    if sender.dropped.is_some() && !sftp_uploads::take(&mut tx, id, sender.file_name).await? {
        return Err(StoreError::NotFound);
    }
    let refused = sender
        .dropped
        .as_ref()
        .and_then(|from| from.refused.clone());
    let first = match refused {
        Some(_) => None,
        // A test may be repeated.
        None if sender.test_lane => None,
        None => {
            let (party, preview) = (sender.party, sender.preview);
            deliveries::same_content(&mut tx, party, &digest.bytes, &key, preview).await?
        }
    };
    let name = shown_name(sender.file_name);
    let double = first.as_ref().map(|first| {
        let day = dutch(clock::dutch_day(first.received_at));
        Finding::whole(Code::A12).filled(Filled::Date(day))
    });
    let outcome = match (&refused, &double) {
        (Some(_), _) => Some("GEWEIGERD"),
        (None, Some(_)) => Some("DUBBEL"),
        (None, None) => None,
    };
    let findings: Vec<_> = refused.into_iter().chain(double).collect();
    let new = NewDelivery {
        id,
        party: sender.party,
        channel: sender.channel.as_str(),
        state: if outcome.is_some() {
            "done"
        } else {
            "received"
        },
        outcome,
        file_name: Some(&name),
        file_size: i64::try_from(whole.size).ok(),
        digest: Some((&digest.bytes, &key)),
        blob: first
            .as_ref()
            .is_none_or(|first| first.undecided)
            .then_some(id)
            .filter(|_| !sender.keeps_nothing()),
        findings: serde_json::to_value(&findings).unwrap_or_default(),
        doubles: first.as_ref().map(|first| first.id),
        preview: sender.preview,
        received_at: sender.now,
        received_by: sender.by,
        test_lane: sender.test_lane,
        intermediary: sender.intermediary,
        dropped: sender.dropped.as_ref().map(|from| from.facts.clone()),
    };
    deliveries::insert(&mut tx, &new).await?;
    let sealed = road
        .keys
        .seal(&whole.sha256, &Purpose::Sha256.of(id.as_bytes()));
    deliveries::keep_sha256(&mut tx, id, sealed.as_bytes()).await?;
    if sender.keeps_nothing() {
        trials::insert(&mut tx, id, &Trial::REFUSED, sender.channel, &json!({})).await?;
    }
    if let Some(dropped) = &new.dropped {
        let to = To {
            of: Of::Delivery(id),
            party: new.party,
            account: dropped.account,
            name: &name,
        };
        answer_files::receipt(road, &mut tx, &to, whole, sender.now).await?;
    }
    match outcome {
        None => jobs::push(&mut tx, JobKind::Check, id).await?,
        Some(_) if sender.dropped.is_some() => jobs::push(&mut tx, JobKind::Answer, id).await?,
        Some(_) => {}
    }
    let event = sender
        .event
        .clone()
        .for_party(sender.party)
        .object("delivery", id);
    audit::add(
        &mut tx,
        event
            .detail("channel", sender.channel.as_str())
            .detail("double", first.is_some()),
    )
    .await?;
    tx.commit().await?;
    Ok(Registered {
        keeps_file: new.blob.is_some(),
        received: first.map_or(Received::New(id), |first| Received::Double {
            id,
            of: first.id,
        }),
    })
}

/// What a delivery became in its first transaction.
struct Registered {
    received: Received,
    keeps_file: bool,
}

/// The delivery is not stored after all: its doubles are read, as if it had never come. How many go on; ring
/// `Db::work` after the commit.
///
/// # Errors
/// When the database fails.
pub(crate) async fn free_doubles(tx: &mut WorkerTx<'_>, first: Uuid) -> Result<usize, StoreError> {
    let freed = deliveries::free_doubles(tx, first).await?;
    for double in &freed {
        jobs::push(tx, JobKind::Check, *double).await?;
    }
    Ok(freed.len())
}

/// The event of a receipt.
pub const RECEIVED: Kind = Kind::DeliveryReceived;

/// The name as it may be kept: no folders, no control characters, and no BSN (security G12).
pub(crate) fn shown_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean: Vec<char> = name
        .chars()
        .filter(|c| !c.is_control())
        .take(NAME_CHARS)
        .collect();
    for start in 0..clean.len() {
        let within = start > 0 && clean[start - 1].is_ascii_digit();
        if let (false, Some(length)) = (within, bsn_length(&clean[start..])) {
            clean[start..start + length].fill('*');
        }
    }
    clean.into_iter().collect()
}

/// How many characters of the beginning are a BSN: nine digits, or in groups as people write them (9999.90.019).
fn bsn_length(text: &[char]) -> Option<usize> {
    [&[9][..], &[4, 2, 3], &[3, 3, 3]]
        .into_iter()
        .find_map(|groups| {
            let length = 8 + groups.len();
            let (written, after) = text.split_at_checked(length)?;
            let digits: String = written.iter().filter(|c| c.is_ascii_digit()).collect();
            let mut parts = written.split(|c| matches!(c, '.' | ' '));
            let grouped = groups
                .iter()
                .all(|size| parts.next().is_some_and(|part| part.len() == *size));
            let ends = after.first().is_none_or(|next| !next.is_ascii_digit());
            (grouped && ends && Bsn::parse(&digits).is_ok()).then_some(length)
        })
}

#[cfg(test)]
mod tests {
    use super::shown_name;

    #[test]
    fn a_bsn_in_a_file_name_is_not_kept() {
        assert_eq!(
            shown_name("C:\\map\\zonnehof 999990019.csv"),
            "zonnehof *********.csv"
        );
        assert_eq!(shown_name("999990019"), "*********");
        assert_eq!(shown_name("a 9999.90.019.csv"), "a ***********.csv");
        assert_eq!(shown_name("999 990 019 999990019"), "*********** *********");
        for name in [
            "999990018.csv",
            "1999990019.csv",
            "9999900191.csv",
            "2021-03-01_0001.csv",
            "HIS.2021.03.01.0001.csv",
        ] {
            assert_eq!(shown_name(name), name);
        }
        assert_eq!(
            shown_name("../../etc/2021-03-01_0001.csv"),
            "2021-03-01_0001.csv"
        );
        assert_eq!(shown_name("regel\r\n1.csv"), "regel1.csv");
    }
}
