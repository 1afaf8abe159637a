// SPDX-License-Identifier: MIT OR Apache-2.0
//! QEMU's monitor, in its protocol QMP: the machine's screen, its touch panel, its plugs.

use std::{
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};

use crate::failure::Failure;

/// A connection to the monitor; one at a time is served.
pub struct Monitor {
    answers: BufReader<UnixStream>,
    resets: u32,
}

/// What an axis of QEMU's touch panel goes to (INPUT_EVENT_ABS_MAX).
const AXIS: u32 = 0x7FFF;
const PATIENCE: Duration = Duration::from_secs(60);

impl Monitor {
    /// Connects, once QEMU listens.
    ///
    /// # Errors
    /// When it does not listen yet.
    pub(super) fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut monitor = Self { answers: BufReader::new(stream), resets: 0 };
        monitor.line()?;
        monitor.say("qmp_capabilities", json!({}))?;
        Ok(monitor)
    }

    /// The screen as it is now, into a PNG file in the machine's own folder.
    ///
    /// # Errors
    /// When the machine is off.
    pub fn picture(&mut self, name: &str) -> Result<(), Failure> {
        self.ask("screendump", json!({ "filename": name, "format": "png" }))
    }

    /// A finger comes down on the panel and goes up again; `x` and `y` from 0 to 1.
    ///
    /// # Errors
    /// When the machine is off.
    pub fn touch(&mut self, x: f64, y: f64) -> Result<(), Failure> {
        let finger = |kind: &str, axis: &str, value: u32, tracking: i32| {
            json!({ "type": "mtt", "data": {
                "type": kind, "slot": 0, "tracking-id": tracking, "axis": axis, "value": value
            } })
        };
        let button = |is_down: bool| json!({ "type": "btn", "data": { "button": "touch", "down": is_down } });
        let at = |part: f64| (part.clamp(0.0, 1.0) * f64::from(AXIS)) as u32;
        let down = json!({ "events": [
            button(true), finger("begin", "x", 0, 1),
            finger("data", "x", at(x), 1), finger("data", "y", at(y), 1),
        ] });
        self.ask("input-send-event", down)?;
        let up = json!({ "events": [button(false), finger("end", "x", 0, -1)] });
        self.ask("input-send-event", up)
    }

    /// Pulls a device out.
    ///
    /// # Errors
    /// When there is none with this name.
    pub fn pull(&mut self, device: &str) -> Result<(), Failure> {
        self.ask("device_del", json!({ "id": device }))
    }

    /// Plugs the card reader in again.
    ///
    /// # Errors
    /// When it is there.
    pub fn plug_reader(&mut self) -> Result<(), Failure> {
        self.ask("device_add", json!({ "driver": "usb-ccid", "id": "reader", "bus": "usb.0" }))?;
        let card = json!({ "driver": "ccid-card-passthru", "chardev": "card", "bus": "reader.0" });
        self.ask("device_add", card)
    }

    /// Plugs a USB stick in, whose content is a file in the machine's own folder.
    ///
    /// # Errors
    /// When the file is not there.
    pub fn plug_stick(&mut self, file: &str) -> Result<(), Failure> {
        let content = json!({ "driver": "raw", "node-name": "stick", "read-only": true,
            "file": { "driver": "file", "filename": file } });
        self.ask("blockdev-add", content)?;
        let stick =
            json!({ "driver": "usb-storage", "id": "stick", "bus": "usb.0", "drive": "stick" });
        self.ask("device_add", stick)
    }

    /// Presses the power key.
    ///
    /// # Errors
    /// When the machine is off.
    pub fn press_power(&mut self) -> Result<(), Failure> {
        self.ask("system_powerdown", json!({}))
    }

    /// How often the machine has been reset, by itself or by its watchdog, since it is on.
    ///
    /// # Errors
    /// When the machine is off.
    pub fn resets(&mut self) -> Result<u32, Failure> {
        // Events come before an answer.
        self.ask("query-status", json!({}))?;
        Ok(self.resets)
    }

    fn ask(&mut self, command: &str, arguments: Value) -> Result<(), Failure> {
        self.say(command, arguments).map_err(Failure::system(format!("asking QEMU: {command}")))
    }

    fn say(&mut self, command: &str, arguments: Value) -> io::Result<()> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.answers.get_mut(), "{request}")?;
        loop {
            let line = self.line()?;
            if line.get("event").is_some_and(|event| event == "RESET") {
                self.resets += 1;
            }
            if line.get("return").is_some() {
                return Ok(());
            }
            if let Some(error) = line.get("error") {
                return Err(io::Error::other(error.to_string()));
            }
        }
    }

    fn line(&mut self) -> io::Result<Value> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        serde_json::from_str(&line).map_err(io::Error::other)
    }
}
