//! One kind of channel with one subsystem, and a "no" to everything else: without one, a client waits for ever.

use crate::house::{House, Raw, next, rows};
use crate::world::{EREBOS, csv, good, with};
use bytes::Bytes;
use domain::delivery::dropbox::Proof;
use domain::row::Column;
use russh::{Channel, ChannelMsg, Sig, client};
use russh_sftp::protocol::{Init, OpenFlags, Packet, Read, StatusCode};
use std::collections::HashMap;
use std::time::Duration;
use tokio::net::TcpListener;

/// The next thing that a channel hears, but for the room it is given.
async fn heard(channel: &mut Channel<client::Msg>) -> ChannelMsg {
    loop {
        let wait = tokio::time::timeout(Duration::from_secs(5), channel.wait());
        match wait.await.expect("every request gets its no") {
            Some(ChannelMsg::WindowAdjusted { .. }) => {}
            Some(other) => return other,
            None => panic!("the channel ended"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_kind_of_channel_or_request_is_served() {
    let house = House::open().await;
    house.keyed("kanaal", Proof::Rename, 1).await;
    let raw = house.raw("kanaal", 1).await;
    let ssh = &raw.ssh;
    let inside = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = u32::from(inside.local_addr().unwrap().port());
    assert!(
        ssh.channel_open_direct_tcpip("127.0.0.1", port, "127.0.0.1", 1)
            .await
            .is_err()
    );
    assert!(
        ssh.channel_open_direct_streamlocal("/run/postgresql/.s.PGSQL.5432")
            .await
            .is_err()
    );
    assert!(ssh.channel_open_x11("127.0.0.1", 1).await.is_err());
    let called = tokio::time::timeout(Duration::from_millis(300), inside.accept());
    assert!(called.await.is_err(), "it goes nowhere for a client");

    let mut channel = ssh.channel_open_session().await.unwrap();
    channel.request_shell(true).await.unwrap();
    channel.exec(true, "id").await.unwrap();
    channel.set_env(true, "LD_PRELOAD", "x").await.unwrap();
    channel
        .request_pty(true, "xterm", 80, 24, 0, 0, &[])
        .await
        .unwrap();
    channel
        .request_x11(true, false, "MIT-MAGIC-COOKIE-1", "00", 0)
        .await
        .unwrap();
    channel.agent_forward(true).await.unwrap();
    for subsystem in ["netconf", "SFTP", "sftp ", "sftp-server", ""] {
        channel.request_subsystem(true, subsystem).await.unwrap();
    }
    for _ in 0..11 {
        let said = heard(&mut channel).await;
        assert!(matches!(said, ChannelMsg::Failure), "{said:?}");
    }
    // These ask for no answer.
    channel.window_change(1, 1, 1, 1).await.unwrap();
    channel.signal(Sig::KILL).await.unwrap();
    // Four channels in all, one of which is the drop box.
    let _two = ssh.channel_open_session().await.unwrap();
    let _three = ssh.channel_open_session().await.unwrap();
    assert!(ssh.channel_open_session().await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_about_the_connection_is_granted_and_nothing_listens_after_it() {
    let house = House::open().await;
    house.keyed("kanaal", Proof::Rename, 1).await;
    let mut raw = house.raw("kanaal", 1).await;
    let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("x");
    let text = |text: &str| {
        let mut bytes = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes
    };
    let at_port = [text("127.0.0.1"), u32::from(port).to_be_bytes().to_vec()].concat();
    let any_port = [text(""), 0_u32.to_be_bytes().to_vec()].concat();
    let at_socket = text(socket.to_str().unwrap());
    for (name, data) in [
        ("tcpip-forward", &at_port),
        ("tcpip-forward", &any_port),
        ("cancel-tcpip-forward", &at_port),
        ("streamlocal-forward@openssh.com", &at_socket),
        ("cancel-streamlocal-forward@openssh.com", &at_socket),
        ("no-more-sessions@openssh.com", &Vec::new()),
        ("hostkeys-prove-00@openssh.com", &Vec::new()),
        ("hostkeys-00@openssh.com", &Vec::new()),
        ("elevation", &vec![1]),
        ("agent-connect@openssh.com", &Vec::new()),
        ("", &Vec::new()),
        ("onbekend@example.org", &vec![0xff; 100]),
    ] {
        let asked = raw.ssh.send_global_request(name, data, true);
        let said = tokio::time::timeout(Duration::from_secs(5), asked).await;
        let said = said.unwrap_or_else(|_| panic!("{name}: no answer"));
        assert!(matches!(said, Err(russh::Error::RequestDenied)), "{name}");
    }
    let listens = std::net::TcpStream::connect(("127.0.0.1", port));
    assert!(listens.is_err(), "a port of a client is open");
    assert!(!socket.exists());
    // The drop box lives on.
    raw.put("x.part", &rows("x")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_is_the_drop_box_becomes_nothing_else() {
    let house = House::open().await;
    house.keyed("kanaal", Proof::Rename, 1).await;
    let raw = house.raw("kanaal", 1).await;
    let mut channel = raw.ssh.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "sftp").await.unwrap();
    assert!(matches!(heard(&mut channel).await, ChannelMsg::Success));
    channel.request_subsystem(true, "sftp").await.unwrap();
    channel.request_shell(true).await.unwrap();
    channel.exec(true, "id").await.unwrap();
    channel.agent_forward(true).await.unwrap();
    for _ in 0..4 {
        let said = heard(&mut channel).await;
        assert!(matches!(said, ChannelMsg::Failure), "{said:?}");
    }
    let init = Packet::Init(Init {
        version: 3,
        extensions: HashMap::new(),
    });
    let init = Bytes::try_from(init).unwrap();
    channel.data_bytes(init).await.unwrap();
    let ChannelMsg::Data { data } = heard(&mut channel).await else {
        panic!("no version")
    };
    assert_eq!(data.get(4), Some(&2), "a version: {data:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_asks_a_hundred_things_first_hears_a_hundred_times_no_and_delivers() {
    const MANY: usize = 100;
    let house = House::open().await;
    house.keyed("vraagt", Proof::Rename, 1).await;
    let raw = house.raw("vraagt", 1).await;
    let mut channel = raw.ssh.channel_open_session().await.unwrap();
    for number in 0..MANY {
        let name = format!("LC_{number}");
        channel.set_env(true, name, "nl").await.unwrap();
        // What comes before the subsystem is for nobody.
        channel.data_bytes(&b"x"[..]).await.unwrap();
        channel.extended_data_bytes(1, &b"x"[..]).await.unwrap();
        channel.window_change(1, 1, 1, 1).await.unwrap();
        channel.signal(Sig::HUP).await.unwrap();
    }
    for _ in 0..MANY {
        let said = heard(&mut channel).await;
        assert!(matches!(said, ChannelMsg::Failure), "{said:?}");
    }
    channel.request_subsystem(true, "sftp").await.unwrap();
    assert!(matches!(heard(&mut channel).await, ChannelMsg::Success));
    drop(channel);
    Raw::new(raw.ssh).await.put("x.part", b"x").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_no_answers_does_not_keep_the_server_from_ending() {
    let mut house = House::open().await;
    house.keyed("leest-niet", Proof::Rename, 1).await;
    let (mut raw, line) = house.raw_by_line("leest-niet", 1).await;
    let wrong = |number: usize| {
        let key = format!("fout-{number}");
        let cells = [
            (Column::Bronsleutel, key.as_str()),
            (Column::Geboortedatum, "x"),
        ];
        with(good(EREBOS, ""), &cells)
    };
    let file = "CIMS_ZONNEHOF_leest-niet_20210301_1.csv";
    raw.put("x.part", &csv(&(0..2_000).map(wrong).collect::<Vec<_>>()))
        .await;
    raw.rename("x.part", file).await;
    house.answered(file).await;
    let answer = format!("/uit/{file}.resultaat.csv");
    let handle = raw.open(&answer, OpenFlags::READ).await.unwrap();
    // Its connection stands, but it never makes room for another answer: more wait than may, and still it asks.
    line.deafen();
    for _ in 0..500 {
        let asked = Packet::Read(Read {
            id: next(),
            handle: handle.clone(),
            offset: 0,
            len: 64 * 1024,
        });
        raw.send(&Bytes::try_from(asked).unwrap()).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let ended = tokio::time::timeout(Duration::from_secs(30), house.close()).await;
    assert!(ended.is_ok(), "it waits for its client");
}

/// Opens every kind of channel, and asks every kind of request with an answer wanted; says what was granted, and what got no
/// answer.
const EVERYTHING: &str = r#"
import logging, sys, paramiko
logging.disable(logging.CRITICAL)
port = int(sys.argv[1])

def transport():
    made = paramiko.Transport(('127.0.0.1', port))
    made.banner_timeout = 20
    made.start_client(timeout=20)
    return made

# Before the login there is nothing at all.
early = transport()
try:
    early.open_session(timeout=5)
    print('granted a session before the login')
except Exception:
    pass
early.close()

ssh = transport()
ssh.auth_publickey('kanaal', paramiko.Ed25519Key.from_private_key_file('id'))
here = ('127.0.0.1', 1)
for kind in ['direct-tcpip', 'forwarded-tcpip', 'x11', 'auth-agent@openssh.com', 'auth-agent', 'tun@openssh.com',
             'forwarded-streamlocal@openssh.com', 'direct-streamlocal@openssh.com', 'onbekend@example.org', 'SESSION', '']:
    try:
        ssh.open_channel(kind, dest_addr=('127.0.0.1', 5432), src_addr=here, timeout=5)
        print('granted', kind)
    except paramiko.ChannelException:
        pass
    except Exception as other:
        # A kind whose own fields it misses may end the connection; then the next one is another.
        print('ended by', kind, other) if ssh.is_active() else None
    if not ssh.is_active():
        ssh = transport()
        ssh.auth_publickey('kanaal', paramiko.Ed25519Key.from_private_key_file('id'))

def asked(kind, *fields):
    channel = ssh.open_session(timeout=5)
    message = paramiko.Message()
    message.add_byte(b'\x62')
    message.add_int(channel.remote_chanid)
    message.add_string(kind)
    message.add_boolean(True)
    for field in fields:
        message.add_string(field) if isinstance(field, (str, bytes)) else message.add_int(field)
    channel._event_pending()
    ssh._send_user_message(message)
    answered = channel.event.wait(5)
    print('granted', kind) if channel.event_ready else None
    print('no answer to', kind) if not answered else None
    channel.close()

asked('shell')
asked('exec', 'id')
asked('env', 'LD_PRELOAD', 'x')
asked('pty-req', 'xterm', 80, 24, 0, 0, '')
asked('auth-agent-req@openssh.com')
asked('subsystem', 'netconf')
asked('window-change', 1, 1, 1, 1)
asked('signal', 'KILL')
asked('break', 1)
asked('eow@openssh.com')
asked('exit-status', 0)
asked('xon-xoff')
asked('onbekend@example.org', 'x')
asked('')
print('asked everything')
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_that_there_is_and_that_there_is_not_hears_no() {
    let house = House::open().await;
    house.keyed("kanaal", Proof::Rename, 1).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(house.key_files(1).0, folder.path().join("id")).unwrap();
    std::fs::write(folder.path().join("go.py"), EVERYTHING).unwrap();
    let port = house.port.to_string();
    let said = crate::programs::run(
        "/usr/bin/python3",
        &["-W", "ignore", "go.py", &port],
        folder.path(),
        "",
    )
    .await;
    assert_eq!(said.trim(), "asked everything");
    // Somebody who does as they should still comes in.
    let mut raw = house.raw("kanaal", 1).await;
    let read = raw.open("/uit/x", OpenFlags::READ).await;
    assert_eq!(read.unwrap_err().0, StatusCode::NoSuchFile);
}
