// SPDX-License-Identifier: MIT OR Apache-2.0
//! The health step of each start: once every check of the kiosk has passed for long enough together,
//! a slot on trial is kept. If that is not reached in time, a slot on trial is given up and the unit
//! restarts into the old one; a slot that was kept before is never left.

use std::{
    env,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use backend_client::error::Chain;
use kiosk_control::{Health, Phase as Stage};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{
    boot,
    config::Config,
    error::UpdateError,
    kiosk::Kiosk,
    memory::Phase,
    rauc::{Rauc, RaucError, Slot},
    store::{self, Verdict},
    turn::reboot,
};

/// How long a session is waited for before a sick unit restarts: longer than any session.
const SESSION: Duration = Duration::from_secs(900);

/// How long all has been well together.
#[derive(Debug, Default)]
struct Steadiness {
    well_since: Option<Instant>,
}

impl Steadiness {
    /// For how long, as of `now`.
    fn look(&mut self, is_well: bool, now: Instant) -> Option<Duration> {
        if !is_well {
            self.well_since = None;
            return None;
        }
        let since = *self.well_since.get_or_insert(now);
        Some(now.saturating_duration_since(since))
    }
}

/// Watches the kiosk and settles the slot; what it found, for people.
pub(crate) async fn confirm(config: &Config) -> Result<String, UpdateError> {
    let mut kiosk = Kiosk::at(&config.control);
    let bus = config.bus.as_deref();
    let Some(said) = watch(config, &kiosk).await else { return keep(bus, &config.folder).await };
    if !give_up_trial(bus, &config.folder, &said).await? {
        return Err(UpdateError::Unwell(format!("{said}; its slot was kept before and stays")));
    }
    kiosk.tell(Stage::FellBack, None, &format!("falls back: {said}"), None);
    wait_for_session(&mut kiosk, config).await;
    reboot(&config.reboot)?;
    Err(UpdateError::Unwell(format!("{said}; it falls back to the other slot")))
}

/// A release that cannot read its own configuration is sick, and nothing can be watched: a slot on
/// trial is given up at once. A session that has just begun ends in order, as at every restart.
pub(crate) async fn confirm_unread(
    error: UpdateError,
    places: &Places,
) -> Result<String, UpdateError> {
    let said = Chain(&error).to_string();
    if !give_up_trial(None, &places.folder, &said).await? {
        return Err(error);
    }
    reboot(&places.reboot)?;
    Err(UpdateError::Unwell(format!("{said}; it falls back to the other slot")))
}

/// Where the system has the program's files, whatever its configuration says.
#[derive(Debug)]
pub(crate) struct Places {
    folder: PathBuf,
    reboot: PathBuf,
}

impl Places {
    /// As systemd told the program (StateDirectory=, RuntimeDirectory=), or as they are in the image.
    pub(crate) fn of_system() -> Self {
        let of = |name, usual: &str| env::var_os(name).map_or_else(|| usual.into(), PathBuf::from);
        Self {
            folder: of("STATE_DIRECTORY", "/var/lib/kiosk-update"),
            reboot: of("RUNTIME_DIRECTORY", "/run/kiosk-update").join("reboot"),
        }
    }
}

async fn keep(bus: Option<&str>, folder: &Path) -> Result<String, UpdateError> {
    let found = Rauc::connect(bus).await;
    let slot = booted(found.as_ref()).await;
    store::save_verdict(folder, &verdict(slot.as_ref(), None)?)?;
    let rauc = found?;
    let Slot { bootname: name, is_good } = slot?;
    if is_good {
        return Ok(format!("well; slot {name} was kept before"));
    }
    rauc.mark_good().await?;
    Ok(format!("well; slot {name} is kept from now on"))
}

/// Marks the slot that runs as bad and writes down why, if it is on trial; whether it was.
async fn give_up_trial(bus: Option<&str>, folder: &Path, said: &str) -> Result<bool, UpdateError> {
    let found = Rauc::connect(bus).await;
    let slot = booted(found.as_ref()).await;
    let is_trial = match &slot {
        Ok(slot) => !slot.is_good,
        Err(_) => is_trial_by_memory(folder)?,
    };
    if let Err(error) = store::save_verdict(folder, &verdict(slot.as_ref(), Some(said))?) {
        // The old slot says less of it then, but it is the old slot.
        warn!("not written down: {}", Chain(&error));
    }
    if is_trial
        && let Ok(rauc) = found
        && let Err(error) = rauc.mark_bad().await
    {
        // It is not in BootOrder either way: the restart alone falls back.
        warn!("not marked bad: {}", Chain(&error));
    }
    Ok(is_trial)
}

async fn booted(found: Result<&Rauc, &RaucError>) -> Result<Slot, RaucError> {
    match found {
        Ok(rauc) => rauc.booted().await,
        Err(_) => Err(RaucError::NoSlot { slot: String::new() }),
    }
}

fn verdict(slot: Result<&Slot, &RaucError>, sick: Option<&str>) -> Result<Verdict, UpdateError> {
    Ok(Verdict {
        boot_id: boot::boot_id()?,
        slot: slot.map(|slot| slot.bootname.clone()).unwrap_or_default(),
        is_well: sick.is_none(),
        said: sick.unwrap_or_default().to_owned(),
    })
}

/// Nothing once all is well for long enough; else what was wrong last.
async fn watch(config: &Config, kiosk: &Kiosk) -> Option<String> {
    let (steady, every) = (config.confirm.steady, config.confirm.every);
    let deadline = Instant::now() + Duration::from_secs(config.confirm.within);
    let mut steadiness = Steadiness::default();
    let mut told = None;
    loop {
        let sick = match kiosk.health() {
            Ok(health) if health.is_well() => None,
            Ok(health) => Some(complaints(&health)),
            Err(error) => Some(Chain(&error).to_string()),
        };
        let now = Instant::now();
        let well_for = steadiness.look(sick.is_none(), now);
        if well_for.is_some_and(|time| time >= Duration::from_secs(steady)) {
            return None;
        }
        if sick != told {
            info!(sick, "looked");
            told.clone_from(&sick);
        }
        if now >= deadline {
            return Some(sick.unwrap_or_else(|| format!("not well for {steady} s together")));
        }
        sleep(Duration::from_secs(every)).await;
    }
}

fn complaints(health: &Health) -> String {
    let failed = health.checks.iter().filter(|check| !check.ok);
    let said: Vec<_> =
        failed.map(|check| format!("{}: {}", check.name.as_str(), check.said)).collect();
    if said.is_empty() { "a check is missing".to_owned() } else { said.join("; ") }
}

/// A resident may be at a unit that is sick in something they do not need.
async fn wait_for_session(kiosk: &mut Kiosk, config: &Config) {
    let deadline = Instant::now() + SESSION;
    let seconds = u32::try_from(config.install.lease).unwrap_or(u32::MAX);
    // A kiosk that cannot be asked has no session to lose.
    while kiosk.health().is_ok() && Instant::now() < deadline {
        match kiosk.lease(true, seconds) {
            Ok(()) => return,
            Err(said) => info!("waits with the restart: {said}"),
        }
        sleep(Duration::from_secs(config.confirm.every)).await;
    }
}

/// Where RAUC does not answer, what the old slot wrote down before it restarted.
fn is_trial_by_memory(folder: &Path) -> Result<bool, UpdateError> {
    let boot_id = boot::boot_id()?;
    let action = store::memory(folder).ok().and_then(|memory| memory.action);
    Ok(match action.map(|action| action.phase) {
        Some(Phase::Installing(_, from) | Phase::Trying(_, from)) => from.boot_id != boot_id,
        Some(Phase::Fetching | Phase::Fetched | Phase::Ready(_)) | None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_look_begins_the_time_anew() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut steadiness = Steadiness::default();
        assert_eq!(steadiness.look(true, at(0)), Some(Duration::ZERO));
        assert_eq!(steadiness.look(true, at(59)), Some(Duration::from_secs(59)));
        assert_eq!(steadiness.look(false, at(60)), None);
        assert_eq!(steadiness.look(true, at(61)), Some(Duration::ZERO));
        assert_eq!(steadiness.look(true, at(121)), Some(Duration::from_secs(60)));
    }
}
