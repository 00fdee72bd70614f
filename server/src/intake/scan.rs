//! The configured malware scanner (rule A21): clamd sees the bytes of a received file before any reader does.
//!
//! In goes a file, out comes clean, or the name of what was found. Whatever else clamd says, or does not say, is
//! trouble of ours: the file waits, and is neither refused nor let through (security G13). Memory is one chunk.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Plain bytes in a chunk of INSTREAM.
const CHUNK: usize = 64 * 1024;
/// Most bytes of an answer that are looked at: it is one line.
const ANSWER: usize = 4 * 1024;
/// Longest name of a find that is told.
const NAME_CHARS: usize = 100;
/// How long to wait for a connection, and for each chunk to be taken.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long clamd may think once it has the whole file. Its own `MaxScanTime` is two minutes, unless configured.
const THINKING: Duration = Duration::from_secs(600);
/// How long to listen on a line that broke.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// A find of this kind only says that a limit of clamd ended the scan (`AlertExceedsMax`).
const NOT_SCANNED_WHOLE: &str = "Heuristics.Limits.Exceeded";

/// Where clamd listens: the path of a Unix socket, or `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Address {
    /// A Unix socket.
    Unix(PathBuf),
    /// Host and port. Nothing is encrypted on that line.
    Tcp(String),
}

impl TryFrom<String> for Address {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.starts_with('/') {
            return Ok(Self::Unix(text.into()));
        }
        let port = |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok();
        if text.rsplit_once(':').is_some_and(port) {
            Ok(Self::Tcp(text))
        } else {
            Err("neither an absolute path nor host:port")
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

/// What clamd said of a file it saw whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanned {
    /// No objection.
    Clean,
    /// It objects: the name of what it found, which is a name of its own lists.
    Found(String),
}

/// Why nothing is known of a file yet.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The scanner is away, or the line to it broke.
    #[error("scanner: {0}")]
    Away(io::ErrorKind),
    /// The file itself could not be read.
    #[error("disk: {0}")]
    Disk(io::ErrorKind),
    /// The file is longer than clamd takes: `StreamMaxLength`, or another limit of its own.
    #[error("scanner: file over a limit of clamd")]
    OverItsLimit,
    /// It answered something else.
    #[error("scanner: no verdict")]
    NoVerdict,
}

/// One scanner.
#[derive(Debug, Clone)]
pub struct Scanner {
    address: Address,
}

/// Both kinds of line.
trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

impl Scanner {
    /// The one that listens there.
    #[must_use]
    pub const fn new(address: Address) -> Self {
        Self { address }
    }

    /// Shows it all bytes of a file.
    ///
    /// # Errors
    /// When the scanner gave no verdict about the whole file, or the file could not be read to its end.
    pub async fn scan(&self, file: impl Read + Send + 'static) -> Result<Scanned, ScanError> {
        let line = in_time(PATIENCE, self.connect()).await?;
        let (mut from, mut to) = tokio::io::split(line);
        let mut answer = Box::pin(answer(&mut from));
        let (broke, said) = tokio::select! {
            sent = send(file, &mut to) => match sent {
                Ok(()) => return verdict(&in_time(THINKING, answer).await?),
                Err(ScanError::Disk(kind)) => return Err(ScanError::Disk(kind)),
                // Why the line broke may have been said on it.
                Err(broke) => (broke, in_time(LAST_WORDS, answer).await),
            },
            early = &mut answer => (ScanError::NoVerdict, early.map_err(away)),
        };
        // Not seen whole, so never clean.
        match said.and_then(|said| verdict(&said)) {
            Ok(Scanned::Clean) | Err(ScanError::Away(_) | ScanError::NoVerdict) => Err(broke),
            told => told,
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Line>> {
        Ok(match &self.address {
            Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
            Address::Tcp(address) => Box::new(TcpStream::connect(address).await?),
        })
    }
}

async fn in_time<T>(
    patience: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> Result<T, ScanError> {
    timeout(patience, work)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(away)
}

fn away(error: io::Error) -> ScanError {
    ScanError::Away(error.kind())
}

/// The file as clamd wants it: chunks that begin with their length, and an empty one behind the last.
async fn send(
    mut file: impl Read + Send + 'static,
    to: &mut (impl AsyncWrite + Unpin),
) -> Result<(), ScanError> {
    let (hand_over, mut chunks) = mpsc::channel::<Vec<u8>>(2);
    let reading = tokio::task::spawn_blocking(move || -> io::Result<()> {
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            file.by_ref().take(CHUNK as u64).read_to_end(&mut chunk)?;
            // Nobody listens when the line broke: that is told there.
            if chunk.is_empty() || hand_over.blocking_send(chunk).is_err() {
                return Ok(());
            }
        }
    });
    in_time(PATIENCE, to.write_all(b"zINSTREAM\0")).await?;
    while let Some(chunk) = chunks.recv().await {
        let length = u32::try_from(chunk.len()).map_err(|_| ScanError::NoVerdict)?;
        in_time(PATIENCE, async {
            to.write_all(&length.to_be_bytes()).await?;
            to.write_all(&chunk).await
        })
        .await?;
    }
    // A file of which only a part could be read must not end as if it were whole.
    let read = reading.await.map_err(io::Error::other);
    read.flatten()
        .map_err(|error| ScanError::Disk(error.kind()))?;
    in_time(PATIENCE, async {
        to.write_all(&0_u32.to_be_bytes()).await?;
        to.flush().await
    })
    .await
}

/// One line, ended by a NUL. What was said before the line broke counts.
async fn answer(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut said = Vec::new();
    let mut portion = [0; 256];
    while said.len() < ANSWER && said.last() != Some(&0) {
        match from.read(&mut portion).await {
            Ok(0) => break,
            Ok(read) => said.extend_from_slice(&portion[..read]),
            Err(_) if !said.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(said)
}

/// "stream: OK", "stream: Eicar-Test-Signature FOUND", "INSTREAM size limit exceeded. ERROR".
fn verdict(said: &[u8]) -> Result<Scanned, ScanError> {
    let said = String::from_utf8_lossy(said);
    let said = said.trim_matches(['\0', '\n', ' ']);
    if said.contains("size limit exceeded") {
        return Err(ScanError::OverItsLimit);
    }
    let found = match said.strip_prefix("stream: ") {
        Some("OK") => return Ok(Scanned::Clean),
        Some(rest) => rest.strip_suffix(" FOUND").ok_or(ScanError::NoVerdict)?,
        None => return Err(ScanError::NoVerdict),
    };
    if found.starts_with(NOT_SCANNED_WHOLE) {
        return Err(ScanError::OverItsLimit);
    }
    let plain = found.chars().filter(char::is_ascii_graphic);
    Ok(Scanned::Found(plain.take(NAME_CHARS).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_path_or_host_and_port() {
        let read = |text: &str| Address::try_from(text.to_owned());
        assert_eq!(
            read("/run/clamav/clamd.ctl"),
            Ok(Address::Unix("/run/clamav/clamd.ctl".into()))
        );
        for text in ["localhost:3310", "127.0.0.1:3310", "[::1]:3310"] {
            assert_eq!(read(text), Ok(Address::Tcp(text.to_owned())));
            assert_eq!(read(text).map(String::from).as_deref(), Ok(text));
        }
        for text in [
            "",
            "clamd.ctl",
            "localhost",
            "localhost:",
            ":3310",
            "host:99999",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_a_plain_ok_is_clean_and_only_a_find_is_an_objection() {
        assert!(matches!(verdict(b"stream: OK\0"), Ok(Scanned::Clean)));
        let found = verdict(b"stream: Eicar-Test-Signature FOUND\0");
        assert!(matches!(found, Ok(Scanned::Found(name)) if name == "Eicar-Test-Signature"));
        for limit in [
            &b"INSTREAM size limit exceeded. ERROR\0"[..],
            b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0",
        ] {
            assert!(matches!(verdict(limit), Err(ScanError::OverItsLimit)));
        }
        for other in [
            &b""[..],
            b"\0",
            b"OK",
            b"stream: ",
            b"stream: Not OK\0",
            b"stream: Can't allocate memory ERROR\0",
            b"UNKNOWN COMMAND\0",
            b"stream: \xff\xfe",
        ] {
            assert!(
                matches!(verdict(other), Err(ScanError::NoVerdict)),
                "{other:?}"
            );
        }
    }
}
