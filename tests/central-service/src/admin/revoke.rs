// SPDX-License-Identifier: MIT OR Apache-2.0
//! `revoke-certificate`, `import-crl` and `revoke-kiosk`.

use std::path::Path;

use jiff::Timestamp;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;

use super::{AdminError, authorities, read};
use crate::card_id::CardId;
use crate::certificates::{JpkiAuthority, RevocationList};
use crate::directory::Directory;
use crate::store::audit::{self, Entry};
use crate::store::{Store, StoreError, certificate_status, register, units};

/// Revokes a card's certificate; its serial.
pub async fn certificate(
    store: &Store,
    card_id: CardId,
    authority: JpkiAuthority,
    reason: &str,
    now: Timestamp,
) -> Result<String, AdminError> {
    let mut transaction = store.write().await?;
    let card = register::find(&mut transaction, card_id).await?;
    let card = card.ok_or(AdminError::NoCard(card_id))?;
    let serial = match authority {
        JpkiAuthority::UserAuthentication => card.authentication_serial,
        JpkiAuthority::DigitalSignature => {
            card.signature.ok_or(AdminError::NoSignatureCertificate(card_id))?.serial
        }
    };
    certificate_status::revoke(&mut transaction, authority, &serial, reason, now).await?;
    let entry = Entry {
        event: "certificate-revoked",
        card_id: Some(card_id),
        facts: &[("authority", authority.as_str()), ("serial", &serial), ("reason", reason)],
        ..Entry::default()
    };
    audit::append(&mut transaction, now, &entry).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(serial)
}

/// Imports a CA's list, PEM or DER, in place of the one before; how many certificates it revokes.
pub async fn import(
    directory: &Directory,
    store: &Store,
    authority: JpkiAuthority,
    file: &Path,
    now: Timestamp,
) -> Result<usize, AdminError> {
    let bytes = read(file)?;
    let der = CertificateRevocationListDer::from_pem_slice(&bytes);
    let der = der.map_or(bytes, |der| der.as_ref().to_vec());
    let authorities = authorities(directory)?;
    let issuer = match authority {
        JpkiAuthority::UserAuthentication => &authorities.user_authentication,
        JpkiAuthority::DigitalSignature => &authorities.digital_signature,
    };
    let list = RevocationList::verify(&der, issuer)
        .map_err(|source| AdminError::Certificate { what: "the revocation list", source })?;
    let mut transaction = store.write().await?;
    let known = certificate_status::list_made_at(&mut transaction, authority).await?;
    if let Some(known) = known.filter(|known| list.this_update <= *known) {
        return Err(AdminError::OldList { list: list.this_update, known });
    }
    certificate_status::import(&mut transaction, authority, &list, now).await?;
    let (made, count) = (list.this_update.to_string(), list.revoked.len().to_string());
    let entry = Entry {
        event: "revocation-list-imported",
        facts: &[("authority", authority.as_str()), ("made_at", &made), ("revoked", &count)],
        ..Entry::default()
    };
    audit::append(&mut transaction, now, &entry).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(list.revoked.len())
}

/// Revokes the kiosks of this name; their URNs.
pub async fn kiosk(
    store: &Store,
    unit: &str,
    of_store: Option<&str>,
    now: Timestamp,
) -> Result<Vec<String>, AdminError> {
    let mut transaction = store.write().await?;
    let urns = units::revoke(&mut transaction, unit, of_store, now).await?;
    if urns.is_empty() {
        return Err(AdminError::NoUnit(unit.to_owned()));
    }
    for urn in &urns {
        let entry = Entry { event: "kiosk-revoked", unit: Some(urn), ..Entry::default() };
        audit::append(&mut transaction, now, &entry).await?;
    }
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(urns)
}
