//! One SFTP channel: frame after frame is read and answered; one that breaks the framing ends it (security L11).
//!
//! Answers are written beside the reading, for the SSH side cannot take an answer while it waits to hand over a frame.

use super::packets;
use super::tree::Tree;
use bytes::Bytes;
use russh_sftp::protocol::Packet;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, mpsc};

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
    while let Some(frame) = packets::frame(from).await? {
        let answer = match packets::request(frame) {
            Ok(packet) => tree.answer(packet).await,
            Err((number, status)) => Packet::error(number, status),
        };
        let answer = Bytes::try_from(answer).map_err(io::Error::other)?;
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
    Ok(())
}
