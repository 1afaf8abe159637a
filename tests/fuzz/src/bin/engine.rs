// SPDX-License-Identifier: MIT OR Apache-2.0
//! libFuzzer around one target, the one that the environment names; everything on the command line
//! is libFuzzer's. Started by `cargo xtask fuzz`.
#![no_main]

use std::sync::OnceLock;

use fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<&Target> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        fuzz::target(&name).unwrap_or_else(|| panic!("FUZZ_TARGET={name} is no target"))
    });
    (target.run)(data);
});
