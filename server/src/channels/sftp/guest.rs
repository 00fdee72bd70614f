//! The SSH side of a connection: who may come in, and the one thing they may do here.
//!
//! One kind of channel (session), one subsystem (`sftp`). Everything else gets its "no": without one, a client waits
//! for ever (security L9). What comes on a channel before its subsystem is read and forgotten: it would fill up, and the
//! connection wait for ever for a reader.

use super::gate::{Pass, Seat};
use super::tree::Tree;
use super::{Shared, frames, login};
use crate::store::sftp_accounts::Account;
use futures::FutureExt as _;
use russh::server::{
    Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, Pty, Sig};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Channels of one connection (security §5.2).
const CHANNELS: usize = 4;

/// A connection.
pub(super) struct Guest {
    shared: Arc<Shared>,
    address: IpAddr,
    /// Given back at the login.
    pass: Option<Pass>,
    arrived: watch::Sender<bool>,
    /// The connection must end.
    cut: CancellationToken,
    account: Option<(Account, Seat)>,
    /// Opened, and no subsystem asked yet.
    channels: HashMap<ChannelId, Channel<Msg>>,
    /// Channels that are open.
    open: Arc<AtomicUsize>,
    /// Uploads that are open.
    busy: Arc<watch::Sender<usize>>,
    /// The first key that was refused.
    offered: Arc<OnceLock<login::Refused>>,
}

impl Guest {
    pub(super) fn new(
        shared: Arc<Shared>,
        address: IpAddr,
        pass: Pass,
        arrived: watch::Sender<bool>,
        cut: CancellationToken,
    ) -> Self {
        Self {
            shared,
            address,
            pass: Some(pass),
            arrived,
            cut,
            account: None,
            channels: HashMap::new(),
            open: Arc::default(),
            busy: Arc::new(watch::Sender::new(0)),
            offered: Arc::default(),
        }
    }

    /// The first key that this connection offered and that was refused.
    pub(super) fn offered(&self) -> Arc<OnceLock<login::Refused>> {
        self.offered.clone()
    }

    /// How many uploads this connection has open.
    pub(super) fn busy(&self) -> Arc<watch::Sender<usize>> {
        self.busy.clone()
    }

    /// Lets an account sit down that came in.
    fn seat(&mut self, entered: Option<(Account, Seat)>) -> Auth {
        if entered.is_none() {
            return Auth::reject();
        }
        self.account = entered;
        Auth::Accept
    }

    /// Forgets what came on a channel that has no subsystem yet.
    fn forget(&mut self, channel: ChannelId) {
        if let Some(opened) = self.channels.get_mut(&channel) {
            while opened.wait().now_or_never().flatten().is_some() {}
        }
    }

    /// A "no", when the client wants an answer.
    fn refuse(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        self.forget(channel);
        session.channel_failure(channel)
    }
}

impl Handler for Guest {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let entered = login::by_password(&self.shared, user, password, self.address).await;
        Ok(self.seat(entered))
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        // A client offers all it has: only the right one is worth a signature, and the others are no failure of their own.
        let fits = login::has_key(&self.shared, user, offer.public_key, self.address).await;
        Ok(match fits {
            Ok(()) => Auth::Accept,
            Err(refused) => {
                if let Some(refused) = refused {
                    // The first one counts.
                    self.offered.set(refused).ok();
                }
                Auth::reject()
            }
        })
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let entered = login::by_key(&self.shared, user, key.public_key, self.address).await;
        Ok(self.seat(entered))
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), Self::Error> {
        self.pass = None;
        self.arrived.send_replace(true);
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.channels.len() + self.open.load(Ordering::Relaxed) >= CHANNELS {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.channels.remove(&channel);
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.forget(channel);
        let (Some((account, _)), "sftp") = (&self.account, name) else {
            return session.channel_failure(channel);
        };
        let Some(opened) = self.channels.remove(&channel) else {
            return session.channel_failure(channel);
        };
        session.channel_success(channel)?;
        let tree = Tree::new(
            self.shared.clone(),
            account.clone(),
            self.address.to_string(),
            self.busy.clone(),
        );
        let (open, cut) = (self.open.clone(), self.cut.clone());
        open.fetch_add(1, Ordering::Relaxed);
        self.shared.channels.spawn(async move {
            frames::serve(opened.into_stream(), tree, cut).await;
            open.fetch_sub(1, Ordering::Relaxed);
        });
        Ok(())
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _single: bool,
        _protocol: &str,
        _cookie: &str,
        _screen: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn agent_request(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<bool, Self::Error> {
        self.forget(channel);
        Ok(false)
    }

    async fn signal(
        &mut self,
        channel: ChannelId,
        _signal: Sig,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.refuse(channel, session)
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        _data: &[u8],
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.forget(channel);
        Ok(())
    }

    async fn extended_data(
        &mut self,
        channel: ChannelId,
        _code: u32,
        _data: &[u8],
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.forget(channel);
        Ok(())
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.forget(channel);
        Ok(())
    }
}
