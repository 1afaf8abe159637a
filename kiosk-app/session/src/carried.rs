// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the session carries between card and service without understanding it.
//!
//! Only card-io's reset module and the service decode profile bytes (central-api.md), so that a
//! vendor's profile changes nothing here. None of it is secret, but some of it names a card: its
//! `Debug` shows sizes alone.

use alloc::vec::Vec;
use core::fmt;

/// Bytes for the other side: a certificate, a ticket, a receipt, a signature.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Opaque(Vec<u8>);

impl Opaque {
    /// Wraps what a worker got.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// For the worker that passes it on.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Opaque {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opaque({} bytes)", self.0.len())
    }
}

/// What a card shows of itself before any PIN (reset-profile.md section 2, step 1), as read.
///
/// The session gives it to the service, and back to the card worker when a card was lifted: only
/// the card with these very certificates goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Papers {
    /// EF 0006, trimmed.
    pub token_info: Opaque,
    /// EF 00E0, X.509 DER.
    pub key_agreement_certificate: Opaque,
    /// EF 00E1, X.509 DER.
    pub attestation_certificate: Opaque,
    /// EF 000A, X.509 DER.
    pub authentication_certificate: Opaque,
}

/// The service's name for a session: a UUID's 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId(pub [u8; 16]);

/// The service's name for a ticket: a UUID's 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketId(pub [u8; 16]);

/// The first 16 bytes of SHA-256 over the public key of the kiosk's certificate; fixed for a
/// session when it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KioskId(pub [u8; 16]);

/// The session's 32 random bytes, over which proof and receipts are made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce(pub [u8; 32]);

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(32 bytes)")
    }
}

/// A moment to be shown, in Unix seconds. The session never compares it with its own `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(pub i64);
