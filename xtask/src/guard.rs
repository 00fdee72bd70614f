//! The wasm guard: what must never reach the browser. A server crate in the wasm tree
//! means a wrong feature somewhere, and a portal of megabytes or one that does not build.

use crate::{say, sh};
use anyhow::{Result, bail};

/// Crates with no place in a browser, why, and below which foreign crate one is tolerated.
const BARRED: [(&str, &str, Option<&str>); 20] = [
    ("tokio", "an async runtime for servers", None),
    ("mio", "sockets", None),
    ("hyper", "an HTTP server", None),
    ("axum", "feature `ssr` of app leaked", None),
    ("leptos_axum", "feature `ssr` of app leaked", None),
    ("tower", "feature `ssr` of app leaked", None),
    ("tower-http", "feature `ssr` of app leaked", None),
    ("tower-sessions", "sessions live on the server", None),
    ("sqlx", "the database is behind a port", None),
    ("reqwest", "the browser has fetch", None),
    ("openidconnect", "login is done by the server", None),
    ("rustls", "the browser has TLS", None),
    ("ring", "keys stay on the server", None),
    ("aes-gcm", "keys stay on the server", None),
    ("calamine", "workbooks are read in a sandboxed child", None),
    (
        "rust_xlsxwriter",
        "workbooks are written by the server",
        None,
    ),
    ("csv", "files are read by the server", None),
    ("chrono", "we have `time`", None),
    ("rand", "randomness is given by the server", None),
    // leptos_config reads Cargo.toml with it; the linker drops it because nothing calls it.
    (
        "regex",
        "too large; rules are plain code",
        Some("leptos_config"),
    ),
];

/// Reads the dependency tree of `frontend` for wasm and fails on a barred crate.
pub(crate) fn check() -> Result<()> {
    let mut tree = sh::cargo();
    tree.args([
        "tree",
        "--package",
        "frontend",
        "--target",
        "wasm32-unknown-unknown",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "depth",
        "--format",
        " {p} [{f}]",
    ]);
    let text = sh::quiet(&mut tree)?;
    let faults = faults(&text);
    if !faults.is_empty() {
        bail!(
            "these do not belong in the browser:\n    {}",
            faults.join("\n    ")
        );
    }
    say::note(format_args!(
        "{} lines of the wasm tree, none of {} barred crates",
        text.lines().count(),
        BARRED.len()
    ));
    Ok(())
}

/// One sentence per barred edge in the output of `cargo tree --prefix depth`.
fn faults(tree: &str) -> Vec<String> {
    let mut above: Vec<&str> = Vec::new();
    let mut faults = Vec::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let (Some(depth), Some(name)) = (
            words.next().and_then(|word| word.parse::<usize>().ok()),
            words.next(),
        ) else {
            continue;
        };
        above.truncate(depth);
        let parent = above.last().copied().unwrap_or("nothing");
        above.push(name);
        if let Some((_, why, tolerated)) = BARRED.iter().find(|(barred, ..)| *barred == name)
            && *tolerated != Some(parent)
        {
            faults.push(format!("{name}, by {parent}: {why}"));
        }
        // Without one of these features getrandom does not compile, or has no source, in a browser.
        if name == "getrandom" && !line.contains("js") {
            faults.push(format!(
                "getrandom without its browser feature, by {parent}"
            ));
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

#[cfg(test)]
mod tests {
    use super::faults;

    #[test]
    fn a_server_crate_in_the_tree_is_named_with_its_parent() {
        let tree = "0 frontend v0.1.0 []\n1 app v0.1.0 [ssr]\n2 tokio v1.54.0 [full]\n1 leptos v0.8.23 []\n";
        assert_eq!(
            faults(tree),
            ["tokio, by app: an async runtime for servers"]
        );
    }

    #[test]
    fn regex_is_tolerated_below_leptos_config_only() {
        let tree = "0 frontend v0.1.0 []\n1 leptos_config v0.8.10 []\n2 regex v1.13.1 []\n1 app v0.1.0 []\n2 regex v1.13.1 []\n";
        assert_eq!(
            faults(tree),
            ["regex, by app: too large; rules are plain code"]
        );
    }

    #[test]
    fn getrandom_needs_its_browser_feature() {
        let tree = "0 frontend v0.1.0 []\n1 uuid v1.29.1 []\n2 getrandom v0.4.3 [std]\n1 uuid v1.29.1 []\n2 getrandom v0.4.3 [wasm_js]\n";
        assert_eq!(
            faults(tree),
            ["getrandom without its browser feature, by uuid"]
        );
    }
}
