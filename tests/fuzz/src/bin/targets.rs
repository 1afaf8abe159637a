// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lists the targets for `cargo xtask fuzz`: name, tab, what is fed.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    fuzz::TARGETS.iter().try_for_each(|target| writeln!(out, "{}\t{}", target.name, target.about))
}
