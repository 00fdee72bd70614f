//! Skips work whose inputs did not change: a hash over the contents of files and
//! some words (tool versions, recipe), kept in a small file beside the result.

use crate::sh;
use anyhow::{Context as _, Result};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

/// The hash of everything a result is made from.
pub(crate) struct Fingerprint {
    value: String,
    kept_in: PathBuf,
}

impl Fingerprint {
    /// Hashes `words` and every file of `inputs` (files or folders, relative to the project; absent ones count as empty).
    pub(crate) fn of(name: &str, words: &[&str], inputs: &[&str]) -> Result<Self> {
        let root = sh::root();
        // Not for security: only to see a change. The standard hasher is stable for one compiler.
        let mut hasher = DefaultHasher::new();
        words.hash(&mut hasher);
        for input in inputs {
            let path = root.join(input);
            let files = if path.is_dir() {
                sh::files_under(&path)?
            } else {
                vec![path]
            };
            for file in files.iter().filter(|file| file.is_file()) {
                file.strip_prefix(&root).unwrap_or(file).hash(&mut hasher);
                fs::read(file)
                    .with_context(|| format!("cannot read {}", file.display()))?
                    .hash(&mut hasher);
            }
        }
        Ok(Self {
            value: format!("{:016x}", hasher.finish()),
            kept_in: sh::target().join("xtask").join(name),
        })
    }

    /// Whether the last finished work had these inputs and all its results are still there.
    pub(crate) fn is_current(&self, results: &[&Path]) -> bool {
        fs::read_to_string(&self.kept_in).is_ok_and(|kept| kept == self.value)
            && results.iter().all(|path| path.exists())
    }

    /// Remembers that the work was done.
    pub(crate) fn keep(&self) -> Result<()> {
        if let Some(folder) = self.kept_in.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.kept_in, &self.value)
            .with_context(|| format!("cannot write {}", self.kept_in.display()))
    }
}
