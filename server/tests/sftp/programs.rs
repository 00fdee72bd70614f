//! The programs suppliers deliver with: OpenSSH, PuTTY, lftp, paramiko, asyncssh.

use crate::house::{House, rows_of, sha256};
use domain::delivery::dropbox::Proof;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a program with a script on its standard input; its output. It has a minute.
pub(crate) async fn run(program: &str, arguments: &[&str], folder: &Path, script: &str) -> String {
    let mut command = Command::new("timeout");
    command
        .arg("60")
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let script = script.to_owned();
    tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        let mut child = command.spawn().expect("the program is there");
        child
            .stdin
            .take()
            .unwrap()
            .write_all(script.as_bytes())
            .ok();
        let output = child.wait_with_output().unwrap();
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{text}");
        text
    })
    .await
    .unwrap()
}

/// Where a program works, with the file it delivers.
fn desk(house: &House, name: &str, sequence: u32) -> (tempfile::TempDir, String, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let file = format!("CIMS_ZONNEHOF_{name}_20210301_{sequence}.csv");
    let content = rows_of(&[(crate::world::EREBOS, "01-04-2000", &file)]);
    std::fs::write(folder.path().join("x.csv"), &content).unwrap();
    let (private, _) = house.key_files(1);
    std::fs::copy(private, folder.path().join("id")).unwrap();
    (folder, file, content)
}

/// The receipt the program fetched is of what it sent, and the answer says what came of it.
fn fetched(folder: &Path, file: &str, content: &[u8]) {
    let text = std::fs::read_to_string(folder.join(format!("{file}.ontvangst.json"))).unwrap();
    let receipt: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(receipt["sha256"], sha256(content));
    assert_eq!(receipt["grootte"], content.len());
    let text = std::fs::read_to_string(folder.join(format!("{file}.resultaat.json"))).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["aanlevering"], receipt["aanlevering"]);
    assert_eq!(answer["regels"], 1);
    let lines = std::fs::read_to_string(folder.join(format!("{file}.resultaat.csv"))).unwrap();
    assert!(
        lines.starts_with("\u{feff}regel;bronsleutel;uitkomst;"),
        "{lines}"
    );
    assert!(!lines.contains(crate::world::EREBOS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssh_delivers_and_fetches() {
    let house = House::open().await;
    house.keyed("openssh", Proof::Rename, 1).await;
    let (folder, file, content) = desk(&house, "openssh", 1);
    let port = house.port.to_string();
    let arguments = [
        "-q",
        "-P",
        &port,
        "-i",
        "id",
        "-b",
        "-",
        "-oStrictHostKeyChecking=no",
        "-oUserKnownHostsFile=known",
        "-oIdentitiesOnly=yes",
        "openssh@127.0.0.1",
    ];
    // With the times kept, and stopping at the first refusal.
    let script = format!("put -p x.csv {file}.part\nls -l\nrename {file}.part {file}\n");
    let said = run("sftp", &arguments, folder.path(), &script).await;
    assert!(said.contains(&format!("{file}.part")), "{said}");
    assert_eq!(house.answered(&file).await, "VERWERKT");
    run(
        "sftp",
        &arguments,
        folder.path(),
        "cd ../uit\nls -l\nget *\n",
    )
    .await;
    fetched(folder.path(), &file, &content);
    // No command, no shell.
    let ssh = [
        "-q",
        "-p",
        &port,
        "-i",
        "id",
        "-oStrictHostKeyChecking=no",
        "-oUserKnownHostsFile=known",
        "openssh@127.0.0.1",
    ];
    for words in [&["id"][..], &[][..]] {
        let mut command = tokio::process::Command::new("timeout");
        command
            .arg("20")
            .arg("ssh")
            .args(ssh)
            .args(words)
            .current_dir(folder.path());
        let output = command.stdin(Stdio::null()).output().await.unwrap();
        assert!(!output.status.success());
        assert_ne!(output.status.code(), Some(124), "it hangs");
        assert!(output.stdout.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn putty_and_lftp_deliver_with_a_password() {
    let house = House::open().await;
    let password = house.account("putty", Proof::Rename).await;
    let (folder, file, content) = desk(&house, "putty", 1);
    let port = house.port.to_string();
    let host_key = server::channels::sftp::fingerprint(&[7; 32]);
    let arguments = [
        "-P",
        &port,
        "-batch",
        "-hostkey",
        &host_key,
        "-pw",
        &password,
        "-b",
        "script",
        "putty@127.0.0.1",
    ];
    let script = format!("put x.csv {file}.part\nmv {file}.part {file}\nquit\n");
    std::fs::write(folder.path().join("script"), script).unwrap();
    run("psftp", &arguments, folder.path(), "").await;
    assert_eq!(house.answered(&file).await, "VERWERKT");
    std::fs::write(folder.path().join("script"), "cd ../uit\nmget *\nquit\n").unwrap();
    run("psftp", &arguments, folder.path(), "").await;
    fetched(folder.path(), &file, &content);

    let password = house.account("lftp", Proof::Rename).await;
    let (folder, file, content) = desk(&house, "lftp", 1);
    let open = format!(
        "set net:max-retries 1; set net:timeout 20; set sftp:auto-confirm yes; set sftp:connect-program 'ssh -a -x -oStrictHostKeyChecking=no -oUserKnownHostsFile=known'; open -u lftp,{password} sftp://127.0.0.1:{port}; "
    );
    // lftp puts under a temporary name and renames by itself, when it is told so.
    let script = format!("{open} put x.csv -o {file}.part; mv {file}.part {file}; quit");
    run("lftp", &["-c", &script], folder.path(), "").await;
    // The same jab as before, by another file: known.
    assert_eq!(house.answered(&file).await, "VERWERKT");
    run(
        "lftp",
        &["-c", &format!("{open} cd ../uit; mget *; quit")],
        folder.path(),
        "",
    )
    .await;
    fetched(folder.path(), &file, &content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_delivers_with_both_of_its_libraries() {
    let house = House::open().await;
    house.keyed("python", Proof::Trailer, 1).await;
    for (sequence, script) in [
        (
            1,
            "import paramiko, sys
port, file = int(sys.argv[1]), sys.argv[2]
ssh = paramiko.SSHClient()
ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
ssh.connect('127.0.0.1', port, 'python', key_filename='id', allow_agent=False, look_for_keys=False)
box = ssh.open_sftp()
if sys.argv[3] == 'put':
    assert box.normalize('.') == '/in', box.normalize('.')
    box.put('x.csv', file)
else:
    for name in box.listdir('/uit'):
        box.get('/uit/' + name, name)
",
        ),
        (
            2,
            "import asyncio, asyncssh, sys
async def main():
    port, file = int(sys.argv[1]), sys.argv[2]
    async with asyncssh.connect('127.0.0.1', port=port, username='python', client_keys=['id'], known_hosts=None) as ssh:
        async with ssh.start_sftp_client() as box:
            if sys.argv[3] == 'put':
                await box.put('x.csv', file, preserve=True)
            else:
                await box.mget('/uit/*')
asyncio.run(main())
",
        ),
    ] {
        let (folder, file, mut content) = desk(&house, "python", sequence);
        content.extend(b"#EINDE;1\r\n");
        std::fs::write(folder.path().join("x.csv"), &content).unwrap();
        std::fs::write(folder.path().join("go.py"), script).unwrap();
        let port = house.port.to_string();
        // Debian's own: that is where its libraries are.
        run("/usr/bin/python3", &["go.py", &port, &file, "put"], folder.path(), "").await;
        assert_eq!(house.answered(&file).await, "VERWERKT");
        run("/usr/bin/python3", &["go.py", &port, &file, "get"], folder.path(), "").await;
        fetched(folder.path(), &file, &content);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_openssh_upload_stopped_by_ctrl_c_is_never_imported() {
    let house = House::open().await;
    house.keyed("afbreken", Proof::Rename, 1).await;
    let (folder, file, _) = desk(&house, "afbreken", 1);
    let port = house.port.to_string();
    let big = vec![b'x'; 64 * 1024 * 1024];
    std::fs::write(folder.path().join("big"), &big).unwrap();
    let arguments = [
        "-q",
        "-l",
        "80000",
        "-P",
        &port,
        "-i",
        "id",
        "-oStrictHostKeyChecking=no",
        "-oUserKnownHostsFile=known",
        "afbreken@127.0.0.1",
    ];
    for (signal, ends) in [
        ("INT", "sftp_uploads WHERE closed_at IS NOT NULL"),
        ("KILL", "sftp_uploads WHERE why = 'broken-off'"),
    ] {
        let mut child = Command::new("sftp")
            .args(arguments)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        use std::io::Write as _;
        let script = format!("put big {file}.part\n");
        child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(script.as_bytes())
            .unwrap();
        house.until("sftp_uploads WHERE state = 'open'", 1).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let killed = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        house.until(ends, 1).await;
        child.kill().ok();
        child.wait().unwrap();
    }
    assert_eq!(house.world.count("deliveries").await, 0);
    let whole = format!("sftp_uploads WHERE size = {}", big.len());
    assert_eq!(house.world.count(&whole).await, 0);
}
