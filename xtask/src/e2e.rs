//! The journeys of `end2end/`: the whole system on free ports with fresh demo data, real
//! Chromium, `npm test`. Afterwards the portal's log is searched for anything like a BSN.
//!
//! The journeys get by environment: CIMS_URL, OIDC_URL, CIMS_PG (the demo database as
//! superuser), CIMS_SFTP (port of the drop box), CIMS_BIN, CIMS_CONFIG, CIMS_LOG, CHROMIUM, SHOTS (folder for screenshots).

use crate::node::Node;
use crate::stack::{self, DATABASE, Place, Ports, Stack};
use crate::tally::{self, Tally};
use crate::test::Session;
use crate::{apt, say, sh, site};
use anyhow::{Context as _, Result, bail};
use std::fs;

/// Runs all journeys.
pub(crate) fn run(session: &mut Session) -> Result<Tally> {
    let needed = [
        ("chromium", "chromium"),
        ("soffice", "libreoffice-calc-nogui"),
        ("sftp", "openssh-client"),
    ];
    apt::ensure(&needed, "the journeys")?;
    let chromium = sh::which("chromium").context("chromium is not on the path")?;
    let node = Node::find()?;
    node.install("end2end")?;
    if !session.chosen("wasm") {
        site::build(false)?;
    }
    let folder = sh::target().join("e2e");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let shots = folder.join("shots");
    fs::create_dir_all(&shots)?;
    let place = Place {
        folder,
        binary: stack::binary(session.chosen("rust"))?,
        ports: Ports::free()?,
    };
    let cluster = session.cluster()?;
    let mut stack = Stack::start(&place, cluster, &node)?;

    let mut npm = node.command("npm");
    npm.args(["test", "--silent"])
        .current_dir(sh::root().join("end2end"));
    npm.env("CIMS_URL", place.url())
        .env("OIDC_URL", place.login_url())
        .env("CIMS_PG", cluster.url(DATABASE))
        .env("CIMS_SFTP", place.ports.sftp.to_string());
    npm.env("CIMS_BIN", &place.binary)
        .env("CIMS_CONFIG", place.config())
        .env("CIMS_LOG", place.log());
    npm.env("CHROMIUM", chromium).env("SHOTS", shots);
    let mut tally = tally::count(&mut npm)?;
    stack.still_alive()?;
    drop(stack);
    let found = bsn_like(&fs::read_to_string(place.log())?);
    if found > 0 {
        bail!(
            "the portal's log holds {found} numbers that pass the eleven-test; nothing of a person may be logged"
        );
    }
    say::note("no BSN in the portal's log");
    tally.add(Tally::one());
    Ok(tally)
}

/// How many words of nine digits pass the eleven-test (weights 9 … 2, −1).
fn bsn_like(text: &str) -> usize {
    // A fraction of a second is nine digits after a point; a part of a UUID touches letters.
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
    words
        .filter(|word| {
            word.len() == 9
                && word.bytes().all(|byte| byte.is_ascii_digit())
                && passes(word.as_bytes())
        })
        .count()
}

fn passes(digits: &[u8]) -> bool {
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    let sum: i32 = digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| i32::from(digit - b'0') * weight)
        .sum();
    sum != 0 && sum % 11 == 0
}

#[cfg(test)]
mod tests {
    use super::bsn_like;

    #[test]
    fn a_test_bsn_in_a_log_line_is_found() {
        assert_eq!(bsn_like("{\"path\":\"/x?bsn=999990019\"}"), 1);
    }

    #[test]
    fn times_counts_and_identifiers_are_not_taken_for_one() {
        assert_eq!(
            bsn_like("2021-02-24T10:00:00.999990019Z id=0190a999990019-12 total=123456789"),
            0
        );
    }
}
