//! `cargo xtask bench`: what can be measured honestly today, on this machine. Sizes now;
//! ratios of an import to a plain COPY (performance P1-P12) come with their own issue.

use crate::{say, site};
use anyhow::Result;

/// Prints the sizes that a browser downloads, against their budgets.
pub(crate) fn run() -> Result<()> {
    let site = site::build(false)?;
    site::sizes(&site.join("pkg"))?;
    say::note("rates of import, matching and pages are not measured yet");
    Ok(())
}
