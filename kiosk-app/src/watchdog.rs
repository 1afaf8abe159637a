// SPDX-License-Identifier: MIT OR Apache-2.0
//! Notices that the driver or the screen stands still, and ends the process with the code of its
//! cause, to be started again: the journal knows what may have happened to a card.
//!
//! It reads no clock. It counts its own naps, each at least as long as planned, so that neither a
//! stepped clock nor a machine that is merely slow, or stood still as a whole, looks like a wedge.
//! Of a hung card request it knows nothing: that one ends by the session's own deadline.
//! Whoever watches this process in turn (systemd's `WatchdogSec=`) is told from here, after each nap
//! in which nothing was missed.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use tracing::error;

use crate::{exit::Exit, pad::Slots};

/// What beats as long as its owner gets round to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heart(Arc<Pulse>);

#[derive(Debug, Default)]
struct Pulse {
    beats: AtomicU32,
    is_at_rest: AtomicBool,
}

impl Heart {
    /// The owner is alive.
    pub(crate) fn beat(&self) {
        self.0.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it has beaten.
    #[cfg(test)]
    pub(crate) fn beats(&self) -> u32 {
        self.0.beats.load(Ordering::Relaxed)
    }

    /// The owner has ended as it should; nobody waits for another beat.
    pub(crate) fn rest(&self) {
        self.0.is_at_rest.store(true, Ordering::Relaxed);
    }
}

/// The hearts that are watched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hearts {
    /// Beats by itself, at least once a [`nap`].
    pub(crate) driver: Heart,
    /// Beats when it is asked to.
    pub(crate) screen: Heart,
}

/// The watching thread; it ends when this is dropped.
pub(crate) struct Watchdog {
    _leash: Sender<()>,
}

impl Watchdog {
    /// Begins to watch. `ask` has the screen's thread beat, as soon as that gets round to it;
    /// `tell` is called after each nap in which both have.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(crate) fn start(
        limit: Duration,
        hearts: Hearts,
        slots: Slots,
        ask: impl Fn(Heart) + Send + 'static,
        tell: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (leash, let_go) = mpsc::channel();
        thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
            if let Some(exit) = watch(Watch::new(hearts), nap(limit), &let_go, ask, tell) {
                end(exit, &slots, nap(limit));
            }
        })?;
        Ok(Self { _leash: leash })
    }
}

/// How long the watchdog sleeps between two looks, and how often the driver beats at least: so
/// often that a wedge is noticed within `limit` wherever in a nap it begins.
pub(crate) fn nap(limit: Duration) -> Duration {
    limit / NAPS
}

/// Looks after each nap, until somebody stands still or the leash is gone.
fn watch(
    mut watch: Watch,
    nap: Duration,
    let_go: &Receiver<()>,
    ask: impl Fn(Heart),
    tell: impl Fn(),
) -> Option<Exit> {
    loop {
        if watch.may_ask_screen() {
            ask(watch.screen.heart.clone());
        }
        match let_go.recv_timeout(nap) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return None,
        }
        if let Some(exit) = watch.look() {
            return Some(exit);
        }
        if watch.have_both_beaten() {
            tell();
        }
    }
}

/// Ends the process at once: no destructor, no handler, nothing that could wait for whoever hangs.
/// The page is wiped without a lock. The log may be what hangs, so its line gets one nap.
fn end(exit: Exit, slots: &Slots, nap: Duration) {
    slots.wipe_to_the_end();
    let (written, is_written) = mpsc::channel();
    let line = move || {
        error!(code = exit.code(), meaning = exit.meaning(), "the kiosk is ended by its watchdog");
        // Nobody waits any longer than the nap.
        let _ = written.send(());
    };
    if thread::Builder::new().spawn(line).is_ok() {
        let _ = is_written.recv_timeout(nap);
    }
    signal_hook::low_level::exit(exit.code().into());
}

/// What is known of both hearts, from nap to nap.
struct Watch {
    driver: Watched,
    screen: Watched,
}

struct Watched {
    heart: Heart,
    beats: u32,
    naps_without: u32,
}

impl Watch {
    fn new(hearts: Hearts) -> Self {
        Self { driver: Watched::new(hearts.driver), screen: Watched::new(hearts.screen) }
    }

    /// A question that is still unanswered is not repeated: they would pile up.
    const fn may_ask_screen(&self) -> bool {
        self.screen.naps_without == 0
    }

    /// In the nap that was looked at last.
    const fn have_both_beaten(&self) -> bool {
        self.driver.naps_without == 0 && self.screen.naps_without == 0
    }

    /// After a nap: who has stood still for too long. The driver first: without it the screen
    /// shows nothing new.
    fn look(&mut self) -> Option<Exit> {
        let (driver, screen) = (self.driver.stands_still(), self.screen.stands_still());
        match (driver, screen) {
            (true, _) => Some(Exit::DriverWedged),
            (false, true) => Some(Exit::ScreenWedged),
            (false, false) => None,
        }
    }
}

impl Watched {
    const fn new(heart: Heart) -> Self {
        Self { heart, beats: 0, naps_without: 0 }
    }

    fn stands_still(&mut self) -> bool {
        let Pulse { beats, is_at_rest } = &*self.heart.0;
        let beats = beats.load(Ordering::Relaxed);
        if is_at_rest.load(Ordering::Relaxed) || beats != self.beats {
            (self.beats, self.naps_without) = (beats, 0);
        } else {
            self.naps_without += 1;
        }
        self.naps_without >= MOST_WITHOUT
    }
}

/// Naps to a limit.
const NAPS: u32 = 10;
/// Whole naps without a beat. The one in which the last beat fell is not counted, and the last one
/// is left for the log's line.
const MOST_WITHOUT: u32 = NAPS - 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> (Watch, Hearts) {
        let hearts = Hearts::default();
        (Watch::new(hearts.clone()), hearts)
    }

    /// How many naps pass, with these beats in each, before somebody is found standing still.
    fn noticed_after(naps: u32, beats: impl Fn(&Hearts)) -> Option<(u32, Exit)> {
        let (mut watch, hearts) = watch();
        (1..=naps).find_map(|nap| {
            beats(&hearts);
            watch.look().map(|exit| (nap, exit))
        })
    }

    #[test]
    fn whoever_beats_is_left_alone() {
        let both = |hearts: &Hearts| {
            hearts.driver.beat();
            hearts.screen.beat();
        };
        assert_eq!(noticed_after(1000, both), None);
    }

    #[test]
    fn whoever_stands_still_is_noticed_within_the_limit_and_has_its_own_code() {
        let driver = noticed_after(1000, |hearts| hearts.screen.beat());
        let screen = noticed_after(1000, |hearts| hearts.driver.beat());
        let (naps, exits) = driver.zip(screen).map(|(a, b)| ([a.0, b.0], [a.1, b.1])).unwrap();
        assert_eq!(exits, [Exit::DriverWedged, Exit::ScreenWedged]);
        // One nap may have passed before the first whole one, and one goes to the log.
        assert!(naps.iter().all(|naps| naps + 2 <= NAPS), "{naps:?}");
    }

    #[test]
    fn one_beat_in_time_is_enough() {
        let (mut watch, hearts) = watch();
        for nap in 1..100 {
            hearts.driver.beat();
            if nap % MOST_WITHOUT == 0 {
                hearts.screen.beat();
            }
            assert_eq!(watch.look(), None, "nap {nap}");
        }
    }

    #[test]
    fn whoever_has_ended_is_not_waited_for() {
        let ended = |hearts: &Hearts| {
            hearts.driver.rest();
            hearts.screen.beat();
        };
        assert_eq!(noticed_after(1000, ended), None);
    }

    #[test]
    fn a_question_that_is_unanswered_is_not_asked_again() {
        let (mut watch, hearts) = watch();
        assert!(watch.may_ask_screen());
        watch.look();
        assert!(!watch.may_ask_screen());
        hearts.screen.beat();
        watch.look();
        assert!(watch.may_ask_screen());
    }

    #[test]
    fn a_watchdog_whose_leash_is_dropped_goes_away() {
        let (leash, let_go) = mpsc::channel::<()>();
        drop(leash);
        let (watch, _hearts) = watch();
        assert_eq!(super::watch(watch, Duration::from_secs(60), &let_go, |_| {}, || {}), None);
    }

    #[test]
    fn a_watchdog_asks_looks_and_tells_whom_it_caught() {
        let (_leash, let_go) = mpsc::channel::<()>();
        let (watch, hearts) = watch();
        hearts.driver.rest();
        let asked = AtomicU32::new(0);
        let ask = |_| {
            asked.fetch_add(1, Ordering::Relaxed);
        };
        let told = AtomicU32::new(0);
        let tell = || {
            told.fetch_add(1, Ordering::Relaxed);
        };
        let caught = super::watch(watch, Duration::from_millis(1), &let_go, ask, tell);
        assert_eq!((caught, asked.into_inner()), (Some(Exit::ScreenWedged), 1));
        assert_eq!(told.into_inner(), 0, "the screen never beat");
    }

    #[test]
    fn whoever_watches_us_is_told_only_of_naps_in_which_both_have_beaten() {
        let (mut watch, hearts) = watch();
        for (driver, screen) in [(true, true), (true, false), (false, true), (false, false)] {
            if driver {
                hearts.driver.beat();
            }
            if screen {
                hearts.screen.beat();
            }
            watch.look();
            assert_eq!(watch.have_both_beaten(), driver && screen);
        }
    }
}
