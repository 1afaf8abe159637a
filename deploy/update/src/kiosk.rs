// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk, over its control socket: the lease, without which nothing is installed, and what staff
//! are told. The client blocks for seconds at most, and nothing else is to be done meanwhile.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use backend_client::error::Chain;
use kiosk_control::{Client, ControlError, Health, Lease, MOST_SAID, Phase, Update};
use tracing::debug;

/// How long the kiosk may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The kiosk, and the lease that it gave.
#[derive(Debug)]
pub(crate) struct Kiosk {
    socket: PathBuf,
    lease: Option<Client>,
}

impl Kiosk {
    pub(crate) fn at(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), lease: None }
    }

    /// Asks for a lease and keeps it until it is released or this is dropped; or says why not.
    pub(crate) fn lease(&mut self, is_forced: bool, seconds: u32) -> Result<(), String> {
        let asked = || {
            let mut client = self.connect()?;
            let lease = client.lease(is_forced, seconds)?;
            Ok::<_, ControlError>((client, lease))
        };
        match asked() {
            Ok((client, Lease::Granted { .. })) => {
                self.lease = Some(client);
                Ok(())
            }
            Ok((_, Lease::Refused(refused))) => Err(refused.said),
            Err(error) => Err(Chain(&error).to_string()),
        }
    }

    /// Gives the lease back: the kiosk does so when the connection ends.
    pub(crate) fn release(&mut self) {
        self.lease = None;
    }

    /// Tells staff how far an update is. Nothing depends on it.
    pub(crate) fn tell(
        &mut self,
        phase: Phase,
        version: Option<String>,
        said: &str,
        percent: Option<u8>,
    ) {
        let line = said.chars().filter(|letter| !letter.is_control()).take(MOST_SAID).collect();
        let update = Update { phase, version, said: line, percent };
        let told = match &mut self.lease {
            Some(client) => client.update(update),
            None => self.connect().and_then(|mut client| client.update(update)),
        };
        if let Err(error) = told {
            debug!("the kiosk was not told: {}", Chain(&error));
        }
    }

    /// Whether it could serve a resident now.
    pub(crate) fn health(&self) -> Result<Health, ControlError> {
        self.connect()?.health()
    }

    /// The unit's name, as its certificate tells it.
    pub(crate) fn unit(&self) -> Option<String> {
        let status = self.connect().and_then(|mut client| client.status());
        status.ok().and_then(|status| status.link.unit)
    }

    fn connect(&self) -> Result<Client, ControlError> {
        Client::connect(&self.socket, PATIENCE)
    }
}
