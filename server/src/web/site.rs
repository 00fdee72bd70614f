//! The files that a browser loads: style sheet, wasm with its JavaScript, fonts. In the addresses that pages give stands a
//! digest of all of them, so a browser keeps them and asks for none again before one has changed. Without it, or with
//! that of another version (a page of a node that is not renewed yet), the same file is asked for each time.

use axum::extract::Request;
use axum::http::{HeaderValue, Uri, header};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

/// A year; the content under such an address never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The browser asks each time, and gets only what is another (304).
const ASK: HeaderValue = HeaderValue::from_static("no-cache");
/// Letters of a digest in an address.
const LETTERS: usize = 16;

/// Folder of the files, below the root of the site.
pub(super) struct Files {
    root: PathBuf,
    version: String,
}

impl Files {
    /// Those of a site; reads each of them once.
    pub(super) fn of(root: &Path) -> Self {
        let mut files = below(&root.join("pkg"));
        files.sort();
        let mut digest = Sha256::new();
        for file in &files {
            digest.update(file.to_string_lossy().as_bytes());
            digest.update(std::fs::read(file).unwrap_or_default());
        }
        let digest = digest.finalize();
        let letters = digest.iter().map(|byte| format!("{byte:02x}"));
        Self {
            root: root.to_owned(),
            version: letters.collect::<String>()[..LETTERS].to_owned(),
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
        let version = self.version.clone();
        get(async move |mut request: Request| {
            let (plain, of) = plain(request.uri().path());
            let current = of == Some(version.as_str());
            let plain: Option<Uri> = plain.and_then(|path| path.parse().ok());
            if let Some(plain) = plain {
                *request.uri_mut() = plain;
            }
            let mut response = folder.oneshot(request).await.into_response();
            let there = !response.status().is_client_error();
            let keep = if current && there { FOR_EVER } else { ASK };
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

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
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
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(file, content).expect("a file");
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
