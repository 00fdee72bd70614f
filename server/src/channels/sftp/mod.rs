//! The SFTP drop box (specification §8, security §5): a write-only `in/`, answers in `uit/`, and nothing else.
//!
//! `gate` counts who is let in, `guest` is the SSH side of one connection (login, one kind of channel, one subsystem),
//! `packets` reads what it asks within limits, `frames` answers that from the virtual `tree`, `take` makes deliveries of
//! files that are proved to be whole, `sweep` looks after those left alone. Names and states are rows of the database; on disk lie sealed
//! files under keys. So a path of a client never meets a path of ours.

mod connection;
#[cfg(test)]
mod documented;
mod frames;
mod gate;
mod guest;
mod login;
mod packets;
mod path;
pub mod public_key;
mod say;
mod sweep;
mod take;
mod tree;

pub use gate::source;
pub use login::{fingerprint, hash, new_password};

use crate::config;
use crate::intake::Road;
use crate::jobs::Life;
use gate::Gate;
use russh::keys::PrivateKey;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::{SshId, cipher, compression, kex, mac};
use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Passwords that are checked at the same time: each takes 19 MiB and a core (security §5.1).
const CHECKS_AT_ONCE: usize = 2;
/// How long connections that were cut then are waited for.
const LAST_CONNECTIONS: Duration = Duration::from_secs(10);
/// How long the server waits for what channels that were cut still have to write down; what is not, the next process sees.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What all connections share.
struct Shared {
    road: Road,
    settings: config::Sftp,
    /// Names this process in the uploads it has open.
    process: Uuid,
    gate: Gate,
    checks: Semaphore,
    /// Ends of uploads that the database did not hear.
    loose: sweep::Loose,
    /// Channels that are open: they outlive their connection by what they write down of its end.
    channels: TaskTracker,
    /// The server is going to end.
    stop: watch::Receiver<bool>,
}

/// Serves the drop box until `stop` turns true; then uploads that are open may end.
///
/// # Errors
/// When connections cannot be accepted at all.
pub async fn serve(
    listener: TcpListener,
    road: Road,
    settings: config::Sftp,
    seed: &[u8; 32],
    life: Arc<Life>,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let ssh = Arc::new(ssh(&settings, seed));
    let shared = Arc::new(Shared {
        road,
        settings,
        process: life.boot(),
        gate: Gate::default(),
        checks: Semaphore::new(CHECKS_AT_ONCE),
        loose: sweep::Loose::default(),
        channels: TaskTracker::new(),
        stop: stop.clone(),
    });
    let (tracker, cut) = (TaskTracker::new(), CancellationToken::new());
    tracker.spawn(sweep::keep_swept(shared.clone()));
    while !*stop.borrow() {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let serving =
                    connection::serve(shared.clone(), ssh.clone(), stream, peer, cut.child_token());
                tracker.spawn(serving);
            }
            // Out of descriptors, or the peer was gone already: the others go on.
            Err(error) => {
                tracing::warn!(kind = %error.kind(), "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    tracker.close();
    let last = Duration::from_secs(u64::from(shared.settings.last_uploads_seconds));
    if timeout(last, tracker.wait()).await.is_err() {
        cut.cancel();
        if timeout(LAST_CONNECTIONS, tracker.wait()).await.is_err() {
            tracing::warn!("the drop box ends while connections go on");
        }
    }
    shared.channels.close();
    timeout(LAST_WORDS, shared.channels.wait()).await.ok();
    drop(life);
    Ok(())
}

/// What stands beside every key exchange.
const BESIDE: [kex::Name; 2] = [
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];

/// Key exchanges, the best first.
fn exchanges(settings: &config::Sftp) -> Vec<kex::Name> {
    let classic: &[kex::Name] = if settings.classic_key_exchange {
        &[
            kex::CURVE25519,
            kex::CURVE25519_PRE_RFC_8731,
            kex::DH_G16_SHA512,
        ]
    } else {
        &[]
    };
    [&[kex::MLKEM768X25519_SHA256], classic, &BESIDE].concat()
}

/// Modern algorithms only (security §5.3); the banner names no version.
fn ssh(settings: &config::Sftp, seed: &[u8; 32]) -> russh::server::Config {
    let host = PrivateKey::from(Ed25519Keypair::from_seed(seed));
    russh::server::Config {
        server_id: SshId::Standard(Cow::Borrowed("SSH-2.0-CIMS")),
        keys: vec![host],
        methods: (&[russh::MethodKind::PublicKey, russh::MethodKind::Password][..]).into(),
        // A client first asks with "none" what there is.
        auth_rejection_time: Duration::from_secs(1),
        auth_rejection_time_initial: Some(Duration::ZERO),
        max_auth_attempts: 6,
        inactivity_timeout: Some(Duration::from_secs(u64::from(settings.idle_minutes) * 60)),
        // Some clients want packets of at most 32 KiB (security L10).
        maximum_packet_size: 32_768,
        window_size: 1024 * 1024,
        channel_buffer_size: 32,
        nodelay: true,
        preferred: russh::Preferred {
            kex: Cow::Owned(exchanges(settings)),
            key: Cow::Borrowed(&[
                russh::keys::Algorithm::Ed25519,
                russh::keys::Algorithm::Ecdsa {
                    curve: russh::keys::EcdsaCurve::NistP256,
                },
            ]),
            host_key_certificates: Cow::Borrowed(&[]),
            cipher: Cow::Borrowed(&[
                cipher::AES_256_GCM,
                cipher::AES_128_GCM,
                cipher::CHACHA20_POLY1305,
                cipher::AES_256_CTR,
            ]),
            mac: Cow::Borrowed(&[mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM]),
            compression: Cow::Borrowed(&[compression::NONE]),
        },
        ..russh::server::Config::default()
    }
}
