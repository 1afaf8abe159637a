// SPDX-License-Identifier: MIT OR Apache-2.0
//! Individual Number Cards (個人番号カード) over PC/SC: what lies on the reader, what
//! anybody may see on it, and a remotely authorised PIN reset.
//!
//! It does not decide, does not keep time, draws no randomness of its own, talks
//! to no service and shows nothing to anybody: bytes, times and random numbers
//! are arguments, answers are values ([`jpki::Verification`],
//! [`reset::Written`]), and an error ([`CardError`]) is a promise that the card
//! or its reader broke. A PIN is borrowed ([`jpki::Pin`]), framed and encrypted
//! in the caller's memory ([`jpki::Scratch`]), and wiped there after use.
//!
//! # A reset, call by call
//!
//! ```no_run
//! use card_io::card::{self, CardContents};
//! use card_io::jpki::{Pin, PinKind, SCRATCH_LENGTH, Verification};
//! use card_io::media::ReaderName;
//! use card_io::pcsc::PcscChannel;
//! use card_io::reset::{CardAuthority, Presented, Proof, Written};
//! # use p256::elliptic_curve::rand_core::CryptoRng;
//! # fn reset(
//! #     authority: &CardAuthority, random: &mut impl CryptoRng, proof: Proof, response: &[u8],
//! #     known: &[u8], new: &[u8], now: std::time::SystemTime,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let mut scratch = [0; SCRATCH_LENGTH];
//! let mut channel = PcscChannel::connect(&ReaderName::new("Virtual PCD 00 00"))?;
//! let reading = channel.reading();
//! let CardContents::Profile(identified) = card::read(&mut channel, authority, reading)? else {
//!     return Ok(());
//! };
//! let mut card = identified.card;
//! let known = Pin::new(PinKind::UserAuthentication, known)?;
//! let Some(right_to_try) = card.try_with(&known)? else { return Ok(()) };
//! if right_to_try.verify(&mut scratch)? != Verification::Verified {
//!     return Ok(());
//! }
//! let signature = card.sign(&proof)?; // to the service, which grants
//! let request = card.request_ticket(PinKind::DigitalSignature, random)?;
//! let bytes = request.bytes(); // to the service, which answers with `response`
//! let ticket = request.accept(response, &proof.kiosk_id, now)?;
//! let Presented::Accepted(ticket) = card.present(ticket)? else { return Ok(()) };
//! let new = Pin::new(PinKind::DigitalSignature, new)?;
//! match card.write(ticket, &new, &proof.nonce, &mut scratch) {
//!     Written::Done { receipt, read_back } => { /* receipt.bytes() to the service */ }
//!     Written::NotDone { reason, ticket } => { /* perhaps once more, with the ticket */ }
//!     Written::Unknown { spent, cause } => { /* reset::settle when the card is back */ }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Reading order
//!
//! [`card`] and [`reset`] are the procedures, straight-line functions over
//! [`channel::CardChannel`]; [`jpki`] is the application they speak to,
//! [`iso7816`] its grammar. [`pcsc`] carries the bytes and, with the words of
//! [`media`], tells what lies on the readers.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub mod card;
pub mod channel;
mod error;
pub mod iso7816;
pub mod jpki;
pub mod media;
pub mod pcsc;
pub mod reset;
#[cfg(test)]
mod script;

pub use error::CardError;
