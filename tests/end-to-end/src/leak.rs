// SPDX-License-Identifier: MIT OR Apache-2.0
//! The search for PINs in all that a run left behind: every line that any process printed at
//! trace level, and every file but the card's own memory.

use std::{fs, path::Path};

use crate::{
    failure::Failure,
    pin::Pin,
    process::{ask, leashed},
    record::Record,
};

/// Where a PIN must be: the cards' state files.
const CARDS: &str = "cards";

/// Fails when one of the PINs is found, or when the search could not have found it.
pub(crate) fn search(record: &Record, folder: &Path, pins: &[Pin]) -> Result<(), Failure> {
    expect_to_see(record, folder)?;
    add_files(record, folder)?;
    let lines = record.lines();
    for pin in pins {
        if let Some(line) = pin.found_in(&lines).first() {
            // Not the line itself: this failure is printed, too.
            return Err(Failure::Refuted(format!(
                "a PIN was found in what {} printed or wrote, {:.3} s after the start",
                line.process,
                line.at.as_secs_f32()
            )));
        }
    }
    Ok(())
}

/// Plants a PIN that is nobody's, in the output of a process and in a file.
fn expect_to_see(record: &Record, folder: &Path) -> Result<(), Failure> {
    let canary = Pin::of_letters();
    let before = record.mark();
    let mut shell = leashed("sh");
    shell.args(["-c", r#"echo "canary $CANARY""#]).env("CANARY", canary.reveal());
    ask("planting a canary", &mut shell, record)?;
    let file = folder.join("canary");
    fs::write(&file, canary.reveal()).map_err(Failure::file("writing", &file))?;
    let files = Record::default();
    add_files(&files, folder)?;
    fs::remove_file(&file).map_err(Failure::file("removing", &file))?;
    let is_seen = |lines: &[crate::record::Line]| !canary.found_in(lines).is_empty();
    if is_seen(&record.lines()[before..]) && is_seen(&files.lines()) {
        return Ok(());
    }
    Err(Failure::Refuted("the search for PINs does not find the one that was planted".to_owned()))
}

/// The text in every file of the folder, whatever else it holds.
fn add_files(record: &Record, folder: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(Failure::file("reading", folder))? {
        let path = entry.map_err(Failure::file("reading", folder))?.path();
        if path.is_dir() && !path.ends_with(CARDS) {
            add_files(record, &path)?;
        } else if path.is_file() {
            let bytes = fs::read(&path).map_err(Failure::file("reading", &path))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            for line in String::from_utf8_lossy(&bytes).lines() {
                record.add(&name, line);
            }
        }
    }
    Ok(())
}
