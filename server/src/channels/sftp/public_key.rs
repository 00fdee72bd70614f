//! Keys that open an account (security §5.1): a line of OpenSSH, Ed25519 or ECDSA.

use russh::keys::{Algorithm, HashAlg, PublicKey};

/// Why a key is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It is none.
    #[error("is not an OpenSSH public key")]
    NoKey,
    /// Another algorithm.
    #[error("only Ed25519 and ECDSA keys are taken")]
    Algorithm,
}

/// A key as it is kept: one line, without its comment, which may name somebody.
///
/// # Errors
/// When it is no key, or none of an algorithm that is taken.
pub fn kept(text: &str) -> Result<String, NotTaken> {
    let mut key = PublicKey::from_openssh(text.trim()).map_err(|_| NotTaken::NoKey)?;
    if !matches!(
        key.algorithm(),
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. }
    ) {
        return Err(NotTaken::Algorithm);
    }
    key.set_comment("");
    key.to_openssh().map_err(|_| NotTaken::NoKey)
}

/// Algorithm and fingerprint of a kept key, as clients show them; none when it does not read.
#[must_use]
pub fn shown(line: &str) -> Option<(String, String)> {
    let key = PublicKey::from_openssh(line).ok()?;
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    Some((key.algorithm().as_str().to_owned(), fingerprint))
}
