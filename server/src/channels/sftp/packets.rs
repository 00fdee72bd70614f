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

/// The next frame; none when the channel ends between two.
pub(super) async fn frame(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Bytes>> {
    let length = match from.read_u32().await {
        Ok(length) => length,
        Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    if length == 0 || length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut frame = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    from.read_exact(&mut frame).await?;
    Ok(Some(frame.into()))
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
