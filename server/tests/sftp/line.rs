//! A line between a client and the server that can be cut, at any byte, or left hanging.

use crate::support::until;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What lies between a client and the server.
pub(crate) struct Line {
    carrying: JoinHandle<()>,
    meter: Arc<Meter>,
}

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Nobody is there any more: a client that was killed, a cable that was pulled out.
    Cut,
    /// The same, with a reset: what the server did not read yet may be gone too.
    Resets,
    /// Half open: the server hears nothing, not even an end.
    Hangs,
}

/// What a line carries, and how much more of it.
struct Meter {
    /// Bytes that went to the server.
    passed: AtomicUsize,
    /// How many more may go, and what then.
    left: Mutex<Option<(usize, Ends)>>,
    /// More came than could go.
    spent: AtomicBool,
    /// Nothing comes back any more.
    deaf: AtomicBool,
    hangs: watch::Sender<bool>,
}

/// No more may pass.
struct Spent;

impl Meter {
    /// How many of these bytes may pass; and how the line ends, when that is not all of them.
    fn may(&self, bytes: usize) -> (usize, Option<Ends>) {
        match &mut *self.left.lock().unwrap() {
            None => (bytes, None),
            Some((left, then)) if *left < bytes => (std::mem::take(left), Some(*then)),
            Some((left, _)) => {
                *left -= bytes;
                (bytes, None)
            }
        }
    }

    async fn up(
        &self,
        mut near: impl AsyncRead + Unpin,
        mut server: OwnedWriteHalf,
    ) -> Result<(), Spent> {
        let mut portion = vec![0; 32 * 1024];
        loop {
            let read = near.read(&mut portion).await.unwrap_or(0);
            if read == 0 {
                server.shutdown().await.ok();
                return Ok(());
            }
            let (may, then) = self.may(read);
            if server.write_all(&portion[..may]).await.is_err() {
                return Ok(());
            }
            self.passed.fetch_add(may, Ordering::SeqCst);
            self.spent.fetch_or(then.is_some(), Ordering::SeqCst);
            match then {
                None => {}
                Some(Ends::Cut) => return Err(Spent),
                Some(Ends::Resets) => {
                    let stream: &TcpStream = server.as_ref();
                    stream.set_zero_linger().unwrap();
                    server.forget();
                    return Err(Spent);
                }
                Some(Ends::Hangs) => std::future::pending().await,
            }
        }
    }

    async fn down(
        &self,
        mut server: OwnedReadHalf,
        mut near: impl AsyncWrite + Unpin,
    ) -> Result<(), Spent> {
        let mut portion = vec![0; 32 * 1024];
        loop {
            let read = server.read(&mut portion).await.unwrap_or(0);
            if read == 0 {
                near.shutdown().await.ok();
                return Ok(());
            }
            let heard = !self.deaf.load(Ordering::SeqCst);
            if heard && near.write_all(&portion[..read]).await.is_err() {
                return Ok(());
            }
        }
    }
}

impl Line {
    /// A line from a client to the server.
    pub(crate) fn between(near: DuplexStream, server: TcpStream) -> Self {
        let meter = Arc::new(Meter {
            passed: AtomicUsize::new(0),
            left: Mutex::new(None),
            spent: AtomicBool::new(false),
            deaf: AtomicBool::new(false),
            hangs: watch::Sender::new(false),
        });
        let told = meter.clone();
        let carrying = tokio::spawn(async move {
            let (near_up, near_down) = tokio::io::split(near);
            let (server_down, server_up) = server.into_split();
            let mut asked = told.hangs.subscribe();
            let ways = async {
                tokio::try_join!(
                    told.up(near_up, server_up),
                    told.down(server_down, near_down)
                )
            };
            tokio::pin!(ways);
            let hung = tokio::select! {
                _ = &mut ways => false,
                asked = asked.wait_for(|hangs| *hangs) => asked.is_ok(),
            };
            if hung {
                // Both ends stay, and nothing passes any more.
                std::future::pending::<()>().await;
            }
        });
        Self { carrying, meter }
    }

    /// Nobody is there any more: a client that was killed, a cable that was pulled out.
    pub(crate) fn cut(&self) {
        self.carrying.abort();
    }

    /// Half open: the server hears nothing, not even an end.
    pub(crate) fn hang(&self) {
        self.meter.hangs.send_replace(true);
    }

    /// So many more bytes go to the server, and no more, in the middle of whatever they are of.
    pub(crate) fn ends_after(&self, bytes: usize, then: Ends) {
        *self.meter.left.lock().unwrap() = Some((bytes, then));
    }

    /// It ended in the middle of something: after [`Self::ends_after`], more came.
    pub(crate) fn is_spent(&self) -> bool {
        self.meter.spent.load(Ordering::SeqCst)
    }

    /// The client hears nothing any more; the server does.
    pub(crate) fn deafen(&self) {
        self.meter.deaf.store(true, Ordering::SeqCst);
    }

    /// Bytes that went to the server.
    pub(crate) fn passed(&self) -> usize {
        self.meter.passed.load(Ordering::SeqCst)
    }

    /// Waits until so many went.
    pub(crate) async fn carried(&self, bytes: usize) {
        until(Duration::from_secs(30), "it does not pass", async || {
            self.passed() >= bytes
        })
        .await;
    }
}
