// SPDX-License-Identifier: MIT OR Apache-2.0
//! A virtual Individual Number Card: the card's side of profile `ref-eac-1` and of the public card
//! map, written from those two pages and sharing no code with the kiosk.
//!
//! [`Card::execute`] takes a command APDU and gives the response APDU, in process. The program
//! `virtual-card` puts the same card on a virtual reader of pcscd, or of a QEMU machine.

mod apdu;
mod authorities;
mod card;
pub mod control;
mod fault;
mod file;
mod hex;
mod messaging;
mod personalise;
mod reader;
mod reference;
mod socket;
mod state;
mod status;
mod summary;
mod ticket;
mod tlv;
mod trace;
mod vpcd;
mod vscd;

pub use self::{
    authorities::{Authorities, AuthorityError, Validity},
    card::{Card, Randomness},
    fault::{Fault, Moment},
    file::{Application, EfId},
    personalise::{Citizen, Order, PersonaliseError, SignatureCertificate, personalise},
    reader::{Reader, ReaderError, chain},
    reference::PinKind,
    socket::Socket,
    state::{CardState, Kind, StateError, TicketKey},
    summary::Summary,
};
