// SPDX-License-Identifier: MIT OR Apache-2.0
//! A token that is made where its module keeps none yet: C_InitToken and C_InitPIN (PKCS#11 3.0
//! sections 5.5.7 and 5.5.8), so that a unit needs no tool of its module's.
//!
//! A file in the store says that a token was made to its end. Without it whatever is there is removed
//! and made anew: the power may go at any moment.

use std::{
    fmt::Write as _,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
};

use cryptoki::{
    context::Pkcs11, error::Error as CryptokiError, session::UserType, slot::Slot, types::AuthPin,
};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use super::{MadeToken, PinSource, Pkcs11Error, Pkcs11Source, find_token, load, read_pin};
use crate::files;

/// The file, empty, that is there once the token can be used.
const PREPARED: &str = "prepared";

/// Of a PIN: as many as nobody tries.
const RANDOM_BYTES: usize = 16;

impl Pkcs11Source {
    /// Makes the token, where it is ours to make and not made yet.
    ///
    /// Nobody keeps its SO PIN, which could only set another user PIN: who needs one enrols anew.
    pub(crate) fn prepare(&self) -> Result<(), Pkcs11Error> {
        let PinSource::Made(made) = &self.pin else { return Ok(()) };
        if made.store.join(PREPARED).exists() {
            return Ok(());
        }
        self.is_there()?;
        let pin = read_pin(self)?;
        made.empty()?;
        let context = load(self)?;
        let so_pin = AuthPin::from(MadeToken::new_pin()?.as_str());
        let made_there = context.init_token(self.free_slot(&context)?, &so_pin, &self.token);
        made_there.map_err(|source| self.failed("let itself be initialised", source))?;
        if made.is_empty()? {
            return Err(self.elsewhere(made));
        }
        self.set_pin(&context, &so_pin, &pin)?;
        made.mark()
    }

    /// A slot whose token is still to be made. There is none yet in an empty store, least of all ours.
    fn free_slot(&self, context: &Pkcs11) -> Result<Slot, Pkcs11Error> {
        let failed = |source| self.failed("show itself", source);
        let mut free = None;
        for slot in context.get_slots_with_token().map_err(failed)? {
            let Ok(info) = context.get_token_info(slot) else { continue };
            match &self.pin {
                PinSource::Made(made) if info.token_initialized() && info.label() == self.token => {
                    return Err(self.elsewhere(made));
                }
                _ if info.token_initialized() => {}
                _ => free = free.or(Some(slot)),
            }
        }
        free.ok_or_else(|| Pkcs11Error::NoSlot { token: self.token.clone() })
    }

    fn set_pin(
        &self,
        context: &Pkcs11,
        so_pin: &AuthPin,
        pin: &AuthPin,
    ) -> Result<(), Pkcs11Error> {
        // A token may change its slot when it is initialised.
        let slot = find_token(context, self)?;
        let set = || {
            let session = context.open_rw_session(slot)?;
            session.login(UserType::So, Some(so_pin))?;
            session.init_pin(pin)?;
            session.logout()
        };
        set().map_err(|source: CryptokiError| self.failed("take a user PIN", source))
    }

    fn elsewhere(&self, made: &MadeToken) -> Pkcs11Error {
        Pkcs11Error::Elsewhere { token: self.token.clone(), store: made.store.clone() }
    }
}

impl MadeToken {
    /// A PIN that nobody guesses, in hexadecimal digits.
    pub(crate) fn new_pin() -> Result<Zeroizing<String>, Pkcs11Error> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        SystemRandom::new().fill(&mut *bytes).map_err(|_| Pkcs11Error::NoRandom)?;
        let mut pin = Zeroizing::new(String::with_capacity(2 * RANDOM_BYTES));
        for byte in *bytes {
            // A string takes whatever is written.
            let _ = write!(pin, "{byte:02x}");
        }
        Ok(pin)
    }

    /// Has the next preparation begin anew.
    pub(crate) fn renounce(&self) -> Result<(), Pkcs11Error> {
        let marker = self.store.join(PREPARED);
        match marker.try_exists() {
            Ok(false) => Ok(()),
            _ => files::remove(&marker).map_err(|source| self.failed("emptied", source)),
        }
    }

    /// Removes the token with all its keys. The module must not have been loaded.
    pub(crate) fn empty(&self) -> Result<(), Pkcs11Error> {
        self.renounce()?;
        let emptied = match fs::remove_dir_all(&self.store) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => DirBuilder::new().mode(0o700).create(&self.store),
        };
        emptied
            .and_then(|()| files::sync_folder(&self.store))
            .map_err(|source| self.failed("emptied", source))
    }

    fn is_empty(&self) -> Result<bool, Pkcs11Error> {
        let entries = fs::read_dir(&self.store).map_err(|source| self.failed("read", source))?;
        Ok(entries.count() == 0)
    }

    fn mark(&self) -> Result<(), Pkcs11Error> {
        files::replace(&self.store.join(PREPARED), b"", 0o600)
            .map_err(|source| self.failed("written to", source))
    }

    fn failed(&self, done: &'static str, source: io::Error) -> Pkcs11Error {
        Pkcs11Error::Store { done, path: self.store.clone(), source }
    }
}
