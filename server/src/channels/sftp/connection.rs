//! One TCP connection: let in, given time to log in, cut when it must end.

use super::guest::Guest;
use super::{Shared, login};
use crate::store::{sftp_accounts, worker_tx};
use russh::server::Config;
use rustix::net::sockopt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// After its last CLOSE a sender still has to rename (security F16).
const TO_RENAME: Duration = Duration::from_secs(2);
/// A session that was cut ends at once, unless it waits for something: nobody waits longer for it.
const TO_END: Duration = Duration::from_secs(5);

/// A peer that is silent this long is asked whether it is there, this often, and so many times: a firewall that drops
/// connections tells neither side, and seats that nobody sits on keep out who has the right key.
const SILENT: Duration = Duration::from_secs(60);
const ASKED_EVERY: Duration = Duration::from_secs(15);
const ASKED: u32 = 4;
/// The same, in milliseconds, for who owes us a word about what we sent: then it is not asked.
pub(super) const UNHEARD: u32 = 120_000;

/// The kernel ends a connection whose peer is gone. Not by messages of SSH: their answers would be a sign of life of a
/// session in which nothing happens, and that would never end.
fn watch_peer(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_tcp_keepidle(stream, SILENT)?;
    sockopt::set_tcp_keepintvl(stream, ASKED_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, ASKED)?;
    sockopt::set_tcp_user_timeout(stream, UNHEARD)?;
    sockopt::set_socket_keepalive(stream, true)?;
    Ok(())
}

/// Serves a connection to its end.
pub(super) async fn serve(
    shared: Arc<Shared>,
    ssh: Arc<Config>,
    stream: TcpStream,
    peer: SocketAddr,
    cut: CancellationToken,
) {
    if let Err(error) = watch_peer(&stream) {
        tracing::warn!(kind = %error.kind(), "a connection stays open when its peer goes without a word");
    }
    let address = peer.ip().to_canonical();
    let Some((pass, wait)) = shared.gate.enter(address, cut.clone(), Instant::now()) else {
        tracing::info!("too many connections of one source without a login");
        return;
    };
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = cut.cancelled() => return,
    }
    if !expected(&shared, &address.to_string()).await {
        return;
    }
    let (arrived, arrival) = watch::channel(false);
    let guest = Guest::new(shared.clone(), address, pass, arrived, cut.clone());
    let offered = guest.offered();
    let stream = Cuttable::new(stream, &cut);
    talk(&shared, ssh, stream, guest, arrival.clone(), &cut).await;
    if let Some(refused) = offered.get().filter(|_| !*arrival.borrow()) {
        login::only_offered(&shared, refused, address).await;
    }
}

/// The session, until it ends or must end.
async fn talk(
    shared: &Shared,
    ssh: Arc<Config>,
    stream: Cuttable,
    guest: Guest,
    mut arrival: watch::Receiver<bool>,
    cut: &CancellationToken,
) {
    let busy = guest.busy();
    let grace = tokio::time::sleep(Duration::from_secs(u64::from(
        shared.settings.login_seconds,
    )));
    tokio::pin!(grace);
    // The exchange of versions happens in here, before there is a session to end.
    let running = tokio::select! {
        running = russh::server::run_stream(ssh, stream, guest) => running,
        () = &mut grace => return,
        () = cut.cancelled() => return,
    };
    let Ok(mut running) = running else { return };
    let mut stop = shared.stop.clone();
    let came_in = tokio::select! {
        _ = &mut running => return,
        () = &mut grace => false,
        came = arrival.wait_for(|here| *here) => came.is_ok(),
        () = idle_at_the_end(&mut stop, &busy) => false,
    };
    if came_in {
        tokio::select! {
            _ = &mut running => return,
            // The server ends: whoever has no upload open goes now.
            () = idle_at_the_end(&mut stop, &busy) => {}
        }
    }
    cut.cancel();
    if tokio::time::timeout(TO_END, running).await.is_err() {
        tracing::warn!("a session of the drop box that was cut goes on");
    }
}

/// The server ends, no upload is open, and there was a moment to give the last one its real name.
async fn idle_at_the_end(stop: &mut watch::Receiver<bool>, busy: &watch::Sender<usize>) {
    // The sender of `stop` lives as long as the server.
    if stop.wait_for(|stop| *stop).await.is_err() {
        return;
    }
    let mut open = busy.subscribe();
    loop {
        open.wait_for(|open| *open == 0).await.ok();
        let begun = open.wait_for(|open| *open > 0);
        if tokio::time::timeout(TO_RENAME, begun).await.is_err() {
            return;
        }
    }
}

/// The address is on a list (security §5.2). A database that is away lets nobody new in.
async fn expected(shared: &Shared, address: &str) -> bool {
    let asked = async {
        let mut tx = worker_tx(&shared.road.db).await?;
        sftp_accounts::anybody_from(&mut tx, address).await
    };
    match asked.await {
        Ok(expected) => expected,
        Err(error) => {
            tracing::warn!(%error, "a connection could not be looked up");
            false
        }
    }
}

/// A connection that can be cut, whatever its session waits for.
struct Cuttable {
    stream: TcpStream,
    reading: Pin<Box<WaitForCancellationFutureOwned>>,
    writing: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Cuttable {
    fn new(stream: TcpStream, cut: &CancellationToken) -> Self {
        Self {
            stream,
            reading: Box::pin(cut.clone().cancelled_owned()),
            writing: Box::pin(cut.clone().cancelled_owned()),
        }
    }
}

fn cut() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reading.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(cut()));
        }
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.writing.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(cut()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_peer_that_is_gone_is_noticed_within_two_minutes() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port");
        let to = listener.local_addr().expect("address");
        let (near, far) = tokio::join!(TcpStream::connect(to), listener.accept());
        let (_near, (stream, _)) = (near.expect("connects"), far.expect("accepted"));
        watch_peer(&stream).expect("options");
        assert!(sockopt::socket_keepalive(&stream).expect("option"));
        let silent = sockopt::tcp_keepidle(&stream).expect("option");
        let every = sockopt::tcp_keepintvl(&stream).expect("option");
        let asked = sockopt::tcp_keepcnt(&stream).expect("option");
        assert_eq!((silent, every, asked), (SILENT, ASKED_EVERY, ASKED));
        // What was sent and not heard gets as long as the questions take.
        let unheard = sockopt::tcp_user_timeout(&stream).expect("option");
        assert_eq!(
            Duration::from_millis(unheard.into()),
            SILENT + ASKED_EVERY * ASKED
        );
    }
}
