//! The virtual tree of one channel, and what each operation in it answers (security §5.4).
//!
//! In go packets, out come packets. A file that is written is hashed and sealed as it arrives; it is on disk, and known
//! to the database, before its CLOSE is answered. Nothing in `in/` can be read back.

use super::path::{IN, OUT, Place, TEST};
use super::sweep::End;
use super::take::Closed;
use super::{Shared, say, take};
use crate::audit::{self, Event, Kind};
use crate::intake::measure;
use crate::intake::receive::{BlobReader, BlobWriter, ReceiveError};
use crate::store::sftp_accounts::{self, Account};
use crate::store::sftp_uploads::{self, Upload};
use crate::store::{StoreError, WorkerTx, answer_files, worker_tx};
use domain::delivery::dropbox::{self, TAIL_BYTES, Tail};
use russh_sftp::protocol::{
    Attrs, Data, File, FileAttributes, FileMode, Handle, Name, Open, OpenFlags, Packet, Read,
    Rename, StatusCode, Version, Write,
};
use std::collections::{HashMap, VecDeque};
use std::io::{self, Read as _, Seek, SeekFrom};
use std::sync::Arc;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Open files and folders of one channel (security §5.2).
pub(super) const HANDLES: usize = 16;
/// Names in one answer.
const NAMES: usize = 100;
/// Bytes in one answer to READ.
const PORTION: u32 = 64 * 1024;
/// Files this channel saw taken, whose size it still tells: many clients look after an upload whether it is all there.
const REMEMBERED: usize = 64;
const LANGUAGE: &str = "nl";
/// Bytes after which the database hears again how far an upload is: they count for the day (security §5.2).
const TOLD_EVERY: u64 = 8 * 1024 * 1024;

/// One channel.
pub(super) struct Tree {
    shared: Arc<Shared>,
    account: Account,
    address: String,
    busy: Arc<watch::Sender<usize>>,
    handles: HashMap<String, Opened>,
    next: u64,
    taken: VecDeque<(String, u64)>,
}

enum Opened {
    Upload(Box<Writing>),
    /// An upload that went wrong: every further WRITE and the CLOSE say so.
    Void(&'static str),
    Answer(Box<Reading>),
    Folder(Vec<File>),
}

/// An answer that is being fetched.
struct Reading {
    id: Uuid,
    file: BlobReader,
    /// Its last byte was asked for and given.
    served: bool,
}

/// A file that is being put down.
struct Writing {
    file: BlobWriter,
    name: String,
    tail: Vec<u8>,
    /// Bytes that the database was told of.
    told: u64,
    /// It is being told; true when that is more than its party may put down in a day.
    telling: Option<JoinHandle<bool>>,
    _busy: Busy,
}

/// Counts an open upload.
struct Busy(Arc<watch::Sender<usize>>);

impl Busy {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|open| *open += 1);
        Self(count.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// A "no", with what to do about it.
struct No(StatusCode, String);

type Answer = Result<Packet, No>;

fn no<T>(code: StatusCode, text: &str) -> Result<T, No> {
    Err(No(code, text.to_owned()))
}

fn denied<T>(text: &str) -> Result<T, No> {
    no(StatusCode::PermissionDenied, text)
}

fn missing<T>() -> Result<T, No> {
    no(StatusCode::NoSuchFile, say::MISSING)
}

fn ok(id: u32) -> Packet {
    Packet::status(id, StatusCode::Ok, "", LANGUAGE)
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> Self {
        ReceiveError::from(error).into()
    }
}

impl From<ReceiveError> for No {
    fn from(error: ReceiveError) -> Self {
        tracing::warn!(%error, "the drop box could not do what was asked");
        let text = match error {
            ReceiveError::Store(error) if !error.is_transient() => say::OURS,
            ReceiveError::Store(_) | ReceiveError::Disk(_) => say::AWAY,
        };
        Self(StatusCode::Failure, text.to_owned())
    }
}

impl Tree {
    pub(super) fn new(
        shared: Arc<Shared>,
        account: Account,
        address: String,
        busy: Arc<watch::Sender<usize>>,
    ) -> Self {
        Self {
            shared,
            account,
            address,
            busy,
            handles: HashMap::new(),
            next: 0,
            taken: VecDeque::new(),
        }
    }

    /// Answers a packet.
    pub(super) async fn answer(&mut self, packet: Packet) -> Packet {
        let id = packet.get_request_id();
        let answer = match packet {
            Packet::Init(_) => Ok(Packet::Version(Version::new())),
            Packet::Open(open) => self.open(open).await,
            Packet::Write(write) => self.write(write).await,
            Packet::Read(read) => self.read(&read),
            Packet::Close(close) => self.close(id, &close.handle).await,
            Packet::OpenDir(folder) => self.folder(id, &folder.path).await,
            Packet::ReadDir(folder) => self.names(id, &folder.handle),
            Packet::RealPath(path) => self.real_path(id, &path.path),
            Packet::Stat(stat) => self.stat(id, &stat.path).await,
            Packet::Lstat(stat) => self.stat(id, &stat.path).await,
            Packet::Fstat(stat) => self.stat_open(id, &stat.handle),
            Packet::SetStat(set) => self.set(id, &set.path).await,
            Packet::FSetStat(set) => self.set_open(id, &set.handle),
            Packet::Rename(rename) => self.rename(rename).await,
            Packet::Remove(remove) => self.remove(id, &remove.filename).await,
            _ => no(StatusCode::OpUnsupported, say::UNKNOWN),
        };
        answer.unwrap_or_else(|No(code, text)| Packet::status(id, code, &text, LANGUAGE))
    }

    /// The channel ends: what is open now has no end and never counts.
    pub(super) async fn end(&mut self) {
        for (_, opened) in self.handles.drain() {
            if let Opened::Upload(writing) = opened {
                let (id, came) = (writing.file.id(), writing.file.size());
                drop(writing);
                void(&self.shared, &self.account, id, "broken-off", came).await;
            }
        }
    }

    /// The folder to put files in.
    const fn inbox(&self) -> &'static str {
        if self.account.test_lane { TEST } else { IN }
    }

    fn place(&self, path: &str) -> Place {
        Place::of(path, self.inbox())
    }

    fn real_path(&self, id: u32, path: &str) -> Answer {
        let Some(shown) = self.place(path).shown(self.inbox()) else {
            return missing();
        };
        Ok(Packet::Name(Name {
            id,
            files: vec![File::new(shown, FileAttributes::empty())],
        }))
    }

    fn keep(&mut self, id: u32, opened: Opened) -> Packet {
        self.next += 1;
        let handle = self.next.to_string();
        self.handles.insert(handle.clone(), opened);
        Packet::Handle(Handle { id, handle })
    }

    async fn open(&mut self, open: Open) -> Answer {
        if self.handles.len() >= HANDLES {
            return no(StatusCode::Failure, say::TOO_MANY);
        }
        let flags = open.pflags;
        let puts = flags.contains(OpenFlags::WRITE | OpenFlags::CREATE)
            && !flags.intersects(OpenFlags::READ | OpenFlags::APPEND);
        match self.place(&open.filename) {
            Place::InFile(name) if puts => {
                self.begin(open.id, name, flags.contains(OpenFlags::EXCLUDE))
                    .await
            }
            Place::InFile(_) => denied(say::ONLY_PUT),
            Place::OutFile(name)
                if flags.contains(OpenFlags::READ)
                    && !flags
                        .intersects(OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::APPEND) =>
            {
                self.fetch(open.id, &name).await
            }
            Place::OutFile(_) => denied(say::ONLY_FETCH),
            Place::Root | Place::In | Place::Out => denied(say::A_FOLDER),
            Place::Nowhere => missing(),
        }
    }

    /// Bytes of the largest file that this account may put down.
    fn most(&self) -> u64 {
        if self.account.brp {
            self.shared.settings.max_brp_file_bytes
        } else {
            self.shared.settings.max_file_bytes
        }
    }

    /// Begins an upload. One of the same name that is not taken up yet makes place: it never counts.
    async fn begin(&mut self, id: u32, name: String, exclusive: bool) -> Answer {
        if let Err(bad) = dropbox::check_name(&name) {
            return denied(&bad.to_string());
        }
        if *self.shared.stop.borrow() {
            return no(StatusCode::Failure, say::AWAY);
        }
        let road = &self.shared.road;
        let most = self.most();
        match road.blobs.room() {
            Ok(room) if room.free >= most.saturating_mul(2) && room.free >= room.total / 10 => {}
            Ok(_) => return no(StatusCode::Failure, say::NO_ROOM),
            Err(error) => return Err(ReceiveError::from(error).into()),
        }
        let (account, process, asked) = (&self.account, self.shared.process, &name);
        let begun = take::patiently(
            self.shared.settings.patience_seconds,
            || {
                register(
                    &self.shared,
                    account,
                    asked,
                    exclusive,
                    process,
                    &self.address,
                )
            },
            StoreError::is_transient,
        )
        .await?;
        let upload = match begun {
            Begun::Upload(id) => id,
            Begun::Exists => return no(StatusCode::Failure, say::EXISTS),
            Begun::Ended => return denied(say::ENDED),
            Begun::Enough => return no(StatusCode::Failure, say::ENOUGH),
        };
        let file = match road.blobs.create(&road.keys, upload) {
            Ok(file) => file,
            Err(error) => {
                void(&self.shared, &self.account, upload, "disk", 0).await;
                return Err(ReceiveError::from(error).into());
            }
        };
        let writing = Writing {
            file,
            name,
            tail: Vec::with_capacity(2 * TAIL_BYTES),
            told: 0,
            telling: None,
            _busy: Busy::new(&self.busy),
        };
        Ok(self.keep(id, Opened::Upload(Box::new(writing))))
    }

    async fn write(&mut self, write: Write) -> Answer {
        let most = self.most();
        let wrong = match self.handles.get_mut(&write.handle) {
            Some(Opened::Upload(writing)) => {
                let added = writing.add(&write, most);
                let told = match added {
                    Ok(()) => writing.tell(&self.shared, self.account.party).await,
                    wrong => wrong,
                };
                match told {
                    Ok(()) => return Ok(ok(write.id)),
                    Err(wrong) => wrong,
                }
            }
            Some(Opened::Void(text)) => return no(StatusCode::Failure, text),
            _ => {
                return no(StatusCode::Failure, say::NOT_WRITING);
            }
        };
        let (why, text) = wrong;
        let was = self.handles.insert(write.handle, Opened::Void(text));
        if let Some(Opened::Upload(writing)) = was {
            let (id, came) = (writing.file.id(), writing.file.size());
            // Its half file goes with it.
            drop(writing);
            void(&self.shared, &self.account, id, why, came).await;
        }
        no(StatusCode::Failure, text)
    }

    fn read(&mut self, read: &Read) -> Answer {
        let Some(Opened::Answer(reading)) = self.handles.get_mut(&read.handle) else {
            return no(StatusCode::Failure, say::NOT_READING);
        };
        let size = reading.file.size();
        if read.offset >= size {
            reading.served = true;
            return no(StatusCode::Eof, "");
        }
        let file = &mut reading.file;
        let mut portion = || -> io::Result<Vec<u8>> {
            let mut data = Vec::new();
            file.seek(SeekFrom::Start(read.offset))?;
            file.take(u64::from(read.len.min(PORTION)))
                .read_to_end(&mut data)?;
            Ok(data)
        };
        let data = portion().map_err(ReceiveError::from)?;
        reading.served |= read.offset + data.len() as u64 >= size;
        Ok(Packet::Data(Data { id: read.id, data }))
    }

    async fn close(&mut self, id: u32, handle: &str) -> Answer {
        match self.handles.remove(handle) {
            Some(Opened::Upload(writing)) => self.finish(id, *writing).await,
            Some(Opened::Void(text)) => no(StatusCode::Failure, text),
            Some(Opened::Answer(reading)) => {
                if reading.served {
                    self.fetched(reading.id).await;
                }
                Ok(ok(id))
            }
            Some(Opened::Folder(_)) => Ok(ok(id)),
            None => no(StatusCode::Failure, say::NOT_OPEN),
        }
    }

    /// An answer is with its sender who closes it after its last byte: a link that breaks before that leaves it as one that
    /// nobody has. So does a database that is away; the sender hears nothing of it.
    async fn fetched(&self, answer: Uuid) {
        let noted = async {
            let mut tx = worker_tx(&self.shared.road.db).await?;
            answer_files::fetched(&mut tx, answer).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%answer, %error, "that an answer was fetched was not noted");
        }
    }

    /// All bytes have come: on disk, then in the database, then the yes. Whether they are all is another matter.
    async fn finish(&mut self, id: u32, writing: Writing) -> Answer {
        let (road, upload) = (&self.shared.road, writing.file.id());
        let (name, tail, file) = (writing.name, Tail::of(&writing.tail), writing.file);
        let came = file.size();
        let finished = tokio::task::spawn_blocking(move || file.finish())
            .await
            .map_err(io::Error::other)
            .and_then(|finished| finished);
        let whole = match finished {
            Ok(whole) => whole,
            Err(error) => {
                void(&self.shared, &self.account, upload, "disk", came).await;
                return Err(ReceiveError::from(error).into());
            }
        };
        let sealed = take::sealed(road, upload, whole);
        let bytes = &sealed;
        let closed = take::patiently(
            self.shared.settings.patience_seconds,
            || take::closed(road, upload, whole, bytes, tail),
            StoreError::is_transient,
        )
        .await
        .inspect_err(|_| {
            // It stays, and is swept in when the database is back (security F3).
            let end = End::Whole(self.account.party);
            self.shared.loose.keep(upload, end);
        })?;
        measure::landed(whole.size);
        match closed {
            Closed::Here => {}
            // Somebody put another file in its place.
            Closed::Void => return no(StatusCode::Failure, say::REPLACED),
            Closed::Ended => return denied(say::ENDED),
        }
        let upload = Upload {
            id: upload,
            name: name.clone(),
            size: i64::try_from(whole.size).unwrap_or(i64::MAX),
            closed: true,
            opened_at: road.clock.now(),
            sha256_sealed: Some(sealed),
            trailer: tail.trailer.and_then(|rows| i32::try_from(rows).ok()),
            ended: tail.ended,
        };
        if self.take(&upload, &name, false).await? || self.in_use().await? {
            Ok(ok(id))
        } else {
            // It ended in this very moment, and its files prove nothing any more.
            denied(say::ENDED)
        }
    }

    async fn in_use(&self) -> Result<bool, No> {
        let (road, account) = (&self.shared.road, self.account.id);
        let in_use = take::patiently(
            self.shared.settings.patience_seconds,
            || take::in_use(road, account),
            StoreError::is_transient,
        );
        Ok(in_use.await?)
    }

    async fn take(&mut self, upload: &Upload, name: &str, renamed: bool) -> Result<bool, No> {
        let (road, account) = (&self.shared.road, &self.account);
        let taken = take::patiently(
            self.shared.settings.patience_seconds,
            || take::if_proved(road, account, upload, name, renamed),
            take::is_transient,
        )
        .await?;
        let Some(received) = taken else {
            return Ok(false);
        };
        if received.id() == upload.id {
            if self.taken.len() == REMEMBERED {
                self.taken.pop_front();
            }
            let size = u64::try_from(upload.size).unwrap_or_default();
            self.taken.push_back((name.to_owned(), size));
        }
        Ok(true)
    }

    /// Inside `in/`, one's own whole files, never over another one. From a temporary name it is the proof of who proves
    /// that way: then the delivery is made before the answer.
    async fn rename(&mut self, rename: Rename) -> Answer {
        let (Place::InFile(from), Place::InFile(to)) =
            (self.place(&rename.oldpath), self.place(&rename.newpath))
        else {
            return denied(say::ONLY_HERE);
        };
        if let Err(bad) = dropbox::check_name(&to) {
            return denied(&bad.to_string());
        }
        let mut tx = self.tx().await?;
        let here = sftp_uploads::of_account(&mut tx, &self.account, None).await?;
        tx.rollback().await?;
        let Some(upload) = here.iter().find(|upload| upload.name == from) else {
            return missing();
        };
        if !upload.closed {
            return no(StatusCode::Failure, say::STILL_OPEN);
        }
        if here.iter().any(|other| other.name == to) {
            return no(StatusCode::Failure, say::EXISTS);
        }
        let renamed = dropbox::without_temporary(&from).is_some();
        if self.take(upload, &to, renamed).await? {
            return Ok(ok(rename.id));
        }
        let road = &self.shared.road;
        let mut tx = worker_tx(&road.db).await?;
        if !sftp_accounts::stays_open(&mut tx, upload.id).await? {
            return denied(say::ENDED);
        }
        match sftp_uploads::rename(&mut tx, upload.id, &to).await {
            Err(error) if error.is_constraint("sftp_uploads_name") => {
                return no(StatusCode::Failure, say::EXISTS);
            }
            Ok(false) => return missing(),
            other => other?,
        };
        tx.commit().await?;
        Ok(ok(rename.id))
    }

    async fn remove(&mut self, id: u32, path: &str) -> Answer {
        let road = &self.shared.road;
        match self.place(path) {
            Place::InFile(name) => {
                let upload = self.upload(&name).await?;
                if !upload.closed {
                    return no(StatusCode::Failure, say::STILL_OPEN);
                }
                take::void(road, self.account.party, upload.id, "removed", 0).await?;
                Ok(ok(id))
            }
            Place::OutFile(name) => {
                let mut tx = self.tx().await?;
                let found = answer_files::of_account(&mut tx, self.account.id, Some(&name)).await?;
                let Some(answer) = found.first() else {
                    return missing();
                };
                answer_files::hide(&mut tx, answer.id).await?;
                tx.commit().await?;
                Ok(ok(id))
            }
            Place::Root | Place::In | Place::Out => denied(say::FOLDER_STAYS),
            Place::Nowhere => missing(),
        }
    }

    /// A transaction of an account that is still in use: a session may outlive that.
    async fn tx(&self) -> Result<WorkerTx<'_>, No> {
        let mut tx = worker_tx(&self.shared.road.db).await?;
        if sftp_accounts::is_open(&mut tx, self.account.id).await? {
            Ok(tx)
        } else {
            denied(say::ENDED)
        }
    }

    async fn upload(&self, name: &str) -> Result<Upload, No> {
        let mut tx = self.tx().await?;
        let found = sftp_uploads::of_account(&mut tx, &self.account, Some(name)).await?;
        found.into_iter().next().map_or_else(missing, Ok)
    }

    /// Opens an answer. That is a line of the audit, before a byte of it leaves; fetched it is when all of it was read.
    async fn fetch(&mut self, id: u32, name: &str) -> Answer {
        let road = &self.shared.road;
        let mut tx = self.tx().await?;
        let found = answer_files::of_account(&mut tx, self.account.id, Some(name)).await?;
        let Some(answer) = found.first() else {
            return missing();
        };
        let file = road
            .blobs
            .read(&road.keys, answer.id)
            .map_err(ReceiveError::from)?;
        let line = Event::of_worker(Some(self.account.party), None, Kind::AnswerFetched)
            .object(
                if answer.of_upload {
                    "upload"
                } else {
                    "delivery"
                },
                answer.answers,
            )
            .access_point(&self.address)
            .detail("account", self.account.id.to_string());
        audit::add(&mut tx, line).await?;
        tx.commit().await?;
        let reading = Reading {
            id: answer.id,
            file,
            served: false,
        };
        Ok(self.keep(id, Opened::Answer(Box::new(reading))))
    }

    async fn folder(&mut self, id: u32, path: &str) -> Answer {
        if self.handles.len() >= HANDLES {
            return no(StatusCode::Failure, say::TOO_MANY);
        }
        let place = self.place(path);
        let mut tx = self.tx().await?;
        let mut files = match place {
            Place::Root => vec![
                File::new(self.inbox(), folder_of(&Place::In)),
                File::new(OUT, folder_of(&Place::Out)),
            ],
            Place::In => sftp_uploads::of_account(&mut tx, &self.account, None)
                .await?
                .into_iter()
                .map(|upload| {
                    let about = put(size(upload.size), upload.opened_at);
                    File::new(upload.name, about)
                })
                .collect(),
            Place::Out => answer_files::of_account(&mut tx, self.account.id, None)
                .await?
                .into_iter()
                .map(|answer| {
                    let about = answered(size(answer.size), answer.created_at);
                    File::new(answer.name, about)
                })
                .collect(),
            Place::InFile(_) | Place::OutFile(_) | Place::Nowhere => return missing(),
        };
        tx.rollback().await?;
        files.reverse();
        Ok(self.keep(id, Opened::Folder(files)))
    }

    fn names(&mut self, id: u32, handle: &str) -> Answer {
        let Some(Opened::Folder(left)) = self.handles.get_mut(handle) else {
            return no(StatusCode::Failure, say::NO_FOLDER);
        };
        if left.is_empty() {
            return no(StatusCode::Eof, "");
        }
        let mut files = left.split_off(left.len().saturating_sub(NAMES));
        files.reverse();
        Ok(Packet::Name(Name { id, files }))
    }

    async fn stat(&self, id: u32, path: &str) -> Answer {
        let place = self.place(path);
        let attrs = match &place {
            Place::Root | Place::In | Place::Out => folder_of(&place),
            Place::InFile(name) => match self.upload(name).await {
                Ok(upload) => put(size(upload.size), upload.opened_at),
                Err(No(StatusCode::NoSuchFile, _)) => {
                    let seen = self.taken.iter().rev().find(|(taken, _)| taken == name);
                    let Some((_, size)) = seen else {
                        return missing();
                    };
                    put(*size, self.shared.road.clock.now())
                }
                Err(other) => return Err(other),
            },
            Place::OutFile(name) => {
                let mut tx = self.tx().await?;
                let found = answer_files::of_account(&mut tx, self.account.id, Some(name)).await?;
                let Some(answer) = found.first() else {
                    return missing();
                };
                answered(size(answer.size), answer.created_at)
            }
            Place::Nowhere => return missing(),
        };
        Ok(Packet::Attrs(Attrs { id, attrs }))
    }

    /// Clients that keep times set them after an upload, also of a file that was taken meanwhile; here nobody sees them. Of
    /// what cannot be here it is no.
    async fn set(&self, id: u32, path: &str) -> Answer {
        match self.place(path) {
            Place::InFile(name) => match dropbox::check_name(&name) {
                Ok(()) => Ok(ok(id)),
                Err(bad) => denied(&bad.to_string()),
            },
            Place::Root | Place::In | Place::Out => Ok(ok(id)),
            Place::OutFile(name) => {
                let mut tx = self.tx().await?;
                let found = answer_files::of_account(&mut tx, self.account.id, Some(&name)).await?;
                if found.is_empty() {
                    return missing();
                }
                Ok(ok(id))
            }
            Place::Nowhere => missing(),
        }
    }

    fn set_open(&self, id: u32, handle: &str) -> Answer {
        match self.handles.get(handle) {
            Some(Opened::Void(text)) => no(StatusCode::Failure, text),
            Some(_) => Ok(ok(id)),
            None => no(StatusCode::Failure, say::NOT_OPEN),
        }
    }

    fn stat_open(&self, id: u32, handle: &str) -> Answer {
        let now = self.shared.road.clock.now();
        let attrs = match self.handles.get(handle) {
            Some(Opened::Upload(writing)) => put(writing.file.size(), now),
            Some(Opened::Answer(reading)) => answered(reading.file.size(), now),
            Some(Opened::Folder(_)) => folder_of(&Place::In),
            Some(Opened::Void(text)) => return no(StatusCode::Failure, text),
            None => return no(StatusCode::Failure, say::NOT_OPEN),
        };
        Ok(Packet::Attrs(Attrs { id, attrs }))
    }
}

impl Writing {
    /// Tells the database now and then how far it is, beside the upload: bytes land while the database is away. The "no" when
    /// its party put down all that it may in a day comes with the next bytes.
    async fn tell(
        &mut self,
        shared: &Arc<Shared>,
        party: Uuid,
    ) -> Result<(), (&'static str, &'static str)> {
        if let Some(telling) = self.telling.take_if(|telling| telling.is_finished())
            && telling.await.unwrap_or(false)
        {
            return Err(("day-limit", say::ENOUGH));
        }
        let (id, came) = (self.file.id(), self.file.size());
        if self.telling.is_none() && came - self.told >= TOLD_EVERY {
            self.told = came;
            let shared = shared.clone();
            self.telling = Some(tokio::spawn(async move {
                let enough = too_much(&shared, party, id, came).await;
                enough
                    .inspect_err(|error| tracing::warn!(upload = %id, %error, "how far an upload is was not noted"))
                    .unwrap_or(false)
            }));
        }
        Ok(())
    }

    /// Takes the next bytes; why not, as the table and as the sender reads it.
    fn add(&mut self, write: &Write, most: u64) -> Result<(), (&'static str, &'static str)> {
        if write.offset != self.file.size() {
            return Err(("out-of-order", say::IN_ORDER));
        }
        if write.offset + write.data.len() as u64 > most {
            return Err(("too-large", say::TOO_LARGE));
        }
        self.file
            .push(&write.data)
            .map_err(|_| ("disk", say::NO_ROOM))?;
        self.tail
            .extend_from_slice(&write.data[write.data.len().saturating_sub(TAIL_BYTES)..]);
        let over = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..over);
        Ok(())
    }
}

/// What came of beginning an upload.
enum Begun {
    Upload(Uuid),
    /// There is one of this name that may not be replaced.
    Exists,
    /// The account ended while its session was open.
    Ended,
    /// Its party put down all that it may in a day.
    Enough,
}

/// Takes the name for a new upload; one that had it and is not taken up yet never counts.
async fn register(
    shared: &Shared,
    account: &Account,
    name: &str,
    exclusive: bool,
    process: Uuid,
    address: &str,
) -> Result<Begun, StoreError> {
    let (road, settings) = (&shared.road, &shared.settings);
    let mut tx = worker_tx(&road.db).await?;
    if !sftp_accounts::is_open(&mut tx, account.id).await? {
        return Ok(Begun::Ended);
    }
    let most = (settings.day_files, settings.day_bytes);
    if sftp_uploads::had_enough(&mut tx, account.party, most).await? {
        let line = Event::of_worker(Some(account.party), None, Kind::Refused)
            .object("sftp-account", account.id)
            .access_point(address)
            .outcome(audit::Outcome::Failure)
            .detail("why", "day-limit");
        audit::add(&mut tx, line).await?;
        tx.commit().await?;
        return Ok(Begun::Enough);
    }
    let before = sftp_uploads::of_account(&mut tx, account, Some(name)).await?;
    if exclusive && !before.is_empty() {
        return Ok(Begun::Exists);
    }
    if !before.is_empty() {
        tx.rollback().await?;
        for older in before {
            take::void(road, account.party, older.id, "replaced", 0).await?;
        }
        tx = worker_tx(&road.db).await?;
    }
    let upload = crate::clock::new_key();
    match sftp_uploads::begin(&mut tx, upload, account, name, process).await {
        Err(error) if error.is_constraint("sftp_uploads_name") => return Ok(Begun::Exists),
        other => other?,
    }
    tx.commit().await?;
    Ok(Begun::Upload(upload))
}

/// Ends an upload that went wrong; what cannot be written down now the sweep finds.
async fn void(shared: &Shared, account: &Account, id: Uuid, why: &'static str, came: u64) {
    if let Err(error) = take::void(&shared.road, account.party, id, why, came).await {
        tracing::warn!(upload = %id, %error, "the end of an upload waits for the sweep");
        shared.loose.keep(id, End::Void(account.party, why, came));
    }
}

/// Notes how far an upload is; true when its party put down more than it may in a day.
async fn too_much(shared: &Shared, party: Uuid, id: Uuid, came: u64) -> Result<bool, StoreError> {
    let mut tx = worker_tx(&shared.road.db).await?;
    sftp_uploads::came(&mut tx, id, came).await?;
    let most = (u32::MAX, shared.settings.day_bytes);
    let enough = sftp_uploads::had_enough(&mut tx, party, most).await?;
    tx.commit().await?;
    Ok(enough)
}

fn size(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or_default()
}

fn about(size: u64, mode: u32, at: OffsetDateTime) -> FileAttributes {
    let seconds = u32::try_from(at.unix_timestamp()).unwrap_or_default();
    FileAttributes {
        size: Some(size),
        permissions: Some(mode),
        atime: Some(seconds),
        mtime: Some(seconds),
        ..FileAttributes::empty()
    }
}

/// A file in `in/`: written, never read.
fn put(size: u64, at: OffsetDateTime) -> FileAttributes {
    about(size, FileMode::REG.bits() | 0o200, at)
}

/// A file in `uit/`.
fn answered(size: u64, at: OffsetDateTime) -> FileAttributes {
    about(size, FileMode::REG.bits() | 0o400, at)
}

fn folder_of(place: &Place) -> FileAttributes {
    let rights = match place {
        Place::In => 0o700,
        _ => 0o500,
    };
    about(0, FileMode::DIR.bits() | rights, OffsetDateTime::UNIX_EPOCH)
}
