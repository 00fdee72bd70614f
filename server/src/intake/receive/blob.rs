//! Raw files at rest: one sealed file a delivery, written once (security G4).
//!
//! In go the bytes of a sender, in any portions; out comes a file under `blobs/` that only holds
//! ciphertext: AES-256-GCM in chunks of 64 KiB under a key of its own, which lies sealed in the header.
//! Removing the file removes that key. The delivery, the chunk number and the last-mark are bound to
//! each chunk, so chunks cannot be swapped, dropped or cut off unseen.

use crate::keys::{Keys, Sealed};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Plain bytes in a chunk.
const CHUNK: usize = 64 * 1024;
/// Bytes AES-GCM adds to a chunk.
const TAG: usize = 16;
/// Days a raw file is kept, unless configured otherwise (security G4).
pub const KEPT_DAYS: u32 = 30;
/// First bytes of each blob: what it is, and the version of this format.
const MAGIC: &[u8; 8] = b"CIMSBLB1";

/// The folder of sealed files: `spool/` for those being written, `blobs/` for whole ones.
#[derive(Debug, Clone)]
pub struct BlobStore {
    root: PathBuf,
    days: u32,
}

/// Room on a disk, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Still free for us.
    pub free: u64,
    /// In all.
    pub total: u64,
}

/// What a whole file was: its length and its plain digest (which itself is never stored, security G10).
#[derive(Clone, Copy)]
pub struct Whole {
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the plain bytes.
    pub sha256: [u8; 32],
}

impl Whole {
    /// The SHA-256 as its sender sees it, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        let bytes = self.sha256.iter();
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }
}

impl BlobStore {
    /// Opens the store, making its folders.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        for folder in ["spool", "blobs"] {
            std::fs::create_dir_all(root.join(folder))?;
        }
        Ok(Self {
            root,
            days: KEPT_DAYS,
        })
    }

    /// The same store, with another number of days.
    #[must_use]
    pub fn keeping(self, days: u32) -> Self {
        Self { days, ..self }
    }

    /// How long a raw file is kept after its receipt.
    #[must_use]
    pub fn kept_for(&self) -> time::Duration {
        time::Duration::days(i64::from(self.days))
    }

    fn part(&self, id: Uuid) -> PathBuf {
        self.root.join("spool").join(format!("{id}.part"))
    }

    fn blob(&self, id: Uuid) -> PathBuf {
        self.root.join("blobs").join(id.to_string())
    }

    /// Begins the file of a delivery.
    ///
    /// # Errors
    /// When the file exists already or cannot be written, or the randomness of the machine fails.
    pub fn create(&self, keys: &Keys, id: Uuid) -> io::Result<BlobWriter> {
        let mut key = Zeroizing::new([0_u8; 32]);
        rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, key.as_mut_slice())
            .map_err(io::Error::other)?;
        let wrapped = keys.wrap_blob_key(&key, id).into_bytes();
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o440)
            .open(self.part(id))?;
        // From here on a disk without room leaves nothing behind.
        let part = Part(Some(self.part(id)));
        file.write_all(MAGIC)?;
        file.write_all(
            &u32::try_from(wrapped.len())
                .map_err(io::Error::other)?
                .to_be_bytes(),
        )?;
        file.write_all(&wrapped)?;
        Ok(BlobWriter {
            part,
            blob: self.blob(id),
            id,
            cipher: Aes256Gcm::new((&*key).into()),
            file,
            buffer: Zeroizing::new(Vec::with_capacity(CHUNK)),
            chunk: 0,
            size: 0,
            sha: Sha256::new(),
        })
    }

    /// Opens the file of a delivery for reading.
    ///
    /// # Errors
    /// `NotFound` when it was destroyed; `InvalidData` when it is not ours or was changed.
    pub fn read(&self, keys: &Keys, id: Uuid) -> io::Result<BlobReader> {
        BlobReader::open(File::open(self.blob(id))?, keys, id)
    }

    /// Destroys the file of a delivery, and with it its key. No file is no error: it may run twice.
    ///
    /// # Errors
    /// When the file is there but cannot be removed.
    pub fn destroy(&self, id: Uuid) -> io::Result<()> {
        match std::fs::remove_file(self.blob(id)) {
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Files of deliveries that were last written before a moment.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn older_than(&self, before: std::time::SystemTime) -> io::Result<Vec<Uuid>> {
        let files = old_files(&self.root.join("blobs"), before)?;
        Ok(files
            .iter()
            .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
            .collect())
    }

    /// Removes half-written files that nobody has touched since a moment: uploads that a dead process left.
    /// Answers how many.
    ///
    /// # Errors
    /// When the folder cannot be read or a file cannot be removed.
    pub fn sweep_parts(&self, before: std::time::SystemTime) -> io::Result<usize> {
        let files = old_files(&self.root.join("spool"), before)?;
        for path in &files {
            std::fs::remove_file(path)?;
        }
        Ok(files.len())
    }

    /// Room on the disk of the store.
    ///
    /// # Errors
    /// When the disk does not tell.
    pub fn room(&self) -> io::Result<Room> {
        let disk = rustix::fs::statvfs(&self.root)?;
        Ok(Room {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            total: disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    }

    /// The file is there.
    #[must_use]
    pub fn holds(&self, id: Uuid) -> bool {
        self.blob(id).exists()
    }
}

fn old_files(folder: &Path, before: std::time::SystemTime) -> io::Result<Vec<PathBuf>> {
    let mut old = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        match entry.metadata() {
            Ok(about) if about.is_file() && about.modified()? < before => old.push(entry.path()),
            Ok(_) => {}
            // Gone in the meantime.
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(old)
}

fn chunk_aad(id: Uuid, chunk: u64, last: bool) -> [u8; 25] {
    let mut aad = [0; 25];
    aad[..16].copy_from_slice(id.as_bytes());
    aad[16..24].copy_from_slice(&chunk.to_be_bytes());
    aad[24] = u8::from(last);
    aad
}

/// The key serves one file, so the chunk number never repeats under it.
fn nonce(chunk: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&chunk.to_be_bytes());
    nonce
}

fn broken() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the sealed file was changed or is not ours",
    )
}

/// The half-written file; removed when the upload is given up.
struct Part(Option<PathBuf>);

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // Nothing else can be done here; the sweep of the spool takes what stays behind.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A file being received. Dropped before [`BlobWriter::finish`], it leaves nothing behind.
pub struct BlobWriter {
    part: Part,
    blob: PathBuf,
    id: Uuid,
    cipher: Aes256Gcm,
    file: File,
    buffer: Zeroizing<Vec<u8>>,
    chunk: u64,
    size: u64,
    sha: Sha256,
}

impl BlobWriter {
    /// The delivery this file is of.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Bytes so far, to hold against a limit.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next portion.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.sha.update(bytes);
        self.size += bytes.len() as u64;
        while !bytes.is_empty() {
            // A full chunk waits for a byte after it: the last one is sealed otherwise.
            if self.buffer.len() == CHUNK {
                self.seal(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let payload = Payload {
            msg: &self.buffer,
            aad: &chunk_aad(self.id, self.chunk, last),
        };
        let sealed = self
            .cipher
            .encrypt(Nonce::from_slice(&nonce(self.chunk)), payload)
            .map_err(|_| broken())?;
        self.file.write_all(&sealed)?;
        self.buffer.clear();
        self.chunk += 1;
        Ok(())
    }

    /// Makes it durable: file on disk, name in `blobs/`, folder on disk. Only after this comes the yes.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> io::Result<Whole> {
        self.seal(true)?;
        self.file.sync_all()?;
        if let Some(part) = &self.part.0 {
            std::fs::hard_link(part, &self.blob)?;
        }
        if let Some(folder) = self.blob.parent() {
            sync_folder(folder)?;
        }
        Ok(Whole {
            size: self.size,
            sha256: self.sha.finalize().into(),
        })
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A sealed file opened for reading: behaves as the plain file, in flat memory.
pub struct BlobReader {
    file: File,
    id: Uuid,
    cipher: Aes256Gcm,
    /// Where the first chunk begins.
    start: u64,
    /// Length of the plain bytes.
    size: u64,
    position: u64,
    /// The chunk in memory, if any.
    held: Option<u64>,
    plain: Zeroizing<Vec<u8>>,
}

impl BlobReader {
    fn open(mut file: File, keys: &Keys, id: Uuid) -> io::Result<Self> {
        let (mut magic, mut length) = ([0; 8], [0; 4]);
        file.read_exact(&mut magic)?;
        file.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if &magic != MAGIC || length > 1024 {
            return Err(broken());
        }
        let mut wrapped = vec![0; length as usize];
        file.read_exact(&mut wrapped)?;
        let key = keys
            .unwrap_blob_key(&Sealed::from_bytes(wrapped), id)
            .map_err(|_| broken())?;
        let cipher = Aes256Gcm::new((&*key).into());
        let start = 12 + u64::from(length);
        let body = file
            .metadata()?
            .len()
            .checked_sub(start)
            .ok_or_else(broken)?;
        let chunks = body.div_ceil((CHUNK + TAG) as u64);
        let size = body.checked_sub(chunks * TAG as u64).ok_or_else(broken)?;
        let mut reader = Self {
            file,
            id,
            cipher,
            start,
            size,
            position: 0,
            held: None,
            plain: Zeroizing::new(Vec::new()),
        };
        // Read the last chunk first: a file that was cut off fails here, not half-way.
        reader.load(chunks.saturating_sub(1))?;
        Ok(reader)
    }

    /// Length of the plain bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    fn load(&mut self, chunk: u64) -> io::Result<()> {
        if self.held == Some(chunk) {
            return Ok(());
        }
        let last = (chunk + 1) * CHUNK as u64 >= self.size;
        self.file
            .seek(SeekFrom::Start(self.start + chunk * (CHUNK + TAG) as u64))?;
        let mut sealed = Vec::with_capacity(CHUNK + TAG);
        (&mut self.file)
            .take((CHUNK + TAG) as u64)
            .read_to_end(&mut sealed)?;
        let payload = Payload {
            msg: &sealed,
            aad: &chunk_aad(self.id, chunk, last),
        };
        let plain = self
            .cipher
            .decrypt(Nonce::from_slice(&nonce(chunk)), payload)
            .map_err(|_| broken())?;
        self.plain = Zeroizing::new(plain);
        self.held = Some(chunk);
        Ok(())
    }
}

impl Read for BlobReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size || out.is_empty() {
            return Ok(0);
        }
        self.load(self.position / CHUNK as u64)?;
        let from = usize::try_from(self.position % CHUNK as u64).map_err(io::Error::other)?;
        let some = self.plain.get(from..).ok_or_else(broken)?;
        let count = some.len().min(out.len());
        out[..count].copy_from_slice(&some[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(from_start) => Some(from_start),
            SeekFrom::End(back) => self.size.checked_add_signed(back),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, BlobStore, Keys) {
        let dir = tempfile::tempdir().expect("folder");
        Keys::generate_missing(&dir.path().join("keys")).expect("keys");
        let keys = Keys::load(&dir.path().join("keys")).expect("keys");
        let store = BlobStore::open(dir.path().join("storage")).expect("store");
        (dir, store, keys)
    }

    fn written(store: &BlobStore, keys: &Keys, content: &[u8]) -> (Uuid, Whole) {
        let id = crate::clock::new_key();
        let mut file = store.create(keys, id).expect("file");
        for portion in content.chunks(10_000) {
            file.push(portion).expect("push");
        }
        (id, file.finish().expect("finish"))
    }

    #[test]
    fn what_goes_in_comes_out_at_every_length_around_a_chunk() {
        let (_dir, store, keys) = store();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17] {
            let content: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
            let (id, whole) = written(&store, &keys, &content);
            assert_eq!(whole.size, length as u64);
            assert_eq!(whole.sha256, <[u8; 32]>::from(Sha256::digest(&content)));
            let mut read = Vec::new();
            store
                .read(&keys, id)
                .expect("open")
                .read_to_end(&mut read)
                .expect("read");
            assert!(read == content, "{length}");
        }
    }

    #[test]
    fn a_file_that_was_changed_cut_or_moved_does_not_open() {
        let (_dir, store, keys) = store();
        let (id, _) = written(&store, &keys, &vec![7; 2 * CHUNK + 5]);
        let path = store.blob(id);
        let whole = std::fs::read(&path).expect("bytes");
        let opens = |bytes: &[u8], as_id: Uuid| {
            std::fs::remove_file(store.blob(as_id)).ok();
            std::fs::write(store.blob(as_id), bytes).expect("write");
            store
                .read(&keys, as_id)
                .and_then(|mut file| file.read_to_end(&mut Vec::new()))
                .is_ok()
        };
        assert!(opens(&whole, id));
        for place in [8, 20, 120, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            assert!(!opens(&changed, id), "byte {place}");
        }
        for length in [
            0,
            10,
            whole.len() - 1,
            whole.len() - (5 + TAG),
            whole.len() - (CHUNK + TAG),
        ] {
            assert!(!opens(&whole[..length], id), "cut at {length}");
        }
        assert!(
            !opens(&whole, crate::clock::new_key()),
            "under another name"
        );
    }

    #[test]
    fn an_upload_given_up_leaves_nothing_and_a_whole_one_no_part() {
        let (_dir, store, keys) = store();
        let mut file = store.create(&keys, crate::clock::new_key()).expect("file");
        file.push(b"half").expect("push");
        drop(file);
        let (id, _) = written(&store, &keys, b"whole");
        let names = |folder: &str| {
            std::fs::read_dir(store.root.join(folder))
                .expect("folder")
                .count()
        };
        assert_eq!((names("spool"), names("blobs")), (0, 1));
        store.destroy(id).expect("gone");
        store.destroy(id).expect("twice is once");
        assert!(!store.holds(id));
    }
}
