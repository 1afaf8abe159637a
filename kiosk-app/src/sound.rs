// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit's loudspeaker: one short tone, by which staff hear that it works. Why ALSA and why a
//! thread that may be lost: docs/decisions/0034-sound.md.

#[cfg(feature = "sound")]
mod device;
mod player;
#[cfg(not(feature = "sound"))]
mod silent;
#[cfg(feature = "sound")]
#[cfg(test)]
mod tests;
mod tone;

use std::{
    io,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use crate::config;
pub(crate) use player::Player;
#[cfg(not(feature = "sound"))]
use silent as device;

/// What is tried of the loudspeaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    /// Whether its device can be opened and takes the tone's form.
    Open,
    /// The tone.
    Tone,
}

/// Tries the configured device, for no longer than a stuck one is waited for. `None` where the unit
/// has none.
pub(crate) fn try_out(sound: &config::Sound, trial: Trial) -> Option<Result<(), SoundError>> {
    (!sound.device.is_empty()).then(|| within(PATIENCE, sound, trial))
}

fn within(patience: Duration, sound: &config::Sound, trial: Trial) -> Result<(), SoundError> {
    let (answer, answered) = mpsc::channel();
    let tried = sound.clone();
    let started = thread::Builder::new().name("sound".to_owned()).spawn(move || {
        // Whoever waited may have given up.
        let _ = answer.send(attempt(&tried, trial));
    });
    let device = sound.device.clone();
    match started.map(|_| answered.recv_timeout(patience)) {
        Ok(Ok(result)) => result,
        Ok(Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)) => {
            Err(SoundError::Hung { device })
        }
        Err(source) => Err(SoundError::Thread { source }),
    }
}

/// On the calling thread, which a stuck device keeps.
fn attempt(sound: &config::Sound, trial: Trial) -> Result<(), SoundError> {
    let device = device::Device::open(&sound.device)?;
    match trial {
        Trial::Open => Ok(()),
        Trial::Tone => device.play(&tone::samples(sound.volume)),
    }
}

/// Why nothing is heard, as far as the machine knows.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "sound"), expect(dead_code, reason = "nothing is opened without ALSA"))]
pub(crate) enum SoundError {
    /// The device is not there, not ours, or somebody else's.
    #[error("opening the sound device {device}")]
    Open { device: String, source: io::Error },
    /// It is there and cannot play what everything plays.
    #[error("setting the sound device {device} to 48 kHz, 16 bits, two channels")]
    Form { device: String, source: io::Error },
    /// It stopped taking samples.
    #[error("playing on the sound device {device}")]
    Play { device: String, source: io::Error },
    /// A call into it did not come back.
    #[error("the sound device {device} does not answer")]
    Hung { device: String },
    /// The process has no thread left.
    #[error("starting a thread for the sound")]
    Thread { source: io::Error },
    /// Built without ALSA.
    #[error("this build plays no sound; a unit's is built with the feature `sound`")]
    #[cfg_attr(feature = "sound", expect(dead_code, reason = "ALSA is there"))]
    NotBuilt,
}

/// The tone lasts less than a second, and a device has its own patience of two.
const PATIENCE: Duration = Duration::from_secs(5);
