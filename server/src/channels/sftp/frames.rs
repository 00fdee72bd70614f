//! One SFTP channel: frame after frame is read and answered; one that breaks the framing ends it (security L11).
//!
//! Answers are written beside the reading, for the SSH side cannot take an answer while it waits to hand over a frame.
//! It cannot hear an end of the connection then either: so nothing here waits for the client for ever.

use super::packets;
use super::tree::Tree;
use bytes::Bytes;
use russh_sftp::protocol::Packet;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Bytes of answers that may wait for a client that does not read them.
const WAITING: usize = 8 * 1024 * 1024;
/// How long they may wait when there is no room for another one.
const UNREAD: Duration = Duration::from_secs(60);

/// Serves a channel until it ends, breaks the framing, leaves its answers unread, or is cut.
pub(super) async fn serve<S>(stream: S, mut tree: Tree, cut: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut from, to) = tokio::io::split(stream);
    let (answers, waiting) = mpsc::unbounded_channel();
    let outbox = Outbox {
        answers,
        room: Arc::new(Semaphore::new(WAITING)),
        patience: UNREAD,
    };
    let mut writing = tokio::spawn(write(to, waiting));
    let ended = read(&mut from, &mut tree, &outbox, &cut).await;
    if let Err(error) = &ended {
        tracing::info!(kind = %error.kind(), "a drop box channel ended");
    }
    tree.end().await;
    drop(outbox);
    // What was answered is still told.
    tokio::select! {
        told = timeout(UNREAD, &mut writing) => drop(told),
        () = cut.cancelled() => {}
    }
    writing.abort();
}

/// An answer on its way, with the room it takes.
type Answer = (Bytes, tokio::sync::OwnedSemaphorePermit);

/// Answers that the client has not read yet.
struct Outbox {
    answers: mpsc::UnboundedSender<Answer>,
    room: Arc<Semaphore>,
    patience: Duration,
}

impl Outbox {
    /// Puts an answer in, once there is room for it. False when nobody writes answers any more.
    ///
    /// # Errors
    /// When the client makes no room.
    async fn put(&self, answer: Bytes) -> io::Result<bool> {
        let size = u32::try_from(answer.len()).map_err(io::Error::other)?;
        let room = self.room.clone().acquire_many_owned(size);
        let taken = timeout(self.patience, room)
            .await
            .map_err(|_| io::ErrorKind::TimedOut)?
            .map_err(io::Error::other)?;
        Ok(self.answers.send((answer, taken)).is_ok())
    }
}

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
    outbox: &Outbox,
    cut: &CancellationToken,
) -> io::Result<()> {
    loop {
        let frame = tokio::select! {
            frame = packets::frame(from) => frame?,
            () = cut.cancelled() => return Ok(()),
        };
        let Some(frame) = frame else { return Ok(()) };
        // Never half of an answer: what was begun in the database ends there.
        let answer = match packets::request(frame) {
            Ok(packet) => tree.answer(packet).await,
            Err((number, status)) => Packet::error(number, status),
        };
        let answer = Bytes::try_from(answer).map_err(io::Error::other)?;
        let put = tokio::select! {
            put = outbox.put(answer) => put?,
            () = cut.cancelled() => return Ok(()),
        };
        if !put {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_wait_for_a_client_that_reads_slowly_and_not_for_one_that_never_does() {
        let (answers, mut waiting) = mpsc::unbounded_channel();
        let outbox = Outbox {
            answers,
            room: Arc::new(Semaphore::new(10)),
            patience: Duration::from_secs(2),
        };
        let answer = || Bytes::from_static(b"seven b");
        assert!(outbox.put(answer()).await.expect("room"));
        let reads = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            drop(waiting.recv().await);
        };
        let (put, ()) = tokio::join!(outbox.put(answer()), reads);
        assert!(put.expect("room again"));
        let never = outbox.put(answer()).await;
        let never = never.map_err(|error| error.kind());
        assert_eq!(never, Err(io::ErrorKind::TimedOut));
        drop(waiting);
        let gone = Outbox {
            room: Arc::new(Semaphore::new(10)),
            ..outbox
        };
        assert!(!gone.put(answer()).await.expect("room"), "nobody writes it");
    }
}
