//! Nothing but putting down and fetching: every path, every operation, every kind of channel.

use crate::house::{House, Raw, next, rows};
use bytes::Bytes;
use domain::delivery::dropbox::Proof;
use russh_sftp::protocol::{
    Extended, FSetStat, FileAttributes, Fstat, Lstat, MkDir, Open, OpenDir, OpenFlags, Packet,
    Read, ReadDir, ReadLink, RealPath, Remove, Rename, RmDir, SetStat, Stat, StatusCode, Symlink,
    Write,
};
use server::config;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Paths that lead out, or look as if they do.
fn hostile() -> Vec<String> {
    let targets = [
        "etc/passwd",
        "etc/shadow",
        "root/.ssh/authorized_keys",
        "proc/self/environ",
        "proc/self/cwd/cims.toml",
        "dev/null",
        "tmp/x",
        "blobs/x",
        "spool/x.part",
        "keys/mac-1.key",
    ];
    let mut paths = Vec::new();
    for target in targets {
        for before in [
            "/",
            "../",
            "../../",
            "../../../../../../",
            "/in/../../",
            "/uit/../../",
            "./../",
            "in/../../../",
            "/./../",
            "//",
            "~/",
            "/in/x/",
        ] {
            paths.push(format!("{before}{target}"));
        }
    }
    paths.extend(
        [
            "/in/a b",
            "/in/é.csv",
            "/in/a\0b",
            "/in/a\nb",
            "/in/.htaccess",
            "/in/..a/../.b",
            "/in/a\\b",
            "/in/a:b",
            "/in/a*",
            "/in/$(id)",
            "/in/`id`",
            "/in/%2e%2e",
            "/in/con|nul",
            "\u{202e}vsc.x",
            "/IN/x",
            "/In",
            "/uit/a b",
            "/uit/.x",
            "/test/x",
            "/blobs",
            "C:\\x",
            "\\\\host\\share",
            "/in/999990019.csv",
        ]
        .map(str::to_owned),
    );
    paths.push(format!("/in/{}", "a".repeat(129)));
    paths.push("/".repeat(4000) + "etc");
    paths.push("../".repeat(2000) + "etc/passwd");
    paths
}

/// Every operation that takes a path.
fn operations(path: &str) -> Vec<Packet> {
    let (path, attrs) = (|| path.to_owned(), FileAttributes::empty);
    let open = |flags: OpenFlags| {
        Packet::Open(Open {
            id: next(),
            filename: path(),
            pflags: flags,
            attrs: attrs(),
        })
    };
    let (write, create) = (OpenFlags::WRITE, OpenFlags::CREATE);
    let own = || "klaar.part".to_owned();
    let link = |linkpath: String, targetpath: String| {
        Packet::Symlink(Symlink {
            id: next(),
            linkpath,
            targetpath,
        })
    };
    let rename = |oldpath: String, newpath: String| {
        Packet::Rename(Rename {
            id: next(),
            oldpath,
            newpath,
        })
    };
    vec![
        open(OpenFlags::READ),
        open(write | create | OpenFlags::TRUNCATE),
        open(write),
        open(write | create | OpenFlags::APPEND),
        open(OpenFlags::READ | write | create),
        Packet::Stat(Stat {
            id: next(),
            path: path(),
        }),
        Packet::Lstat(Lstat {
            id: next(),
            path: path(),
        }),
        Packet::OpenDir(OpenDir {
            id: next(),
            path: path(),
        }),
        Packet::Remove(Remove {
            id: next(),
            filename: path(),
        }),
        Packet::MkDir(MkDir {
            id: next(),
            path: path(),
            attrs: attrs(),
        }),
        Packet::RmDir(RmDir {
            id: next(),
            path: path(),
        }),
        Packet::ReadLink(ReadLink {
            id: next(),
            path: path(),
        }),
        link("x".to_owned(), path()),
        link(path(), "x".to_owned()),
        link(path(), own()),
        link(own(), path()),
        rename(path(), "weg.csv".to_owned()),
        rename(own(), path()),
        rename(path(), own()),
        rename(path(), path()),
        Packet::SetStat(SetStat {
            id: next(),
            path: path(),
            attrs: everything(),
        }),
        extended("posix-rename@openssh.com", &[path(), own()]),
        extended("posix-rename@openssh.com", &[own(), path()]),
        extended("hardlink@openssh.com", &[path(), own()]),
        extended("hardlink@openssh.com", &[own(), path()]),
        extended("statvfs@openssh.com", &[path()]),
        extended("lsetstat@openssh.com", &[path()]),
        extended("expand-path@openssh.com", &[path()]),
        extended("home-directory", &[path()]),
        extended("check-file-name", &[path(), "sha256".to_owned()]),
        extended("space-available", &[path()]),
    ]
}

/// All that may be set of a file.
fn everything() -> FileAttributes {
    FileAttributes {
        size: Some(0),
        uid: Some(0),
        gid: Some(0),
        permissions: Some(0o6777),
        atime: Some(1),
        mtime: Some(1),
        ..FileAttributes::empty()
    }
}

fn extended(request: &str, texts: &[String]) -> Packet {
    let mut data = Vec::new();
    for text in texts {
        data.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
        data.extend(text.as_bytes());
    }
    Packet::Extended(Extended {
        id: next(),
        request: request.to_owned(),
        data,
    })
}

fn real_path(path: &str) -> Packet {
    Packet::RealPath(RealPath {
        id: next(),
        path: path.to_owned(),
    })
}

/// Every file below a folder: its bytes, its rights, when it was changed, how many names it has.
fn tree_of(folder: &Path) -> Vec<(PathBuf, u64, u32, i64, u64)> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let (path, about) = entry
                .map(|entry| (entry.path(), entry.metadata().unwrap()))
                .unwrap();
            assert!(!about.is_symlink(), "{path:?}");
            if about.is_dir() {
                folders.push(path);
            } else {
                let (mode, at) = (about.mode(), about.mtime_nsec());
                all.push((path, about.len(), mode, at, about.nlink()));
            }
        }
    }
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_path_leads_out() {
    let house = House::open().await;
    house.keyed("binnen", Proof::Rename, 1).await;
    let mut raw = house.raw("binnen", 1).await;
    raw.put("klaar.part", &rows("klaar")).await;
    let disk = tree_of(house.world.test.dir.path());
    let paths = hostile();
    assert!(paths.len() >= 120, "{}", paths.len());
    for path in &paths {
        for packet in operations(path) {
            let asked = format!("{packet:?}");
            let answer = raw.ask(packet).await.expect("the channel lives");
            let Packet::Status(status) = answer else {
                panic!("{path:?}: {asked:.60} was answered with {answer:?}");
            };
            assert_ne!(status.status_code, StatusCode::Ok, "{path:?}: {asked:.60}");
        }
        // What a path means is inside, or nothing.
        match raw.ask(real_path(path)).await.expect("the channel lives") {
            Packet::Status(status) => assert_ne!(status.status_code, StatusCode::Ok, "{path:?}"),
            Packet::Name(means) => {
                let [means] = means.files.as_slice() else {
                    panic!("{path:?}: one name")
                };
                let parts: Vec<_> = means.filename.split('/').collect();
                assert!(parts.len() == 3 && parts[0].is_empty(), "{path:?}");
                // A name of an answer may be one that no file may have.
                let inside = ["in", "uit"].contains(&parts[1]);
                assert!(inside && parts[2] != "..", "{path:?}");
            }
            other => panic!("{path:?}: {other:?}"),
        }
    }
    assert_eq!(tree_of(house.world.test.dir.path()), disk);
    assert_eq!(house.world.count("sftp_uploads").await, 1);
    assert_eq!(house.world.count("deliveries").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_is_no_text_leads_nowhere() {
    const MARK: &str = "QQQQ";
    let house = House::open().await;
    house.keyed("binnen", Proof::Rename, 1).await;
    let mut raw = house.raw("binnen", 1).await;
    raw.put("klaar.part", &rows("klaar")).await;
    let disk = tree_of(house.world.test.dir.path());
    // Dots and slashes in more bytes than they need, half a letter, a surrogate, bytes that begin nothing.
    for bytes in [
        *b"\xc0\xae\xc0\xae",
        *b"\xe0\x80\xaf/",
        *b"\xe2\x82/a",
        *b"\xed\xa0\x80x",
        *b"\xff\xfe\xfd\xfc",
    ] {
        for path in [
            format!("/in/{MARK}/etc/passwd"),
            format!("/in/{MARK}"),
            MARK.to_owned(),
        ] {
            for packet in operations(&path) {
                let mut frame = Bytes::try_from(packet).unwrap().to_vec();
                while let Some(at) = frame.windows(4).position(|four| four == MARK.as_bytes()) {
                    frame[at..at + 4].copy_from_slice(&bytes);
                }
                raw.send(&frame).await;
                let Some(Packet::Status(status)) = raw.heard().await else {
                    panic!("{bytes:x?}: {frame:x?}");
                };
                assert_ne!(status.status_code, StatusCode::Ok, "{bytes:x?}: {frame:x?}");
            }
        }
    }
    assert_eq!(tree_of(house.world.test.dir.path()), disk);
    assert_eq!(house.world.count("sftp_uploads").await, 1);
}

/// Every operation that takes a handle, but CLOSE.
fn of_handle(handle: &str) -> [Packet; 8] {
    let handle = || handle.to_owned();
    [
        Packet::Read(Read {
            id: next(),
            handle: handle(),
            offset: 0,
            len: 100,
        }),
        Packet::Write(Write {
            id: next(),
            handle: handle(),
            offset: 1,
            data: b"x".to_vec(),
        }),
        Packet::Fstat(Fstat {
            id: next(),
            handle: handle(),
        }),
        Packet::FSetStat(FSetStat {
            id: next(),
            handle: handle(),
            attrs: everything(),
        }),
        Packet::ReadDir(ReadDir {
            id: next(),
            handle: handle(),
        }),
        extended("fsync@openssh.com", &[handle()]),
        extended("fstatvfs@openssh.com", &[handle()]),
        extended("copy-data", &[handle(), handle()]),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_serves_for_what_it_was_opened_for_and_nobody_else() {
    let house = House::open().await;
    house.keyed("eigen", Proof::Rename, 1).await;
    let mut raw = house.raw("eigen", 1).await;
    let (file, content) = ("CIMS_ZONNEHOF_eigen_20210301_1.csv", rows("eigen"));
    raw.put("x.part", &content).await;
    raw.rename("x.part", file).await;
    house.answered(file).await;
    let answer = format!("/uit/{file}.resultaat.json");
    let before = raw.fetch(&answer).await;
    let upload = raw.create("y.part").await.unwrap();
    assert_eq!(raw.write(&upload, 0, &content).await.0, StatusCode::Ok);
    let reading = raw.open(&answer, OpenFlags::READ).await.unwrap();
    let disk = tree_of(&house.world.test.dir.path().join("storage/blobs"));
    // Size, owner, rights and times may be set, and are not.
    let set = |handle: &str| {
        Packet::FSetStat(FSetStat {
            id: next(),
            handle: handle.to_owned(),
            attrs: everything(),
        })
    };
    for handle in [&upload, &reading] {
        assert_eq!(raw.status(set(handle)).await.0, StatusCode::Ok);
    }
    // What is put down is not read, an answer not written; neither is a folder, and none of them anything else.
    for handle in [&upload, &reading] {
        let mut answered = Vec::new();
        for packet in of_handle(handle) {
            answered.push(raw.ask(packet).await.unwrap());
        }
        let is_upload = handle == &upload;
        let said = |place: usize| match &answered[place] {
            Packet::Status(status) => status.status_code,
            other => panic!("{other:?}"),
        };
        if is_upload {
            assert_eq!(said(0), StatusCode::Failure);
        } else {
            assert!(matches!(&answered[0], Packet::Data(data) if data.data == before[..100]));
        }
        assert_eq!(
            said(1),
            StatusCode::Failure,
            "out of order, or never written"
        );
        let size = match &answered[2] {
            Packet::Attrs(about) => about.attrs.size,
            // A WRITE that is out of order ends an upload.
            Packet::Status(status) => {
                assert_eq!(status.status_code, StatusCode::Failure);
                None
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(size, (!is_upload).then_some(before.len() as u64));
        for (place, answer) in answered.iter().enumerate().skip(4) {
            assert_ne!(said(place), StatusCode::Ok, "{answer:?}");
        }
    }
    assert_eq!(raw.fetch(&answer).await, before);
    assert_eq!(
        tree_of(&house.world.test.dir.path().join("storage/blobs")),
        disk
    );
    // Of this channel alone, as long as it is open; and a text that is no handle is none.
    let mut other = house.raw("eigen", 1).await;
    assert_eq!(raw.close(&reading).await.0, StatusCode::Ok);
    let long = "1".repeat(300);
    let none = [
        "",
        "0",
        "-1",
        "01",
        " 1",
        "1\0",
        "../1",
        "18446744073709551617",
        &long,
    ];
    for handle in none.iter().copied().chain([reading.as_str()]) {
        for packet in of_handle(handle) {
            let (code, _) = raw.status(packet).await;
            assert_ne!(code, StatusCode::Ok, "{handle:?}");
        }
    }
    for packet in of_handle(&upload) {
        assert_ne!(other.status(packet).await.0, StatusCode::Ok);
    }
    assert_eq!(house.world.count("deliveries").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_of_an_open_upload_changes_nothing_of_it() {
    let house = House::open().await;
    house.keyed("eigen", Proof::Rename, 1).await;
    let mut raw = house.raw("eigen", 1).await;
    let (file, content) = ("CIMS_ZONNEHOF_eigen_20210301_1.csv", rows("eigen"));
    let handle = raw.create("x.part").await.unwrap();
    for (begin, part) in [(0, &content[..100]), (100, &content[100..])] {
        for size in [0, 50, 1 << 40] {
            let attrs = FileAttributes {
                size: Some(size),
                ..everything()
            };
            let (by_handle, by_name) = (
                Packet::FSetStat(FSetStat {
                    id: next(),
                    handle: handle.clone(),
                    attrs: attrs.clone(),
                }),
                Packet::SetStat(SetStat {
                    id: next(),
                    path: "x.part".to_owned(),
                    attrs,
                }),
            );
            for packet in [by_handle, by_name] {
                assert_eq!(raw.status(packet).await.0, StatusCode::Ok);
            }
            let asked = Packet::Fstat(Fstat {
                id: next(),
                handle: handle.clone(),
            });
            let Some(Packet::Attrs(about)) = raw.ask(asked).await else {
                panic!("no attributes")
            };
            assert_eq!(about.attrs.size, Some(begin as u64));
            assert_eq!(about.attrs.permissions, Some(0o100_200));
            assert_eq!((about.attrs.uid, about.attrs.gid), (None, None));
        }
        assert_eq!(raw.write(&handle, begin, part).await.0, StatusCode::Ok);
    }
    assert_eq!(raw.close(&handle).await.0, StatusCode::Ok);
    assert_eq!(raw.rename("x.part", file).await.0, StatusCode::Ok);
    assert_eq!(house.answered(file).await, "VERWERKT");
    let whole = format!("deliveries WHERE file_size = {}", content.len());
    assert_eq!(house.world.count(&whole).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_put_down_cannot_be_read_and_is_seen_by_its_owner_alone() {
    let house = House::open().await;
    house.keyed("eigen", Proof::Rename, 1).await;
    house.keyed("ander", Proof::Rename, 2).await;
    let (mut own, mut other) = (house.raw("eigen", 1).await, house.raw("ander", 2).await);
    let file = "CIMS_ZONNEHOF_eigen_20210301_1.csv";
    own.put("x.part", &rows("eigen")).await;
    for raw in [&mut own, &mut other] {
        let read = raw.open("/in/x.part", OpenFlags::READ).await;
        assert_eq!(read.unwrap_err().0, StatusCode::PermissionDenied);
        let append = raw
            .open("/in/x.part", OpenFlags::WRITE | OpenFlags::APPEND)
            .await;
        assert_eq!(append.unwrap_err().0, StatusCode::PermissionDenied);
    }
    assert_eq!(names(&mut own, "/in").await, ["x.part"]);
    assert_eq!(names(&mut own, "/").await, ["in", "uit"]);
    assert!(names(&mut other, "/in").await.is_empty());
    own.rename("x.part", file).await;
    house.answered(file).await;
    assert!(names(&mut own, "/in").await.is_empty());
    let answers = names(&mut own, "/uit").await;
    assert_eq!(
        answers,
        ["ontvangst.json", "resultaat.csv", "resultaat.json"].map(|end| format!("{file}.{end}"))
    );
    assert!(names(&mut other, "/uit").await.is_empty());
    let path = format!("/uit/{}", answers[0]);
    let theirs = other.open(&path, OpenFlags::READ).await;
    assert_eq!(theirs.unwrap_err().0, StatusCode::NoSuchFile);
    let write = own.open(&path, OpenFlags::WRITE | OpenFlags::CREATE).await;
    assert_eq!(write.unwrap_err().0, StatusCode::PermissionDenied);

    // Fetching is written down; taking it out of the folder leaves it in the portal.
    let handle = own.open(&path, OpenFlags::READ).await.unwrap();
    let read = own
        .ask(Packet::Read(Read {
            id: next(),
            handle: handle.clone(),
            offset: 0,
            len: 1 << 20,
        }))
        .await;
    let Some(Packet::Data(data)) = read else {
        panic!("{read:?}")
    };
    let receipt: serde_json::Value = serde_json::from_slice(&data.data).unwrap();
    assert_eq!(receipt["bestand"], file);
    let fetched = "audit_lines WHERE line LIKE '%transfer.answer-fetched%'";
    assert_eq!(house.world.count(fetched).await, 1);
    let remove = Packet::Remove(Remove {
        id: next(),
        filename: path.clone(),
    });
    assert_eq!(own.status(remove).await.0, StatusCode::Ok);
    assert_eq!(names(&mut own, "/uit").await.len(), 2);
    assert_eq!(house.world.count("answer_files").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_put_down_is_written_in_order_once_and_within_its_size() {
    let house = House::with(config::Sftp {
        max_file_bytes: 1000,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("orde", Proof::Rename, 1).await;
    let mut raw = house.raw("orde", 1).await;
    // Not in order: no resuming.
    let handle = raw.create("a.part").await.unwrap();
    assert_eq!(raw.write(&handle, 0, b"begin").await.0, StatusCode::Ok);
    assert_eq!(raw.write(&handle, 3, b"x").await.0, StatusCode::Failure);
    assert_eq!(raw.write(&handle, 5, b"x").await.0, StatusCode::Failure);
    assert_eq!(raw.close(&handle).await.0, StatusCode::Failure);
    // One byte too many.
    let handle = raw.create("b.part").await.unwrap();
    assert_eq!(raw.write(&handle, 0, &[b'x'; 1000]).await.0, StatusCode::Ok);
    let (code, text) = raw.write(&handle, 1000, b"x").await;
    assert_eq!(
        (code, text.as_str()),
        (StatusCode::Failure, "bestand te groot")
    );
    assert_eq!(raw.close(&handle).await.0, StatusCode::Failure);
    // Over one that is there: only when the client does not mind.
    raw.put("c.part", b"eerste").await;
    let exclusive = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUDE;
    assert_eq!(
        raw.open("c.part", exclusive).await.unwrap_err().0,
        StatusCode::Failure
    );
    raw.put("c.part", b"tweede").await;
    raw.put("d.part", b"derde").await;
    let (code, _) = raw.rename("d.part", "c.part").await;
    assert_eq!(code, StatusCode::Failure);
    assert_eq!(names(&mut raw, "/in").await, ["c.part", "d.part"]);
    let why: Vec<String> =
        sqlx::query_scalar("SELECT why FROM sftp_uploads WHERE state = 'void' ORDER BY opened_at")
            .fetch_all(&house.world.test.admin)
            .await
            .unwrap();
    assert_eq!(why, ["out-of-order", "too-large", "replaced"]);
    // Nothing of them stays on disk.
    let disk = tree_of(&house.world.test.dir.path().join("storage"));
    assert_eq!(disk.len(), 2, "{disk:?}");
    // 16 files at once, no more.
    let mut held = Vec::new();
    for place in 0..16 {
        held.push(raw.create(&format!("veel-{place}")).await.unwrap());
    }
    assert_eq!(
        raw.create("veel-16").await.unwrap_err().0,
        StatusCode::Failure
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_take_and_remove_one_file_one_wins_and_what_was_taken_keeps_its_bytes() {
    let house = House::open().await;
    house.keyed("twee", Proof::Rename, 1).await;
    let (mut one, mut other) = (house.raw("twee", 1).await, house.raw("twee", 1).await);
    for sequence in 1..=40 {
        let file = format!("CIMS_ZONNEHOF_twee_20210301_{sequence}.csv");
        one.put("x.part", &rows(&file)).await;
        let remove = Packet::Remove(Remove {
            id: next(),
            filename: "x.part".to_owned(),
        });
        let (renamed, removed) = tokio::join!(one.rename("x.part", &file), other.status(remove));
        assert!(renamed.0 == StatusCode::Ok || removed.0 == StatusCode::Ok);
    }
    house.until("deliveries WHERE state <> 'done'", 0).await;
    let raw: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM deliveries WHERE blob_id IS NOT NULL")
        .fetch_all(&house.world.test.admin)
        .await
        .unwrap();
    let lost = raw.iter().filter(|id| !house.world.road.blobs.holds(**id));
    assert_eq!(lost.count(), 0, "of {}", raw.len());
    assert_eq!(
        house
            .world
            .count("sftp_uploads WHERE state = 'taken'")
            .await,
        i64::try_from(raw.len()).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_puts_down_no_more_files_and_bytes_in_a_day_than_agreed() {
    for (day_files, day_bytes) in [(3, 1 << 30), (100, 700)] {
        let house = House::with(config::Sftp {
            day_files,
            day_bytes,
            ..config::Sftp::default()
        })
        .await;
        house.keyed("vlijtig", Proof::Rename, 1).await;
        house.keyed("zelfde", Proof::Rename, 2).await;
        let (mut raw, mut same) = (house.raw("vlijtig", 1).await, house.raw("zelfde", 2).await);
        for name in ["a.part", "b.part", "c.part"] {
            raw.put(name, &[b'x'; 250]).await;
        }
        // Of all installations of the party together.
        for raw in [&mut raw, &mut same] {
            let (code, text) = raw.create("d.part").await.unwrap_err();
            assert_eq!(code, StatusCode::Failure);
            assert!(text.contains("lever morgen verder"), "{text}");
        }
        let told = "audit_lines WHERE line LIKE '%\"why\":\"day-limit\"%'";
        assert_eq!(house.world.count(told).await, 2);
        sqlx::query("UPDATE sftp_uploads SET opened_at = opened_at - interval '1 day'")
            .execute(&house.world.test.admin)
            .await
            .unwrap();
        raw.put("d.part", b"x").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_under_way_and_of_uploads_that_were_broken_off_count_for_the_day() {
    const PORTION: usize = 200_000;
    let house = House::with(config::Sftp {
        day_bytes: 17 << 20,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("vlijtig", Proof::Rename, 1).await;
    house.keyed("zelfde", Proof::Rename, 2).await;
    let (mut raw, mut same) = (house.raw("vlijtig", 1).await, house.raw("zelfde", 2).await);
    let portion = vec![b'x'; PORTION];
    // Twelve million bytes and then no more: its connection breaks.
    let handle = raw.create("half.part").await.unwrap();
    for place in 0..60 {
        let (code, text) = raw.write(&handle, place * PORTION, &portion).await;
        assert_eq!(code, StatusCode::Ok, "{text}");
    }
    drop(raw);
    house.until("sftp_uploads WHERE state = 'void'", 1).await;
    // There is room for a file, not for one of another twelve million.
    let handle = same.create("groot.part").await.unwrap();
    let (mut at, mut said) = (0, (StatusCode::Ok, String::new()));
    while said.0 == StatusCode::Ok && at < 30_000_000 {
        said = same.write(&handle, at, &portion).await;
        at += PORTION;
    }
    assert_eq!(said.0, StatusCode::Failure, "after {at} bytes");
    assert!(said.1.contains("lever morgen verder"), "{}", said.1);
    assert_eq!(same.close(&handle).await.0, StatusCode::Failure);
    let why = "sftp_uploads WHERE state = 'void' AND why = 'day-limit'";
    assert_eq!(house.world.count(why).await, 1);
    let (code, _) = same.create("klein.part").await.unwrap_err();
    assert_eq!(code, StatusCode::Failure);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_open_counts_for_the_day_before_it_ends() {
    let house = House::with(config::Sftp {
        day_bytes: 10_000_000,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("vlijtig", Proof::Rename, 1).await;
    let (mut raw, mut other) = (house.raw("vlijtig", 1).await, house.raw("vlijtig", 1).await);
    let portion = vec![b'x'; 200_000];
    let handle = raw.create("open.part").await.unwrap();
    for place in 0..45 {
        raw.write(&handle, place * 200_000, &portion).await;
    }
    house.until("sftp_uploads WHERE size > 8000000", 1).await;
    other.put("tweede.part", &[b'x'; 2_000_000]).await;
    let (code, text) = other.create("derde.part").await.unwrap_err();
    assert_eq!(code, StatusCode::Failure);
    assert!(text.contains("lever morgen verder"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_packet_that_says_nothing_is_answered_and_one_that_breaks_the_frames_ends_the_channel() {
    let house = House::open().await;
    house.keyed("pakket", Proof::Rename, 1).await;
    let mut raw = house.raw("pakket", 1).await;
    // A kind nobody knows, with number 77.
    raw.send(&[0, 0, 0, 5, 99, 0, 0, 0, 77]).await;
    let Some(Packet::Status(status)) = raw.heard().await else {
        panic!("no answer")
    };
    assert_eq!(
        (status.id, status.status_code),
        (77, StatusCode::OpUnsupported)
    );
    // OPEN that ends in the middle of its name.
    raw.send(&[0, 0, 0, 9, 3, 0, 0, 0, 78, 0, 0, 0, 200]).await;
    let Some(Packet::Status(status)) = raw.heard().await else {
        panic!("no answer")
    };
    assert_eq!(
        (status.id, status.status_code),
        (78, StatusCode::BadMessage)
    );
    // Handles that are none.
    for packet in [
        Packet::Fstat(Fstat {
            id: next(),
            handle: "9".to_owned(),
        }),
        Packet::ReadDir(ReadDir {
            id: next(),
            handle: "9".to_owned(),
        }),
        Packet::Read(Read {
            id: next(),
            handle: "9".to_owned(),
            offset: 0,
            len: 1,
        }),
    ] {
        assert_eq!(raw.status(packet).await.0, StatusCode::Failure);
    }
    let set = Packet::FSetStat(FSetStat {
        id: next(),
        handle: "9".to_owned(),
        attrs: FileAttributes::empty(),
    });
    assert_eq!(raw.status(set).await.0, StatusCode::Failure);
    // A name that it may have: clients set the times of a file that was taken meanwhile.
    let set = Packet::SetStat(SetStat {
        id: next(),
        path: "x".to_owned(),
        attrs: FileAttributes::empty(),
    });
    assert_eq!(raw.status(set).await.0, StatusCode::Ok);
    let real = raw
        .ask(Packet::RealPath(RealPath {
            id: next(),
            path: "../../..//uit/.".to_owned(),
        }))
        .await;
    let Some(Packet::Name(name)) = real else {
        panic!("{real:?}")
    };
    assert_eq!(name.files[0].filename, "/uit");
    for length in [0_u32, 256 * 1024 + 1, u32::MAX] {
        let mut raw = house.raw("pakket", 1).await;
        raw.send(&length.to_be_bytes()).await;
        raw.send(&[3; 64]).await;
        assert!(raw.heard().await.is_none(), "{length}");
    }
    // The others live on.
    raw.put("x.part", b"x").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_bytes_in_any_frame_leave_the_server_standing() {
    use rand::{Rng, RngCore, SeedableRng};
    let house = House::open().await;
    house.keyed("ruis", Proof::Rename, 1).await;
    let seed = Uuid::new_v4().as_u64_pair().0;
    println!("seed {seed}");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut raw = house.raw("ruis", 1).await;
    for _ in 0..2000 {
        let mut frame = vec![0; random.random_range(1..60)];
        random.fill_bytes(&mut frame);
        frame[0] = random.random_range(0..25);
        // Mostly with a plausible first length, so that what follows is reached too.
        if frame.len() > 9 && random.random_bool(0.7) {
            frame[5..9].copy_from_slice(&random.random_range(0..12_u32).to_be_bytes());
        }
        let mut bytes = u32::try_from(frame.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(&frame);
        raw.send(&bytes).await;
        assert!(raw.heard().await.is_some(), "{frame:?}");
    }
    assert_eq!(house.world.count("deliveries").await, 0);
}

pub(crate) async fn names(raw: &mut Raw, path: &str) -> Vec<String> {
    let opened = raw
        .ask(Packet::OpenDir(OpenDir {
            id: next(),
            path: path.to_owned(),
        }))
        .await;
    let Some(Packet::Handle(folder)) = opened else {
        panic!("{opened:?}")
    };
    let mut names = Vec::new();
    loop {
        let read = Packet::ReadDir(ReadDir {
            id: next(),
            handle: folder.handle.clone(),
        });
        match raw.ask(read).await {
            Some(Packet::Name(name)) => {
                names.extend(name.files.into_iter().map(|file| file.filename))
            }
            Some(Packet::Status(status)) if status.status_code == StatusCode::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(raw.close(&folder.handle).await.0, StatusCode::Ok);
    names
}

#[test]
fn frames_are_encoded_as_the_protocol_says() {
    // Guards the tests themselves: length, kind, number, path.
    let bytes = Bytes::try_from(Packet::Stat(Stat {
        id: 5,
        path: "x".to_owned(),
    }))
    .unwrap();
    assert_eq!(&bytes[..], [0, 0, 0, 10, 17, 0, 0, 0, 5, 0, 0, 0, 1, b'x']);
}
