//! What may import what (docs/architecture.md §1), as a check: between crates by what they depend on, within one by words
//! that stand in no file of a room. Cargo alone keeps arrows from going in a circle; it does not keep the clock out of the rules.

use crate::{say, sh};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A crate, and all that its product may depend on; tests may use more.
const MAY_USE: [(&str, &[&str]); 3] = [
    (
        "domain",
        &[
            "rustc-hash",
            "serde",
            "strsim",
            "thiserror",
            "time",
            "unicode-normalization",
        ],
    ),
    (
        "app",
        &[
            "async-trait",
            "axum",
            "domain",
            "leptos",
            "leptos_axum",
            "leptos_meta",
            "leptos_router",
            "serde",
            "thiserror",
            "time",
            "uuid",
            "wasm-bindgen-futures",
            "web-sys",
        ],
    ),
    ("frontend", &["app", "leptos", "wasm-bindgen"]),
];

/// A crate, and what it never depends on.
const NEVER: [(&str, &[&str]); 2] = [
    ("server", &["frontend", "xtask"]),
    ("xtask", &["domain", "app", "frontend", "server"]),
];

/// Words that stand in no file below a folder, why, and the files and folders below it where they may.
struct Words {
    folder: &'static str,
    words: &'static [&'static str],
    why: &'static str,
    but: &'static [&'static str],
}

const WORDS: [Words; 4] = [
    Words {
        folder: "domain/src",
        words: &[
            "std::fs",
            "std::io",
            "std::net",
            "std::env",
            "std::process",
            "std::time",
            "async fn",
        ],
        why: "the rules do no input or output and know no clock",
        but: &[],
    },
    Words {
        folder: "app/src",
        words: &[
            "sqlx",
            "std::fs",
            "std::net",
            "tokio::fs",
            "axum::Router",
            "axum::routing",
        ],
        why: "the database, files and handlers are behind ports",
        but: &[],
    },
    Words {
        folder: "server/src",
        words: &["sqlx::query", "sqlx::raw_sql", "QueryBuilder"],
        why: "SQL stands in store, or with the tables of a room of its own",
        but: &[
            "store",
            // Their tables are nobody else's.
            "audit",
            "brp",
            "jobs",
            "commands/demo.rs",
            "commands/demo",
            // Before there is a caller.
            "web/login.rs",
            "web/session/port.rs",
            "web/session/standing.rs",
            "web/session/store.rs",
        ],
    },
    Words {
        folder: "server/src",
        words: &["<html", "view!"],
        why: "pages are in app",
        // What is shown when `app` cannot be asked; and a test of what is no spreadsheet.
        but: &["web/pages.rs", "intake/read/text.rs"],
    },
];

/// Fails on each import that the house does not allow.
pub(crate) fn check() -> Result<()> {
    let mut faults = imports(&packages()?);
    for words in &WORDS {
        let folder = sh::root().join(words.folder);
        for file in sh::files_under(&folder)? {
            let inside = file.strip_prefix(&folder).unwrap_or(&file);
            let is_test = inside.components().any(|part| part.as_os_str() == "tests");
            if !is_test {
                faults.extend(said(words, inside, &fs::read_to_string(&file)?));
            }
        }
    }
    if !faults.is_empty() {
        bail!(
            "docs/architecture.md §1 does not allow:\n    {}",
            faults.join("\n    ")
        );
    }
    say::note("no room imports what it may not");
    Ok(())
}

/// Each crate of the project, with what its product depends on.
fn packages() -> Result<Vec<(String, Vec<String>)>> {
    let mut metadata = sh::cargo();
    metadata.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let text = sh::quiet(&mut metadata)?;
    read(&text).context("what cargo says of the project cannot be read")
}

fn read(metadata: &str) -> Option<Vec<(String, Vec<String>)>> {
    let all: Value = serde_json::from_str(metadata).ok()?;
    let name = |of: &Value| Some(of.get("name")?.as_str()?.to_owned());
    let packages = all.get("packages")?.as_array()?.iter();
    packages
        .map(|package| {
            let wanted = package.get("dependencies")?.as_array()?.iter();
            let wanted = wanted.filter(|one| one.get("kind").is_some_and(Value::is_null));
            Some((name(package)?, wanted.map(name).collect::<Option<_>>()?))
        })
        .collect()
}

fn imports(packages: &[(String, Vec<String>)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (package, used) in packages {
        let may = MAY_USE.iter().find(|(name, _)| name == package);
        let never = NEVER.iter().find(|(name, _)| name == package);
        let wrong = |one: &&String| {
            may.is_some_and(|(_, may)| !may.contains(&one.as_str()))
                || never.is_some_and(|(_, never)| never.contains(&one.as_str()))
        };
        let wrong = used.iter().filter(wrong);
        faults.extend(wrong.map(|one| format!("{package} depends on {one}")));
    }
    faults
}

/// A sentence per word that stands where it may not; what comments and tests at the end of a file say does not count.
fn said(words: &Words, file: &Path, text: &str) -> Vec<String> {
    if words.but.iter().any(|place| file.starts_with(place)) {
        return Vec::new();
    }
    let product = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(product.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        let found = words.words.iter().filter(|word| code.contains(*word));
        faults.extend(found.map(|word| {
            let (folder, file) = (words.folder, file.display());
            format!("{folder}/{file}:{number}: {word} ({})", words.why)
        }));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::{WORDS, imports, read, said};
    use std::path::Path;

    #[test]
    fn a_crate_that_depends_on_what_it_may_not_is_named() {
        let metadata = r#"{"packages": [
            {"name": "domain", "dependencies": [{"name": "time", "kind": null}, {"name": "tokio", "kind": null}, {"name": "proptest", "kind": "dev"}]},
            {"name": "xtask", "dependencies": [{"name": "domain", "kind": null}, {"name": "anyhow", "kind": null}]}]}"#;
        let packages = read(metadata).expect("metadata");
        assert_eq!(
            imports(&packages),
            ["domain depends on tokio", "xtask depends on domain"]
        );
    }

    #[test]
    fn a_word_that_does_not_belong_in_a_room_is_named_with_its_line() {
        let [domain, _, server, _] = &WORDS;
        let text = "// std::fs\nuse std::fs;\n#[cfg(test)]\nmod tests {\n    use std::io;\n}\n";
        let faults = said(domain, Path::new("bsn.rs"), text);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("domain/src/bsn.rs:2: std::fs ("));
        let query = "    sqlx::query!(\"SELECT 1\")\n";
        assert_eq!(said(server, Path::new("web/uploads.rs"), query).len(), 1);
        assert!(said(server, Path::new("store/rows.rs"), query).is_empty());
    }
}
