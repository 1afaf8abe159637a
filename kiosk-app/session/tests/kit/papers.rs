// SPDX-License-Identifier: MIT OR Apache-2.0
//! Canonical small values for what the session carries without understanding it.

use kiosk_session::card::{CardRequest, ProfileCard, ReadBack, Written};
use kiosk_session::central::{Opened, Ticketed};
use kiosk_session::check::{CardCheck, CertificateTerm, Checked, LastReset, OwnReceipt, Standing};
use kiosk_session::event::Event;
use kiosk_session::{
    KioskId, Nonce, Opaque, PadSlot, Papers, PinHandle, PinShape, SessionId, TicketId, UnixTime,
};

pub(crate) const RESERVATION_UNTIL: UnixTime = UnixTime(1_800_000_000);
pub(crate) const SESSION: SessionId = SessionId([0x5e; 16]);
pub(crate) const OWN_NONCE: Nonce = Nonce([0x0c; 32]);
pub(crate) const TICKET: TicketId = TicketId([0x71; 16]);

pub(crate) fn opaque(text: &str) -> Opaque {
    Opaque::new(text.as_bytes().to_vec())
}

pub(crate) fn papers() -> Papers {
    Papers {
        token_info: opaque("JPKIAPICCTOKEN2"),
        key_agreement_certificate: opaque("00E0"),
        attestation_certificate: opaque("00E1"),
        authentication_certificate: opaque("000A"),
    }
}

pub(crate) fn profile_card(retries_left: u8) -> ProfileCard {
    ProfileCard { papers: papers(), user_authentication_retries_left: retries_left }
}

/// Of a card whose signature PIN is blocked.
pub(crate) fn checked(last_reset: LastReset) -> Checked {
    let check = CardCheck { last_reset: Some(last_reset), ..checked_real().check };
    let receipt = opaque("receipt over the kiosk's nonce");
    Checked { check, receipt: Some(OwnReceipt { nonce: OWN_NONCE, receipt }) }
}

/// Of a real one.
pub(crate) fn checked_real() -> Checked {
    let standing = Standing::Valid { days_left: 400 };
    let check = CardCheck {
        user_authentication_retries_left: 3,
        digital_signature_retries_left: 0,
        input_support_retries_left: Some(3),
        authentication_certificate: Some(CertificateTerm {
            not_after: UnixTime(1_834_000_000),
            standing,
        }),
        has_signature_certificate: true,
        last_reset: None,
    };
    Checked { check, receipt: None }
}

pub(crate) fn opened(receipt_wanted: bool) -> Opened {
    Opened {
        session: SESSION,
        nonce: Nonce([0x4e; 32]),
        kiosk: KioskId([0x6b; 16]),
        reservation_until: RESERVATION_UNTIL,
        receipt_wanted,
    }
}

pub(crate) fn ticketed() -> Ticketed {
    Ticketed { ticket: TICKET, response: opaque("ticket") }
}

pub(crate) fn written_done() -> Written {
    Written::Done { receipt: opaque("receipt 01"), read_back: ReadBack::Confirmed }
}

/// OK on a pad with a PIN that the card would take.
pub(crate) fn submitted(slot: PadSlot, matches: Option<bool>) -> Event {
    Event::Submitted { pin: PinHandle::issue(slot), shape: shape(slot), matches }
}

/// Of a PIN that the card would take.
pub(crate) fn shape(slot: PadSlot) -> PinShape {
    match slot {
        PadSlot::Proof => PinShape { length: 4, has_digit: true, ..PinShape::EMPTY },
        PadSlot::New | PadSlot::Repeat => {
            PinShape { length: 8, has_digit: true, has_letter: true, ..PinShape::EMPTY }
        }
    }
}

/// The request as the worker holds it; none for a release, which nobody answers. A handle can't be
/// copied: the desk makes its own, as it plays the worker too.
pub(crate) fn same_request(request: &CardRequest) -> Option<CardRequest> {
    Some(match request {
        CardRequest::Read => CardRequest::Read,
        CardRequest::CheckMyCard => CardRequest::CheckMyCard,
        CardRequest::ReadReceipt { nonce } => CardRequest::ReadReceipt { nonce: *nonce },
        CardRequest::Recognise { papers } => CardRequest::Recognise { papers: papers.clone() },
        CardRequest::Verify { pin } => CardRequest::Verify { pin: PinHandle::issue(pin.slot()) },
        CardRequest::Sign { nonce, session, kiosk } => {
            CardRequest::Sign { nonce: *nonce, session: *session, kiosk: *kiosk }
        }
        CardRequest::Challenge => CardRequest::Challenge,
        CardRequest::Present { response, kiosk } => {
            CardRequest::Present { response: response.clone(), kiosk: *kiosk }
        }
        CardRequest::Write { pin, nonce } => {
            CardRequest::Write { pin: PinHandle::issue(pin.slot()), nonce: *nonce }
        }
        CardRequest::Settle { papers, nonce, response } => CardRequest::Settle {
            papers: papers.clone(),
            nonce: *nonce,
            response: response.clone(),
        },
        CardRequest::Release => return None,
    })
}
