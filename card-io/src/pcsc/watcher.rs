// SPDX-License-Identifier: MIT OR Apache-2.0
//! The thread that waits for readers and cards. The service may be late, may be
//! restarted, may die under a waiting call: its context is then of no more use,
//! whatever `SCardIsValidContext` says of it, and is built anew.

use std::collections::HashSet;
use std::ffi::CString;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{io, iter};

use ::pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, Scope, State};
use tracing::{debug, info};

use super::events::ReaderList;
use crate::media::ReaderEvent;

/// Which readers count: those whose name starts with one of the configured
/// names. PC/SC appends two numbers to each name that change with the port.
#[derive(Debug, Clone, Default)]
pub struct ReaderFilter {
    names: Vec<String>,
}

impl ReaderFilter {
    /// Every reader.
    pub const fn any() -> Self {
        Self { names: Vec::new() }
    }

    /// Readers whose name starts with one of `names`; every reader if there is
    /// none.
    pub const fn starting_with(names: Vec<String>) -> Self {
        Self { names }
    }

    /// Whether this reader counts.
    pub fn admits(&self, reader: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| reader.starts_with(name))
    }
}

/// A thread that reports readers and cards as they come and go. Dropping it
/// stops it.
pub struct Watcher {
    thread: Option<JoinHandle<()>>,
    stop: Sender<()>,
    pulse: Pulse,
    /// The context of the waiting call, for `SCardCancel` alone.
    waiting: Arc<Mutex<Option<Context>>>,
}

/// Beats each time a call of the watcher has come back, whatever its answer: once in two seconds at
/// least. A smart-card service that hangs without ending is told by nothing else.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<AtomicU32>);

impl Pulse {
    /// How often it has beaten; it begins again after 2³².
    pub fn beats(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// One more.
    pub fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Watcher {
    /// Starts to watch. `report` is called on the watcher's thread with each
    /// event, first of all with what is there already.
    pub fn start(
        filter: ReaderFilter,
        report: impl FnMut(ReaderEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(None));
        let pulse = Pulse::default();
        let mut watch = Watch {
            filter,
            report,
            stopped,
            pulse: pulse.clone(),
            waiting: Arc::clone(&waiting),
            readers: ReaderList::default(),
            states: Vec::new(),
            ignored: HashSet::new(),
        };
        let thread =
            thread::Builder::new().name("pcsc-watcher".to_owned()).spawn(move || watch.run())?;
        Ok(Self { thread: Some(thread), stop, pulse, waiting })
    }

    /// By which it shows that its calls come back.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Stops and waits for the thread; no event comes after it.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // The thread sees this between two waits, should the cancel come just
        // before one.
        let _ = self.stop.send(());
        if let Ok(Some(context)) = self.waiting.lock().as_deref() {
            let _ = context.cancel();
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Watch<F> {
    filter: ReaderFilter,
    report: F,
    stopped: Receiver<()>,
    pulse: Pulse,
    waiting: Arc<Mutex<Option<Context>>>,
    readers: ReaderList,
    /// For PC/SC: plug and play first, then `readers` in their order.
    states: Vec<ReaderState>,
    /// What was said of each once already: it may come and go for as long as it likes.
    ignored: HashSet<String>,
}

/// Why a context is no longer waited on.
enum Ended {
    Stopped,
    ServiceGone(Error),
}

impl<F: FnMut(ReaderEvent)> Watch<F> {
    fn run(&mut self) {
        let mut is_absence_known = false;
        loop {
            let established = Context::establish(Scope::User);
            self.pulse.beat();
            match established {
                Ok(context) => {
                    match self.watch(&context) {
                        Ended::Stopped => return,
                        Ended::ServiceGone(error) => info!(%error, "smart-card service gone"),
                    }
                    self.readers.clear().into_iter().for_each(&mut self.report);
                    (self.report)(ReaderEvent::ServiceStopped);
                    is_absence_known = true;
                }
                Err(error) if is_absence_known => debug!(%error, "smart-card service still gone"),
                Err(error) => {
                    info!(%error, "smart-card service not there");
                    (self.report)(ReaderEvent::ServiceStopped);
                    is_absence_known = true;
                }
            }
            if self.pause().is_err() {
                return;
            }
        }
    }

    /// Waits on one context until it is of no more use.
    fn watch(&mut self, context: &Context) -> Ended {
        self.set_waiting(Some(context.clone()));
        (self.report)(ReaderEvent::ServiceStarted);
        self.states.clear();
        let ended = loop {
            if let Err(ended) = self.wait(context) {
                break ended;
            }
        };
        self.set_waiting(None);
        ended
    }

    /// One look at the list of readers, one wait for a change of any.
    fn wait(&mut self, context: &Context) -> Result<(), Ended> {
        if self.stopped.try_recv() != Err(TryRecvError::Empty) {
            return Err(Ended::Stopped);
        }
        self.list(context.list_readers_owned().map_err(Ended::ServiceGone)?);
        let waited = context.get_status_change(LONGEST_WAIT, &mut self.states);
        self.pulse.beat();
        match waited {
            Ok(()) => self.look(),
            Err(Error::Timeout | Error::Cancelled) => {}
            // A reader went between list and wait: list again, but not in a spin.
            Err(Error::UnknownReader) => self.pause()?,
            Err(error) => return Err(Ended::ServiceGone(error)),
        }
        Ok(())
    }

    fn pause(&self) -> Result<(), Ended> {
        match self.stopped.recv_timeout(PAUSE) {
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Err(Ended::Stopped),
        }
    }

    /// Brings our list of readers up to the service's.
    fn list(&mut self, listed: Vec<CString>) {
        let mut names: Vec<_> =
            listed.into_iter().filter_map(|name| name.into_string().ok()).collect();
        names.retain(|name| self.admits(name));
        let changes = self.readers.update(names);
        if changes.is_none() && !self.states.is_empty() {
            return;
        }
        // Unaware of all: the next wait returns at once with how each one is.
        let names = self.readers.names().filter_map(|name| CString::new(name).ok());
        self.states = iter::once(PNP_NOTIFICATION().to_owned())
            .chain(names)
            .map(|name| ReaderState::new(name, State::UNAWARE))
            .collect();
        changes.into_iter().flatten().for_each(&mut self.report);
    }

    /// A configured name with a typing mistake looks like a reader that is not there, so what is
    /// passed over is said, once a name.
    fn admits(&mut self, name: &str) -> bool {
        let is_admitted = self.filter.admits(name);
        if !is_admitted && self.ignored.insert(name.to_owned()) {
            info!(reader = name, "reader ignored: not in reader.names");
        }
        is_admitted
    }

    /// Reports what changed on each reader.
    fn look(&mut self) {
        for state in &mut self.states {
            state.sync_current_state();
        }
        for ((name, seen), state) in self.readers.iter_mut().zip(self.states.iter().skip(1)) {
            let events = seen.look(name, state.event_state(), state.event_count(), state.atr());
            events.into_iter().for_each(&mut self.report);
        }
    }

    fn set_waiting(&self, context: Option<Context>) {
        if let Ok(mut waiting) = self.waiting.lock() {
            *waiting = context;
        }
    }
}

/// How long the service is left alone before it is asked again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long one wait lasts at most: a stop that comes just before it is seen
/// after it, and readers are listed again where plug and play says nothing.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_no_configured_name_admits_is_named_once_in_the_log() {
        let (_stop, stopped) = mpsc::channel();
        let mut watch = Watch {
            filter: ReaderFilter::starting_with(vec!["Sony FeliCa".to_owned()]),
            report: |_| {},
            stopped,
            pulse: Pulse::default(),
            waiting: Arc::default(),
            readers: ReaderList::default(),
            states: Vec::new(),
            ignored: HashSet::new(),
        };
        let lines = Lines::default();
        let writer = lines.clone();
        let log =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(log, || {
            for _ in 0..3 {
                watch.list(vec![c"ACS ACR122U 00 00".to_owned(), c"Sony FeliCa 01 00".to_owned()]);
                watch.list(vec![]);
            }
        });
        let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let ignored: Vec<_> = logged.lines().filter(|line| line.contains("ignored")).collect();
        let [ignored] = ignored.as_slice() else { panic!("not once: {logged}") };
        assert!(ignored.contains("ACS ACR122U 00 00"), "{logged}");
        assert!(ignored.contains("not in reader.names"), "{logged}");
    }
}
