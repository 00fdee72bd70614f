//! From the bytes of one SFTP channel to what they ask: a length, then that many bytes (security §5.5).
//!
//! The length is checked before anything is allocated. One that cannot be is an error: there is no way to find the
//! next frame (security L11). A whole frame that says nothing we know has an answer. Nothing here knows the tree.

use bytes::Bytes;
use russh_sftp::protocol::{Packet, StatusCode};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Longest frame.
pub(super) const LONGEST: u32 = 256 * 1024;

/// Bytes that say how long a frame is.
const HEAD: usize = 4;

/// The frames of a channel. Waiting for one may be given up at any moment: what came of it is kept.
pub(super) struct Frames<R> {
    from: R,
    head: [u8; HEAD],
    body: Vec<u8>,
    /// Bytes that came of the frame under way, its length among them.
    came: usize,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    pub(super) const fn new(from: R) -> Self {
        Self {
            from,
            head: [0; HEAD],
            body: Vec::new(),
            came: 0,
        }
    }

    /// The next frame; none when the channel ends between two.
    pub(super) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        while self.came < HEAD {
            let read = self.from.read(&mut self.head[self.came..]).await?;
            if read == 0 {
                return Ok(None);
            }
            self.came += read;
        }
        if self.body.is_empty() {
            let length = u32::from_be_bytes(self.head);
            if length == 0 || length > LONGEST {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.body = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        }
        while self.came < HEAD + self.body.len() {
            let read = self.from.read(&mut self.body[self.came - HEAD..]).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.came += read;
        }
        self.came = 0;
        Ok(Some(std::mem::take(&mut self.body).into()))
    }

    /// Where they come from.
    pub(super) const fn from(&mut self) -> &mut R {
        &mut self.from
    }
}

/// What a frame asks.
///
/// # Errors
/// Number and status of the answer to one that asks nothing we know.
pub(super) fn request(mut frame: Bytes) -> Result<Packet, (u32, StatusCode)> {
    // Every request but the first begins with its number.
    let number = frame
        .get(1..5)
        .and_then(|four| four.try_into().ok())
        .map_or(0, u32::from_be_bytes);
    let known = frame
        .first()
        .is_some_and(|kind| matches!(kind, 1..=20 | 200));
    let status = if known {
        StatusCode::BadMessage
    } else {
        StatusCode::OpUnsupported
    };
    Packet::try_from(&mut frame).map_err(|_| (number, status))
}
