// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who gets a certificate: `simpleenroll` for whoever holds a unit's one-time code, `simplereenroll`
//! for a unit that shows its certificate (RFC 7030 sections 4.2.1 and 4.2.2). Where a key lies is
//! the unit's own word: the service demands no attestation of a TPM.

use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::Service;
use crate::admin::issue::NewKiosk;
use crate::clock::Clock;
use crate::enrolment::code::Code;
use crate::enrolment::request::SigningRequest;
use crate::enrolment::{Refusal, WITHOUT_TPM};
use crate::identity::Kiosk;
use crate::store::audit::{self, Entry};
use crate::store::invitations::{self, Invitation};
use crate::store::{Connection, StoreError, units};

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The service says no.
    #[error("enrolment was refused")]
    Refused(#[from] Refusal),
    /// The database.
    #[error("enrolment met a fault of the database")]
    Store(#[from] StoreError),
    /// The CA of the kiosks.
    #[error("the kiosk CA did not issue")]
    Issue(#[from] rcgen::Error),
}

/// Who claims to be invited.
pub struct Claim<'a> {
    /// `urn:kiosk:<store>:<unit>`.
    pub urn: String,
    /// The store.
    pub store: &'a str,
    /// The unit.
    pub unit: &'a str,
    /// What was typed as its code.
    pub code: &'a str,
}

/// The first certificate of a unit. An answer that was lost is given again for the same key.
pub async fn enrol(
    service: &Service,
    claim: &Claim<'_>,
    body: &[u8],
) -> Result<Vec<u8>, EnrolmentError> {
    let now = service.clock.now();
    let mut transaction = service.store.write().await?;
    let found = invitations::find(&mut transaction, &claim.urn).await?;
    let open = found.filter(|found| now < found.expires_at && found.tries_left > 0);
    let invitation = open.ok_or(Refusal::NotInvited)?;
    let is_right = Code::typed(claim.code).is_some_and(|code| code.hash() == invitation.code_hash);
    if !is_right {
        wrong_code(&mut transaction, &claim.urn, &invitation, now).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        return Err(Refusal::NotInvited.into());
    }
    if units::is_revoked(&mut transaction, &claim.urn).await? {
        return Err(Refusal::Forbidden("the unit is revoked").into());
    }
    let request = SigningRequest::parse(body)?;
    if let Some((key_hash, certificate)) = invitation.issued {
        let is_repeated = key_hash == request.key_hash;
        return if is_repeated { Ok(certificate) } else { Err(Refusal::NotInvited.into()) };
    }
    if !request.names(&claim.urn) || request.common_names != [claim.unit] {
        return Err(Refusal::Malformed(OTHER_NAMES).into());
    }
    if request.is_without_tpm && !invitation.allows_without_tpm {
        return Err(Refusal::Forbidden(WITHOUT_TPM_NOT_ALLOWED).into());
    }
    let kiosk = NewKiosk {
        operator: invitation.operator,
        store: claim.store.to_owned(),
        unit: claim.unit.to_owned(),
    };
    let certificate = issue(service, &kiosk, &request)?;
    let connection = &mut *transaction;
    invitations::used(connection, &claim.urn, &request.key_hash, &certificate).await?;
    audited(connection, "kiosk-enrolled", &claim.urn, &request, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(certificate)
}

/// The next certificate of a unit: subject, alternative name and policy stay, the key may be new.
pub async fn renew(
    service: &Service,
    kiosk: &Kiosk,
    certificate: &[u8],
    body: &[u8],
) -> Result<Vec<u8>, EnrolmentError> {
    let now = service.clock.now();
    let mut transaction = service.store.write().await?;
    units::seen(&mut transaction, kiosk, now).await?;
    if units::is_revoked(&mut transaction, &kiosk.urn).await? {
        return Err(Refusal::Forbidden("the unit is revoked").into());
    }
    let request = SigningRequest::parse(body)?;
    let shown = X509Certificate::from_der(certificate).map(|(_, shown)| shown);
    let shown = shown.map_err(|_| Refusal::Malformed("the client certificate is not DER"))?;
    if request.subject != shown.subject().as_raw() || !request.names(&kiosk.urn) {
        return Err(Refusal::Malformed(OTHER_NAMES).into());
    }
    let was_without_tpm = certificate.windows(WITHOUT_TPM.len()).any(|bytes| bytes == WITHOUT_TPM);
    if request.is_without_tpm != was_without_tpm {
        return Err(Refusal::Forbidden(OTHER_POLICY).into());
    }
    let organisation = shown.subject().iter_organization().next();
    let organisation = organisation.and_then(|name| name.as_str().ok()).unwrap_or_default();
    let renewed = NewKiosk {
        operator: organisation.to_owned(),
        store: kiosk.store.clone(),
        unit: kiosk.unit.clone(),
    };
    let certificate = issue(service, &renewed, &request)?;
    audited(&mut transaction, "certificate-renewed", &kiosk.urn, &request, now).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(certificate)
}

/// Certificates of the transport are on the system's clock, as TLS is.
fn issue(
    service: &Service,
    kiosk: &NewKiosk,
    request: &SigningRequest,
) -> Result<Vec<u8>, rcgen::Error> {
    let now = Clock::default().now();
    service.kiosk_issuer.issue(kiosk, &request.key, request.is_without_tpm, now)
}

async fn wrong_code(
    connection: &mut Connection,
    urn: &str,
    invitation: &Invitation,
    now: jiff::Timestamp,
) -> Result<(), StoreError> {
    invitations::take_try(connection, urn).await?;
    let tries_left = (invitation.tries_left - 1).to_string();
    let facts = [("tries_left", tries_left.as_str())];
    let entry =
        Entry { event: "enrolment-refused", unit: Some(urn), facts: &facts, ..Entry::default() };
    audit::append(connection, now, &entry).await?;
    Ok(())
}

async fn audited(
    connection: &mut Connection,
    event: &str,
    urn: &str,
    request: &SigningRequest,
    now: jiff::Timestamp,
) -> Result<(), StoreError> {
    let key_hash: String = request.key_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let key_in = if request.is_without_tpm { "file" } else { "tpm" };
    let facts = [("key", key_hash.as_str()), ("key_in", key_in)];
    let entry = Entry { event, unit: Some(urn), facts: &facts, ..Entry::default() };
    audit::append(connection, now, &entry).await?;
    Ok(())
}

const OTHER_NAMES: &str = "the request must ask for the unit's own names: its common name (when \
    renewing, the whole subject of its certificate) and the one alternative name \
    urn:kiosk:<store>:<unit>";

const WITHOUT_TPM_NOT_ALLOWED: &str = "this unit must keep its key in a TPM; the operator allows \
    another place with central-service invite --allow-key-without-tpm";

const OTHER_POLICY: &str = "a renewed certificate says of its key what the last one said; a key \
    that moved into a TPM, or out of it, needs a new invitation";
