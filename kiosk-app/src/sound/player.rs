// SPDX-License-Identifier: MIT OR Apache-2.0
//! The driver's way to the loudspeaker: a thread a tone, so that a stuck device keeps nobody but
//! itself, and no second one is lost to it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use kiosk_session::{Event, RequestId, staff::StaffEvent};
use tracing::{info, warn};

use super::{SoundError, Trial, attempt};
use crate::{
    config,
    message::{Message, Queue},
    telemetry::Chain,
};

/// Plays the tone when it is asked to.
#[derive(Clone, Debug)]
pub(crate) struct Player {
    sound: config::Sound,
    is_playing: Arc<AtomicBool>,
    queue: Queue,
}

impl Player {
    pub(crate) fn new(sound: config::Sound, queue: Queue) -> Self {
        Self { sound, is_playing: Arc::default(), queue }
    }

    /// Whether the unit is to have a loudspeaker at all.
    pub(crate) fn has_device(&self) -> bool {
        !self.sound.device.is_empty()
    }

    /// Plays the tone beside; how it ended comes by the queue. What the session waits for longer than
    /// its limit it takes for not played.
    pub(crate) fn play(&self, id: RequestId) {
        if !self.has_device() {
            return self.tell(id, false);
        }
        if self.is_playing.swap(true, Ordering::SeqCst) {
            let device = self.sound.device.clone();
            self.log(&Err(SoundError::Hung { device }));
            return self.tell(id, false);
        }
        let player = self.clone();
        let started = thread::Builder::new().name("sound".to_owned()).spawn(move || {
            let played = attempt(&player.sound, Trial::Tone);
            player.is_playing.store(false, Ordering::SeqCst);
            player.log(&played);
            player.tell(id, played.is_ok());
        });
        if let Err(source) = started {
            self.is_playing.store(false, Ordering::SeqCst);
            self.log(&Err(SoundError::Thread { source }));
            self.tell(id, false);
        }
    }

    fn log(&self, played: &Result<(), SoundError>) {
        match played {
            Ok(()) => info!(device = self.sound.device, "the test tone was played"),
            Err(error) => warn!(code = "sound-failed", error = %Chain(error), "no test tone"),
        }
    }

    fn tell(&self, id: RequestId, is_played: bool) {
        let ended = Event::Staff(StaffEvent::ToneEnded { id, is_played });
        // A driver that has ended needs no answer.
        let _ = self.queue.send(Message::Event(ended));
    }
}
