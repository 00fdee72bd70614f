//! One SFTP channel: frame after frame is read and answered in order; one that breaks the framing ends it (security L11).
//!
//! The SSH side hands frames over inside its own loop: while that waits for us, it takes no answer and hears nothing of the
//! client. So answers are written beside the reading, and while they have no room, reading goes on: what is asked waits
//! as it was asked.

use super::packets::{self, Frames};
use super::tree::Tree;
use bytes::Bytes;
use russh_sftp::protocol::Packet;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Bytes of answers that may wait for a client that does not read them.
const WAITING: usize = 8 * 1024 * 1024;
/// Requests that may wait for that room: some programs ask for a whole file at once, in portions of 32 KiB.
const ASKED: usize = 64 * 1024;
/// Bytes of those requests.
const ASKED_BYTES: usize = 8 * 1024 * 1024;
/// How long answers may still go out when nothing is asked any more.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Serves a channel until it ends, breaks the framing, asks too much without reading, or is cut.
pub(super) async fn serve<S>(stream: S, mut tree: Tree, cut: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (from, to) = tokio::io::split(stream);
    let (answers, waiting) = mpsc::unbounded_channel();
    let writing = tokio::spawn(write(to, waiting));
    let mut asked = Asked::new(from);
    let ended = answer(&mut asked, &mut tree, &answers, &cut).await;
    if let Err(error) = &ended {
        tracing::info!(kind = %error.kind(), "a drop box channel ended");
    }
    tree.end().await;
    drop(answers);
    last_answers(asked.frames.from(), writing, &cut).await;
}

/// An answer on its way, with the room it takes.
type Answer = (Bytes, OwnedSemaphorePermit);

async fn write(mut to: impl AsyncWrite + Unpin, mut answers: mpsc::UnboundedReceiver<Answer>) {
    while let Some((answer, room)) = answers.recv().await {
        if to.write_all(&answer).await.is_err() {
            return;
        }
        drop(room);
    }
    to.shutdown().await.ok();
}

/// Answers what is asked, in order, until nothing is.
async fn answer<R: AsyncRead + Unpin>(
    asked: &mut Asked<R>,
    tree: &mut Tree,
    answers: &mpsc::UnboundedSender<Answer>,
    cut: &CancellationToken,
) -> io::Result<()> {
    let room = Arc::new(Semaphore::new(WAITING));
    loop {
        let frame = tokio::select! {
            frame = asked.next() => frame?,
            () = cut.cancelled() => return Ok(()),
        };
        let Some(frame) = frame else { return Ok(()) };
        // Never half of an answer: what was begun in the database ends there.
        let answer = match packets::request(frame) {
            Ok(packet) => tree.answer(packet).await,
            Err((number, status)) => Packet::error(number, status),
        };
        let answer = Bytes::try_from(answer).map_err(io::Error::other)?;
        let size = u32::try_from(answer.len()).map_err(io::Error::other)?;
        let taken = tokio::select! {
            taken = asked.until(room.clone().acquire_many_owned(size)) => taken?,
            () = cut.cancelled() => return Ok(()),
        };
        let taken = taken.map_err(io::Error::other)?;
        if answers.send((answer, taken)).is_err() {
            return Ok(());
        }
    }
}

/// What a client asks, and has no answer yet.
struct Asked<R> {
    frames: Frames<R>,
    /// Came while an answer waited for room.
    later: VecDeque<Bytes>,
    /// Bytes of those.
    bytes: usize,
    /// Nothing more comes.
    ended: bool,
}

impl<R: AsyncRead + Unpin> Asked<R> {
    const fn new(from: R) -> Self {
        Self {
            frames: Frames::new(from),
            later: VecDeque::new(),
            bytes: 0,
            ended: false,
        }
    }

    /// The next request; none when there are no more.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if let Some(frame) = self.later.pop_front() {
            self.bytes -= frame.len();
            return Ok(Some(frame));
        }
        if self.ended {
            return Ok(None);
        }
        self.frames.next().await
    }

    /// Waits for something, and reads on meanwhile.
    async fn until<T>(&mut self, wanted: impl Future<Output = T>) -> io::Result<T> {
        tokio::pin!(wanted);
        loop {
            tokio::select! {
                biased;
                got = &mut wanted => return Ok(got),
                frame = self.frames.next(), if !self.ended => self.keep(frame?)?,
                () = tokio::time::sleep(LAST_ANSWERS), if self.ended => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
        }
    }

    /// Keeps a request for later.
    ///
    /// # Errors
    /// When too much waits.
    fn keep(&mut self, frame: Option<Bytes>) -> io::Result<()> {
        let Some(frame) = frame else {
            self.ended = true;
            return Ok(());
        };
        self.bytes += frame.len();
        self.later.push_back(frame);
        if self.later.len() > ASKED || self.bytes > ASKED_BYTES {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        Ok(())
    }
}

/// Lets answers go out for a moment: a client that does not read them is not waited for. Who asks on is not heard any
/// more, and holds nothing up.
async fn last_answers(
    from: &mut (impl AsyncRead + Unpin),
    mut writing: JoinHandle<()>,
    cut: &CancellationToken,
) {
    let unheard = async {
        tokio::io::copy(from, &mut tokio::io::sink()).await.ok();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = &mut writing => return,
        () = unheard => {}
        () = cut.cancelled() => {}
        () = tokio::time::sleep(LAST_ANSWERS) => {}
    }
    writing.abort();
    writing.await.ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).expect("length");
        [&length.to_be_bytes()[..], content].concat()
    }

    /// As if there were no room yet.
    async fn for_a_moment(asked: &mut Asked<&[u8]>) -> io::Result<()> {
        asked
            .until(tokio::time::sleep(Duration::from_millis(20)))
            .await
    }

    #[tokio::test]
    async fn what_is_asked_while_there_is_no_room_is_kept_in_order() {
        let bytes = [frame(b"a"), frame(b"bc"), frame(b"d")].concat();
        let mut asked = Asked::new(&bytes[..]);
        assert_eq!(
            asked.next().await.expect("whole").as_deref(),
            Some(&b"a"[..])
        );
        for_a_moment(&mut asked).await.expect("not too much");
        assert_eq!((asked.later.len(), asked.bytes), (2, 3));
        for content in [&b"bc"[..], b"d"] {
            assert_eq!(asked.next().await.expect("whole").as_deref(), Some(content));
        }
        assert!(asked.ended && asked.bytes == 0);
        assert!(asked.next().await.expect("an end").is_none());
    }

    #[tokio::test]
    async fn who_asks_more_than_is_kept_is_not_waited_for() {
        let most = frame(b"x").repeat(ASKED);
        let mut asked = Asked::new(&most[..]);
        for_a_moment(&mut asked).await.expect("just enough");
        assert_eq!(asked.later.len(), ASKED);
        let more = frame(b"x").repeat(ASKED + 1);
        let many = for_a_moment(&mut Asked::new(&more[..])).await;
        let long = vec![b'x'; packets::LONGEST as usize];
        let large = frame(&long).repeat(ASKED_BYTES / long.len() + 1);
        let large = for_a_moment(&mut Asked::new(&large[..])).await;
        for refused in [many, large] {
            assert_eq!(
                refused.expect_err("too much").kind(),
                io::ErrorKind::QuotaExceeded
            );
        }
    }

    #[tokio::test]
    async fn a_frame_that_comes_in_pieces_is_whole_whatever_else_is_waited_for_meanwhile() {
        let (mut near, far) = tokio::io::duplex(64);
        let mut asked = Asked::new(far);
        for piece in frame(b"whole").chunks(2) {
            near.write_all(piece).await.expect("room");
            let moment = tokio::time::sleep(Duration::from_millis(5));
            asked.until(moment).await.expect("not too much");
        }
        let whole = asked.next().await.expect("whole");
        assert_eq!(whole.as_deref(), Some(&b"whole"[..]));
    }
}
