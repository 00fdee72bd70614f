//! The files that a browser loads: style sheet, wasm with its JavaScript, fonts. In the addresses that pages give stands a
//! digest of all of them, so a browser keeps them and asks for none again before one has changed. Without it they are
//! asked for each time. With that of another version (a page of a node that is not renewed yet) the browser gets what is
//! there and keeps it nowhere: what it keeps under a digest is never anything else.

use axum::extract::Request;
use axum::http::{HeaderValue, Uri, header};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

/// A year; the content under such an address never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The browser asks each time, and gets only what is another (304).
const ASK: HeaderValue = HeaderValue::from_static("no-cache");
/// Another content may stand under this address.
const NEVER: HeaderValue = HeaderValue::from_static("no-store");
/// By the time of a file it cannot be told which content a browser has of an address with a digest.
const CONDITIONS: [header::HeaderName; 5] = [
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::RANGE,
];
/// Letters of a digest in an address.
const LETTERS: usize = 16;

/// Folder of the files, below the root of the site.
pub(super) struct Files {
    root: PathBuf,
    version: String,
    /// As they were when their digest was taken.
    seen: Arc<HashMap<String, Seen>>,
}

/// Length and time of a file.
type Seen = (u64, Option<SystemTime>);

impl Files {
    /// Those of a site; reads each of them once.
    pub(super) fn of(root: &Path) -> Self {
        let mut files = below(&root.join("pkg"));
        files.sort();
        let mut digest = Sha256::new();
        let mut seen = HashMap::new();
        for file in &files {
            // Two nodes may have them in other folders.
            let name = file.strip_prefix(root).unwrap_or(file);
            let name = format!("/{}", name.to_string_lossy());
            digest.update(name.as_bytes());
            seen.extend(look(file).map(|now| (name, now)));
            digest.update(fs::read(file).unwrap_or_default());
        }
        let digest = digest.finalize();
        let letters = digest.iter().map(|byte| format!("{byte:02x}"));
        Self {
            root: root.to_owned(),
            version: letters.collect::<String>()[..LETTERS].to_owned(),
            seen: Arc::new(seen),
        }
    }

    /// Where pages say that they are, without a `/` at its begin.
    pub(super) fn place(&self) -> String {
        format!("pkg/{}", self.version)
    }

    /// What `/pkg/{*file}` answers.
    pub(super) fn served<S: Clone + Send + Sync + 'static>(&self) -> MethodRouter<S> {
        let folder = ServeDir::new(&self.root)
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip();
        let (root, version, seen) = (
            self.root.clone(),
            self.version.clone(),
            Arc::clone(&self.seen),
        );
        get(async move |mut request: Request| {
            let (plain, of) = plain(request.uri().path());
            let keep = match (of, &plain) {
                (Some(of), Some(path)) => {
                    let same = || look(&root.join(&path[1..])).as_ref() == seen.get(path);
                    let is_it = of == version && seen.contains_key(path) && same();
                    if is_it { FOR_EVER } else { NEVER }
                }
                _ => ASK,
            };
            if let Some(plain) = plain.and_then(|path| path.parse::<Uri>().ok()) {
                *request.uri_mut() = plain;
                for condition in CONDITIONS {
                    request.headers_mut().remove(condition);
                }
            }
            let mut response = folder.oneshot(request).await.into_response();
            let failed = keep == FOR_EVER && !response.status().is_success();
            let keep = if failed { NEVER } else { keep };
            response.headers_mut().insert(header::CACHE_CONTROL, keep);
            response
        })
    }
}

/// The address without the digest in it, and the digest.
fn plain(path: &str) -> (Option<String>, Option<&str>) {
    let version = path
        .strip_prefix("/pkg/")
        .and_then(|rest| rest.split_once('/'))
        .filter(|(version, _)| version.len() == LETTERS)
        .filter(|(version, _)| version.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match version {
        Some((version, file)) => (Some(format!("/pkg/{file}")), Some(version)),
        None => (None, None),
    }
}

fn look(file: &Path) -> Option<Seen> {
    let about = fs::metadata(file).ok()?;
    Some((about.len(), about.modified().ok()))
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            files.extend(below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_in_an_address_is_left_out() {
        let digest = "0123456789abcdef";
        assert_eq!(
            plain(&format!("/pkg/{digest}/fonts/a.woff2")),
            (Some("/pkg/fonts/a.woff2".to_owned()), Some(digest))
        );
        for path in [
            "/pkg/cims.css",
            "/pkg/fonts/a.woff2",
            "/pkg/0123456789abcdeg/a",
        ] {
            assert_eq!(plain(path), (None, None), "{path}");
        }
    }

    #[test]
    fn another_byte_is_another_version() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, content: &str| {
            let file = folder.path().join("pkg").join(name);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, content).expect("a file");
            Files::of(folder.path()).place()
        };
        let first = write("cims.css", "a{}");
        assert_eq!(write("cims.css", "a{}"), first);
        let second = write("cims.css", "b{}");
        let third = write("fonts/x.woff2", "x");
        assert!(first != second && second != third);
        assert_eq!(first.len(), "pkg/".len() + LETTERS);
    }
}
