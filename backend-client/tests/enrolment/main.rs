// SPDX-License-Identifier: MIT OR Apache-2.0
//! A unit's identity from its invitation to its first call: the programs themselves, the reference
//! service, and SoftHSM2 and an emulated TPM as the token.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod control;
mod file;
mod made;
mod sealed;
mod site;
mod token;
mod tpm;
mod world;
