// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk accept-reader`: a vendor's acceptance of a reader model. An installer lays a test card on
//! it and takes it off, again and again; what is read is public, and no PIN is sent.
//!
//! A kiosk that runs is leased meanwhile, for two programs cannot have one card.

use std::{
    io::{Write as _, stderr},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use card_io::{
    card,
    media::{Media, ReaderEvent, ReaderName},
    pcsc::{self, PcscChannel, ReaderFilter, Watcher},
};
use kiosk_control::{Client, ControlError, LONGEST_LEASE_SECONDS, Lease};
use serde_json::json;

use super::{
    Code, CommandError, Done, Failure, client, json,
    score::{Score, Trial},
};
use crate::{Config, telemetry::Chain};

/// How it is tried.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Only a reader whose PC/SC name begins so; else those of reader.names
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    /// How often the card is laid and taken
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    times: u32,
    /// How often the card is read each time
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    reads: u32,
    /// The result as one JSON object; what to do is still said, on standard error
    #[arg(long)]
    json: bool,
}

pub(super) fn accept(config: &Config, arguments: &Arguments) -> Result<Done, Failure> {
    let _lease = leased(config)?;
    let names = arguments.reader.clone().map_or_else(|| config.reader.names.clone(), |it| vec![it]);
    let filter = ReaderFilter::starting_with(names);
    let reader = the_reader(&filter)?;
    let (events, seen) = mpsc::channel();
    let watcher = Watcher::start(filter, move |event| {
        // Nobody listens once it is over.
        let _ = events.send(event);
    });
    let _watcher = watcher.map_err(|error| Failure::new(Code::Later, error))?;
    let desk = Desk { reader, seen };
    desk.begin()?;
    let trials: Vec<_> =
        (1..=arguments.times).map(|number| desk.trial(number, arguments)).collect();
    let score = Score::of(&trials);
    let code = if score.is_accepted() { Code::Well } else { Code::Unwell };
    let said = match arguments.json {
        true => json(&json!({ "reader": desk.reader.as_str(), "score": score.as_value() })),
        false => format!("reader {}\n{}", desk.reader, score.in_words()),
    };
    Ok(Done { said, code })
}

/// The kiosk serves nobody as long as this is kept; none where it does not run.
fn leased(config: &Config) -> Result<Option<Client>, Failure> {
    let mut client = match client(config) {
        Ok(client) => client,
        Err(failure) if config.control.socket.is_none() => {
            tell(&format!("{}; if it runs, stop it first", failure.error));
            return Ok(None);
        }
        Err(failure) => match failure.error.downcast_ref() {
            Some(ControlError::NotThere { .. }) => return Ok(None),
            _ => return Err(failure),
        },
    };
    match client.lease(true, LONGEST_LEASE_SECONDS)? {
        Lease::Granted { .. } => Ok(Some(client)),
        Lease::Refused(refused) => Err(Failure::new(Code::Later, CommandError::NotLeased(refused))),
    }
}

fn the_reader(filter: &ReaderFilter) -> Result<ReaderName, Failure> {
    let readers = pcsc::look(filter)
        .map_err(|error| Failure::new(Code::Unavailable, CommandError::Pcscd(error)))?;
    match readers.into_iter().map(|(reader, _)| reader).next() {
        Some(reader) => Ok(reader),
        None => {
            let what = "there is no such reader: plug it in, or name it as `pcsc_scan -r` does";
            Err(Failure::new(Code::Unavailable, CommandError::Waited(what.to_owned())))
        }
    }
}

/// Reader, card and installer.
struct Desk {
    reader: ReaderName,
    seen: Receiver<ReaderEvent>,
}

impl Desk {
    /// With an empty reader.
    fn begin(&self) -> Result<(), Failure> {
        let lies_there =
            pcsc::look(&ReaderFilter::starting_with(vec![self.reader.as_str().into()])).is_ok_and(
                |readers| readers.iter().any(|(_, media)| matches!(media, Media::Present { .. })),
            );
        if !lies_there {
            return Ok(());
        }
        tell("take the card off the reader first");
        match self.wait(|event| matches!(event, ReaderEvent::MediaRemoved { .. })) {
            Some(_) => Ok(()),
            None => {
                let what = "the card was not taken, or the reader does not see that it is gone";
                Err(Failure::new(Code::Later, CommandError::Waited(what.to_owned())))
            }
        }
    }

    fn trial(&self, number: u32, arguments: &Arguments) -> Trial {
        let times = arguments.times;
        tell(&format!("{number} of {times}: lay the test card on the reader"));
        let mut trial = Trial::default();
        if self.wait(|event| matches!(event, ReaderEvent::MediaInserted { .. })).is_none() {
            tell("the reader has not seen the card; take it off");
            return trial;
        }
        trial.is_insertion_seen = true;
        self.read(arguments.reads, &mut trial);
        // A card that lies still comes and goes for nobody.
        trial.flaps = self.seen.try_iter().filter(is_movement).count();
        tell(&format!("{number} of {times}: take the card off"));
        trial.is_removal_seen =
            self.wait(|event| matches!(event, ReaderEvent::MediaRemoved { .. })).is_some();
        trial
    }

    /// The first reading is timed with its connection, as a resident waits for it.
    fn read(&self, reads: u32, trial: &mut Trial) {
        let start = Instant::now();
        let mut channel = match PcscChannel::connect(&self.reader) {
            Ok(channel) => channel,
            Err(error) => return trial.fail(Chain(&error).to_string()),
        };
        let reading = channel.reading();
        for read in 0..reads {
            let begun = if read == 0 { start } else { Instant::now() };
            match card::check(&mut channel, reading) {
                Ok(_) => trial.read(begun.elapsed()),
                Err(error) => trial.fail(Chain(&error).to_string()),
            }
        }
        channel.close();
    }

    fn wait(&self, is_wanted: impl Fn(&ReaderEvent) -> bool) -> Option<ReaderEvent> {
        let deadline = Instant::now() + FOR_A_HAND;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.seen.recv_timeout(left) {
                Ok(event) if is_wanted(&event) => return Some(event),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

const fn is_movement(event: &ReaderEvent) -> bool {
    matches!(event, ReaderEvent::MediaInserted { .. } | ReaderEvent::MediaRemoved { .. })
}

/// What is to be done, for the installer.
fn tell(what: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(stderr(), "{what}");
}

/// To lay a card, or to take it.
const FOR_A_HAND: Duration = Duration::from_secs(60);
