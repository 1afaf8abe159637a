// SPDX-License-Identifier: MIT OR Apache-2.0
//! GET CHALLENGE and EXTERNAL AUTHENTICATE: the central service's ticket reaches the card
//! (profile, 7.1 and 7.3).

use super::{AcceptedNow, Card};
use crate::{
    apdu::{Answer, CommandApdu},
    state::AcceptedTicket,
    status::StatusWord,
    ticket::{SIGNED_TICKET, Ticket},
};

const CHALLENGE: usize = 16;

impl Card {
    pub(super) fn challenge(&mut self, command: &CommandApdu) -> Answer {
        if command.p1_p2() != 0x0000 {
            return Err(StatusWord::INCORRECT_P1_P2);
        }
        let body = command.body_of(0, CHALLENGE)?;
        if body.ne != CHALLENGE {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let challenge = self.random::<CHALLENGE>();
        self.volatile.challenge = Some(challenge);
        Ok(challenge.to_vec())
    }

    /// Challenge, earlier ticket and messaging keys are gone once P1-P2 is right, whatever
    /// follows: a ticket is tried once.
    pub(super) fn external_authenticate(&mut self, command: &CommandApdu) -> Answer {
        let key_number = match command.p1_p2() {
            number @ (1 | 2) => usize::from(number),
            _ => return Err(StatusWord::INCORRECT_P1_P2),
        };
        let challenge = self.volatile.challenge.take();
        self.volatile.ticket = None;
        self.volatile.messaging = None;
        let signed = &command.body_of(SIGNED_TICKET, 0)?.data;

        let profile = self.keys.profile.as_ref().ok_or(StatusWord::INSTRUCTION_NOT_SUPPORTED)?;
        let key =
            profile.ticket.get(key_number - 1).ok_or(StatusWord::REFERENCED_DATA_NOT_FOUND)?;
        let challenge = challenge.ok_or(StatusWord::CONDITIONS_OF_USE_NOT_SATISFIED)?;
        let ticket = Ticket::authentic(signed, key)
            .filter(|ticket| ticket.card_id == profile.card_id)
            .filter(|ticket| ticket.challenge == challenge)
            .filter(|ticket| ticket.counter > self.state.memory.ticket_counter)
            .ok_or(StatusWord::SECURITY_STATUS_NOT_SATISFIED)?;
        self.accept(ticket)
    }

    fn accept(&mut self, ticket: Ticket) -> Answer {
        let accepted =
            AcceptedTicket { pin_ref: ticket.pin_ref, ticket_id: ticket.ticket_id, is_used: false };
        self.commit(|memory| {
            memory.ticket_counter = ticket.counter;
            memory.accepted = Some(accepted);
        })?;
        self.volatile.ticket = Some(AcceptedNow { ticket, is_agreed: false, refused_pins: 0 });
        Ok(Vec::new())
    }
}
