//! The frames of one SFTP channel: a length, then that many bytes (security §5.5).
//!
//! The length is checked before anything is allocated, and a frame that breaks the framing ends the channel: there is
//! no way to find the next one (security L11). A whole frame that says nothing we know is answered. Answers are written
//! beside the reading, for the SSH side cannot take an answer while it waits to hand over a frame.

use super::tree::Tree;
use bytes::Bytes;
use russh_sftp::protocol::{Packet, StatusCode};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, mpsc};

/// Longest frame.
const LONGEST: u32 = 256 * 1024;
/// Bytes of answers that may wait for a client that does not read them.
const WAITING: usize = 8 * 1024 * 1024;

/// Serves a channel until it ends, or breaks the framing.
pub(super) async fn serve<S>(stream: S, mut tree: Tree)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut from, to) = tokio::io::split(stream);
    let (answers, waiting) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(WAITING));
    let writing = tokio::spawn(write(to, waiting));
    let ended = read(&mut from, &mut tree, &answers, &room).await;
    if let Err(error) = &ended {
        tracing::info!(kind = %error.kind(), "a drop box channel ended");
    }
    tree.end().await;
    drop(answers);
    writing.await.ok();
}

/// An answer on its way, with the room it takes.
type Answer = (Bytes, tokio::sync::OwnedSemaphorePermit);

async fn write(mut to: impl AsyncWrite + Unpin, mut answers: mpsc::UnboundedReceiver<Answer>) {
    while let Some((answer, room)) = answers.recv().await {
        if to.write_all(&answer).await.is_err() {
            return;
        }
        drop(room);
    }
    to.shutdown().await.ok();
}

async fn read(
    from: &mut (impl AsyncRead + Unpin),
    tree: &mut Tree,
    answers: &mpsc::UnboundedSender<Answer>,
    room: &Arc<Semaphore>,
) -> io::Result<()> {
    loop {
        let length = match from.read_u32().await {
            Ok(length) => length,
            Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        if length == 0 || length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut frame = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        from.read_exact(&mut frame).await?;
        let answer = Bytes::try_from(answer(frame.into(), tree).await).map_err(io::Error::other)?;
        let size = u32::try_from(answer.len()).map_err(io::Error::other)?;
        let taken = room
            .clone()
            .acquire_many_owned(size)
            .await
            .map_err(io::Error::other)?;
        if answers.send((answer, taken)).is_err() {
            return Ok(());
        }
    }
}

async fn answer(mut frame: Bytes, tree: &mut Tree) -> Packet {
    // Every request but the first begins with its number.
    let number = frame
        .get(1..5)
        .and_then(|four| four.try_into().ok())
        .map_or(0, u32::from_be_bytes);
    let known = frame
        .first()
        .is_some_and(|kind| matches!(kind, 1..=20 | 200));
    match Packet::try_from(&mut frame) {
        Ok(packet) => tree.answer(packet).await,
        Err(_) if known => Packet::error(number, StatusCode::BadMessage),
        Err(_) => Packet::error(number, StatusCode::OpUnsupported),
    }
}
