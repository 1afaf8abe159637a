// SPDX-License-Identifier: MIT OR Apache-2.0
//! The committed inputs, run as plain tests: the seeds, and whatever a fuzzer has found so far.
//! `cargo run -p fuzz --bin seed` makes the seeds again; finds are added by hand and never edited.

use std::fs;
use std::path::Path;

use fuzz::{CORPUS, TARGETS, seeds};

/// What the corpus may weigh in all, in bytes.
const MOST_BYTES: u64 = 700 * 1024;

#[test]
fn every_committed_input_is_taken_without_a_broken_promise() {
    for target in TARGETS {
        let folder = Path::new(CORPUS).join(target.name);
        let mut count = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            // The name of the input that fails is in the captured output.
            eprintln!("{}", path.display());
            (target.run)(&fs::read(&path).unwrap());
            count += 1;
        }
        assert!(count > 0, "{} has no inputs", target.name);
    }
}

#[test]
fn empty_and_very_short_inputs_are_taken_too() {
    for target in TARGETS {
        (target.run)(&[]);
        for byte in [0, 1, 0x7F, 0xFF] {
            (target.run)(&[byte]);
            (target.run)(&[byte, byte, byte, byte]);
        }
    }
}

#[test]
fn every_folder_of_the_corpus_belongs_to_a_target_and_all_of_it_stays_small() {
    let mut bytes = 0;
    for folder in fs::read_dir(CORPUS).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        assert!(fuzz::target(&name).is_some(), "{name} is no target");
        let inputs = fs::read_dir(folder.path()).unwrap();
        bytes += inputs.map(|input| input.unwrap().metadata().unwrap().len()).sum::<u64>();
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
}

#[test]
fn the_seeds_of_every_target_can_be_made_again() {
    for target in TARGETS {
        let seeds = seeds::of(target.name);
        assert!(!seeds.is_empty(), "{}", target.name);
        for (name, _) in seeds {
            let path = Path::new(CORPUS).join(target.name).join(format!("seed-{name}"));
            assert!(path.is_file(), "{} is not committed", path.display());
        }
    }
}
