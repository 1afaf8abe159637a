// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether the kiosk could serve a resident now, check by check. An update stays only when all of
//! them pass for a while, so each asks for what a wrong system would lack.

use jiff::Timestamp;
use kiosk_control::{Check, CheckName, Health};

use super::{Driver, status::days_until, wall_clock};
use crate::config::Pointer;

/// What a check found, or found wanting with what to do about it.
type Found = Result<String, (String, &'static str)>;

impl Driver {
    pub(super) fn health(&self) -> Health {
        let checks = CheckName::ALL.into_iter().map(|name| {
            let (ok, said, remedy) = match self.found(name) {
                Ok(said) => (true, said, ""),
                Err((said, remedy)) => (false, said, remedy),
            };
            Check { name, ok, said, remedy: remedy.to_owned() }
        });
        Health { checks: checks.collect() }
    }

    fn found(&self, name: CheckName) -> Found {
        match name {
            CheckName::Frame => self.found_frame(),
            CheckName::Touch => self.found_touch(),
            CheckName::Reader => self.found_reader(),
            CheckName::Pcscd => self.found_pcscd(),
            CheckName::Certificate => self.found_certificate(wall_clock()),
            CheckName::Clock => self.found_clock(),
            CheckName::Service => self.found_service(),
            CheckName::Journal => self.found_journal(),
        }
    }

    fn found_frame(&self) -> Found {
        match self.frame.is_drawn() {
            true => Ok("the screen has drawn".to_owned()),
            false => Err((
                "the screen has drawn nothing yet".to_owned(),
                "look at the panel's cable and power, and at the kiosk's log",
            )),
        }
    }

    fn found_touch(&self) -> Found {
        let what = match self.surroundings.pointer() {
            Pointer::Touch => "touch panel",
            Pointer::Mouse => "mouse",
        };
        match self.surroundings.pointers() {
            0 => Err((
                format!("there is no {what}"),
                "plug it in anew; a unit with a mouse alone says so in screen.pointer",
            )),
            1 => Ok(format!("a {what}")),
            count => Ok(format!("{count} of {what}")),
        }
    }

    fn found_reader(&self) -> Found {
        match self.media.name().filter(|_| self.media.has_reader()) {
            Some(reader) => Ok(reader.to_string()),
            None => Err((
                "there is no reader".to_owned(),
                "plug the reader in anew; reader.names says which ones are taken",
            )),
        }
    }

    fn found_pcscd(&self) -> Found {
        let remedy = "start pcscd.service anew, and look at its log";
        match (self.media.is_silent(), self.media.has_service()) {
            (true, _) => Err(("the smart-card service hangs".to_owned(), remedy)),
            (false, false) => Err(("the smart-card service is not there".to_owned(), remedy)),
            (false, true) => Ok("the smart-card service answers".to_owned()),
        }
    }

    fn found_certificate(&self, now: Timestamp) -> Found {
        let Some(identity) = self.unit.identity() else {
            let said = "kiosk-link has not said which certificate it has".to_owned();
            return Err((said, "look at kiosk-link.service and its log; enrol the unit"));
        };
        match days_until(identity.certificate_not_after, now) {
            days @ ..0 => {
                let said = format!("the certificate ended {} days ago", -days);
                Err((said, "renew it: kiosk-enrol renew; or enrol the unit anew"))
            }
            days => Ok(format!("the certificate holds for {days} days")),
        }
    }

    fn found_clock(&self) -> Found {
        let file = self.surroundings.clock_set_file().display();
        match self.surroundings.is_clock_set() {
            true => Ok("the clock is set".to_owned()),
            false => Err((
                format!("the clock is not set: there is no {file}"),
                "look at the network and at the time servers that the unit may reach",
            )),
        }
    }

    fn found_service(&self) -> Found {
        let remedy = "look at the network, at kiosk-link's log, and at the service";
        match self.unit.last_answer().map(|last| self.now().saturating_sub(last)) {
            None => Err(("the service has not answered yet".to_owned(), remedy)),
            Some(ago) if ago > self.unit.longest_silence() => {
                Err((format!("the service answered {} s ago last", ago.as_secs()), remedy))
            }
            Some(ago) => Ok(format!("the service answered {} s ago", ago.as_secs())),
        }
    }

    fn found_journal(&self) -> Found {
        if let Some(why) = self.surroundings.why_data_is_locked() {
            return Err((format!("the unit's data cannot be opened: {why}"), DATA_LOCKED));
        }
        let remedy = "look at the disk of journal.path, and at the kiosk's log";
        if self.journal.is_none() || self.is_journal_spoilt {
            return Err(("the journal cannot be kept".to_owned(), remedy));
        }
        match self.surroundings.room_for_the_journal() {
            Ok(free) => Ok(format!("the journal is open; {} MiB are free", free >> 20)),
            Err(why) => Err((format!("the journal cannot grow: {why}"), remedy)),
        }
    }
}

/// Of data that cannot be opened.
pub(crate) const DATA_LOCKED: &str = "the TPM or Secure Boot has changed, or the disk is another unit's: \
    do not clear the TPM, put back what was changed, and call the vendor";
