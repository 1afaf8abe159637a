// SPDX-License-Identifier: MIT OR Apache-2.0
//! The independent judge: OpenSC, which shares no code with kiosk or card.

use std::{
    io::Write,
    process::{ChildStdin, Command, Stdio},
};

use crate::{
    PATIENCE,
    failure::Failure,
    pcscd::Pcscd,
    pin::Pin,
    process::{Process, ask, leashed},
    record::Record,
};

/// OpenSC on the private pcscd.
pub struct Judge<'b> {
    pub(crate) pcscd: &'b Pcscd,
    pub(crate) record: &'b Record,
}

/// The slot that OpenSC makes of each PIN of the JPKI application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// 4 digits.
    UserAuthentication = 0,
    /// 6 to 16 letters and digits.
    DigitalSignature = 1,
}

impl Judge<'_> {
    /// Logs in with the PIN. A wrong one costs a try, as anywhere.
    ///
    /// # Errors
    /// [`Failure::Refuted`] when the card does not take it.
    pub fn logs_in(&self, slot: Slot, pin: &Pin) -> Result<(), Failure> {
        self.pcscd.notices(true, self.record)?;
        let mut tool = self.tool("pkcs11-tool");
        tool.args([
            "--slot-index",
            &(slot as u8).to_string(),
            "--login",
            "--pin",
            "env:JUDGED_PIN",
        ]);
        tool.args(["--list-objects", "--type", "privkey"]).env("JUDGED_PIN", pin.reveal());
        match ask("letting OpenSC log in", &mut tool, self.record) {
            Ok(_) => Ok(()),
            Err(Failure::Ended { said, .. }) => {
                Err(Failure::Refuted(format!("OpenSC could not log in to {slot:?}: {said}")))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Tries left of both PINs, as `pkcs15-tool --list-pins` reads them.
    ///
    /// # Errors
    /// When OpenSC does not read the card.
    pub fn tries_left(&self) -> Result<Vec<u8>, Failure> {
        self.pcscd.notices(true, self.record)?;
        let mut tool = self.tool("pkcs15-tool");
        let listed = ask("letting OpenSC count the tries", tool.arg("--list-pins"), self.record)?;
        let counts = listed.lines().filter_map(|line| {
            line.trim().strip_prefix("Tries left")?.split(':').nth(1)?.trim().parse().ok()
        });
        Ok(counts.collect())
    }

    /// A connection to the card through which commands can be sent, until it is dropped.
    ///
    /// # Errors
    /// When OpenSC does not find the card.
    pub fn connects(&self) -> Result<Connection, Failure> {
        self.pcscd.notices(true, self.record)?;
        // What it answers must not wait for more in a buffer.
        let mut tool = self.tool("stdbuf");
        tool.args(["-oL", "opensc-explorer"]).stdin(Stdio::piped());
        let mut process = Process::start(EXPLORER, &mut tool, self.record)?;
        let input = process.input().ok_or_else(|| Failure::Unreadable {
            from: EXPLORER,
            answer: "it was started without a pipe".to_owned(),
        })?;
        Ok(Connection { _process: process, input, record: self.record.clone() })
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = leashed(name);
        command.env("PCSCLITE_CSOCK_NAME", self.pcscd.socket());
        command
    }
}

/// OpenSC's own shell on a card.
pub struct Connection {
    input: ChildStdin,
    _process: Process,
    record: Record,
}

impl Connection {
    /// Sends a command of these bytes and waits for whatever the card answers.
    ///
    /// # Errors
    /// When it answers nothing.
    pub fn sends(&mut self, command: &[u8]) -> Result<(), Failure> {
        let mark = self.record.mark();
        let bytes: String = command.iter().map(|byte| format!("{byte:02X} ")).collect();
        writeln!(self.input, "apdu {bytes}").map_err(Failure::system("speaking to OpenSC"))?;
        self.record.wait_for(EXPLORER, "SW1=", mark, PATIENCE).map(drop)
    }
}

const EXPLORER: &str = "opensc-explorer";

#[cfg(test)]
mod tests {
    use super::{Judge, Slot};
    use crate::{
        card::{Maker, Making, Slot as Reader},
        folder::Folder,
        pcscd::Pcscd,
        record::Record,
    };

    #[test]
    fn a_card_laid_on_the_private_reader_is_judged_by_opensc() {
        let (folder, record) = (Folder::new().unwrap(), Record::default());
        let mut maker = Maker::new(&folder, &record).unwrap();
        let card = maker.make(None, &Making::default()).unwrap();
        let pcscd = Pcscd::start(&folder, &record).unwrap();
        let reader = Reader::start(0, pcscd.port(), &folder, &record).unwrap();
        reader.insert(&card).unwrap();
        let judge = Judge { pcscd: &pcscd, record: &record };
        judge.logs_in(Slot::UserAuthentication, &card.user_authentication_pin).unwrap();
        judge.logs_in(Slot::DigitalSignature, &card.signature_pin).unwrap();
        let wrong = card.signature_pin.another();
        assert!(judge.logs_in(Slot::DigitalSignature, &wrong).is_err());
        assert_eq!(judge.tries_left().unwrap(), [3, 4]);
        assert_eq!(card.state(&record).unwrap().signature_retries(), 4);
    }
}
