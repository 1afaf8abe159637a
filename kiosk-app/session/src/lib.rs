// SPDX-License-Identifier: MIT OR Apache-2.0
//! The session of the kiosk: what is decided, from the touch to the card and back.
//!
//! Pure: no clock, no I/O, no threads, no bytes that it understands. The driver feeds [`Event`]s to
//! [`Session::handle`], carries out the [`Effect`]s that come back, shows [`Session::view`], and
//! sends [`Event::TimePassed`] at [`Session::deadline`]. What the card and the service say arrives
//! as the values of [`card`] and [`central`]; two workers of the kiosk translate.
//!
//! Begin with `session.rs`; each group of states has its file in `session/`, in the order in which
//! a resident meets them. `tests/golden/transitions.txt` is the whole machine on one page.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod card;
pub mod carried;
pub mod central;
pub mod check;
pub mod effect;
pub mod ending;
pub mod event;
pub mod language;
pub mod limits;
pub mod pin;
pub mod session;
pub mod staff;
pub mod view;

pub use card::{CardReply, CardRequest};
pub use carried::{KioskId, Nonce, Opaque, Papers, SessionId, TicketId, UnixTime};
pub use central::{CentralReply, CentralRequest, Denial};
pub use effect::{Effect, PadCommand, Record};
pub use ending::Ending;
pub use event::{Event, RequestId, Touch};
pub use language::Language;
pub use limits::{Limit, Limits};
pub use pin::{PadSlot, PinHandle, PinKind, PinShape};
pub use session::Session;
pub use view::{Screen, View};

/// The PIN that this version resets (reset-profile.md section 2: 1B only).
pub const TARGET: PinKind = PinKind::DigitalSignature;
