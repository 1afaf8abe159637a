// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tone as samples: two notes, a fourth apart, the second while the first still fades. Each
//! begins and ends softly, so that no click is heard.

use std::f64::consts::{PI, TAU};

/// Samples a second that every codec plays.
pub(super) const RATE: u32 = 48_000;

/// The whole tone, two channels alike in turn, as loud as so many percent of what the device can.
pub(super) fn samples(volume_percent: u32) -> Vec<i16> {
    let loudest = f64::from(i16::MAX) * f64::from(volume_percent.min(100)) / 100.0;
    let frames = (LASTS * f64::from(RATE)) as u32;
    let level = |frame: u32| {
        let moment = f64::from(frame) / f64::from(RATE);
        NOTES.iter().map(|note| note.level(moment)).sum::<f64>() * HEADROOM
    };
    (0..frames).flat_map(|frame| [(level(frame) * loudest) as i16; 2]).collect()
}

/// A note that is struck and fades.
struct Note {
    hertz: f64,
    /// Second at which it is struck.
    at: f64,
    /// Seconds.
    lasts: f64,
}

impl Note {
    fn level(&self, moment: f64) -> f64 {
        let since = moment - self.at;
        if !(0.0..self.lasts).contains(&since) {
            return 0.0;
        }
        let softly = |seconds: f64, over: f64| (1.0 - (PI * (seconds / over).min(1.0)).cos()) / 2.0;
        let shape = softly(since, BEGINS) * softly(self.lasts - since, ENDS);
        (TAU * self.hertz * since).sin() * shape * (-since / FADES).exp()
    }
}

/// E5 and A5 in equal temperament, A4 = 440 Hz.
const NOTES: [Note; 2] =
    [Note { hertz: 659.255, at: 0.0, lasts: 0.40 }, Note { hertz: 880.0, at: 0.20, lasts: 0.60 }];
/// Seconds.
const LASTS: f64 = 0.80;
const BEGINS: f64 = 0.010;
const ENDS: f64 = 0.080;
const FADES: f64 = 0.18;
/// For the moment in which both sound.
const HEADROOM: f64 = 0.8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lasts_less_than_a_second_and_is_as_loud_as_it_may_be() {
        for volume in [1, 30, 100] {
            let samples = samples(volume);
            let seconds = samples.len() as f64 / 2.0 / f64::from(RATE);
            assert!((0.5..1.0).contains(&seconds), "{seconds}");
            let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            let most = f64::from(i16::MAX) * f64::from(volume) / 100.0;
            let part = f64::from(peak) / most;
            assert!((0.6..=1.0).contains(&part), "{part} of {volume} %");
        }
    }

    #[test]
    fn nothing_clicks_it_begins_and_ends_in_silence_and_takes_no_leap() {
        let samples = samples(100);
        let left: Vec<_> = samples.iter().step_by(2).map(|sample| i32::from(*sample)).collect();
        assert_eq!((left.first(), left.last()), (Some(&0), Some(&0)));
        // The steepest that the higher note can be at full loudness, and a little of the other.
        let steepest = f64::from(i16::MAX) * TAU * 1_000.0 / f64::from(RATE);
        let leap = left.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max().unwrap();
        assert!(f64::from(leap) < steepest, "{leap} of {steepest}");
        // No moment of silence in it either: a note is heard until the next.
        let hundredth = RATE as usize / 100;
        let quiet = left.chunks(hundredth).take(70).filter(|part| part.iter().all(|it| *it == 0));
        assert_eq!(quiet.count(), 0);
    }

    #[test]
    fn both_channels_hear_the_same() {
        assert!(samples(50).chunks(2).all(|frame| frame[0] == frame[1]));
    }
}
