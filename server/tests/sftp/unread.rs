//! Answers that are larger than what may wait, for a client that reads late or never.

use crate::house::{House, rows, sha256};
use domain::delivery::dropbox::Proof;
use server::store::answer_files::{self, NewAnswer, Of};
use server::store::worker_tx;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use uuid::Uuid;

/// More than may wait, with what paramiko takes unread.
const LARGE: usize = 24 * 1024 * 1024;

/// Logs in with the key in this folder.
const LOGIN: &str = "import hashlib, paramiko, socket, struct, sys, time
ssh = paramiko.SSHClient()
ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
ssh.connect('127.0.0.1', int(sys.argv[1]), 'groot', key_filename='id', allow_agent=False, look_for_keys=False)
box = ssh.open_sftp()
";

/// Opens the answer in a channel of which nothing is read from then on.
const SILENT: &str = "def packet(kind, body):
    return struct.pack('>IB', 1 + len(body), kind) + body
def text(some):
    return struct.pack('>I', len(some)) + some
def heard():
    length = struct.unpack('>I', channel.recv(4))[0]
    body = b''
    while len(body) < length:
        body += channel.recv(length - len(body))
    return body
channel = ssh.get_transport().open_session()
channel.settimeout(20)
channel.invoke_subsystem('sftp')
channel.sendall(packet(1, struct.pack('>I', 3)))
heard()
channel.sendall(packet(3, struct.pack('>I', 1) + text(b'/uit/groot.csv') + struct.pack('>II', 1, 0)))
opened = heard()
assert opened[0] == 102, opened
read = packet(5, struct.pack('>I', 2) + opened[5:] + struct.pack('>QI', 0, 32768))
";

/// A drop box with a large answer in `uit/`, and a folder with the key of its account; the digest of the answer.
async fn with_an_answer() -> (House, tempfile::TempDir, String) {
    let house = House::open().await;
    house.keyed("groot", Proof::Rename, 1).await;
    let mut raw = house.raw("groot", 1).await;
    let file = "CIMS_ZONNEHOF_groot_20210301_1.csv";
    raw.put("x.part", &rows(file)).await;
    raw.rename("x.part", file).await;
    house.answered(file).await;
    let content: Vec<u8> = (0..LARGE / 8)
        .flat_map(|place| (place as u64).to_be_bytes())
        .collect();
    let (road, id) = (&house.world.road, Uuid::new_v4());
    let mut blob = road.blobs.create(&road.keys, id).unwrap();
    blob.push(&content).unwrap();
    blob.finish().unwrap();
    let (delivery, party, account): (Uuid, Uuid, Uuid) =
        sqlx::query_as("SELECT id, party_id, account_id FROM deliveries WHERE file_name = $1")
            .bind(file)
            .fetch_one(&house.world.test.admin)
            .await
            .unwrap();
    let new = NewAnswer {
        id,
        of: Of::Delivery(delivery),
        party,
        account,
        kind: "resultaat-csv",
        file: "groot",
        ending: "csv",
        size: content.len() as u64,
    };
    let mut tx = worker_tx(&road.db).await.unwrap();
    answer_files::put(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(house.key_files(1).0, folder.path().join("id")).unwrap();
    (house, folder, sha256(&content))
}

/// Debian's own python: that is where paramiko is.
fn python(folder: &Path, script: &str, port: u16) -> Child {
    std::fs::write(folder.join("go.py"), script).unwrap();
    Command::new("/usr/bin/python3")
        .arg("go.py")
        .arg(port.to_string())
        .current_dir(folder)
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("python is there")
}

/// What a script says that ends well; it has a minute and a half.
async fn said(child: Child) -> String {
    let output = tokio::time::timeout(Duration::from_secs(90), child.wait_with_output())
        .await
        .expect("it hangs")
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_which_all_is_asked_at_once_comes_whole_also_to_who_reads_late() {
    let (house, folder, digest) = with_an_answer().await;
    let script = format!(
        "{LOGIN}box.get('/uit/groot.csv', 'soon')
late = box.open('/uit/groot.csv')
late.prefetch({LARGE})
# All is asked, and nothing read: more waits than may.
time.sleep(3)
for content in [open('soon', 'rb').read(), late.read()]:
    print(hashlib.sha256(content).hexdigest())
ssh.close()
"
    );
    let text = said(python(folder.path(), &script, house.port)).await;
    assert_eq!(text.lines().collect::<Vec<_>>(), [&digest, &digest]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_on_and_on_and_reads_nothing_loses_the_channel_and_not_the_session() {
    let (house, folder, _) = with_an_answer().await;
    let script = format!(
        "{LOGIN}{SILENT}begun = time.time()
while not channel.closed and time.time() - begun < 60:
    try:
        channel.sendall(read * 500)
    except socket.timeout:
        raise
    except OSError:
        break
    # It listens to its other channel meanwhile.
    assert box.normalize('.') == '/in'
assert channel.closed, 'it goes on'
print(box.normalize('.'))
ssh.close()
"
    );
    let text = said(python(folder.path(), &script, house.port)).await;
    assert_eq!(text.trim(), "/in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_does_not_wait_for_who_never_reads() {
    let (mut house, folder, _) = with_an_answer().await;
    let script = format!(
        "{LOGIN}{SILENT}# One by one: each is a message to the loop of the session.
for _ in range(1000):
    channel.sendall(read)
time.sleep(2)
print('asked', flush=True)
time.sleep(120)
"
    );
    let mut child = python(folder.path(), &script, house.port);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let asked = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await;
    assert_eq!(asked.unwrap().unwrap().as_deref(), Some("asked"));
    tokio::time::timeout(Duration::from_secs(30), house.close())
        .await
        .expect("it waits");
}
