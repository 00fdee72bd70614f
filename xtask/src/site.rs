//! What the browser loads, in `target/site`: wasm and its JavaScript, one style sheet,
//! and everything of `public/`. Sizes are printed and held under their budgets.

use crate::{guard, say, sh, wasm};
use anyhow::{Context as _, Result, bail};
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Gzipped bytes of the whole portal's wasm.
const WASM_BUDGET: usize = 150_000;
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
    wasm::build(&pkg, force)?;
    style(&pkg)?;
    assets(&site)?;
    sizes(&pkg)?;
    Ok(site)
}

/// Prints and checks the sizes that a browser downloads.
pub(crate) fn sizes(pkg: &Path) -> Result<()> {
    for (name, budget) in [("cims_bg.wasm", WASM_BUDGET), ("cims.js", WASM_BUDGET), ("cims.css", CSS_BUDGET)] {
        let file = pkg.join(name);
        let Ok(bytes) = fs::read(&file) else {
            say::note(format_args!("{name}: not there"));
            continue;
        };
        let gzipped = gzip_size(&bytes)?;
        say::note(format_args!("{name}: {} gzipped ({} plain), budget {}", say::kilobytes(gzipped), say::kilobytes(bytes.len()), say::kilobytes(budget)));
        if gzipped > budget {
            bail!("{name} is over its budget");
        }
    }
    Ok(())
}

fn gzip_size(bytes: &[u8]) -> Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

/// `style/cims.css` with its imports put in place: one request for the browser.
fn style(pkg: &Path) -> Result<()> {
    let file = sh::root().join("style/cims.css");
    if file.exists() {
        fs::write(pkg.join("cims.css"), inline(&file)?)?;
    }
    Ok(())
}

/// The text of a style sheet in which each line `@import "x.css";` became that file's text.
fn inline(file: &Path) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut result = String::with_capacity(text.len());
    for line in text.lines() {
        match imported(line) {
            Some((name, layer)) => {
                let part = inline(&file.with_file_name("").join(name))?;
                match layer {
                    Some(layer) => result.push_str(&format!("@layer {layer} {{\n{part}}}\n")),
                    None => result.push_str(&part),
                }
            }
            None => {
                result.push_str(line);
                result.push('\n');
            }
        }
    }
    Ok(result)
}

/// File and layer of `@import "name.css" layer(name);` or `@import url("name.css");`.
fn imported(line: &str) -> Option<(&str, Option<&str>)> {
    let rest = line.trim().strip_prefix("@import")?.trim();
    let rest = rest.strip_prefix("url(").unwrap_or(rest);
    let quote = rest.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    let (name, rest) = rest[1..].split_once(quote)?;
    let layer = rest.split_once("layer(").and_then(|(_, rest)| rest.split_once(')')).map(|(layer, _)| layer);
    Some((name, layer))
}

/// Everything of `public/`, as it is.
fn assets(site: &Path) -> Result<()> {
    let public = sh::root().join("public");
    if !public.is_dir() {
        return Ok(());
    }
    for file in sh::files_under(&public)? {
        let target = site.join(file.strip_prefix(&public)?);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&file, &target).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::imported;

    #[test]
    fn an_import_line_gives_its_file_and_layer() {
        assert_eq!(imported("@import \"parts/field.css\";"), Some(("parts/field.css", None)));
        assert_eq!(imported("@import url('vendor.css') layer(vendor);"), Some(("vendor.css", Some("vendor"))));
        assert_eq!(imported(".import { color: red; }"), None);
    }
}
