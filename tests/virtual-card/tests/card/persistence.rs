// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is on the disk after a command: all of its change, or nothing.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
};

use tempfile::TempDir;
use virtual_card::{Application, Card, CardState, PinKind, StateError};

use crate::specimen::specimen;

/// A card whose state is a file, under power, with PIN file 0018 selected.
fn card_on_disk(folder: &TempDir) -> Card {
    let path = folder.path().join("card.json");
    specimen().state.save(&path).expect("a saved state");
    let mut card = Card::open(&path).expect("a card");
    card.power_on();
    card.execute(&[&[0x00, 0xA4, 0x04, 0x0C, 0x0A][..], Application::Jpki.aid()].concat());
    assert_eq!(card.execute(b"\x00\xA4\x02\x0C\x02\x00\x18"), [0x90, 0x00]);
    card
}

fn retries_on_disk(folder: &TempDir) -> Option<u8> {
    let state = CardState::load(&folder.path().join("card.json")).expect("a state");
    state.retries_left(PinKind::UserAuthentication)
}

#[test]
fn a_spent_try_is_on_the_disk_when_the_answer_comes() {
    let folder = TempDir::new().expect("a folder");
    let mut card = card_on_disk(&folder);
    // Letters are compared and are never the PIN.
    assert_eq!(card.execute(b"\x00\x20\x00\x80\x04WXYZ"), [0x63, 0xC2]);
    assert_eq!(retries_on_disk(&folder), Some(2));
    let files = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(files, 1, "temporary files are gone");
}

#[test]
fn a_state_that_cannot_be_written_fails_the_command_and_compares_nothing() {
    let folder = TempDir::new().expect("a folder");
    let mut card = card_on_disk(&folder);
    fs::remove_dir_all(folder.path()).expect("an end of the folder");
    let pin = &specimen().order.user_authentication_pin;
    let verify = [b"\x00\x20\x00\x80\x04", pin.as_bytes()].concat();
    assert_eq!(card.execute(&verify), [0x65, 0x81]);
    assert_eq!(card.state().retries_left(PinKind::UserAuthentication), Some(3));
    card.execute(b"\x00\xA4\x02\x0C\x02\x00\x17");
    let sign = [&[0x80, 0x2A, 0x00, 0x80, 0x33][..], &[0x30; 0x33], &[0x00]].concat();
    assert_eq!(card.execute(&sign), [0x69, 0x82], "no PIN was verified");
}

#[test]
fn only_the_owner_may_read_a_state_file() {
    let folder = TempDir::new().expect("a folder");
    drop(card_on_disk(&folder));
    let metadata = fs::metadata(folder.path().join("card.json")).expect("a file");
    assert_eq!(metadata.permissions().mode() & 0o777, Permissions::from_mode(0o600).mode());
}

#[test]
fn a_file_that_is_no_card_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("card.json");
    fs::write(&path, "{\"format\":\"virtual-card-2\"}").expect("a file");
    assert!(matches!(Card::open(&path).err(), Some(StateError::Parse { .. })));
    assert!(matches!(Card::open(folder.path()).err(), Some(StateError::Read { .. })));
}

#[test]
fn a_card_without_power_says_nothing() {
    let mut card = Card::in_memory(specimen().state.clone()).expect("a card");
    assert!(card.execute(b"\x00\xA4\x04\x0C").is_empty());
    card.power_on();
    card.power_off();
    assert!(card.execute(b"\x00\xA4\x04\x0C").is_empty());
}
