//! Lists of keys for one purpose: the last one writes, every one of them reads.

use super::NotOpened;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use ed25519_dalek::{Signature, Signer, SigningKey};
use hmac::{Hmac, Mac as _};
use rand::RngCore;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Number of a key within its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u16);

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A MAC with the key that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mac {
    /// The key.
    pub key: KeyId,
    /// HMAC-SHA-256.
    pub bytes: [u8; 32],
}

impl Mac {
    /// The key as the columns `…_key` hold it.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.key.to_string()
    }

    /// Key and MAC as one text, as columns that are compared hold them.
    #[must_use]
    pub fn named_hex(&self) -> String {
        format!("{}:{}", self.key_id(), self.hex())
    }

    /// The MAC itself, in lower-case hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        self.bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A sealed value as it is stored: 1 byte format, 2 bytes key id, 12 bytes nonce, ciphertext with tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

const FORMAT: u8 = 1;
const HEAD: usize = 1 + 2 + 12;

impl Sealed {
    /// A stored value; whether it is whole shows on opening.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The key that sealed it; `None` when this is no sealed value.
    #[must_use]
    pub fn key(&self) -> Option<KeyId> {
        match self.0.as_slice() {
            [FORMAT, high, low, ..] if self.0.len() >= HEAD => {
                Some(KeyId(u16::from_be_bytes([*high, *low])))
            }
            _ => None,
        }
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Key material by number, lowest first.
pub(super) type Secrets = Vec<(KeyId, Zeroizing<[u8; 32]>)>;

/// Says which key this is without saying anything of it: 64 bits of an HMAC over a fixed text.
pub(super) fn check_value(key: &[u8; 32]) -> String {
    let mac = MacRing::new(vec![(KeyId(0), Zeroizing::new(*key))]).mac("cims/key-check/v1", &[]);
    mac.bytes[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// HMAC-SHA-256 keys. Never empty.
pub(super) struct MacRing(Vec<(KeyId, Hmac<Sha256>)>);

impl MacRing {
    pub(super) fn new(secrets: Secrets) -> Self {
        // The key is hashed once here; a MAC then costs two blocks. HMAC pads a short key with zeroes to its block.
        let keyed = |(id, key): (KeyId, Zeroizing<[u8; 32]>)| {
            let mut block = Zeroizing::new([0_u8; 64]);
            block[..32].copy_from_slice(&*key);
            (
                id,
                <Hmac<Sha256> as hmac::digest::KeyInit>::new((&*block).into()),
            )
        };
        Self(secrets.into_iter().map(keyed).collect())
    }

    pub(super) fn newest(&self) -> KeyId {
        self.0[self.0.len() - 1].0
    }

    pub(super) fn mac(&self, label: &str, parts: &[&[u8]]) -> Mac {
        let (id, hmac) = &self.0[self.0.len() - 1];
        Self::with(*id, hmac, label, parts)
    }

    fn with(key: KeyId, hmac: &Hmac<Sha256>, label: &str, parts: &[&[u8]]) -> Mac {
        let mut hmac = hmac.clone();
        hmac.update(label.as_bytes());
        for part in parts {
            // A zero byte between the parts: ("ab", "c") is not ("a", "bc").
            hmac.update(&[0]);
            hmac.update(part);
        }
        Mac {
            key,
            bytes: hmac.finalize().into_bytes().into(),
        }
    }
}

/// AES-256-GCM keys. Never empty. Nonces are random: rotate a key before 2³² values.
pub(super) struct AeadRing(Vec<(KeyId, Aes256Gcm)>);

impl AeadRing {
    pub(super) fn new(secrets: Secrets) -> Self {
        Self(
            secrets
                .into_iter()
                .map(|(id, key)| (id, Aes256Gcm::new((&*key).into())))
                .collect(),
        )
    }

    /// Format and number of the key that seals.
    pub(super) fn head(&self) -> [u8; 3] {
        let (id, _) = &self.0[self.0.len() - 1];
        let [high, low] = id.0.to_be_bytes();
        [FORMAT, high, low]
    }

    pub(super) fn seal(&self, plain: &[u8], aad: &[u8]) -> Sealed {
        let (id, cipher) = &self.0[self.0.len() - 1];
        let mut nonce = [0_u8; 12];
        #[expect(
            clippy::disallowed_methods,
            reason = "a generator seeded by the operating system; a system call per value would cost an import seconds"
        )]
        rand::rng().fill_bytes(&mut nonce);
        #[expect(
            clippy::expect_used,
            reason = "fails above 64 GiB only, and sealing nothing would lose data"
        )]
        let body = cipher
            .encrypt(Nonce::from_slice(&nonce), Payload { msg: plain, aad })
            .expect("value under 64 GiB");
        let mut sealed = Vec::with_capacity(HEAD + body.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&id.0.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        Sealed(sealed)
    }

    pub(super) fn open(
        &self,
        sealed: &Sealed,
        aad: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
        let key = sealed.key().ok_or(NotOpened)?;
        let (_, cipher) = self.0.iter().find(|(id, _)| *id == key).ok_or(NotOpened)?;
        let (head, body) = sealed.0.split_at(HEAD);
        cipher
            .decrypt(Nonce::from_slice(&head[3..]), Payload { msg: body, aad })
            .map(Zeroizing::new)
            .map_err(|_| NotOpened)
    }
}

/// Ed25519 keys. Never empty.
pub(super) struct SignRing(Vec<(KeyId, SigningKey)>);

impl SignRing {
    pub(super) fn new(secrets: Secrets) -> Self {
        Self(
            secrets
                .into_iter()
                .map(|(id, key)| (id, SigningKey::from_bytes(&key)))
                .collect(),
        )
    }

    pub(super) fn sign(&self, content: &[u8]) -> (KeyId, [u8; 64]) {
        let (id, key) = &self.0[self.0.len() - 1];
        (*id, key.sign(content).to_bytes())
    }

    pub(super) fn verify(&self, id: KeyId, content: &[u8], signature: &[u8]) -> bool {
        let key = self.0.iter().find(|(key, _)| *key == id);
        let signature = Signature::from_slice(signature);
        matches!((key, signature), (Some((_, key)), Ok(signature)) if key.verify(content, &signature).is_ok())
    }
}
