// SPDX-License-Identifier: MIT OR Apache-2.0
//! SELECT (ISO/IEC 7816-4, 11.2.2): applications by AID, EFs of the selected one by identifier.

use super::{Card, Volatile};
use crate::{
    apdu::{Answer, CommandApdu},
    file::{Application, EfId},
    status::StatusWord,
    tlv,
};

/// By AID, first occurrence, no control information wanted.
const BY_AID: u16 = 0x040C;
/// The same with the file control information wanted, as `apdu-utils` of jsapdu may ask.
const BY_AID_FCI: u16 = 0x0400;
const EF_BY_ID: u16 = 0x020C;

impl Card {
    pub(super) fn select(&mut self, command: &CommandApdu) -> Answer {
        match command.p1_p2() {
            BY_AID | BY_AID_FCI => self.select_application(command),
            _ => self.select_ef(command),
        }
    }

    /// A failing SELECT changes nothing; a successful one by AID forgets everything volatile.
    fn select_application(&mut self, command: &CommandApdu) -> Answer {
        let body = command.body()?;
        let application = Application::ALL
            .into_iter()
            .find(|application| application.aid() == body.data)
            .filter(|application| self.state.applications.contains_key(application))
            .ok_or(StatusWord::FILE_NOT_FOUND)?;
        self.volatile = Volatile { application: Some(application), ..Volatile::default() };
        if command.p1_p2() == BY_AID_FCI && body.ne > 0 {
            Ok(file_control_information(application))
        } else {
            Ok(Vec::new())
        }
    }

    pub(super) fn select_ef(&mut self, command: &CommandApdu) -> Answer {
        if command.p1_p2() != EF_BY_ID {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let body = command.body()?;
        let id = <[u8; 2]>::try_from(body.data.as_slice()).map_err(|_| StatusWord::WRONG_LENGTH)?;
        let id = EfId(u16::from_be_bytes(id));
        self.file(id).ok_or(StatusWord::FILE_NOT_FOUND)?;
        self.volatile.current = Some(id);
        Ok(Vec::new())
    }
}

/// `6F { 84 <AID> }` (7816-4, 7.4).
fn file_control_information(application: Application) -> Vec<u8> {
    let mut name = Vec::new();
    tlv::push(&mut name, 0x84, application.aid());
    let mut template = Vec::new();
    tlv::push(&mut template, 0x6F, &name);
    template
}
