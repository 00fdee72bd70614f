//! What the browser loads, in `target/site`: wasm and its JavaScript, one style sheet with its fonts,
//! and everything of `public/`. Sizes are printed and held under their budgets.

use crate::{guard, say, sh, wasm};
use anyhow::{Context as _, Result, bail};
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Gzipped bytes of the whole portal: wasm and the JavaScript that loads it.
const PORTAL_BUDGET: usize = 150_000;
/// The same with rustup's standard library, which cannot be built for size.
const LARGER_BUDGET: usize = 180_000;
/// Gzipped bytes of all CSS.
const CSS_BUDGET: usize = 35_000;

/// `site-root` of `[[workspace.metadata.leptos]]`.
pub(crate) fn folder() -> PathBuf {
    sh::root().join("target/site")
}

/// Builds what changed; `force` builds all. Fails above a budget.
pub(crate) fn build(force: bool) -> Result<PathBuf> {
    let site = folder();
    let pkg = site.join("pkg");
    fs::create_dir_all(&pkg)?;
    guard::check()?;
    let small = wasm::build(&pkg, force)?;
    style(&pkg)?;
    copy(&sh::root().join("style/fonts"), &pkg.join("fonts"))?;
    copy(&sh::root().join("public"), &site)?;
    sizes(&pkg, small)?;
    Ok(site)
}

/// Prints the sizes that a browser downloads, and holds them under their budgets. `small`: by the recipe that leaves out
/// what the portal does not need, as what is shipped.
fn sizes(pkg: &Path, small: bool) -> Result<()> {
    let size = |name: &str| -> Result<usize> {
        let bytes = fs::read(pkg.join(name)).with_context(|| format!("cannot read {name}"))?;
        let gzipped = gzip_size(&bytes)?;
        let (zipped, plain) = (say::kilobytes(gzipped), say::kilobytes(bytes.len()));
        say::note(format_args!("{name}: {zipped} gzipped ({plain} plain)"));
        Ok(gzipped)
    };
    let portal = size("cims_bg.wasm")? + size("cims.js")?;
    let style = size("cims.css")?;
    let of_portal = if small { PORTAL_BUDGET } else { LARGER_BUDGET };
    for (what, gzipped, budget) in [
        ("wasm with its JavaScript", portal, of_portal),
        ("style", style, CSS_BUDGET),
    ] {
        let (of, budgeted) = (say::kilobytes(gzipped), say::kilobytes(budget));
        say::note(format_args!("{what}: {of} of a budget of {budgeted}"));
        if gzipped > budget {
            bail!("{what} is over its budget");
        }
    }
    Ok(())
}

fn gzip_size(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

/// The files of `style/manifest.txt` in its order, as one style sheet: one request for the browser.
fn style(pkg: &Path) -> Result<()> {
    let folder = sh::root().join("style");
    let manifest = fs::read_to_string(folder.join("manifest.txt"))
        .context("cannot read style/manifest.txt")?;
    let mut sheet = String::new();
    for name in manifest_files(&manifest) {
        sheet.push_str(
            &fs::read_to_string(folder.join(name))
                .with_context(|| format!("cannot read style/{name}"))?,
        );
        sheet.push('\n');
    }
    fs::write(pkg.join("cims.css"), sheet).context("cannot write cims.css")
}

/// The lines that name a file; empty lines and `#` remarks are skipped.
fn manifest_files(manifest: &str) -> impl Iterator<Item = &str> {
    manifest
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Everything of a folder, as it is.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in sh::files_under(from)? {
        let target = to.join(file.strip_prefix(from)?);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&file, &target).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::manifest_files;

    #[test]
    fn the_manifest_gives_its_files_in_order() {
        let names: Vec<&str> =
            manifest_files("# order matters\nvendor/utrecht.css\n\n  tokens.css\n").collect();
        assert_eq!(names, ["vendor/utrecht.css", "tokens.css"]);
    }
}
