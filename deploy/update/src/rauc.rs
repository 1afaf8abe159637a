// SPDX-License-Identifier: MIT OR Apache-2.0
//! RAUC, over D-Bus (its `de.pengutronix.rauc.Installer`, as of 1.13).
//!
//! RAUC verifies who signed a bundle, writes the other slot, and keeps the firmware's boot entries:
//! with `bootloader=efi` it takes the slot out of BootOrder before it writes and names it in
//! BootNext afterwards, so that the slot is started once; `Mark good` puts it first in BootOrder.
//! A slot is `good` as long as it is in BootOrder: the slot that runs and is not, is on trial.

use std::{collections::HashMap, path::Path, time::Duration};

use futures_util::StreamExt as _;
use semver::Version;
use tokio::time::{MissedTickBehavior, interval, timeout};
use zbus::{
    Connection, proxy,
    zvariant::{OwnedValue, Value},
};

use crate::bundle::Bundle;

type Dictionary = HashMap<String, OwnedValue>;

/// How long RAUC may take to answer; it verifies a whole signature meanwhile.
const WITHIN: Duration = Duration::from_secs(60);

/// How often its progress is asked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[proxy(
    interface = "de.pengutronix.rauc.Installer",
    default_service = "de.pengutronix.rauc",
    default_path = "/",
    gen_blocking = false
)]
trait Installer {
    fn install_bundle(&self, source: &str, args: HashMap<&str, Value<'_>>) -> zbus::Result<()>;
    fn inspect_bundle(
        &self,
        bundle: &str,
        args: HashMap<&str, Value<'_>>,
    ) -> zbus::Result<Dictionary>;
    fn info(&self, bundle: &str) -> zbus::Result<(String, String)>;
    fn mark(&self, state: &str, slot_identifier: &str) -> zbus::Result<(String, String)>;
    fn get_slot_status(&self) -> zbus::Result<Vec<(String, Dictionary)>>;
    fn get_primary(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn operation(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn last_error(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn progress(&self) -> zbus::Result<(i32, String, i32)>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn compatible(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn boot_slot(&self) -> zbus::Result<String>;
    #[zbus(signal)]
    fn completed(&self, result: i32) -> zbus::Result<()>;
}

/// Why RAUC was of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RaucError {
    /// The bus or the service.
    #[error("RAUC did not answer to {call}: does rauc.service run, and may this user ask it?")]
    Call {
        /// What was asked.
        call: &'static str,
        /// Why.
        source: Box<zbus::Error>,
    },
    /// It took too long.
    #[error("RAUC took more than {seconds} s for {call}")]
    TooSlow {
        /// What was asked.
        call: &'static str,
        /// How long was waited.
        seconds: u64,
    },
    /// RAUC does not vouch for the bundle.
    #[error("RAUC refused the bundle: {said}")]
    Refused {
        /// In its words.
        said: String,
    },
    /// The bundle's manifest lacks something.
    #[error("the bundle's manifest has no {what}")]
    Manifest {
        /// What it should have.
        what: &'static str,
    },
    /// The slots are not as they should be.
    #[error("RAUC knows no slot {slot}, which was booted")]
    NoSlot {
        /// The slot's name for the bootloader.
        slot: String,
    },
}

/// The slot that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Its name for the bootloader.
    pub(crate) bootname: String,
    /// Whether the firmware would start it by itself.
    pub(crate) is_good: bool,
}

/// A connection to RAUC.
#[derive(Debug)]
pub(crate) struct Rauc {
    installer: InstallerProxy<'static>,
}

impl Rauc {
    /// Connects to the system's bus, or to that of this address.
    pub(crate) async fn connect(bus: Option<&str>) -> Result<Self, RaucError> {
        let connect = async {
            let connection = match bus {
                None => Connection::system().await?,
                Some(address) => zbus::connection::Builder::address(address)?.build().await?,
            };
            InstallerProxy::builder(&connection)
                .cache_properties(proxy::CacheProperties::No)
                .build()
                .await
        };
        Ok(Self { installer: within("a connection", connect).await? })
    }

    /// For which units bundles must be.
    pub(crate) async fn compatible(&self) -> Result<String, RaucError> {
        within("Compatible", self.installer.compatible()).await
    }

    /// The slot that runs, and whether it is kept.
    pub(crate) async fn booted(&self) -> Result<Slot, RaucError> {
        let bootname = within("BootSlot", self.installer.boot_slot()).await?;
        let slots = within("GetSlotStatus", self.installer.get_slot_status()).await?;
        let is_booted = |(name, status): &(String, Dictionary)| {
            *name == bootname || text(status, "bootname").as_ref() == Some(&bootname)
        };
        let booted = slots.into_iter().find(is_booted);
        let Some((_, status)) = booted else { return Err(RaucError::NoSlot { slot: bootname }) };
        let is_good = text(&status, "boot-status").as_deref() == Some("good");
        Ok(Slot { bootname, is_good })
    }

    /// The slot that the firmware would start next, by RAUC's name for it.
    pub(crate) async fn primary(&self) -> Result<String, RaucError> {
        within("GetPrimary", self.installer.get_primary()).await
    }

    /// What a bundle is, if RAUC vouches for it.
    pub(crate) async fn inspect(&self, path: &Path) -> Result<Bundle, RaucError> {
        let path = path.to_string_lossy();
        let inspected =
            within("InspectBundle", self.installer.inspect_bundle(&path, HashMap::new())).await;
        match inspected {
            Ok(manifest) => bundle_of(&manifest),
            // RAUC before 1.9 tells two things of it, and no minimum.
            Err(error) if error.answered() == Some("org.freedesktop.DBus.Error.UnknownMethod") => {
                let info = within("Info", self.installer.info(&path)).await;
                let (compatible, version) = info.map_err(refused)?;
                Ok(Bundle { compatible, version: parsed(&version)?, minimum_version: None })
            }
            Err(error) => Err(refused(error)),
        }
    }

    /// Waits until RAUC has ended what it does for somebody else, or for this client before it was
    /// started anew.
    pub(crate) async fn wait_until_idle(&self, most: Duration) -> Result<(), RaucError> {
        let mut ticks = interval(LOOK_EVERY);
        let idle = async {
            while within("Operation", self.installer.operation()).await? != "idle" {
                ticks.tick().await;
            }
            Ok(())
        };
        let too_slow = RaucError::TooSlow { call: "what it did", seconds: most.as_secs() };
        timeout(most, idle).await.unwrap_or(Err(too_slow))
    }

    /// Installs a bundle into the other slot, which is started once at the next start.
    pub(crate) async fn install(
        &self,
        path: &Path,
        most: Duration,
        progress: impl FnMut(u8),
    ) -> Result<(), RaucError> {
        let too_slow = RaucError::TooSlow { call: "InstallBundle", seconds: most.as_secs() };
        timeout(most, self.installing(path, progress)).await.unwrap_or(Err(too_slow))
    }

    async fn installing(&self, path: &Path, mut progress: impl FnMut(u8)) -> Result<(), RaucError> {
        // Before the call, so that its end cannot be missed.
        let mut completed = within("Completed", self.installer.receive_completed()).await?;
        let path = path.to_string_lossy();
        let began = within("InstallBundle", self.installer.install_bundle(&path, HashMap::new()));
        began.await.map_err(refused)?;
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                signal = completed.next() => return self.ended(signal).await,
                _ = ticks.tick() => {
                    let (percent, _, _) = within("Progress", self.installer.progress()).await?;
                    progress(u8::try_from(percent.clamp(0, 100)).unwrap_or(0));
                    if within("Operation", self.installer.operation()).await? != "installing" {
                        // Its signal is here by now; a RAUC that died within sent none.
                        let signal = timeout(LOOK_EVERY, completed.next()).await;
                        return self.ended(signal.ok().flatten()).await;
                    }
                }
            }
        }
    }

    async fn ended(&self, signal: Option<Completed>) -> Result<(), RaucError> {
        if signal.and_then(|signal| Some(signal.args().ok()?.result)) == Some(0) {
            return Ok(());
        }
        let said = within("LastError", self.installer.last_error()).await?;
        let said = if said.is_empty() { "it ended early" } else { &said };
        Err(RaucError::Refused { said: line(said) })
    }

    /// Keeps the slot that runs.
    pub(crate) async fn mark_good(&self) -> Result<(), RaucError> {
        within("Mark", self.installer.mark("good", "booted")).await.map(|_| ())
    }

    /// Gives up the slot that runs.
    pub(crate) async fn mark_bad(&self) -> Result<(), RaucError> {
        within("Mark", self.installer.mark("bad", "booted")).await.map(|_| ())
    }
}

async fn within<T>(
    call: &'static str,
    answer: impl Future<Output = zbus::Result<T>>,
) -> Result<T, RaucError> {
    match timeout(WITHIN, answer).await {
        Ok(answer) => answer.map_err(|error| RaucError::Call { call, source: Box::new(error) }),
        Err(_) => Err(RaucError::TooSlow { call, seconds: WITHIN.as_secs() }),
    }
}

impl RaucError {
    /// The name of the error that was answered, if one was.
    fn answered(&self) -> Option<&str> {
        let Self::Call { source, .. } = self else { return None };
        if let zbus::Error::MethodError(name, ..) = &**source { Some(name.as_str()) } else { None }
    }
}

/// An error that RAUC answered with is its verdict; that it did not answer is none.
fn refused(error: RaucError) -> RaucError {
    let is_verdict =
        error.answered().is_some_and(|name| !name.starts_with("org.freedesktop.DBus.Error."));
    match error {
        RaucError::Call { source, .. } if is_verdict => match *source {
            zbus::Error::MethodError(_, Some(said), _) => RaucError::Refused { said: line(&said) },
            _ => RaucError::Refused { said: "without a word".to_owned() },
        },
        other => other,
    }
}

/// What of it fits on a line of the staff page.
fn line(said: &str) -> String {
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|letter| !letter.is_control()).take(160).collect()
}

fn bundle_of(manifest: &Dictionary) -> Result<Bundle, RaucError> {
    let update = inner(manifest.get("update"));
    let of_update = |what| entry(update, what).ok_or(RaucError::Manifest { what });
    let meta = inner(manifest.get("meta"));
    let minimum = member(meta, "kiosk").and_then(|kiosk| entry(Some(kiosk), "minimum-version"));
    let minimum = minimum.as_deref().map(Version::parse).transpose();
    let what = "minimum-version of the form 1.2.3";
    Ok(Bundle {
        compatible: of_update("compatible")?,
        version: parsed(&of_update("version")?)?,
        minimum_version: minimum.map_err(|_| RaucError::Manifest { what })?,
    })
}

fn parsed(version: &str) -> Result<Version, RaucError> {
    let what = "version of the form 1.2.3";
    Version::parse(version).map_err(|_| RaucError::Manifest { what })
}

/// RAUC puts each part into a variant within the variant.
fn inner<'a>(value: Option<&'a OwnedValue>) -> Option<&'a Value<'a>> {
    let mut value: &Value<'a> = value?;
    while let Value::Value(within) = value {
        value = within;
    }
    Some(value)
}

fn member<'a>(dictionary: Option<&'a Value<'a>>, key: &str) -> Option<&'a Value<'a>> {
    let Some(Value::Dict(dictionary)) = dictionary else { return None };
    dictionary.iter().find_map(|(name, value)| {
        let is_it = matches!(name, Value::Str(name) if name.as_str() == key);
        is_it.then_some(value)
    })
}

fn entry(dictionary: Option<&Value<'_>>, key: &str) -> Option<String> {
    let mut value = member(dictionary, key)?;
    while let Value::Value(within) = value {
        value = within;
    }
    if let Value::Str(text) = value { Some(text.to_string()) } else { None }
}

fn text(status: &Dictionary, key: &str) -> Option<String> {
    let value = inner(status.get(key))?;
    if let Value::Str(text) = value { Some(text.to_string()) } else { None }
}
