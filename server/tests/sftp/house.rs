//! A drop box that is open, with a worker behind it, and a client that speaks its packets one by one.

#[path = "line.rs"]
pub(crate) mod line;

use crate::world::{World, csv, good, with};
use bytes::Bytes;
use domain::delivery::dropbox::Proof;
use domain::row::Column;
use line::Line;
use russh::client::{self, AuthResult};
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg};
use russh_sftp::protocol::{
    Close, FileAttributes, Init, Open, OpenFlags, Packet, Read, Rename, StatusCode, Write,
};
use server::channels::sftp;
use server::commands::sftp::{Add, add};
use server::config;
use server::intake;
use server::jobs::Life;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Seed of the host key.
const HOST: [u8; 32] = [7; 32];

/// An open drop box.
pub(crate) struct House {
    pub(crate) world: World,
    pub(crate) port: u16,
    pub(crate) settings: config::Sftp,
    stop: watch::Sender<bool>,
    serving: Vec<JoinHandle<()>>,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(config::Sftp::default()).await
    }

    pub(crate) async fn with(settings: config::Sftp) -> Self {
        Self::on(World::new().await, settings).await
    }

    pub(crate) async fn on(world: World, settings: config::Sftp) -> Self {
        let mut house = Self {
            world,
            port: 0,
            settings,
            stop: watch::Sender::new(false),
            serving: Vec::new(),
        };
        house.start().await;
        house
    }

    async fn start(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        self.port = listener.local_addr().unwrap().port();
        self.stop = watch::Sender::new(false);
        let life = Arc::new(Life::begin(&self.world.road.db).await.unwrap());
        let (road, stop) = (self.world.road.clone(), self.stop.subscribe());
        let working = life.clone();
        self.serving.push(tokio::spawn(async move {
            intake::work(&road, &working, stop).await;
        }));
        let (road, settings, stop) = (
            self.world.road.clone(),
            self.settings.clone(),
            self.stop.subscribe(),
        );
        self.serving.push(tokio::spawn(async move {
            sftp::serve(listener, road, settings, &HOST, life, stop)
                .await
                .unwrap();
        }));
    }

    /// Ends the server as a service manager does.
    pub(crate) async fn close(&mut self) {
        self.stop.send_replace(true);
        for part in self.serving.drain(..) {
            part.await.unwrap();
        }
    }

    /// Another process on the same data.
    pub(crate) async fn restart(&mut self) {
        self.close().await;
        self.start().await;
    }

    /// An account of ZONNEHOF with a password; its installation has its name.
    pub(crate) async fn account(&self, name: &str, proof: Proof) -> String {
        let args = Add {
            proof,
            ..new_account(name)
        };
        add(&self.world.road.db, &args).await.unwrap().unwrap()
    }

    /// An account of ZONNEHOF that logs in with the key of this seed.
    pub(crate) async fn keyed(&self, name: &str, proof: Proof, seed: u8) {
        let args = Add {
            proof,
            keys: vec![self.key_files(seed).1],
            ..new_account(name)
        };
        assert!(add(&self.world.road.db, &args).await.unwrap().is_none());
    }

    /// Files of a private and a public key, as OpenSSH has them.
    pub(crate) fn key_files(&self, seed: u8) -> (PathBuf, PathBuf) {
        use std::os::unix::fs::PermissionsExt as _;
        let private = self.world.test.dir.path().join(format!("id-{seed}"));
        let public = private.with_extension("pub");
        let key = key(seed);
        let text = key
            .to_openssh(russh::keys::ssh_key::LineEnding::LF)
            .unwrap();
        std::fs::write(&private, text.as_bytes()).unwrap();
        std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&public, key.public_key().to_openssh().unwrap()).unwrap();
        (private, public)
    }

    /// A connection with a login by key, and one channel.
    pub(crate) async fn raw(&self, name: &str, seed: u8) -> Raw {
        let mut ssh = self.ssh("127.0.0.1").await.unwrap();
        let key = PrivateKeyWithHashAlg::new(Arc::new(key(seed)), None);
        let entered = ssh.authenticate_publickey(name, key).await.unwrap();
        assert!(matches!(entered, AuthResult::Success), "{entered:?}");
        Raw::new(ssh).await
    }

    /// The same, when somebody is let in.
    pub(crate) async fn try_raw(&self, name: &str, seed: u8) -> Option<Raw> {
        let ssh = self.ssh("127.0.0.1").await.ok()?;
        Raw::by_key(ssh, name, seed).await
    }

    /// The same by a line that can be cut or left hanging.
    pub(crate) async fn raw_by_line(&self, name: &str, seed: u8) -> (Raw, Line) {
        let (near, line) = self.line("127.0.0.1").await;
        let config = Arc::new(client::Config::default());
        let mut ssh = client::connect_stream(config, near, Anyone).await.unwrap();
        let key = PrivateKeyWithHashAlg::new(Arc::new(key(seed)), None);
        let entered = ssh.authenticate_publickey(name, key).await.unwrap();
        assert!(matches!(entered, AuthResult::Success), "{entered:?}");
        (Raw::new(ssh).await, line)
    }

    /// Such a line from an address of this machine, and its near end: nothing was said yet.
    pub(crate) async fn line(&self, from: &str) -> (DuplexStream, Line) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        (near, Line::between(far, self.tcp(from).await))
    }

    async fn tcp(&self, from: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        let to = format!("127.0.0.1:{}", self.port).parse().unwrap();
        let stream = socket.connect(to).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// A connection from an address of this machine, before its login.
    pub(crate) async fn ssh(&self, from: &str) -> Result<client::Handle<Anyone>, russh::Error> {
        let stream = self.tcp(from).await;
        client::connect_stream(Arc::new(client::Config::default()), stream, Anyone).await
    }

    /// Logs in with a password; true when it succeeds.
    pub(crate) async fn password(&self, from: &str, name: &str, password: &str) -> bool {
        let mut ssh = self.ssh(from).await.unwrap();
        let entered = ssh.authenticate_password(name, password).await;
        matches!(entered, Ok(AuthResult::Success))
    }

    /// Waits until a question counts this many.
    pub(crate) async fn until(&self, question: &str, count: i64) {
        let begun = Instant::now();
        while self.world.count(question).await != count {
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "{question} is {}, not {count}",
                self.world.count(question).await
            );
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits until a file has its answers; its outcome.
    pub(crate) async fn answered(&self, file: &str) -> String {
        let question =
            format!("answer_files WHERE name = '{file}.resultaat.json' AND hidden_at IS NULL");
        self.until(&question, 1).await;
        sqlx::query_scalar(
            "SELECT outcome FROM deliveries WHERE file_name = $1 ORDER BY seq DESC LIMIT 1",
        )
        .bind(file)
        .fetch_one(&self.world.test.admin)
        .await
        .unwrap()
    }
}

pub(crate) fn new_account(name: &str) -> Add {
    Add {
        name: name.to_owned(),
        party: "ZONNEHOF".to_owned(),
        intermediary: None,
        installation: name.to_owned(),
        proof: Proof::Rename,
        rhythm: "workday".to_owned(),
        brp: false,
        keys: Vec::new(),
        sources: Vec::new(),
        by: "test".to_owned(),
    }
}

pub(crate) fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

/// A file of good rows, two of them, that no other file has.
pub(crate) fn rows(key: &str) -> Vec<u8> {
    rows_of(&[
        (crate::world::EREBOS, "01-04-2000", key),
        (crate::world::NAOMI, "01-04-1987", key),
    ])
}

pub(crate) fn rows_of(people: &[(&str, &str, &str)]) -> Vec<u8> {
    let rows: Vec<_> = people
        .iter()
        .enumerate()
        .map(|(place, (bsn, birth, key))| {
            let key = format!("{key}-{place}");
            with(good(bsn, birth), &[(Column::Bronsleutel, &key)])
        })
        .collect();
    csv(&rows)
}

/// Takes any host key.
pub(crate) struct Anyone;

impl client::Handler for Anyone {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        _key: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

/// One SFTP channel, packet by packet.
pub(crate) struct Raw {
    pub(crate) ssh: client::Handle<Anyone>,
    stream: russh::ChannelStream<client::Msg>,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

pub(crate) fn next() -> u32 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Raw {
    pub(crate) async fn new(ssh: client::Handle<Anyone>) -> Self {
        Self::begun(ssh).await.expect("a channel")
    }

    /// The same after a login by key; none when nobody is let in, or the server is not there any more.
    pub(crate) async fn by_key(
        mut ssh: client::Handle<Anyone>,
        name: &str,
        seed: u8,
    ) -> Option<Self> {
        let key = PrivateKeyWithHashAlg::new(Arc::new(key(seed)), None);
        let entered = ssh.authenticate_publickey(name, key).await.ok()?;
        if entered.success() {
            Self::begun(ssh).await
        } else {
            None
        }
    }

    async fn begun(ssh: client::Handle<Anyone>) -> Option<Self> {
        let channel = ssh.channel_open_session().await.ok()?;
        channel.request_subsystem(true, "sftp").await.ok()?;
        let stream = channel.into_stream();
        let mut raw = Self { ssh, stream };
        let answer = raw
            .ask(Packet::Init(Init {
                version: 3,
                extensions: std::collections::HashMap::new(),
            }))
            .await?;
        assert!(matches!(answer, Packet::Version(_)), "{answer:?}");
        Some(raw)
    }

    /// Asks and waits for the answer; none when the channel ended.
    pub(crate) async fn ask(&mut self, packet: Packet) -> Option<Packet> {
        self.send(&Bytes::try_from(packet).unwrap()).await;
        self.heard().await
    }

    /// Sends bytes as they are.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.ok();
        self.stream.flush().await.ok();
    }

    pub(crate) async fn heard(&mut self) -> Option<Packet> {
        let length = self.stream.read_u32().await.ok()?;
        let mut frame = vec![0; length as usize];
        self.stream.read_exact(&mut frame).await.ok()?;
        Some(Packet::try_from(&mut Bytes::from(frame)).unwrap())
    }

    /// The status of an answer.
    pub(crate) async fn status(&mut self, packet: Packet) -> (StatusCode, String) {
        match self.ask(packet).await {
            Some(Packet::Status(status)) => (status.status_code, status.error_message),
            other => panic!("no status: {other:?}"),
        }
    }

    /// Opens a file; its handle, or why not.
    pub(crate) async fn open(
        &mut self,
        path: &str,
        flags: OpenFlags,
    ) -> Result<String, (StatusCode, String)> {
        match self.ask(opening(path, flags)).await {
            Some(Packet::Handle(handle)) => Ok(handle.handle),
            Some(Packet::Status(status)) => Err((status.status_code, status.error_message)),
            other => panic!("no answer to OPEN: {other:?}"),
        }
    }

    /// Opens a file in `in/`.
    pub(crate) async fn create(&mut self, name: &str) -> Result<String, (StatusCode, String)> {
        self.open(name, PUTS).await
    }

    pub(crate) async fn write(
        &mut self,
        handle: &str,
        offset: usize,
        data: &[u8],
    ) -> (StatusCode, String) {
        self.status(writing(handle, offset, data)).await
    }

    pub(crate) async fn close(&mut self, handle: &str) -> (StatusCode, String) {
        self.status(closing(handle)).await
    }

    async fn yes(&mut self, packet: Packet) -> Option<()> {
        match self.ask(packet).await? {
            Packet::Status(status) if status.status_code == StatusCode::Ok => Some(()),
            _ => None,
        }
    }

    /// The same for a server that may go away: none without a yes.
    pub(crate) async fn try_create(&mut self, name: &str) -> Option<String> {
        match self.ask(opening(name, PUTS)).await? {
            Packet::Handle(handle) => Some(handle.handle),
            _ => None,
        }
    }

    pub(crate) async fn try_write(&mut self, handle: &str, at: usize, data: &[u8]) -> Option<()> {
        self.yes(writing(handle, at, data)).await
    }

    pub(crate) async fn try_close(&mut self, handle: &str) -> Option<()> {
        self.yes(closing(handle)).await
    }

    pub(crate) async fn try_rename(&mut self, from: &str, to: &str) -> Option<()> {
        self.yes(renaming(from, to)).await
    }

    /// Puts a whole file down.
    pub(crate) async fn put(&mut self, name: &str, content: &[u8]) {
        let handle = self.create(name).await.unwrap();
        for (place, portion) in content.chunks(32_000).enumerate() {
            let (code, text) = self.write(&handle, place * 32_000, portion).await;
            assert_eq!(code, StatusCode::Ok, "{text}");
        }
        let (code, text) = self.close(&handle).await;
        assert_eq!(code, StatusCode::Ok, "{text}");
    }

    /// Reads a whole file.
    pub(crate) async fn fetch(&mut self, path: &str) -> Vec<u8> {
        let handle = self.open(path, OpenFlags::READ).await.unwrap();
        let mut content = Vec::new();
        loop {
            let asked = Packet::Read(Read {
                id: next(),
                handle: handle.clone(),
                offset: content.len() as u64,
                len: 32_000,
            });
            match self.ask(asked).await {
                Some(Packet::Data(data)) => content.extend(data.data),
                Some(Packet::Status(status)) if status.status_code == StatusCode::Eof => break,
                other => panic!("no data: {other:?}"),
            }
        }
        self.close(&handle).await;
        content
    }

    pub(crate) async fn rename(&mut self, from: &str, to: &str) -> (StatusCode, String) {
        self.status(renaming(from, to)).await
    }
}

/// As clients open what they put down.
const PUTS: OpenFlags = OpenFlags::WRITE
    .union(OpenFlags::CREATE)
    .union(OpenFlags::TRUNCATE);

pub(crate) fn opening(path: &str, flags: OpenFlags) -> Packet {
    Packet::Open(Open {
        id: next(),
        filename: path.to_owned(),
        pflags: flags,
        attrs: FileAttributes::empty(),
    })
}

pub(crate) fn writing(handle: &str, offset: usize, data: &[u8]) -> Packet {
    Packet::Write(Write {
        id: next(),
        handle: handle.to_owned(),
        offset: offset as u64,
        data: data.to_vec(),
    })
}

pub(crate) fn closing(handle: &str) -> Packet {
    Packet::Close(Close {
        id: next(),
        handle: handle.to_owned(),
    })
}

pub(crate) fn renaming(from: &str, to: &str) -> Packet {
    Packet::Rename(Rename {
        id: next(),
        oldpath: from.to_owned(),
        newpath: to.to_owned(),
    })
}

/// SHA-256 as files of digests write it.
pub(crate) fn sha256(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
