// SPDX-License-Identifier: MIT OR Apache-2.0
//! One CA: its key, its self-signed certificate, and the certificates it issues (RFC 5280).

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    str::FromStr as _,
    time::Duration,
};

use p256::ecdsa;
use rand::CryptoRng;
use rsa::{pkcs1v15, sha2::Sha256};
use x509_cert::{
    Certificate, SubjectPublicKeyInfo, TbsCertificate,
    builder::{self, Builder as _, CertificateBuilder, profile::BuilderProfile},
    der::{DateTime, DecodePem as _, Encode as _, EncodePem as _, pem::LineEnding},
    ext::{
        Extension, ToExtension as _,
        pkix::{
            AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier,
        },
    },
    name::Name,
    serial_number::SerialNumber,
    spki::SubjectPublicKeyInfoRef,
    time::{Time, Validity as X509Validity},
};

use super::{AuthorityError, Validity};

pub(crate) struct Authority {
    key: AuthorityKey,
    certificate: Certificate,
}

pub(super) enum AuthorityKey {
    P256(Box<ecdsa::SigningKey>),
    Rsa(Box<rsa::PrivateKey>),
}

/// What a certificate says beside its validity and its issuer.
pub(crate) struct Subject {
    pub(crate) name: Name,
    pub(crate) public_key: SubjectPublicKeyInfo,
    pub(crate) extensions: Vec<Extension>,
}

/// An RSA-2048 key, as all JPKI keys are.
pub(crate) fn rsa_key(random: &mut impl CryptoRng) -> Result<rsa::PrivateKey, AuthorityError> {
    rsa::PrivateKey::new(random, 2048).map_err(|_| AuthorityError::Key)
}

pub(crate) fn p256_key(random: &mut impl CryptoRng) -> p256::SecretKey {
    use p256::elliptic_curve::Generate as _;
    p256::SecretKey::generate_from_rng(random)
}

impl Authority {
    pub(super) fn generate(
        unit: &str,
        key: AuthorityKey,
        validity: Validity,
    ) -> Result<Self, AuthorityError> {
        let name = format!("CN={unit},OU=Virtual card,O=Simulated,C=JP");
        let name = Name::from_str(&name).map_err(builder_error)?;
        let public_key = key.public_key()?;
        let extensions = extensions(&name)?;
        let subject = Subject { name: name.clone(), public_key, extensions };
        let certificate = build(&key, name, subject, validity)?;
        Ok(Self { key, certificate })
    }

    /// A DER certificate for `subject`, signed by this CA.
    pub(crate) fn issue(
        &self,
        subject: Subject,
        validity: Validity,
    ) -> Result<Vec<u8>, AuthorityError> {
        let issuer = self.certificate.tbs_certificate().subject().clone();
        build(&self.key, issuer, subject, validity)?.to_der().map_err(builder_error)
    }

    #[expect(clippy::expect_used, reason = "a certificate that was parsed or built encodes")]
    pub(super) fn certificate_der(&self) -> Vec<u8> {
        self.certificate.to_der().expect("a built certificate encodes")
    }

    pub(super) fn save(&self, folder: &Path, name: &str) -> Result<(), AuthorityError> {
        let certificate = self.certificate.to_pem(LineEnding::LF).map_err(builder_error)?;
        let key = self.key.to_pem()?;
        write(&folder.join(format!("{name}.pem")), &certificate, 0o644)?;
        write(&folder.join(format!("{name}.key.pem")), &key, 0o600)
    }

    pub(super) fn load(folder: &Path, name: &str) -> Result<Self, AuthorityError> {
        let read = |suffix: &str| {
            let path = folder.join(format!("{name}{suffix}")).display().to_string();
            match fs::read_to_string(&path) {
                Ok(text) => Ok((path, text)),
                Err(source) => Err(AuthorityError::Read { path, source }),
            }
        };
        let (path, text) = read(".pem")?;
        let certificate =
            Certificate::from_pem(&text).map_err(|_| AuthorityError::Parse { path })?;
        let (path, text) = read(".key.pem")?;
        let key = AuthorityKey::from_pem(&text).ok_or(AuthorityError::Parse { path })?;
        Ok(Self { key, certificate })
    }
}

/// Refuses where a file of a CA of that name is in `folder`.
pub(super) fn vacant(folder: &Path, name: &str) -> Result<(), AuthorityError> {
    let paths = [".pem", ".key.pem"].map(|suffix| folder.join(format!("{name}{suffix}")));
    match paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => Err(AuthorityError::InPlace { path: path.display().to_string() }),
        None => Ok(()),
    }
}

impl AuthorityKey {
    fn public_key(&self) -> Result<SubjectPublicKeyInfo, AuthorityError> {
        match self {
            Self::P256(key) => SubjectPublicKeyInfo::from_key(key.verifying_key()),
            Self::Rsa(key) => SubjectPublicKeyInfo::from_key(key.as_public_key()),
        }
        .map_err(builder_error)
    }

    fn to_pem(&self) -> Result<impl std::ops::Deref<Target = String> + use<>, AuthorityError> {
        use rsa::pkcs8::EncodePrivateKey as _;
        match self {
            Self::P256(key) => key.to_pkcs8_pem(LineEnding::LF),
            Self::Rsa(key) => key.to_pkcs8_pem(LineEnding::LF),
        }
        .map_err(builder_error)
    }

    fn from_pem(text: &str) -> Option<Self> {
        use rsa::pkcs8::DecodePrivateKey as _;
        let p256 = ecdsa::SigningKey::from_pkcs8_pem(text).map(|key| Self::P256(Box::new(key)));
        let rsa = || rsa::PrivateKey::from_pkcs8_pem(text).map(|key| Self::Rsa(Box::new(key)));
        p256.or_else(|_| rsa()).ok()
    }
}

impl From<p256::SecretKey> for AuthorityKey {
    fn from(key: p256::SecretKey) -> Self {
        Self::P256(Box::new(key.into()))
    }
}

impl From<rsa::PrivateKey> for AuthorityKey {
    fn from(key: rsa::PrivateKey) -> Self {
        Self::Rsa(Box::new(key))
    }
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), AuthorityError> {
    let options = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path);
    options
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| AuthorityError::Write { path: path.display().to_string(), source })
}

/// The extensions of a CA's own certificate.
fn extensions(name: &Name) -> Result<Vec<Extension>, AuthorityError> {
    let constraints = BasicConstraints { ca: true, path_len_constraint: Some(0) };
    let usage = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
    [(&constraints).to_extension(name, &[]), (&usage).to_extension(name, &[])]
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(builder_error)
}

fn build(
    key: &AuthorityKey,
    issuer: Name,
    subject: Subject,
    validity: Validity,
) -> Result<Certificate, AuthorityError> {
    let public_key = subject.public_key.clone();
    let validity = X509Validity::new(time(validity.not_before)?, time(validity.not_after)?);
    let profile = Profile { issuer, subject };
    let builder = CertificateBuilder::new(profile, serial_number()?, validity, public_key)
        .map_err(builder_error)?;
    match key {
        AuthorityKey::P256(key) => builder.build::<_, ecdsa::DerSignature>(&**key),
        AuthorityKey::Rsa(key) => {
            builder.build(&pkcs1v15::SigningKey::<Sha256>::new(rsa::PrivateKey::clone(key)))
        }
    }
    .map_err(builder_error)
}

/// 16 random bytes of which the first is 01 to 7F: their hexadecimal form is the number's, without
/// the leading zeros that DER adds or takes.
fn serial_number() -> Result<SerialNumber, AuthorityError> {
    let mut bytes: [u8; 16] = rand::random();
    bytes[0] = bytes[0] & 0x7F | 0x01;
    SerialNumber::new(&bytes).map_err(builder_error)
}

fn time(timestamp: jiff::Timestamp) -> Result<Time, AuthorityError> {
    let seconds = u64::try_from(timestamp.as_second()).map_err(builder_error)?;
    let time = DateTime::from_unix_duration(Duration::from_secs(seconds)).map_err(builder_error)?;
    Ok(time.into())
}

pub(crate) fn builder_error(
    error: impl std::error::Error + Send + Sync + 'static,
) -> AuthorityError {
    AuthorityError::Build(Box::new(error))
}

struct Profile {
    issuer: Name,
    subject: Subject,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.name.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        _certificate: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let name = &self.subject.name;
        let identifier = SubjectKeyIdentifier::try_from(key)?;
        let issuer_identifier = AuthorityKeyIdentifier::try_from(issuer_key)?;
        let mut extensions = vec![
            (&issuer_identifier).to_extension(name, &[])?,
            (&identifier).to_extension(name, &[])?,
        ];
        extensions.extend(self.subject.extensions.iter().cloned());
        Ok(extensions)
    }
}
