//! Licences, bans and sources of `deny.toml` where cargo-deny is not installed: the same lists, read against
//! `cargo tree`. Advisories, and what may only be below some crate, are cargo-deny's alone.

use crate::{say, sh};
use anyhow::{Context as _, Result, bail};
use semver::{Version, VersionReq};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Fails with every crate whose licence is not allowed, or that is barred by name.
pub(crate) fn check() -> Result<()> {
    let rules =
        fs::read_to_string(sh::root().join("deny.toml")).context("cannot read deny.toml")?;
    let allowed = strings(section(&rules, "[licenses]", "allow = [", "]")?);
    let barred = barred(section(&rules, "[bans]", "deny = [", "\n]")?)?;
    let mut tree = sh::cargo();
    tree.args([
        "tree",
        "--package",
        "server",
        "--package",
        "frontend",
        "--package",
        "xtask",
    ]);
    tree.args([
        "--edges",
        "normal,build",
        "--target",
        "all",
        "--prefix",
        "none",
        "--format",
        "{p}|{l}",
    ]);
    let text = sh::quiet(&mut tree)?;
    let root = sh::root();
    let crates: BTreeSet<Package<'_>> = text.lines().filter_map(read).collect();
    let faults: Vec<String> = crates
        .iter()
        .filter_map(|package| fault(package, &root, &allowed, &barred))
        .collect();
    if !faults.is_empty() {
        bail!(
            "dependencies against deny.toml:\n    {}",
            faults.join("\n    ")
        );
    }
    say::note(format_args!(
        "{} crates; licences, bans and sources in order",
        crates.len()
    ));
    Ok(())
}

/// A crate of the tree.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package<'a> {
    name: &'a str,
    version: &'a str,
    /// Where it is from, when that is not crates.io.
    place: Option<&'a str>,
    licence: &'a str,
}

/// A line such as `ring v0.17.14 (*)|Apache-2.0 AND ISC (*)` or `app v0.1.0 (/work/app)|EUPL-1.2`.
fn read(line: &str) -> Option<Package<'_>> {
    let (package, licence) = line.split_once('|')?;
    let mut words = package.splitn(3, ' ');
    let (name, version) = (words.next()?, words.next()?.trim_start_matches('v'));
    let marks = words.next().unwrap_or_default().split(['(', ')']);
    let mut marks = marks.map(str::trim).filter(|mark| !mark.is_empty());
    Some(Package {
        name,
        version,
        place: marks.find(|mark| !["*", "proc-macro"].contains(mark)),
        licence: licence.trim_end_matches("(*)").trim(),
    })
}

/// A crate that may not be there, in these versions.
type Barred<'a> = (&'a str, VersionReq);

fn fault(
    package: &Package<'_>,
    root: &Path,
    allowed: &[&str],
    barred: &[Barred<'_>],
) -> Option<String> {
    let Package { name, licence, .. } = package;
    if package
        .place
        .is_some_and(|place| !Path::new(place).starts_with(root))
    {
        return Some(format!("{name} is not from crates.io"));
    }
    let Ok(version) = Version::parse(package.version) else {
        return Some(format!("{name}: no version `{}`", package.version));
    };
    let is_barred = |(one, versions): &Barred<'_>| one == name && versions.matches(&version);
    if barred.iter().any(is_barred) {
        return Some(format!("{name} {version} is barred"));
    }
    // Crates of before 2018 write a slash for OR.
    let words = licence
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = words.split_whitespace().peekable();
    (!either(&mut words, allowed))
        .then(|| format!("{name}: licence `{licence}` is not on the list"))
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

/// `a OR b`
fn either(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut good = both(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        good |= both(words, allowed);
    }
    good
}

/// `a AND b`
fn both(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut good = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        good &= one(words, allowed);
    }
    good
}

/// `MIT`, `Apache-2.0 WITH LLVM-exception`, or something in brackets.
fn one(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    match words.next() {
        Some("(") => {
            let good = either(words, allowed);
            words.next_if_eq(&")").is_some() && good
        }
        Some(licence) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().unwrap_or_default();
            allowed.contains(&format!("{licence} WITH {exception}").as_str())
        }
        Some(licence) => allowed.contains(&licence),
        None => false,
    }
}

/// The text between `begin` and `end` after a heading.
fn section<'a>(text: &'a str, heading: &str, begin: &str, end: &str) -> Result<&'a str> {
    let found = text
        .split_once(&format!("\n{heading}\n"))
        .and_then(|(_, rest)| rest.split_once(begin));
    found
        .and_then(|(_, rest)| rest.split_once(end))
        .map(|(inside, _)| inside)
        .with_context(|| format!("deny.toml has no `{begin}` in {heading}"))
}

/// The quoted strings of a list.
fn strings(text: &str) -> Vec<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

/// What is barred, with its versions; what is allowed below some crate needs cargo-deny.
fn barred(text: &str) -> Result<Vec<Barred<'_>>> {
    let lines = text
        .lines()
        .filter(|line| line.contains("crate = ") && !line.contains("wrappers"));
    let named = lines.filter_map(|line| strings(line).first().copied());
    let read = |text| {
        let (name, versions) = str::split_once(text, ':').unwrap_or((text, "*"));
        let versions = VersionReq::parse(versions);
        Ok((
            name,
            versions.with_context(|| format!("deny.toml: {text}"))?,
        ))
    };
    named.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::{Package, barred, fault, read};
    use std::path::Path;

    const ALLOWED: [&str; 3] = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];

    fn of(line: &str) -> Option<String> {
        let list = "\n    { crate = \"openssl-sys\", reason = \"one TLS\" },\n    { crate = \"old:<0.41\", reason = \"x\" },\n";
        let package = read(line).expect("a line of the tree");
        fault(
            &package,
            Path::new("/my work"),
            &ALLOWED,
            &barred(list).expect("a list"),
        )
    }

    #[test]
    fn one_allowed_alternative_is_enough_and_every_part_is_needed() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "MIT AND ISC",
            "(GPL-3.0 OR MIT) AND ISC",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(of(&format!("x v1.0.0|{good} (*)")), None, "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "Apache-2.0",
            "(MIT OR ISC) AND GPL-3.0",
            "GPL-3.0 WITH LLVM-exception",
        ] {
            assert!(of(&format!("x v1.0.0|{bad}")).is_some(), "{bad}");
        }
    }

    #[test]
    fn what_is_barred_is_a_fault_whatever_its_licence() {
        for bad in ["openssl-sys v0.9.1|MIT", "old v0.40.9 (*)|MIT (*)"] {
            assert!(
                of(bad).is_some_and(|fault| fault.ends_with("is barred")),
                "{bad}"
            );
        }
        for good in ["old v0.41.0|MIT", "older v0.1.0|MIT"] {
            assert_eq!(of(good), None, "{good}");
        }
        assert!(barred("{ crate = \"old:soon\" }").is_err());
    }

    #[test]
    fn a_crate_is_from_the_registry_or_of_this_project() {
        for good in [
            "x v1.0.0 (proc-macro) (*)|MIT (*)",
            "app v0.1.0 (/my work/app) (*)|MIT",
        ] {
            assert_eq!(of(good), None, "{good}");
        }
        for bad in [
            "x v1.0.0 (https://example.org/x?rev=1#1234567)|MIT",
            "x v1.0.0 (proc-macro) (/elsewhere/x)|MIT",
            "x v1.0.0 (/my workshop/x)|MIT",
            "x v1.0.0 (registry `other`)|MIT",
        ] {
            let fault = of(bad);
            assert_eq!(fault.as_deref(), Some("x is not from crates.io"), "{bad}");
        }
        let app = read("app v0.1.0 (/work/app)|MIT");
        let (name, version, licence) = ("app", "0.1.0", "MIT");
        let place = Some("/work/app");
        assert_eq!(
            app,
            Some(Package {
                name,
                version,
                place,
                licence
            })
        );
    }
}
