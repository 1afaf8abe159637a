// SPDX-License-Identifier: MIT OR Apache-2.0
//! A key that signs where it lies: a P-256 key on a PKCS#11 token, a TPM behind it or not.
//!
//! The token is logged in to once and the session kept. A session that broke is opened again once
//! for each signature; a PIN that the token refused is never tried again by this process, and no PIN
//! is tried on a token that counts wrong ones.

mod error;
mod prepare;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error as CryptokiError, RvError},
    mechanism::Mechanism,
    object::{Attribute, AttributeType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use rustls::pki_types::SubjectPublicKeyInfoDer;

pub use self::error::Pkcs11Error;
use super::{CredentialSource, own};

/// Where a token's key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkcs11Source {
    /// The module, a shared library.
    pub module: PathBuf,
    /// `CKA_LABEL` of the token.
    pub token: String,
    /// `CKA_LABEL` of the key pair.
    pub label: String,
    /// What the token takes to be used.
    pub pin: PinSource,
    /// The device that is there as long as the token is, a TPM's for one.
    pub device: Option<PathBuf>,
}

/// Who prepared a token, and so where its user PIN is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinSource {
    /// The vendor: in the first line of a file, which may be a systemd credential.
    File(PathBuf),
    /// `kiosk-enrol`, which makes both.
    Made(MadeToken),
}

/// A token that `kiosk-enrol` prepares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeToken {
    /// Its user PIN.
    pub pin: CredentialSource,
    /// The folder in which its module keeps it, and nothing else.
    pub store: PathBuf,
}

impl fmt::Display for Pkcs11Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` on the token `{}`", self.label, self.token)
    }
}

/// A token that was logged in to, and its key.
pub(super) struct TokenKey {
    source: Pkcs11Source,
    context: Pkcs11,
    public_key: Vec<u8>,
    state: Mutex<State>,
}

struct State {
    open: Option<(Session, ObjectHandle)>,
    /// Gone once the token has refused it.
    pin: Option<AuthPin>,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.source)
    }
}

impl TokenKey {
    /// Logs in and finds the key.
    pub(super) fn open(source: &Pkcs11Source) -> Result<Self, Pkcs11Error> {
        let context = load(source)?;
        let pin = read_pin(source)?;
        let session = log_in(&context, source, &pin, false)?;
        let (key, public_key) = find(&session, source)?;
        let state = State { open: Some((session, key)), pin: Some(pin) };
        let source = source.clone();
        Ok(Self { source, context, public_key, state: Mutex::new(state) })
    }

    /// Its SubjectPublicKeyInfo.
    pub(super) fn public_key(&self) -> SubjectPublicKeyInfoDer<'_> {
        SubjectPublicKeyInfoDer::from(self.public_key.as_slice())
    }

    /// `r` and `s`, 32 bytes each, over this hash.
    pub(super) fn sign(&self, hash: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
        // A poisoned lock holds a session that the next attempt opens anew.
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((session, key)) = state.open.take()
            && let Ok(signature) = session.sign(&Mechanism::Ecdsa, key, hash)
        {
            state.open = Some((session, key));
            return Ok(signature);
        }
        let pin = state.pin.take().ok_or_else(|| self.source.wrong_pin())?;
        let session = match log_in(&self.context, &self.source, &pin, false) {
            Err(error @ Pkcs11Error::WrongPin { .. }) => return Err(error),
            opened => {
                state.pin = Some(pin);
                opened?
            }
        };
        let (key, public_key) = find(&session, &self.source)?;
        if public_key != self.public_key {
            let Pkcs11Source { token, label, .. } = self.source.clone();
            return Err(Pkcs11Error::NoKey { token, label });
        }
        let failed = |source| self.source.failed("sign", source);
        let signature = session.sign(&Mechanism::Ecdsa, key, hash).map_err(failed)?;
        state.open = Some((session, key));
        Ok(signature)
    }
}

impl Pkcs11Source {
    fn failed(&self, doing: &'static str, source: CryptokiError) -> Pkcs11Error {
        Pkcs11Error::Token { token: self.token.clone(), doing, source }
    }

    fn wrong_pin(&self) -> Pkcs11Error {
        let pin_file = match &self.pin {
            PinSource::File(path) => path.clone(),
            PinSource::Made(made) => made.pin.sealed.clone(),
        };
        Pkcs11Error::WrongPin { token: self.token.clone(), pin_file }
    }

    /// Whether the device is there, if one must be.
    pub(crate) fn is_there(&self) -> Result<(), Pkcs11Error> {
        match &self.device {
            Some(device) if !device.exists() => {
                Err(Pkcs11Error::NoDevice { token: self.token.clone(), device: device.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Makes a P-256 key pair on the token that never leaves it, in place of none: one that is there
    /// is an error of the caller's.
    pub(crate) fn generate(&self) -> Result<(), Pkcs11Error> {
        let context = load(self)?;
        let session = log_in(&context, self, &read_pin(self)?, true)?;
        let label = Attribute::Label(self.label.clone().into_bytes());
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::EcParams(P256.to_vec()),
            label.clone(),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            label,
        ];
        let failed = |source| self.failed("make a key pair", source);
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).map_err(failed)?;
        Ok(())
    }

    /// Destroys every object of this label; how many there were.
    pub(crate) fn destroy(&self) -> Result<usize, Pkcs11Error> {
        let context = load(self)?;
        let session = log_in(&context, self, &read_pin(self)?, true)?;
        let failed = |source| self.failed("destroy the key pair", source);
        let template = [Attribute::Label(self.label.clone().into_bytes())];
        let objects = session.find_objects(&template).map_err(failed)?;
        for object in &objects {
            session.destroy_object(*object).map_err(failed)?;
        }
        Ok(objects.len())
    }
}

fn load(source: &Pkcs11Source) -> Result<Pkcs11, Pkcs11Error> {
    source.is_there()?;
    let failed = |error| Pkcs11Error::Module { module: source.module.clone(), source: error };
    let context = Pkcs11::new(&source.module).map_err(failed)?;
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(CryptokiError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(context),
        Err(error) => Err(failed(error)),
    }
}

fn read_pin(source: &Pkcs11Source) -> Result<AuthPin, Pkcs11Error> {
    match &source.pin {
        PinSource::File(path) => first_line(path),
        PinSource::Made(MadeToken { pin, .. }) => {
            let (name, sealed) = (pin.name.clone(), pin.sealed.clone());
            first_line(&pin.given().ok_or(Pkcs11Error::NoPin { name, sealed })?)
        }
    }
}

/// The first line of the PIN's file, which is its owner's alone.
fn first_line(path: &Path) -> Result<AuthPin, Pkcs11Error> {
    let failed = |source| Pkcs11Error::PinFile { path: path.to_owned(), source };
    let text = match own::read(path).map_err(failed)? {
        Ok(text) => text,
        Err(mode) => return Err(Pkcs11Error::PinReadableByOthers { path: path.to_owned(), mode }),
    };
    let text = str::from_utf8(&text)
        .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))?;
    Ok(AuthPin::from(text.lines().next().unwrap_or_default()))
}

fn log_in(
    context: &Pkcs11,
    source: &Pkcs11Source,
    pin: &AuthPin,
    writes: bool,
) -> Result<Session, Pkcs11Error> {
    let token = || source.token.clone();
    let slot = find_token(context, source)?;
    let info = context.get_token_info(slot);
    let info = info.map_err(|error| source.failed("tell its state", error))?;
    if info.user_pin_locked() {
        return Err(Pkcs11Error::PinLocked { token: token() });
    }
    if info.user_pin_count_low() || info.user_pin_final_try() {
        let module = source.module.clone();
        return Err(Pkcs11Error::WrongPinBefore { token: token(), module });
    }
    let opened = if writes { context.open_rw_session(slot) } else { context.open_ro_session(slot) };
    let session = opened.map_err(|error| source.failed("open a session", error))?;
    match session.login(UserType::User, Some(pin)) {
        Ok(()) | Err(CryptokiError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(CryptokiError::Pkcs11(
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange,
            _,
        )) => Err(source.wrong_pin()),
        Err(CryptokiError::Pkcs11(RvError::PinLocked, _)) => {
            Err(Pkcs11Error::PinLocked { token: token() })
        }
        Err(error) => Err(source.failed("log in", error)),
    }
}

fn find_token(context: &Pkcs11, source: &Pkcs11Source) -> Result<Slot, Pkcs11Error> {
    let failed = |error| source.failed("show itself", error);
    let mut labels = Vec::new();
    for slot in context.get_slots_with_token().map_err(failed)? {
        let Ok(info) = context.get_token_info(slot) else { continue };
        if info.token_initialized() {
            labels.push((slot, info.label().to_owned()));
        }
    }
    let mut ours = labels.iter().filter(|(_, label)| *label == source.token);
    match (ours.next(), ours.next()) {
        (Some((slot, _)), None) => Ok(*slot),
        (Some(_), Some(_)) => {
            Err(Pkcs11Error::Ambiguous { what: "a token", label: source.token.clone() })
        }
        (None, _) => {
            let labels: Vec<_> =
                labels.into_iter().map(|(_, label)| format!("`{label}`")).collect();
            let found = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
            Err(Pkcs11Error::NoToken { token: source.token.clone(), found })
        }
    }
}

/// The private key, and the SubjectPublicKeyInfo that its public half makes.
fn find(session: &Session, source: &Pkcs11Source) -> Result<(ObjectHandle, Vec<u8>), Pkcs11Error> {
    let only = |class| {
        let template =
            [Attribute::Class(class), Attribute::Label(source.label.clone().into_bytes())];
        let found = session.find_objects(&template);
        match found.map_err(|error| source.failed("find the key", error))?.as_slice() {
            [] => Err(no_key(source)),
            [object] => Ok(*object),
            _ => Err(Pkcs11Error::Ambiguous { what: "a key", label: source.label.clone() }),
        }
    };
    let (private, public) = (only(ObjectClass::PRIVATE_KEY)?, only(ObjectClass::PUBLIC_KEY)?);
    let attributes = session.get_attributes(public, &[AttributeType::EcPoint]);
    let attributes = attributes.map_err(|error| source.failed("tell the public key", error))?;
    let point = attributes.into_iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => Some(point),
        _ => None,
    });
    let info = point.as_deref().and_then(public_key_info).ok_or_else(|| no_key(source))?;
    Ok((private, info))
}

fn no_key(source: &Pkcs11Source) -> Pkcs11Error {
    Pkcs11Error::NoKey { token: source.token.clone(), label: source.label.clone() }
}

/// `CKA_EC_POINT` is an OCTET STRING around the point (PKCS#11 3.0 section 6.3.3); some modules leave
/// that away.
fn public_key_info(ec_point: &[u8]) -> Option<Vec<u8>> {
    let point = ec_point.strip_prefix(&[0x04, 0x41]).unwrap_or(ec_point);
    let is_uncompressed = point.len() == 65 && point.first() == Some(&0x04);
    is_uncompressed.then(|| [&P256_INFO[..], point].concat())
}

/// namedCurve secp256r1, 1.2.840.10045.3.1.7.
const P256: [u8; 10] = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

/// SubjectPublicKeyInfo of a P-256 key (RFC 5480 section 2) until its uncompressed point.
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
    0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
