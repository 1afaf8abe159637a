// SPDX-License-Identifier: MIT OR Apache-2.0
//! One turn: what happened goes to the machine, its memory to the disk, and its effects are carried
//! out in their order; what they bring about goes to the machine again.

use std::{collections::VecDeque, path::PathBuf};

use backend_client::{
    error::{Chain, ForeignChain},
    files,
};
use jiff::{SignedDuration, Timestamp};
use kiosk_control::Phase as Stage;
use tracing::{info, warn};

use crate::{
    boot,
    bundle::{Source, Standard},
    config::Config,
    ddi::{Fetched, Fleet},
    error::UpdateError,
    kiosk::Kiosk,
    machine::{Boot, Effect, Event, Limits, Machine, Report},
    memory::{Memory, Phase},
    rauc::{Rauc, RaucError},
    store::{Store, verdict},
};

/// Who carries out.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    config: &'a Config,
    fleet: Option<&'a Fleet>,
    pub(crate) kiosk: Kiosk,
    pub(crate) machine: Machine,
    pub(crate) rauc: Rauc,
    saved: Memory,
    store: Store,
    pub(crate) end: End,
}

/// How a turn left things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing more now.
    #[default]
    Quiet,
    /// The kiosk gave no lease, for this reason.
    NoLease(String),
    /// Nothing comes of the update, for this reason.
    GivenUp(String),
    /// The unit is about to restart; the lease is kept.
    Restarting,
}

impl<'a> Turn<'a> {
    /// Takes the folder and looks at what the unit runs.
    pub(crate) async fn begin(
        config: &'a Config,
        fleet: Option<&'a Fleet>,
    ) -> Result<Self, UpdateError> {
        let store = Store::open(&config.folder)?;
        let memory = store.memory()?;
        let rauc = Rauc::connect(config.bus.as_deref()).await?;
        rauc.wait_until_idle(config.install.lease()).await?;
        let slot = rauc.booted().await?;
        let verdict = verdict(&config.folder).ok().flatten().filter(|verdict| !verdict.is_well);
        let boot = Boot {
            boot_id: boot::boot_id()?,
            is_good: slot.is_good,
            why_fallen: verdict.filter(|of| of.slot != slot.bootname).map(|verdict| verdict.said),
            slot: slot.bootname,
        };
        let standard = Standard {
            compatible: rauc.compatible().await?,
            running: boot::image_version(&config.os_release)?,
            allow_older: config.install.allow_older,
            minimum: config.install.minimum_version.clone(),
        };
        let hours = i64::try_from(config.install.deferral_hours).unwrap_or(i64::MAX);
        let limits = Limits {
            standard,
            deferral: SignedDuration::from_hours(hours),
            largest: fleet.map_or(u64::MAX, Fleet::largest),
        };
        let kiosk = Kiosk::at(&config.control);
        let machine = Machine::new(memory.clone(), limits, boot);
        let end = End::Quiet;
        Ok(Self { config, fleet, kiosk, machine, rauc, saved: memory, store, end })
    }

    /// Has the machine decide on this and on all that comes of it.
    pub(crate) async fn handle(&mut self, event: Event) -> Result<(), UpdateError> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let effects = self.machine.handle(event, Timestamp::now());
            if self.machine.memory != self.saved {
                self.store.save(&self.machine.memory)?;
                self.saved = self.machine.memory.clone();
            }
            for effect in effects {
                events.extend(self.carry_out(effect).await?);
            }
        }
        Ok(())
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<Option<Event>, UpdateError> {
        Ok(match effect {
            Effect::Fetch => self.fetch().await,
            Effect::Inspect => self.inspect().await?,
            Effect::Lease { is_forced } => Some(self.lease(is_forced)),
            Effect::Release => {
                self.kiosk.release();
                None
            }
            Effect::Install => self.install().await,
            Effect::Reboot => {
                self.end = End::Restarting;
                reboot(&self.config.reboot)?;
                None
            }
            Effect::Report(report) => self.report(&report).await,
            Effect::Forget => {
                let action = self.machine.memory.action.as_ref();
                let kept = action.map(|action| action.artifact.sha256.clone());
                self.store.forget_all_but(kept.as_deref())?;
                None
            }
            Effect::Tell { stage, version, said } => {
                info!(stage = stage.as_str(), version, "{said}");
                self.kiosk.tell(stage, version, &said, None);
                None
            }
            Effect::GiveUp(said) => {
                self.end = End::GivenUp(said);
                None
            }
        })
    }

    async fn fetch(&mut self) -> Option<Event> {
        let artifact = self.machine.memory.action.as_ref()?.artifact.clone();
        let path = self.store.bundle(&artifact.sha256);
        let (fleet, kiosk) = (self.fleet?, &mut self.kiosk);
        let mut told = 0;
        let fetched = fleet.fetch(&artifact, &path, |percent| {
            if percent >= told + 5 {
                told = percent;
                kiosk.tell(Stage::Downloading, None, "is being fetched", Some(percent));
            }
        });
        Some(match fetched.await {
            Ok(Fetched::Whole) => Event::Fetched,
            Ok(Fetched::Spoilt) => Event::Spoilt,
            Err(error) => {
                let said = ForeignChain(&error).to_string();
                warn!("the bundle could not be fetched: {said}");
                Event::NotFetched { said, is_final: !error.is_worth_retrying() }
            }
        })
    }

    async fn inspect(&self) -> Result<Option<Event>, UpdateError> {
        let Some(path) = self.bundle() else { return Ok(None) };
        match self.rauc.inspect(&path).await {
            Ok(bundle) => Ok(Some(Event::Inspected(bundle))),
            Err(error @ (RaucError::Refused { .. } | RaucError::Manifest { .. })) => {
                Ok(Some(Event::Unsound(error.to_string())))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn lease(&mut self, is_forced: bool) -> Event {
        let seconds = u32::try_from(self.config.install.lease).unwrap_or(u32::MAX);
        match self.kiosk.lease(is_forced, seconds) {
            Ok(()) => Event::Leased,
            Err(said) => {
                self.end = End::NoLease(said.clone());
                Event::NotLeased(said)
            }
        }
    }

    async fn install(&mut self) -> Option<Event> {
        let path = self.bundle()?;
        let bundle = self.machine.memory.action.as_ref()?.bundle()?;
        let version = bundle.version.to_string();
        let kiosk = &mut self.kiosk;
        let progress = |percent| {
            let said = "is written to the other slot";
            kiosk.tell(Stage::Installing, Some(version.clone()), said, Some(percent));
        };
        let installed = self.rauc.install(&path, self.config.install.lease(), progress);
        Some(match installed.await {
            Ok(()) => Event::Installed,
            Err(error) => {
                warn!("not installed: {}", Chain(&error));
                Event::NotInstalled(ForeignChain(&error).to_string())
            }
        })
    }

    async fn report(&self, report: &Report) -> Option<Event> {
        let reported = match self.fleet {
            Some(fleet) => fleet.report(report).await,
            None => return None,
        };
        let is_end = matches!(report, Report::Closed { .. });
        match reported {
            Ok(()) => is_end.then_some(Event::Reported),
            Err(error) => {
                warn!("the fleet server was not told: {}", ForeignChain(&error));
                // It no longer knows the action: nobody waits for its end.
                (is_end && !error.is_worth_retrying()).then_some(Event::Reported)
            }
        }
    }

    fn bundle(&self) -> Option<PathBuf> {
        let artifact = &self.machine.memory.action.as_ref()?.artifact;
        Some(match &artifact.source {
            Source::Server(_) => self.store.bundle(&artifact.sha256),
            Source::File(path) => path.clone(),
        })
    }

    /// The version that could be installed now, if the kiosk let it.
    pub(crate) fn ready(&self) -> Option<String> {
        match &self.machine.memory.action.as_ref()?.phase {
            Phase::Ready(bundle) => Some(bundle.version.to_string()),
            Phase::Fetching | Phase::Fetched | Phase::Installing(..) | Phase::Trying(..) => None,
        }
    }

    /// Whether the next turn should not wait for the fleet server's time.
    pub(crate) fn is_waiting(&self) -> bool {
        let Some(action) = &self.machine.memory.action else { return false };
        match &action.phase {
            Phase::Fetching => action.may_fetch,
            Phase::Fetched | Phase::Ready(_) | Phase::Installing(..) | Phase::Trying(..) => true,
        }
    }
}

/// Wishes for a restart of the unit: a systemd unit that may do it watches the file.
pub(crate) fn reboot(wish: &std::path::Path) -> Result<(), UpdateError> {
    info!("restarting the unit");
    files::replace(wish, b"kiosk-update\n", 0o644).map_err(|source| UpdateError::File {
        done: "written",
        path: wish.to_owned(),
        source,
    })
}
