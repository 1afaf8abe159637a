// SPDX-License-Identifier: MIT OR Apache-2.0
//! READ BINARY (ISO/IEC 7816-4, 11.3.3), of the current EF or by short identifier.

use super::Card;
use crate::{
    apdu::{Answer, CommandApdu},
    file::File,
    status::StatusWord,
};

impl Card {
    /// Asked for more than there is, the card gives what there is, under 9000: clients read
    /// certificates of unknown length that way.
    pub(super) fn read_binary(&mut self, command: &CommandApdu) -> Answer {
        let (short_id, offset) = parameters(command)?;
        let (id, file) = self.meant_file(short_id)?;
        let File::Transparent { read, content } = file else {
            return Err(match file {
                File::Reserved => StatusWord::SECURITY_STATUS_NOT_SATISFIED,
                _ => StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE,
            });
        };
        self.require(read)?;
        let body = command.body_of(0, 1)?;
        let rest = content.get(offset..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(StatusWord::OFFSET_OUTSIDE_EF)?;
        let data = rest[..rest.len().min(body.ne)].to_vec();
        self.volatile.current = Some(id);
        Ok(data)
    }
}

/// The short identifier (0: the current EF) and the offset that P1-P2 mean.
fn parameters(command: &CommandApdu) -> Result<(u8, usize), StatusWord> {
    match command.p1 {
        0x00..=0x7F => Ok((0, usize::from(command.p1_p2()))),
        0x80..=0x9E => Ok((command.p1 & 0x1F, usize::from(command.p2))),
        _ => Err(StatusWord::INCORRECT_P1_P2),
    }
}
