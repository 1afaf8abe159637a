// SPDX-License-Identifier: MIT OR Apache-2.0
//! One playback device of ALSA. Nothing here waits for a device for ever, as far as its driver
//! keeps to that: what a call into the kernel holds, whoever called has to leave behind.

use std::{cell::RefCell, io, rc::Rc, thread, time::Duration};

use alsa::{
    Direction, Output, Round,
    mixer::{MilliBel, Mixer, Selem},
    pcm::{Access, Format, HwParams, PCM, State},
};
use rustix::io::Errno;
use tracing::debug;

use super::{SoundError, tone::RATE};

/// An open device, set to what the tone has.
pub(super) struct Device {
    pcm: PCM,
    name: String,
    /// What the library says goes here: by itself it writes to standard error, between the log's
    /// lines.
    said: Rc<RefCell<Output>>,
}

impl Device {
    pub(super) fn open(name: &str) -> Result<Self, SoundError> {
        let named = |source| SoundError::Open { device: name.to_owned(), source };
        let said = Output::local_error_handler().map_err(|error| named(system(&error)))?;
        let opened = PCM::new(name, Direction::Playback, true);
        let pcm = opened.map_err(|error| {
            debug!(said = %text_of(&said), "ALSA");
            named(system(&error))
        })?;
        let device = Self { pcm, name: name.to_owned(), said };
        device.set_form().map_err(|error| {
            device.tell();
            SoundError::Form { device: device.name.clone(), source: system(&error) }
        })?;
        Ok(device)
    }

    /// Returns when the last sample was played.
    pub(super) fn play(&self, samples: &[i16]) -> Result<(), SoundError> {
        if let Err(error) = self.unmute() {
            // A device without controls, such as most HDMI ones, is as loud as it is.
            debug!(%error, "the sound device's controls");
        }
        self.write(samples).and_then(|()| self.drain()).map_err(|source| {
            self.tell();
            SoundError::Play { device: self.name.clone(), source }
        })
    }

    fn set_form(&self) -> alsa::Result<()> {
        let form = HwParams::any(&self.pcm)?;
        form.set_access(Access::RWInterleaved)?;
        form.set_format(Format::s16())?;
        form.set_channels(2)?;
        form.set_rate(RATE, alsa::ValueOr::Nearest)?;
        self.pcm.hw_params(&form)
    }

    /// Controls of a codec are shut after a start, and nothing else in the image opens them. They
    /// are opened to where they neither weaken nor strengthen; the samples have the loudness.
    fn unmute(&self) -> alsa::Result<()> {
        let card = self.pcm.info()?.get_card();
        if card < 0 {
            return Ok(());
        }
        let mixer = Mixer::new(&format!("hw:{card}"), true)?;
        for control in mixer.iter().filter_map(Selem::new) {
            let is_on_the_way =
                control.get_id().get_name().is_ok_and(|it| ON_THE_WAY.contains(&it));
            if is_on_the_way && control.has_playback_switch() {
                control.set_playback_switch_all(1)?;
            }
            if is_on_the_way && control.has_playback_volume() {
                let most = control.get_playback_volume_range().1;
                control
                    .set_playback_db_all(MilliBel(0), Round::Floor)
                    .or_else(|_| control.set_playback_volume_all(most))?;
            }
        }
        Ok(())
    }

    fn write(&self, samples: &[i16]) -> io::Result<()> {
        let io = self.pcm.io_i16().map_err(|error| system(&error))?;
        let mut left = samples;
        let mut patience = Patience::new();
        while !left.is_empty() {
            match io.writei(left) {
                Ok(frames) => left = left.get(frames * 2..).unwrap_or_default(),
                Err(error) if is(&error, Errno::AGAIN) => {
                    patience.spend()?;
                    self.pcm.wait(Some(SHORT_MILLISECONDS)).map_err(|error| system(&error))?;
                }
                Err(error) => {
                    patience.spend()?;
                    self.pcm.try_recover(error, true).map_err(|error| system(&error))?;
                }
            }
        }
        Ok(())
    }

    /// A device that is not waited for says "again" until its last sample is played.
    fn drain(&self) -> io::Result<()> {
        let mut patience = Patience::new();
        loop {
            match self.pcm.drain() {
                Ok(()) => return Ok(()),
                Err(error) if is(&error, Errno::AGAIN) => {}
                Err(_) if self.pcm.state() == State::Setup => return Ok(()),
                Err(error) => return Err(system(&error)),
            }
            if self.pcm.state() == State::Setup {
                return Ok(());
            }
            patience.spend()?;
            thread::park_timeout(SHORT);
        }
    }

    fn tell(&self) {
        debug!(said = %text_of(&self.said), "ALSA");
    }
}

/// How often a device may say "again" before it is one that plays nothing.
struct Patience(u32);

impl Patience {
    const fn new() -> Self {
        Self(0)
    }

    fn spend(&mut self) -> io::Result<()> {
        self.0 += 1;
        if self.0 > MOST_WAITS { Err(Errno::TIMEDOUT.into()) } else { Ok(()) }
    }
}

fn is(error: &alsa::Error, errno: Errno) -> bool {
    error.errno() == errno.raw_os_error()
}

fn system(error: &alsa::Error) -> io::Error {
    io::Error::from_raw_os_error(error.errno())
}

fn text_of(said: &Rc<RefCell<Output>>) -> String {
    said.borrow().buffer_string(|bytes| String::from_utf8_lossy(bytes).trim().to_owned())
}

/// Simple controls between a stream and a loudspeaker, as the kernel's drivers name them. Others let
/// a microphone be heard, or beep.
const ON_THE_WAY: [&str; 10] = [
    "Master",
    "PCM",
    "Speaker",
    "Bass Speaker",
    "Headphone",
    "Line Out",
    "Front",
    "IEC958",
    "HDMI",
    "Digital",
];

const SHORT_MILLISECONDS: u32 = 50;
const SHORT: Duration = Duration::from_millis(SHORT_MILLISECONDS as u64);
/// Two seconds of them: the whole tone and its buffer are shorter.
const MOST_WAITS: u32 = 40;
