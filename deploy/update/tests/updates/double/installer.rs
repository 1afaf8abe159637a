// SPDX-License-Identifier: MIT OR Apache-2.0
//! RAUC's D-Bus service, as of 1.13, over two slots that are only names. A bundle here is a text that
//! says what it is and ends with who signed it.

use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Condvar, Mutex},
    thread,
};

use zbus::{
    DBusError, blocking, interface,
    object_server::SignalEmitter,
    zvariant::{OwnedValue, Value},
};

use super::{eventually, kiosk::Kiosk};

/// What the firmware and the slots are like.
#[derive(Debug)]
pub(crate) struct State {
    /// The slot that runs.
    pub(crate) booted: &'static str,
    /// The slots that the firmware would start by themselves (BootOrder).
    pub(crate) good: Vec<&'static str>,
    /// Started once, at the next start (BootNext).
    pub(crate) next: Option<&'static str>,
    /// The version of each installation, and whether the kiosk was leased then.
    pub(crate) installed: Vec<(String, bool)>,
    /// What an installation fails with.
    pub(crate) fails: Option<&'static str>,
    /// Whether an installation is to wait.
    pub(crate) is_held: bool,
    operation: &'static str,
    last_error: String,
}

/// The double.
#[derive(Clone)]
pub(crate) struct Installer {
    pub(crate) state: Arc<(Mutex<State>, Condvar)>,
    kiosk: Kiosk,
}

/// As GLib names what has no name of its own.
#[derive(Debug, DBusError)]
#[zbus(prefix = "org.gtk.GDBus.UnmappedGError.Quark._g_2dio_2derror_2dquark")]
enum Failed {
    #[zbus(error)]
    ZBus(zbus::Error),
    Code30(String),
}

/// A bundle of the double's kind.
pub(crate) fn bundle(version: &str, minimum: Option<&str>) -> Vec<u8> {
    let minimum = minimum.map(|minimum| format!("minimum={minimum}\n")).unwrap_or_default();
    let filling = "x".repeat(200_000);
    format!("compatible=kiosk\nversion={version}\n{minimum}\n{filling}\nsigned-by=vendor\n").into()
}

impl Installer {
    /// On this bus; what it returns must be kept.
    pub(crate) fn on(bus: &str, kiosk: Kiosk) -> (Self, blocking::Connection) {
        let state = State {
            booted: "A",
            good: vec!["A", "B"],
            next: None,
            installed: Vec::new(),
            fails: None,
            is_held: false,
            operation: "idle",
            last_error: String::new(),
        };
        let installer = Self { state: Arc::new((Mutex::new(state), Condvar::new())), kiosk };
        let connection = blocking::connection::Builder::address(bus)
            .and_then(|builder| builder.name("de.pengutronix.rauc"))
            .and_then(|builder| builder.serve_at("/", installer.clone()))
            .and_then(blocking::connection::Builder::build)
            .unwrap();
        (installer, connection)
    }

    /// Looks at the state, or changes it.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let value = look(&mut self.state.0.lock().unwrap());
        self.state.1.notify_all();
        value
    }

    pub(crate) fn wait_until(&self, what: &str, holds: impl Fn(&State) -> bool) {
        eventually(what, || self.with(|state| holds(state)));
    }

    /// Fields of a bundle that this double's vendor signed.
    fn verified(path: &str) -> Result<HashMap<String, String>, Failed> {
        let text = fs::read_to_string(path).map_err(|error| Failed::Code30(error.to_string()))?;
        if !text.ends_with("\nsigned-by=vendor\n") {
            let said = "signature verification failed: Verify error: unable to get local issuer";
            return Err(Failed::Code30(said.to_owned()));
        }
        let fields = text.lines().filter_map(|line| line.split_once('='));
        Ok(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn install(&self, version: String) -> i32 {
        let was_leased = self.kiosk.is_leased();
        let (state, changed) = &*self.state;
        let mut state = changed.wait_while(state.lock().unwrap(), |state| state.is_held).unwrap();
        state.installed.push((version, was_leased));
        state.operation = "idle";
        if let Some(said) = state.fails {
            state.last_error = said.to_owned();
            return 1;
        }
        state.next = Some(if state.booted == "A" { "B" } else { "A" });
        0
    }
}

fn text(text: &str) -> OwnedValue {
    Value::from(text).try_into().unwrap()
}

/// RAUC puts a dictionary into a variant, and that into a dictionary of variants.
fn nested<'a>(value: impl Into<Value<'a>>) -> OwnedValue {
    Value::Value(Box::new(value.into())).try_into().unwrap()
}

#[interface(name = "de.pengutronix.rauc.Installer")]
impl Installer {
    fn install_bundle(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        source: &str,
        _args: HashMap<String, OwnedValue>,
    ) -> Result<(), Failed> {
        let fields = Self::verified(source)?;
        let version = fields.get("version").cloned().unwrap_or_default();
        self.with(|state| {
            state.operation = "installing";
            let other = if state.booted == "A" { "B" } else { "A" };
            state.good.retain(|slot| *slot != other);
        });
        let (installer, emitter) = (self.clone(), emitter.to_owned());
        thread::spawn(move || {
            let result = installer.install(version);
            zbus::block_on(Self::completed(&emitter, result)).unwrap();
        });
        Ok(())
    }

    fn inspect_bundle(
        &self,
        bundle: &str,
        _args: HashMap<String, OwnedValue>,
    ) -> Result<HashMap<String, OwnedValue>, Failed> {
        let fields = Self::verified(bundle)?;
        let mut update = HashMap::new();
        for name in ["compatible", "version"] {
            if let Some(value) = fields.get(name) {
                update.insert(name, Value::from(value.clone()));
            }
        }
        let kiosk: HashMap<_, _> = fields
            .get("minimum")
            .map(|value| ("minimum-version", value.clone()))
            .into_iter()
            .collect();
        Ok(HashMap::from([
            ("manifest-hash".to_owned(), text("0")),
            ("update".to_owned(), nested(update)),
            ("meta".to_owned(), nested(HashMap::from([("kiosk", kiosk)]))),
        ]))
    }

    fn mark(&self, state: &str, slot_identifier: &str) -> (String, String) {
        assert_eq!(slot_identifier, "booted");
        self.with(|slots| {
            let booted = slots.booted;
            slots.good.retain(|slot| *slot != booted);
            if state == "good" {
                slots.good.insert(0, booted);
            }
            (booted.to_owned(), format!("marked slot {booted} as {state}"))
        })
    }

    fn get_slot_status(&self) -> Vec<(String, HashMap<String, OwnedValue>)> {
        self.with(|state| {
            let slot = |name: &str| {
                let status = if state.good.contains(&name) { "good" } else { "bad" };
                HashMap::from([
                    ("class".to_owned(), text("rootfs")),
                    ("bootname".to_owned(), text(name)),
                    ("boot-status".to_owned(), text(status)),
                ])
            };
            vec![("rootfs.0".to_owned(), slot("A")), ("rootfs.1".to_owned(), slot("B"))]
        })
    }

    fn get_primary(&self) -> String {
        self.with(|state| state.next.or(state.good.first().copied()).unwrap_or_default().to_owned())
    }

    #[zbus(property)]
    fn operation(&self) -> String {
        self.with(|state| state.operation.to_owned())
    }

    #[zbus(property)]
    fn last_error(&self) -> String {
        self.with(|state| state.last_error.clone())
    }

    #[zbus(property)]
    fn progress(&self) -> (i32, String, i32) {
        (40, "Copying image to rootfs.1".to_owned(), 1)
    }

    #[zbus(property)]
    fn compatible(&self) -> String {
        "kiosk".to_owned()
    }

    #[zbus(property)]
    fn boot_slot(&self) -> String {
        self.with(|state| state.booted.to_owned())
    }

    #[zbus(signal)]
    async fn completed(emitter: &SignalEmitter<'_>, result: i32) -> zbus::Result<()>;
}
