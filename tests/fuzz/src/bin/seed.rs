// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes `corpus/*/seed-*` again, from whole conversations and the examples of the repository; what
//! a fuzzer has found lies beside them under other names and is left alone. With `--specimen`
//! another card is made first: every seed is of that card, so all of them change.

use std::error::Error;
use std::fs;
use std::path::Path;

use fuzz::seeds;

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().any(|word| word == "--specimen") {
        seeds::specimen::make()?;
    }
    let corpus = Path::new(fuzz::CORPUS);
    for target in fuzz::TARGETS {
        let folder = corpus.join(target.name);
        fs::create_dir_all(&folder)?;
        for old in fs::read_dir(&folder)? {
            let old = old?;
            if old.file_name().as_encoded_bytes().starts_with(b"seed-") {
                fs::remove_file(old.path())?;
            }
        }
        for (name, seed) in seeds::of(target.name) {
            fs::write(folder.join(format!("seed-{name}")), seed)?;
        }
    }
    Ok(())
}
