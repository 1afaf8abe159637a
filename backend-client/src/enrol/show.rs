// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who this unit is, for people and for machines. The key itself is not touched.

use jiff::Timestamp;

use super::{EnrolError, credentials, due};
use crate::{
    link::Config,
    tls::{Invalid, KeySource},
};

/// What `show` prints.
pub(super) fn show(config: &Config, json: bool, now: Timestamp) -> Result<String, EnrolError> {
    let credentials = credentials(config)?;
    let (identity, validity) = (credentials.identity()?, credentials.validity()?);
    let urn = format!("urn:kiosk:{}:{}", identity.store, identity.unit);
    let (due, until) = (due(validity), validity.not_after);
    let standing = match validity.invalid_at(now) {
        Some(Invalid::ExpiredSince(_)) => "expired",
        Some(Invalid::NotYetFor(_)) => "not valid yet",
        None if now >= due => "due for renewal",
        None => "valid",
    };
    let key_in = match &credentials.key {
        KeySource::File(_) => "file",
        KeySource::Credential(_) => "credential",
        KeySource::Pkcs11(_) => "token",
    };
    if json {
        let shown = serde_json::json!({
            "unit": urn,
            "kiosk_id": identity.kiosk_id.to_string(),
            "not_before": validity.not_before,
            "not_after": until,
            "renew_at": due,
            "standing": standing,
            "key_in": key_in,
            "says_without_tpm": identity.key_without_tpm,
        });
        return Ok(shown.to_string());
    }
    let tpm = if identity.key_without_tpm { "NOT in a TPM" } else { "in a TPM" };
    Ok(format!(
        "unit         {urn}\nkiosk_id     {}\ncertificate  {standing}, until {until}; renew at \
         {due}\nkey          {} ({key_in}); {tpm}, says its certificate",
        identity.kiosk_id, credentials.key
    ))
}
