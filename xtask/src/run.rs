//! `cargo xtask run`: from an empty clone to a portal in the browser, with demo data
//! and accounts. What is already there is used again; Ctrl-C stops everything.

use crate::cluster::{Cluster, Life};
use crate::node::Node;
use crate::process::Stop;
use crate::stack::{DATABASE, Place, Ports, Stack};
use crate::{say, sh, site, stack};
use anyhow::{Context as _, Result, bail};
use std::fs::{self, File};
use std::time::{Duration, Instant};

/// Builds, starts, tells and waits for Ctrl-C.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let begin = Instant::now();
    let options = Options::read(arguments)?;
    let stop = Stop::listen()?;
    let folder = sh::root().join(".local/run");
    fs::create_dir_all(&folder)?;
    let lock = File::create(folder.join("lock"))?;
    if lock.try_lock().is_err() {
        bail!("`cargo xtask run` is already running in this folder");
    }
    options.ports.must_be_free()?;
    let node = Node::find()?;
    site::build(false)?;
    say::step("the program `cims`");
    let place = Place {
        folder,
        binary: stack::binary(false)?,
        ports: options.ports,
        database: DATABASE.to_owned(),
    };
    if stop.asked() {
        return Ok(());
    }
    say::step("PostgreSQL, login peer and portal");
    let mut cluster = Cluster::start("run", Life::Kept)?;
    if options.fresh && place.demo_notes().exists() {
        fs::remove_file(place.demo_notes())?;
    }
    let mut stack = Stack::start(&place, &cluster, &node)?;
    say::note(format_args!(
        "ready after {}",
        say::duration(begin.elapsed())
    ));
    welcome(&place, &node)?;
    while !stop.asked() {
        std::thread::sleep(Duration::from_millis(200));
        stack.still_alive()?;
        cluster.still_alive()?;
    }
    say::step("stopping");
    drop(stack);
    drop(cluster);
    say::note("stopped; the demo data stays in .local (cargo xtask run --fresh makes it anew)");
    Ok(())
}

struct Options {
    ports: Ports,
    fresh: bool,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            ports: Ports {
                portal: 3000,
                login: 9400,
                metrics: 9090,
                sftp: 2222,
            },
            fresh: false,
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--fresh" => options.fresh = true,
                "--port" => {
                    let portal: u16 = words
                        .next()
                        .and_then(|number| number.parse().ok())
                        .context("--port wants a number")?;
                    options.ports = Ports {
                        portal,
                        login: portal.saturating_add(1),
                        metrics: portal.saturating_add(2),
                        sftp: portal.saturating_add(3),
                    };
                }
                other => bail!("unknown option `{other}`; known: --fresh, --port N"),
            }
        }
        Ok(options)
    }
}

/// Address, accounts and a first thing to do. In Dutch: this is read by whoever tries the portal.
fn welcome(place: &Place, node: &Node) -> Result<()> {
    let script = "import('./end2end/oidc/accounts.mjs').then(({accounts}) => { for (const a of accounts) console.log(`  ${a.name.padEnd(18)} ${a.what}`) })";
    let accounts = sh::quiet(node.node().args(["-e", script]))?;
    say::line(format_args!(
        "\n  Het portaal staat klaar: {}\n",
        place.url()
    ));
    say::line("Accounts (kies er een op de inlogpagina, er is geen wachtwoord):");
    say::line(accounts);
    say::line("Personen in de BRP van de demo (allemaal verzonnen):");
    for person in examples(&fs::read_to_string(place.persons())?, 3) {
        say::line(person);
    }
    say::line(format_args!("  meer in {}\n", place.persons().display()));
    say::line(format_args!(
        "SFTP: sftp -P {} zonnehof-1@localhost, het wachtwoord staat in {}\n",
        place.ports.sftp,
        place.sftp_account().display()
    ));
    say::line("Probeer eerst:");
    say::line("  1. Log in als Iris Invoerder en kies 'Registreren'.");
    say::line("  2. Sla een vaccinatie op en kies 'Zelfde vaccinatie, volgende persoon'.");
    say::line("  3. Lever een spreadsheet aan; een leeg sjabloon staat op de pagina 'Aanleveren'.");
    say::line("  4. Log in als Rik Regelmaat en bekijk wat er te beoordelen is.");
    say::line(format_args!(
        "\nLogboek: {}   Stoppen: Ctrl-C",
        place.log().display()
    ));
    Ok(())
}

/// BSN and birth date of some ordinary people: alive, here, and born on a known day.
fn examples(csv: &str, how_many: usize) -> Vec<String> {
    let mut lines = csv.lines().map(|line| line.split(';').collect::<Vec<_>>());
    let header = lines.next().unwrap_or_default();
    let column = |name: &str| header.iter().position(|column| *column == name);
    let (Some(bsn), Some(born), Some(left)) = (
        column("bsn"),
        column("geboortedatum"),
        column("opschorting_reden"),
    ) else {
        return Vec::new();
    };
    let people = lines.filter(|fields| fields.len() == header.len() && fields[left].is_empty());
    // The odd cases come first in the file; people of the middle are ordinary.
    let people: Vec<_> = people
        .filter(|fields| fields[born].len() == 8 && !fields[born].ends_with("00"))
        .collect();
    let ordinary = people.iter().skip(people.len() / 2).take(how_many);
    ordinary
        .map(|fields| {
            format!(
                "  BSN {}, geboren {}-{}-{}",
                fields[bsn],
                &fields[born][6..],
                &fields[born][4..6],
                &fields[born][..4]
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::examples;

    #[test]
    fn examples_are_alive_and_born_on_a_known_day() {
        let csv = "bsn;geboortedatum;opschorting_reden\n999990019;19400502;O\n999990020;19400000;\n999990032;19400502;\n";
        assert_eq!(examples(csv, 3), ["  BSN 999990032, geboren 02-05-1940"]);
    }
}
