//! Cut anywhere, in any way: what is not whole is never imported, and what is whole is never lost (security B11).

use crate::house::{House, Line, Raw, rows};
use domain::delivery::dropbox::Proof;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use russh_sftp::protocol::StatusCode;
use std::collections::HashMap;
use uuid::Uuid;

/// How often; a bench asks for more.
fn times() -> usize {
    std::env::var("CIMS_CUTS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(500)
}

/// The ways an upload ends before its end.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Closes, as OpenSSH does at Ctrl-C.
    Closes,
    /// The channel ends without a CLOSE.
    Leaves,
    /// The client is killed, or the link cut: no word of SSH any more.
    Breaks,
    /// The link hangs; the sender comes back by another one.
    Hangs,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_upload_is_never_imported_and_a_whole_one_never_lost() {
    let house = House::open().await;
    let seed = Uuid::new_v4().as_u64_pair().0;
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let accounts = [
        ("hernoemt", Proof::Rename),
        ("sluit", Proof::Trailer),
        ("belooft", Proof::Control),
    ];
    let mut raws: HashMap<&str, (Raw, Line)> = HashMap::new();
    for (name, proof) in accounts {
        house.keyed(name, proof, 1).await;
        raws.insert(name, house.raw_by_line(name, 1).await);
    }
    let mut hung = Vec::new();
    let mut whole = 0;
    for time in 0..times() {
        let (name, proof) = accounts[time % 3];
        let file = format!("CIMS_ZONNEHOF_{name}_20210301_{time}.csv");
        let mut content = rows(&file);
        if proof == Proof::Trailer {
            content.extend(b"#EINDE;2\r\n");
        }
        let shown = if proof == Proof::Rename {
            format!("{file}.part")
        } else {
            file.clone()
        };
        let way = [Way::Closes, Way::Leaves, Way::Breaks, Way::Hangs][random.random_range(0..4)];
        // The line end of the trailer is no part of its promise, nor of the file.
        let cut = random.random_range(0..content.len() - 2);
        if proof == Proof::Control {
            let (raw, _) = raws.get_mut(name).unwrap();
            raw.put(&format!("{file}.ctl"), b"regels=2\n").await;
        }
        let (raw, line) = raws.get_mut(name).unwrap();
        let handle = raw.create(&shown).await.unwrap();
        assert_eq!(
            raw.write(&handle, 0, &content[..cut]).await.0,
            StatusCode::Ok
        );
        match way {
            Way::Closes => assert_eq!(raw.close(&handle).await.0, StatusCode::Ok),
            Way::Leaves | Way::Breaks | Way::Hangs => {
                match way {
                    Way::Breaks => line.cut(),
                    Way::Hangs => line.hang(),
                    _ => {}
                }
                let next = house.raw_by_line(name, 1).await;
                let left = std::mem::replace(raws.get_mut(name).unwrap(), next);
                match way {
                    // Four at most: an account has eight connections.
                    Way::Hangs => {
                        hung.push(left);
                        if hung.len() > 3 {
                            hung.remove(0).1.cut();
                        }
                    }
                    _ => drop(left),
                }
            }
        }
        if random.random_bool(0.2) {
            // A refusal by its control file uses that up.
            if proof == Proof::Control {
                let (raw, _) = raws.get_mut(name).unwrap();
                raw.put(&format!("{file}.ctl"), b"regels=2\n").await;
            }
            let (raw, _) = raws.get_mut(name).unwrap();
            raw.put(&shown, &content).await;
            if proof == Proof::Rename {
                assert_eq!(raw.rename(&shown, &file).await.0, StatusCode::Ok, "{way:?}");
            }
            whole += 1;
        }
    }
    // What was cut and promised by a control file was read and refused; the others never came that far.
    house.until("deliveries WHERE state <> 'done'", 0).await;
    let imported = "deliveries WHERE outcome NOT IN ('GEWEIGERD', 'DUBBEL')";
    assert_eq!(
        house.world.count(imported).await,
        whole,
        "whole files are there, and nothing else"
    );
    let stored = "delivery_rows r JOIN deliveries d ON d.id = r.delivery_id";
    assert_eq!(house.world.count(stored).await, whole * 2);
    let refused = "deliveries WHERE outcome = 'GEWEIGERD' AND findings::text NOT LIKE '%A14%'";
    assert_eq!(house.world.count(refused).await, 0);
    println!("{} cuts, {whole} whole files", times());
}
