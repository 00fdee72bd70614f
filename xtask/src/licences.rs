//! Licences and bans of `deny.toml` where cargo-deny is not installed: the same lists,
//! read against `cargo tree`. Advisories, versions and sources are cargo-deny's alone.

use crate::{say, sh};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeSet;
use std::fs;

/// Fails with every crate whose licence is not allowed, or that is barred by name.
pub(crate) fn check() -> Result<()> {
    let rules =
        fs::read_to_string(sh::root().join("deny.toml")).context("cannot read deny.toml")?;
    let allowed = strings(section(&rules, "[licenses]", "allow = [", "]")?);
    let barred = barred(section(&rules, "[bans]", "deny = [", "\n]")?);
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
    let crates: BTreeSet<(&str, &str)> = text.lines().filter_map(read).collect();
    let faults: Vec<String> = crates
        .iter()
        .filter_map(|&(name, licence)| fault(name, licence, &allowed, &barred))
        .collect();
    if !faults.is_empty() {
        bail!(
            "dependencies against deny.toml:\n    {}",
            faults.join("\n    ")
        );
    }
    say::note(format_args!(
        "{} crates, licences and names in order",
        crates.len()
    ));
    Ok(())
}

/// Name and licence in a line such as `ring v0.17.14 (*)|Apache-2.0 AND ISC (*)`.
fn read(line: &str) -> Option<(&str, &str)> {
    let (package, licence) = line.split_once('|')?;
    Some((
        package.split(' ').next()?,
        licence.trim_end_matches("(*)").trim(),
    ))
}

fn fault(name: &str, licence: &str, allowed: &[&str], barred: &[&str]) -> Option<String> {
    if barred.contains(&name) {
        return Some(format!("{name} is barred"));
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

/// Names barred outright; those barred by version or allowed below some crate need cargo-deny.
fn barred(text: &str) -> Vec<&str> {
    let lines = text
        .lines()
        .filter(|line| line.contains("crate = ") && !line.contains("wrappers"));
    lines
        .filter_map(|line| strings(line).first().copied())
        .filter(|name| !name.contains(':'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{barred, fault};

    const ALLOWED: [&str; 3] = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"];

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
            assert_eq!(fault("x", good, &ALLOWED, &[]), None, "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "Apache-2.0",
            "(MIT OR ISC) AND GPL-3.0",
            "GPL-3.0 WITH LLVM-exception",
        ] {
            assert!(fault("x", bad, &ALLOWED, &[]).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_barred_name_is_a_fault_whatever_its_licence() {
        let list = "\n    { crate = \"openssl-sys\", reason = \"one TLS\" },\n    { crate = \"old:<0.4\", reason = \"x\" },\n";
        assert_eq!(barred(list), ["openssl-sys"]);
        assert!(fault("openssl-sys", "MIT", &ALLOWED, &barred(list)).is_some());
    }
}
