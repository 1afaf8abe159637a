// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real ALSA, with its own device `file` in the place of a card: what is played is in a file.

use std::{
    fs,
    path::Path,
    sync::mpsc::{self, Receiver},
};

use kiosk_session::{Event, RequestId, staff::StaffEvent};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;
use crate::message::Message;

fn into_file(file: &Path) -> config::Sound {
    config::Sound { device: format!("file:FILE={},FORMAT=raw", file.display()), volume: 30 }
}

fn played(file: &Path) -> Vec<i16> {
    let bytes = fs::read(file).unwrap();
    let sample = |pair: &[u8]| i16::from_le_bytes([pair[0], pair[1]]);
    bytes.chunks_exact(2).map(sample).collect()
}

fn ended(answers: &Receiver<Message>) -> (RequestId, bool) {
    match answers.recv_timeout(Duration::from_secs(60)).expect("the end is told") {
        Message::Event(Event::Staff(StaffEvent::ToneEnded { id, is_played })) => (id, is_played),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_sample_of_the_tone_reaches_the_device() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tone");
    assert!(matches!(try_out(&into_file(&file), Trial::Tone), Some(Ok(()))));
    let (samples, meant) = (played(&file), tone::samples(30));
    assert_eq!(samples.get(..meant.len()), Some(meant.as_slice()));
    assert!(samples[meant.len()..].iter().all(|sample| *sample == 0), "silence at most follows");
    let loud = samples.iter().filter(|sample| sample.unsigned_abs() > 1_000).count();
    assert!(loud > meant.len() / 4, "{loud} of {}", meant.len());
}

#[test]
fn a_device_that_is_only_looked_at_stays_silent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tone");
    assert!(matches!(try_out(&into_file(&file), Trial::Open), Some(Ok(()))));
    assert!(!file.exists() || played(&file).is_empty());
}

#[test]
fn a_device_that_is_not_there_is_named_and_none_is_none() {
    let at = |device: &str| config::Sound { device: device.to_owned(), volume: 30 };
    let refused = try_out(&at("plughw:CARD=nobody"), Trial::Open).unwrap().unwrap_err();
    assert_eq!(refused.to_string(), "opening the sound device plughw:CARD=nobody");
    assert!(try_out(&at(""), Trial::Tone).is_none());
}

#[test]
fn the_end_of_each_tone_is_told_to_whoever_asked_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tone");
    let (queue, answers) = mpsc::channel();
    let player = Player::new(into_file(&file), queue.clone());
    for id in [RequestId(4), RequestId(5)] {
        player.play(id);
        assert_eq!(ended(&answers), (id, true));
        fs::remove_file(&file).unwrap();
    }
    let silent = config::Sound { device: String::new(), volume: 30 };
    Player::new(silent, queue).play(RequestId(6));
    assert_eq!(ended(&answers), (RequestId(6), false));
}

/// ALSA opens the file for writing, which waits for a reader that never comes.
#[test]
fn a_device_that_hangs_keeps_one_thread_and_nobody_who_asks_again() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let (queue, answers) = mpsc::channel();
    let player = Player::new(into_file(&pipe), queue);
    player.play(RequestId(1));
    player.play(RequestId(2));
    assert_eq!(ended(&answers), (RequestId(2), false), "the first one still hangs");
    assert!(answers.try_recv().is_err());
    let hung = within(Duration::from_millis(50), &into_file(&pipe), Trial::Open);
    assert!(matches!(hung, Err(SoundError::Hung { .. })), "{hung:?}");
}
