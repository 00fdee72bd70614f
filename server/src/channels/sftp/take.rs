//! A file that is proved to be whole becomes a delivery (specification §8).
//!
//! In: a whole file on disk, its name and, where the account has control files, what that promises. Out: the delivery,
//! or its refusal (A13, A14), in one transaction with the end of the upload: a file is taken once.

use crate::audit::Event;
use crate::brp::{self, answer::Said};
use crate::intake::answer_files::{self, To};
use crate::intake::receive::{self, FromBox, RECEIVED, ReceiveError, Received, Sender, Whole};
use crate::intake::{Road, measure};
use crate::jobs::{self, JobKind};
use crate::keys::{Purpose, Sealed};
use crate::store::answer_files::Of;
use crate::store::deliveries::Dropped;
use crate::store::sftp_accounts::{self, Account};
use crate::store::sftp_uploads::{self, Unproved, Upload};
use crate::store::{StoreError, worker_tx};
use domain::delivery::Channel;
use domain::delivery::dropbox::{self, BrpName, Control, FileName, Proof, TAIL_BYTES, Tail};
use domain::finding::{Code, Finding};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// Pause between attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Takes a file whose proof is there; none when it is not, or somebody else just took it. `renamed` says that it comes
/// from a temporary name.
pub(super) async fn if_proved(
    road: &Road,
    account: &Account,
    upload: &Upload,
    name: &str,
    renamed: bool,
) -> Result<Option<Received>, ReceiveError> {
    if dropbox::without_temporary(name).is_some() {
        return Ok(None);
    }
    match account.proof {
        Proof::Rename if renamed => taken(road, account, upload, name, None).await,
        Proof::Trailer if upload.trailer.is_some() => {
            taken(road, account, upload, name, None).await
        }
        Proof::Control => with_control(road, account, upload, name).await,
        Proof::Rename | Proof::Trailer | Proof::Quiet => Ok(None),
    }
}

/// A control file or the file it is of has come: takes them when both are there.
async fn with_control(
    road: &Road,
    account: &Account,
    upload: &Upload,
    name: &str,
) -> Result<Option<Received>, ReceiveError> {
    let mut tx = worker_tx(&road.db).await?;
    let all = sftp_uploads::of_account(&mut tx, account, None).await?;
    tx.rollback().await?;
    let closed = |wanted: &dyn Fn(&Upload) -> bool| {
        all.iter()
            .find(|other| other.closed && other.id != upload.id && wanted(other))
            .cloned()
    };
    let is_of = |control: &str, data: &str| {
        // Under a temporary name it is not there yet.
        dropbox::without_temporary(data).is_none()
            && dropbox::control_names(data)
                .iter()
                .any(|name| name == control)
    };
    let (file, file_name, control) = if dropbox::is_control(name) {
        let data = closed(&|other| is_of(name, &other.name));
        let Some(data) = data else { return Ok(None) };
        let data_name = data.name.clone();
        (data, data_name, upload.clone())
    } else {
        let control = closed(&|other| is_of(&other.name, name));
        let Some(control) = control else {
            return Ok(None);
        };
        (upload.clone(), name.to_owned(), control)
    };
    let promise = promise(road, &control).await?;
    let received = taken(road, account, &file, &file_name, Some(promise)).await?;
    if received.is_some() {
        void(road, account.party, control.id, "control-file", 0).await?;
    }
    Ok(received)
}

/// What a control file promises; none when it cannot be read as one.
async fn promise(road: &Road, control: &Upload) -> Result<Option<Control>, ReceiveError> {
    if u64::try_from(control.size).is_ok_and(|size| size > dropbox::CONTROL_BYTES) {
        return Ok(None);
    }
    let (road, id) = (road.clone(), control.id);
    let read = tokio::task::spawn_blocking(move || {
        let mut content = Vec::new();
        road.blobs
            .read(&road.keys, id)?
            .read_to_end(&mut content)
            .map(|_| content)
    });
    let content = read.await.map_err(std::io::Error::other)??;
    Ok(Control::parse(&content))
}

/// Makes the delivery. `control` is what the control file promises, when the account has one: nothing readable is
/// no promise kept.
pub(super) async fn taken(
    road: &Road,
    account: &Account,
    upload: &Upload,
    name: &str,
    control: Option<Option<Control>>,
) -> Result<Option<Received>, ReceiveError> {
    let whole = whole(road, upload)?;
    let rows = promised_rows(control.flatten(), upload);
    if account.brp {
        let promise = (kept(control, whole, upload, name), rows);
        return brp_set(road, account, upload, name, whole, promise).await;
    }
    let file = FileName::parse(name).filter(|file| {
        file.party.eq_ignore_ascii_case(&account.party_code)
            && file
                .installation
                .eq_ignore_ascii_case(&account.installation)
    });
    let refused = match (file, kept(control, whole, upload, name)) {
        (None, _) => Some(Code::A13),
        (Some(_), false) => Some(Code::A14),
        (Some(_), true) => None,
    };
    let facts = Dropped {
        account: account.id,
        intermediary: account.intermediary,
        day: file.map(|file| file.day),
        sequence: file.and_then(|file| i32::try_from(file.sequence).ok()),
        promised_rows: rows,
    };
    let sender = Sender {
        party: account.party,
        by: None,
        channel: Channel::Sftp,
        file_name: name,
        preview: false,
        test_lane: account.test_lane,
        intermediary: None,
        event: Event::of_worker(Some(account.party), None, RECEIVED)
            .detail("account", account.id.to_string()),
        now: road.clock.now(),
        dropped: Some(FromBox {
            facts,
            refused: refused.map(Finding::whole),
        }),
    };
    match receive::received(road, &sender, upload.id, whole).await {
        Ok(received) => {
            measure::upload("taken");
            Ok(Some(received))
        }
        Err(ReceiveError::Store(StoreError::NotFound)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How many rows its control file promises, or else its last line.
fn promised_rows(control: Option<Control>, upload: &Upload) -> Option<i32> {
    control
        .and_then(|promised| promised.rows)
        .map(|rows| i32::try_from(rows).unwrap_or(i32::MAX))
        .or(upload.trailer)
}

/// What the control file promises is true, as far as that shows before the file is read.
fn kept(control: Option<Option<Control>>, whole: Whole, upload: &Upload, name: &str) -> bool {
    match control {
        None => true,
        Some(None) => false,
        Some(Some(promised)) => match promised.sha256 {
            Some(sha) => sha == whole.sha256,
            // A count does not see that the last row lost its end; that its line is ended does.
            None => upload.ended || !name.to_ascii_lowercase().ends_with(".csv"),
        },
    }
}

/// A set of the BRP goes to its own job, which counts its lines. One of another name, or that breaks its promise already, never
/// counts. Either way its sender hears.
async fn brp_set(
    road: &Road,
    account: &Account,
    upload: &Upload,
    name: &str,
    whole: Whole,
    (kept, rows): (bool, Option<i32>),
) -> Result<Option<Received>, ReceiveError> {
    let refused = match BrpName::parse(name) {
        None => Some(Said::name()),
        Some(_) if !kept => Some(Said::promise()),
        Some(_) => None,
    };
    let shown = receive::shown_name(name);
    let to = To {
        of: Of::Upload(upload.id),
        party: account.party,
        account: account.id,
        name: &shown,
    };
    let mut tx = worker_tx(&road.db).await?;
    let taken = match refused {
        None => sftp_uploads::take(&mut tx, upload.id, name).await?,
        Some(_) => sftp_uploads::void(&mut tx, upload.id, "refused", 0).await?,
    };
    if !taken {
        return Ok(None);
    }
    answer_files::receipt(road, &mut tx, &to, whole, road.clock.now()).await?;
    let is_refused = refused.is_some();
    let line = if is_refused {
        brp::answer::result(road, &mut tx, &to, None, refused).await?;
        ended(account.party, upload.id, "refused")
    } else {
        sftp_uploads::promise(&mut tx, upload.id, rows).await?;
        jobs::push(&mut tx, JobKind::LoadBrp, upload.id).await?;
        Event::of_worker(Some(account.party), None, RECEIVED)
            .object("upload", upload.id)
            .detail("account", account.id.to_string())
            .detail("brp", true)
    };
    crate::audit::add(&mut tx, line).await?;
    tx.commit().await?;
    if is_refused {
        destroy(road, upload.id);
        return Ok(None);
    }
    road.db.work.notify_waiters();
    Ok(Some(Received::New(upload.id)))
}

fn whole(road: &Road, upload: &Upload) -> Result<Whole, StoreError> {
    let broken = || StoreError::Broken("upload".to_owned());
    let sealed = Sealed::from_bytes(upload.sha256_sealed.clone().ok_or_else(broken)?);
    let plain = road
        .keys
        .open(&sealed, &Purpose::Sha256.of(upload.id.as_bytes()))
        .map_err(|_| broken())?;
    Ok(Whole {
        size: u64::try_from(upload.size).map_err(|_| broken())?,
        sha256: plain.as_slice().try_into().map_err(|_| broken())?,
    })
}

/// An upload never counts: says why and how many bytes came, as far as that is not known, and takes its file away. One that
/// was taken in the meantime keeps its file.
pub(super) async fn void(
    road: &Road,
    party: Uuid,
    id: Uuid,
    why: &'static str,
    came: u64,
) -> Result<(), StoreError> {
    let mut tx = worker_tx(&road.db).await?;
    if !sftp_uploads::void(&mut tx, id, why, came).await? {
        return tx.rollback().await;
    }
    crate::audit::add(&mut tx, ended(party, id, why)).await?;
    tx.commit().await?;
    measure::upload(why);
    destroy(road, id);
    Ok(())
}

/// A file that nobody proved in time never counts, and its sender hears so in the same transaction (security F18); of a control
/// file alone there is nothing to hear.
pub(super) async fn unproved(road: &Road, left: &Unproved) -> Result<(), StoreError> {
    let why = "no-proof";
    let mut tx = worker_tx(&road.db).await?;
    if !sftp_uploads::void(&mut tx, left.id, why, 0).await? {
        return tx.rollback().await;
    }
    let shown = receive::shown_name(&left.name);
    let to = To {
        of: Of::Upload(left.id),
        party: left.party,
        account: left.account,
        name: &shown,
    };
    if left.brp && !left.control {
        brp::answer::result(road, &mut tx, &to, None, Some(Said::unproved())).await?;
    } else if !left.control {
        answer_files::unproved(road, &mut tx, &to).await?;
    }
    crate::audit::add(&mut tx, ended(left.party, left.id, why)).await?;
    tx.commit().await?;
    measure::upload(why);
    destroy(road, left.id);
    Ok(())
}

/// The account did not end while its session was open.
pub(super) async fn in_use(road: &Road, account: Uuid) -> Result<bool, StoreError> {
    let mut tx = worker_tx(&road.db).await?;
    sftp_accounts::is_open(&mut tx, account).await
}

/// What came of an upload of which all bytes are on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// It is there.
    Here,
    /// It never counts any more, and its file is gone.
    Void,
    /// Its account ended: it proves nothing any more, and the sweep takes it away when its time is over.
    Ended,
}

/// Writes down that all bytes of an upload are on disk; until that is done its account does not end.
pub(super) async fn closed(
    road: &Road,
    id: Uuid,
    whole: Whole,
    sealed: &[u8],
    tail: Tail,
) -> Result<Closed, StoreError> {
    let mut tx = worker_tx(&road.db).await?;
    let in_use = sftp_accounts::stays_open(&mut tx, id).await?;
    let closed = sftp_uploads::close(&mut tx, id, whole.size, sealed, tail).await?;
    let void = !closed && sftp_uploads::is_void(&mut tx, id).await?;
    if void {
        sftp_uploads::came(&mut tx, id, whole.size).await?;
    }
    tx.commit().await?;
    if void {
        destroy(road, id);
        return Ok(Closed::Void);
    }
    Ok(if in_use { Closed::Here } else { Closed::Ended })
}

/// SHA-256 of an upload as it is kept.
pub(super) fn sealed(road: &Road, id: Uuid, whole: Whole) -> Vec<u8> {
    road.keys
        .seal(&whole.sha256, &Purpose::Sha256.of(id.as_bytes()))
        .into_bytes()
}

/// A file that is whole on disk, while the database did not hear of it: what it is, is read from the file itself, whose last
/// chunk says that it is the last one.
pub(super) async fn found_whole(road: &Road, party: Uuid, id: Uuid) -> Result<(), ReceiveError> {
    let (reading, keys) = (road.blobs.clone(), road.keys.clone());
    let read = tokio::task::spawn_blocking(move || measured(reading.read(&keys, id)?));
    match read.await.map_err(std::io::Error::other)? {
        Ok((whole, tail)) => {
            closed(road, id, whole, &sealed(road, id, whole), tail).await?;
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            tracing::error!(upload = %id, "a file in the drop box does not open");
            Ok(void(road, party, id, "disk", 0).await?)
        }
        // Meanwhile it was replaced or removed, or another process took it; of a taken or ended one this changes nothing.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(void(road, party, id, "disk", 0).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// Length, digest and last bytes of a file, in flat memory.
fn measured(mut file: impl Read) -> std::io::Result<(Whole, Tail)> {
    let (mut sha, mut size, mut tail) = (Sha256::new(), 0, Vec::new());
    let mut portion = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut portion)?;
        if read == 0 {
            break;
        }
        let bytes = portion.get(..read).unwrap_or_default();
        sha.update(bytes);
        size += bytes.len() as u64;
        tail.extend_from_slice(bytes);
        let over = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..over);
    }
    let sha256 = sha.finalize().into();
    Ok((Whole { size, sha256 }, Tail::of(&tail)))
}

fn ended(party: Uuid, id: Uuid, why: &str) -> Event {
    Event::of_worker(Some(party), None, crate::audit::Kind::UploadEnded)
        .object("upload", id)
        .detail("why", why)
}

fn destroy(road: &Road, id: Uuid) {
    if let Err(error) = road.blobs.destroy(id) {
        tracing::error!(upload = %id, kind = %error.kind(), "a raw file waits for the sweep");
    }
}

/// Tries again while the database is away, as long as a sender may be kept waiting.
pub(super) async fn patiently<T, E, A>(
    seconds: u32,
    mut attempt: impl FnMut() -> A,
    transient: impl Fn(&E) -> bool,
) -> Result<T, E>
where
    A: Future<Output = Result<T, E>>,
{
    let until = Instant::now() + Duration::from_secs(u64::from(seconds));
    loop {
        match attempt().await {
            Err(error) if transient(&error) && Instant::now() < until => {
                tokio::time::sleep(PAUSE).await;
            }
            other => return other,
        }
    }
}

/// The same again later may succeed.
pub(super) fn is_transient(error: &ReceiveError) -> bool {
    matches!(error, ReceiveError::Store(error) if error.is_transient())
}
