// SPDX-License-Identifier: MIT OR Apache-2.0
//! Keys and certificates of the transport: the server's CA and certificate, the kiosk CA, and a
//! certificate for each kiosk (central-api, "Transport"). P-256 throughout.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType,
    date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::{AdminError, write_public, write_secret};
use crate::directory::{Directory, KeyFiles};
use crate::enrolment::WITHOUT_TPM;
use crate::identity;
use crate::store::{Store, units};

/// Begin of validity before now: clocks differ.
const BACKDATED: Duration = Duration::from_secs(60 * 60);

/// A CA of the reference service: ten years.
const CA_LASTS: Duration = Duration::from_secs(3_653 * 24 * 60 * 60);

/// The certificate of a server or a kiosk: 397 days.
const LEAF_LASTS: Duration = Duration::from_secs(397 * 24 * 60 * 60);

/// A kiosk to be.
#[derive(Debug, Clone)]
pub struct NewKiosk {
    /// `O` of its certificate.
    pub operator: String,
    /// The store.
    pub store: String,
    /// `CN` of its certificate.
    pub unit: String,
}

/// Issues a kiosk's certificate: `certificate.pem`, `key.pem` and `roots.pem` in `out`.
pub async fn kiosk(
    directory: &Directory,
    store: &Store,
    kiosk: &NewKiosk,
    out: &Path,
    now: Timestamp,
) -> Result<String, AdminError> {
    let urn = identity::urn(&kiosk.store, &kiosk.unit).ok_or(AdminError::NotAName)?;
    let failed = |source| AdminError::Issue { what: "kiosk's certificate", source };
    let params = kiosk_params(kiosk, &urn, now).map_err(failed)?;
    let key = KeyPair::generate().map_err(failed)?;
    let issuer = issuer(&directory.kiosk_ca())?;
    let certificate = params.signed_by(&key, &issuer).map_err(failed)?;
    write_secret(&out.join("key.pem"), &key.serialize_pem())?;
    write_public(&out.join("certificate.pem"), &certificate.pem())?;
    let server_ca = super::read(&directory.server_ca().certificate)?;
    write_public(&out.join("roots.pem"), &String::from_utf8_lossy(&server_ca))?;
    let mut transaction = store.write().await?;
    units::enter(&mut transaction, &urn, &kiosk.store, &kiosk.unit, now).await?;
    transaction.commit().await.map_err(crate::store::StoreError::from)?;
    Ok(urn)
}

/// The CA of the kiosks, with its key: what an online CA, or an HSM, takes the place of.
pub struct KioskIssuer {
    /// Its own certificate in DER.
    pub certificate: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl KioskIssuer {
    /// Reads it from `DIR`.
    pub fn read(directory: &Directory) -> Result<Self, AdminError> {
        let files = directory.kiosk_ca();
        let issuer = issuer(&files)?;
        let pem = super::read(&files.certificate)?;
        let unreadable = |_| AdminError::Issue {
            what: "certificate under this CA",
            source: rcgen::Error::CouldNotParseCertificate,
        };
        let certificate = CertificateDer::from_pem_slice(&pem).map_err(unreadable)?;
        Ok(Self { certificate: certificate.as_ref().to_vec(), issuer })
    }

    /// A kiosk's certificate in DER, for a key that only its holder has.
    pub fn issue(
        &self,
        kiosk: &NewKiosk,
        key: &impl PublicKeyData,
        is_without_tpm: bool,
        now: Timestamp,
    ) -> Result<Vec<u8>, rcgen::Error> {
        let urn = identity::urn(&kiosk.store, &kiosk.unit).unwrap_or_default();
        let mut params = kiosk_params(kiosk, &urn, now)?;
        if is_without_tpm {
            params.custom_extensions.push(policy_without_tpm());
        }
        Ok(params.signed_by(key, &self.issuer)?.der().to_vec())
    }
}

fn kiosk_params(
    kiosk: &NewKiosk,
    urn: &str,
    now: Timestamp,
) -> Result<CertificateParams, rcgen::Error> {
    let names = vec![SanType::URI(urn.try_into()?)];
    let mut params = leaf(&kiosk.operator, &kiosk.unit, names, now);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

/// certificatePolicies, not critical (RFC 5280 section 4.2.1.4).
fn policy_without_tpm() -> CustomExtension {
    const CERTIFICATE_POLICIES: [u64; 4] = [2, 5, 29, 32];
    let length = WITHOUT_TPM.len() as u8;
    let policies = [&[0x30, length + 2, 0x30, length], &WITHOUT_TPM[..]].concat();
    CustomExtension::from_oid_content(&CERTIFICATE_POLICIES, policies)
}

/// Makes a CA: its certificate and its key.
pub(super) fn authority(files: &KeyFiles, name: &str, now: Timestamp) -> Result<(), AdminError> {
    let failed = |source| AdminError::Issue { what: "CA", source };
    let mut params = dated(now, CA_LASTS);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    write_secret(&files.key, &key.serialize_pem())?;
    write_public(&files.certificate, &certificate.pem())
}

/// Makes the server's certificate for these names.
pub(super) fn server(
    directory: &Directory,
    names: Vec<SanType>,
    now: Timestamp,
) -> Result<(), AdminError> {
    let failed = |source| AdminError::Issue { what: "server's certificate", source };
    let mut params = leaf("Reference central service", "central-service", names, now);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.signed_by(&key, &issuer(&directory.server_ca())?).map_err(failed)?;
    let files = directory.server();
    write_secret(&files.key, &key.serialize_pem())?;
    write_public(&files.certificate, &certificate.pem())
}

fn issuer(files: &KeyFiles) -> Result<Issuer<'static, KeyPair>, AdminError> {
    let failed = |source| AdminError::Issue { what: "certificate under this CA", source };
    let key = super::read(&files.key)?;
    let key = KeyPair::from_pem(&String::from_utf8_lossy(&key)).map_err(failed)?;
    let certificate = super::read(&files.certificate)?;
    Issuer::from_ca_cert_pem(&String::from_utf8_lossy(&certificate), key).map_err(failed)
}

fn leaf(organisation: &str, name: &str, names: Vec<SanType>, now: Timestamp) -> CertificateParams {
    let mut params = dated(now, LEAF_LASTS);
    params.distinguished_name.push(DnType::OrganizationName, organisation);
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = names;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params
}

fn dated(now: Timestamp, lasts: Duration) -> CertificateParams {
    let since_1970 = Duration::from_secs(u64::try_from(now.as_second()).unwrap_or_default());
    let now = date_time_ymd(1970, 1, 1) + since_1970;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    (params.not_before, params.not_after) = (now - BACKDATED, now + lasts);
    params
}
