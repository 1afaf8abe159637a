// SPDX-License-Identifier: MIT OR Apache-2.0
//! The daemon: asks the fleet server at its times, and the kiosk and RAUC in between while an update
//! waits or is tried. It may be ended at any time: what matters is on the disk before it is done.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    time::{Duration, Instant},
};

use backend_client::error::{Chain, ForeignChain};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{
    boot,
    config::Config,
    ddi::{Fleet, Polled},
    error::UpdateError,
    machine::Event,
    turn::{End, Turn},
};

/// Doublings of the shortest sleep after failures in a row, at most.
const MOST_DOUBLINGS: u32 = 10;

/// When the fleet server is to be asked next.
#[derive(Debug)]
struct Agenda {
    poll_at: Instant,
    failures: u32,
}

/// Goes on until it is ended.
pub(crate) async fn run(config: &Config) -> Result<Infallible, UpdateError> {
    let fleet = config.server.as_ref().map(Fleet::new).transpose()?;
    let version = boot::image_version(&config.os_release)?;
    info!(%version, controller = fleet.as_ref().map(Fleet::controller), "running");
    // A street whose power comes back does not poll at once.
    let first = fleet.as_ref().map(|fleet| fleet.sleep(Some(Duration::ZERO), rand::random()));
    let first = first.unwrap_or_default().mul_f64(rand::random());
    let mut agenda = Agenda { poll_at: Instant::now() + first, failures: 0 };
    let ask_every = Duration::from_secs(config.install.ask_every);
    loop {
        let pause = match turn(config, fleet.as_ref(), &mut agenda).await {
            Ok(is_waiting) => {
                let until_poll = agenda.poll_at.saturating_duration_since(Instant::now());
                if is_waiting { until_poll.min(ask_every) } else { until_poll }
            }
            Err(error) => {
                warn!("no turn: {}", Chain(&error));
                ask_every
            }
        };
        // Without a server there is nothing to poll, but a trial to be watched and a folder to share.
        sleep(if fleet.is_none() { ask_every } else { pause }).await;
    }
}

/// One turn; whether something waits for another before the server's time.
async fn turn(
    config: &Config,
    fleet: Option<&Fleet>,
    agenda: &mut Agenda,
) -> Result<bool, UpdateError> {
    let mut turn = Turn::begin(config, fleet).await?;
    turn.handle(Event::TakenAway).await?;
    turn.handle(Event::Booted).await?;
    match fleet.filter(|_| Instant::now() >= agenda.poll_at) {
        Some(fleet) => poll(config, fleet, agenda, &mut turn).await?,
        None => turn.handle(Event::Due).await?,
    }
    if turn.end == End::Restarting {
        // The lease is kept until the unit goes down, and asked for anew should it not.
        sleep(config.install.lease()).await;
    }
    Ok(turn.is_waiting())
}

async fn poll(
    config: &Config,
    fleet: &Fleet,
    agenda: &mut Agenda,
    turn: &mut Turn<'_>,
) -> Result<(), UpdateError> {
    let jitter = rand::random::<f64>();
    let polled = match fleet.poll().await {
        Ok(polled) => polled,
        Err(error) => {
            warn!("{}", ForeignChain(&error));
            agenda.failures = (agenda.failures + 1).min(MOST_DOUBLINGS);
            let shortest = fleet.sleep(Some(Duration::ZERO), jitter);
            let pause = fleet.sleep(Some(shortest * 2_u32.pow(agenda.failures)), jitter);
            agenda.poll_at = Instant::now() + pause;
            // What is here already needs no server.
            return turn.handle(Event::Due).await;
        }
    };
    let Polled { event, sleep, attributes_to } = polled;
    agenda.failures = 0;
    if let Some(to) = attributes_to {
        let attributes = attributes(config, turn).await?;
        if let Err(error) = fleet.tell_attributes(to, &attributes).await {
            warn!("attributes not told: {}", ForeignChain(&error));
        }
    }
    turn.handle(event).await?;
    agenda.poll_at = Instant::now() + fleet.sleep(sleep, jitter);
    Ok(())
}

/// Who this unit is, for the fleet server; nothing of a person.
async fn attributes(
    config: &Config,
    turn: &Turn<'_>,
) -> Result<BTreeMap<&'static str, String>, UpdateError> {
    let mut attributes = BTreeMap::from([
        ("software", env!("CARGO_PKG_VERSION").to_owned()),
        ("image", boot::image_version(&config.os_release)?.to_string()),
        ("slot", turn.rauc.booted().await?.bootname),
        ("compatible", turn.rauc.compatible().await?),
    ]);
    attributes.extend(turn.kiosk.unit().map(|unit| ("unit", unit)));
    Ok(attributes)
}
