//! The keys: files of 32 bytes outside the database, and the one module that uses them (security G9, G10, G17).
//!
//! Every ciphertext and signature carries the id of its key. A purpose has a list of keys, `enc-1.key`,
//! `enc-2.key` …: the highest number writes, all of them read, so keys rotate while the server runs. Not so where
//! something is found by a MAC: everything is found under the newest `mac` key, and nothing starts before `cims keys remac`
//! put it there; of `digest` a second key refuses the start. So does a missing or badly sized file; there is no plaintext
//! to fall back to (security G19).

mod ring;

pub use ring::{KeyId, Mac, Sealed};

use domain::bsn::Bsn;
use rand::TryRngCore;
use ring::{AeadRing, MacRing, SignRing};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Purposes with a key of their own, as in the names of the files.
const PURPOSES: [&str; 7] = ["mac", "enc", "digest", "blob", "cookie", "audit", HOST];
/// Purposes with one key: what is stored is looked up under it.
const ALONE: [&str; 1] = ["digest"];
/// The host key of the drop box: only a node that serves SFTP needs it.
const HOST: &str = "sftp";

/// What a sealed value is for. The label is part of the associated data: a value cut out of one column
/// and put into another does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// BSN of a person; id = person.
    Bsn,
    /// BSN on a list of the BRP; id = list.
    BrpBsn,
    /// Name, birth date and address of a person without BSN; id = person.
    Identity,
    /// Content of a report; id = report.
    Report,
    /// Row as received; id = row.
    Row,
    /// Values before and after repair; id = row.
    Repairs,
    /// Reason as typed; id = row or report.
    Reason,
    /// Draft of the entry form, or a form that was kept; id = draft or form.
    Draft,
    /// What stood in the rows of a cluster; id = decision.
    OldValue,
    /// What a decision puts there; id = decision.
    NewValue,
    /// Who of an institution asked for a decision; id = decision.
    Request,
    /// SHA-256 of a file in the drop box, for its receipt; id = upload.
    Sha256,
    /// Code of an invitation; id = invitation.
    Invitation,
    /// List of a round; id = user.
    Worklist,
    /// Request for a new party as typed; id = request.
    PartyForm,
    /// What the first keyed of a paper card; id = card.
    CardFirst,
    /// What the second keyed of it; id = card.
    CardSecond,
    /// Why a ruling was undone; id = ruling.
    Undone,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Bsn => "cims/bsn/v1",
            Self::BrpBsn => "cims/brp-bsn/v1",
            Self::Identity => "cims/identity/v1",
            Self::Report => "cims/report-content/v1",
            Self::Row => "cims/row/v1",
            Self::Repairs => "cims/repairs/v1",
            Self::Reason => "cims/reason/v1",
            Self::Draft => "cims/draft/v1",
            Self::OldValue => "cims/old-value/v1",
            Self::NewValue => "cims/new-value/v1",
            Self::Request => "cims/request/v1",
            Self::Sha256 => "cims/upload-sha256/v1",
            Self::Invitation => "cims/invitation/v1",
            Self::Worklist => "cims/worklist/v1",
            Self::PartyForm => "cims/party-form/v1",
            Self::CardFirst => "cims/card-first/v1",
            Self::CardSecond => "cims/card-second/v1",
            Self::Undone => "cims/undone/v1",
        }
    }

    /// Associated data for [`Keys::seal`] and [`Keys::open`]: purpose and owner.
    #[must_use]
    pub fn of(self, id: &[u8]) -> Vec<u8> {
        [self.label().as_bytes(), b"\0", id].concat()
    }
}

/// Why the keys cannot be used. Never says more than the path.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No file for a purpose.
    #[error("key file {} is missing; `cims demo --keys-only` makes keys for a trial, an installation brings its own", .0.display())]
    Missing(PathBuf),
    /// Not exactly 32 bytes.
    #[error("key file {} is not exactly 32 bytes", .0.display())]
    Size(PathBuf),
    /// A second key where there can be one.
    #[error("key file {} is one too many: what is stored is found under the first key alone, and would be found no more (docs/keys.md)", .0.display())]
    Several(PathBuf),
    /// Others may read it.
    #[error("key file {} is readable for everyone (mode must be 0600 or 0400)", .0.display())]
    Open(PathBuf),
    /// Cannot be read or written.
    #[error("key file {}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// No randomness from the operating system.
    #[error("no randomness from the operating system")]
    NoRandomness,
}

/// Why a sealed value does not open: changed, moved, or sealed by a key that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed value does not open")]
pub struct NotOpened;

/// All keys of this installation. Share it by `Arc`.
pub struct Keys {
    mac: MacRing,
    digest: MacRing,
    enc: AeadRing,
    blob: AeadRing,
    cookie: AeadRing,
    audit: SignRing,
    checks: Vec<(String, String)>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Reads every key file of a folder.
    ///
    /// # Errors
    /// When one is missing, one too many, not 32 bytes, or readable for everyone.
    pub fn load(dir: &Path) -> Result<Self, KeyError> {
        let mut checks = Vec::new();
        let mut ring = |purpose| -> Result<ring::Secrets, KeyError> {
            let secrets = read_ring(dir, purpose)?;
            if let (true, [_, .., (id, _)]) = (ALONE.contains(&purpose), &secrets[..]) {
                return Err(KeyError::Several(dir.join(format!("{purpose}-{id}.key"))));
            }
            for (id, key) in &secrets {
                checks.push((format!("{purpose}-{id}"), ring::check_value(key)));
            }
            Ok(secrets)
        };
        Ok(Self {
            mac: MacRing::new(ring("mac")?),
            digest: MacRing::new(ring("digest")?),
            enc: AeadRing::new(ring("enc")?),
            blob: AeadRing::new(ring("blob")?),
            cookie: AeadRing::new(ring("cookie")?),
            audit: SignRing::new(ring("audit")?),
            checks,
        })
    }

    /// Name and check value of each key: the database keeps them, so that another file under the same name is noticed
    /// before anything is sealed with it.
    #[must_use]
    pub fn check_values(&self) -> &[(String, String)] {
        &self.checks
    }

    /// Seed of the Ed25519 host key of the drop box (security §5.3): the newest one.
    ///
    /// # Errors
    /// When there is none, or it is not 32 bytes or readable for everyone.
    pub fn host_seed(dir: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let newest = read_ring(dir, HOST)?.pop();
        newest
            .map(|(_, seed)| seed)
            .ok_or_else(|| KeyError::Missing(dir.join("sftp-1.key")))
    }

    /// Makes the first key of each purpose that has none; returns how many it made.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn generate_missing(dir: &Path) -> Result<usize, KeyError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error| KeyError::Io { path, error }
        };
        std::fs::create_dir_all(dir).map_err(io(dir))?;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(io(dir))?;
        let mut made = 0;
        for purpose in PURPOSES {
            if !files_of(dir, purpose)?.is_empty() {
                continue;
            }
            let path = dir.join(format!("{purpose}-1.key"));
            let mut key = Zeroizing::new([0_u8; 32]);
            rand::rngs::OsRng
                .try_fill_bytes(&mut *key)
                .map_err(|_| KeyError::NoRandomness)?;
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
                .map_err(io(&path))?;
            file.write_all(&*key)
                .and_then(|()| file.sync_all())
                .map_err(io(&path))?;
            made += 1;
        }
        Ok(made)
    }

    /// MAC of a BSN for matching, under the writing key.
    #[must_use]
    pub fn bsn_mac(&self, bsn: &Bsn) -> Mac {
        self.mac.mac("cims/match/v1", &[bsn.expose().as_bytes()])
    }

    /// The key of [`Keys::bsn_mac`] and [`Keys::identity_mac`].
    #[must_use]
    pub fn newest_mac(&self) -> KeyId {
        self.mac.newest()
    }

    /// The key under which digests of content are made.
    #[must_use]
    pub fn newest_digest(&self) -> KeyId {
        self.digest.newest()
    }

    /// MAC of the identity of a person without BSN (birth date, postcode, house number, folded name).
    #[must_use]
    pub fn identity_mac(&self, canonical: &[u8]) -> Mac {
        self.mac.mac("cims/identity/v1", &[canonical])
    }

    /// Digest of personal content from its SHA-256: for rows and files (security G10).
    #[must_use]
    pub fn digest(&self, sha256: [u8; 32]) -> Mac {
        self.digest.mac("cims/content/v1", &[&sha256])
    }

    /// Against counting a row without consent twice: keyed hash of party and bronsleutel.
    #[must_use]
    pub fn count_key(&self, party: Uuid, source_key: &str) -> Mac {
        self.digest
            .mac("cims/count/v1", &[party.as_bytes(), source_key.as_bytes()])
    }

    /// Hash of a value in a column, with its key: rows of a party with the same wrong value are one cluster.
    #[must_use]
    pub fn value_mac(&self, column: &str, value: &str) -> Mac {
        self.digest
            .mac("cims/value/v1", &[column.as_bytes(), value.as_bytes()])
    }

    /// What binds a page with a form to a session and to the moment it was made (seconds since 1970).
    #[must_use]
    pub fn form_mac(&self, session: Uuid, began: i64) -> Mac {
        self.digest
            .mac("cims/form/v1", &[session.as_bytes(), &began.to_be_bytes()])
    }

    /// Seals a value for the register; make `aad` with [`Purpose::of`].
    #[must_use]
    pub fn seal(&self, plain: &[u8], aad: &[u8]) -> Sealed {
        self.enc.seal(plain, aad)
    }

    /// Opens what [`Keys::seal`] made, by the key it names.
    ///
    /// # Errors
    /// When it was changed or moved, or its key is gone.
    pub fn open(&self, sealed: &Sealed, aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        self.enc.open(sealed, aad)
    }

    /// The first bytes of all that [`Keys::seal`] makes now: format and number of the newest key.
    #[must_use]
    pub fn newest_seal(&self) -> [u8; 3] {
        self.enc.head()
    }

    /// Seals the BSN of a person.
    #[must_use]
    pub fn seal_bsn(&self, bsn: &Bsn, person: Uuid) -> Sealed {
        self.seal(bsn.expose().as_bytes(), &Purpose::Bsn.of(person.as_bytes()))
    }

    /// Opens the BSN of a person.
    ///
    /// # Errors
    /// When it was changed or moved, or its key is gone.
    pub fn open_bsn(&self, sealed: &Sealed, person: Uuid) -> Result<Bsn, NotOpened> {
        let plain = self.open(sealed, &Purpose::Bsn.of(person.as_bytes()))?;
        std::str::from_utf8(&plain)
            .ok()
            .and_then(|text| Bsn::parse(text).ok())
            .ok_or(NotOpened)
    }

    /// Wraps the data key of a raw file; kept in the header of that file (security G4).
    #[must_use]
    pub fn wrap_blob_key(&self, data_key: &[u8; 32], delivery: Uuid) -> Sealed {
        self.blob.seal(
            data_key,
            &[b"cims/blob/v1\0", delivery.as_bytes().as_slice()].concat(),
        )
    }

    /// Unwraps the data key of a raw file.
    ///
    /// # Errors
    /// When it was changed or moved, or its key is gone.
    pub fn unwrap_blob_key(
        &self,
        wrapped: &Sealed,
        delivery: Uuid,
    ) -> Result<Zeroizing<[u8; 32]>, NotOpened> {
        let plain = self.blob.open(
            wrapped,
            &[b"cims/blob/v1\0", delivery.as_bytes().as_slice()].concat(),
        )?;
        plain
            .as_slice()
            .try_into()
            .map(Zeroizing::new)
            .map_err(|_| NotOpened)
    }

    /// Seals what travels in a cookie; `purpose` names the cookie.
    #[must_use]
    pub fn seal_cookie(&self, plain: &[u8], purpose: &str) -> Sealed {
        self.cookie.seal(plain, purpose.as_bytes())
    }

    /// Opens what travelled in a cookie.
    ///
    /// # Errors
    /// When it was changed, is of another cookie, or its key is gone.
    pub fn open_cookie(
        &self,
        sealed: &Sealed,
        purpose: &str,
    ) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        self.cookie.open(sealed, purpose.as_bytes())
    }

    /// Signs an audit anchor; returns the key and the signature.
    #[must_use]
    pub fn sign_anchor(&self, content: &[u8]) -> (KeyId, [u8; 64]) {
        self.audit.sign(content)
    }

    /// Whether an audit anchor was signed by the key it names.
    #[must_use]
    pub fn verify_anchor(&self, key: KeyId, content: &[u8], signature: &[u8]) -> bool {
        self.audit.verify(key, content, signature)
    }
}

/// Files `<purpose>-<n>.key` of a folder, by number.
fn files_of(dir: &Path, purpose: &str) -> Result<Vec<(KeyId, PathBuf)>, KeyError> {
    let io = |error| KeyError::Io {
        path: dir.to_owned(),
        error,
    };
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| {
                name.strip_prefix(purpose)?
                    .strip_prefix('-')?
                    .strip_suffix(".key")?
                    .parse()
                    .ok()
            });
        if let Some(number) = number {
            found.push((KeyId(number), path));
        }
    }
    found.sort_by_key(|(id, _)| *id);
    Ok(found)
}

fn read_ring(dir: &Path, purpose: &str) -> Result<ring::Secrets, KeyError> {
    let files = files_of(dir, purpose)?;
    if files.is_empty() {
        return Err(KeyError::Missing(dir.join(format!("{purpose}-1.key"))));
    }
    files
        .into_iter()
        .map(|(id, path)| Ok((id, read_key(&path)?)))
        .collect()
}

fn read_key(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let io = |error| KeyError::Io {
        path: path.to_owned(),
        error,
    };
    if std::fs::metadata(path).map_err(io)?.permissions().mode() & 0o007 != 0 {
        return Err(KeyError::Open(path.to_owned()));
    }
    let bytes = Zeroizing::new(std::fs::read(path).map_err(io)?);
    bytes
        .as_slice()
        .try_into()
        .map(Zeroizing::new)
        .map_err(|_| KeyError::Size(path.to_owned()))
}

#[cfg(test)]
mod tests;
