// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may be shown of a card: counters, certificates, receipt. No PIN, no private key.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::Serialize;
use x509_cert::{Certificate, der::Decode as _, time::Time};

use crate::{
    file::{Application, EfId, File},
    hex,
    reference::PinKind,
    state::{CardState, Kind},
};

/// A card's public face.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// What was personalised.
    pub kind: Kind,
    /// Of a card of profile `ref-eac-1`.
    pub card_id: Option<String>,
    /// Tries left.
    pub retries_left: BTreeMap<PinKind, u8>,
    /// By EF identifier.
    pub certificates: BTreeMap<EfId, CertificateSummary>,
    /// Ticket keys on the card.
    pub ticket_keys: usize,
    /// The highest ticket counter accepted so far.
    pub ticket_counter: u32,
    /// The last ticket accepted.
    pub receipt: Option<ReceiptSummary>,
}

/// One certificate.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateSummary {
    /// In hexadecimal digits.
    pub serial: String,
    /// RFC 4514.
    pub subject: String,
    /// The first second.
    pub not_before: Timestamp,
    /// The last second.
    pub not_after: Timestamp,
}

/// What the receipt says, power cycle aside.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiptSummary {
    /// A UUID's 32 digits.
    pub ticket_id: String,
    /// `18` or `1b`.
    pub pin_ref: String,
    /// Whether the PIN was set with it.
    pub is_used: bool,
}

impl Summary {
    /// The summary of a card in `state`.
    pub fn of(state: &CardState) -> Self {
        let memory = &state.memory;
        let files = state.applications.get(&Application::Jpki).into_iter().flatten();
        let references = memory.references.iter();
        Self {
            kind: state.kind,
            card_id: state.profile.as_ref().map(|profile| hex::encode(&profile.card_id)),
            retries_left: references
                .map(|(&pin, pin_state)| (pin, pin_state.retries_left()))
                .collect(),
            certificates: files
                .filter_map(|(&id, file)| match file {
                    File::Transparent { content, .. } => {
                        Some((id, CertificateSummary::of(content)?))
                    }
                    _ => None,
                })
                .collect(),
            ticket_keys: state.profile.as_ref().map_or(0, |profile| profile.ticket_keys.len()),
            ticket_counter: memory.ticket_counter,
            receipt: memory.accepted.as_ref().map(|accepted| ReceiptSummary {
                ticket_id: hex::encode(&accepted.ticket_id),
                pin_ref: hex::encode(&[accepted.pin_ref]),
                is_used: accepted.is_used,
            }),
        }
    }
}

impl CertificateSummary {
    /// `None` where `der` is no certificate.
    pub(crate) fn of(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let certificate = certificate.tbs_certificate();
        let validity = certificate.validity();
        Some(Self {
            serial: hex::encode(certificate.serial_number().as_bytes()),
            subject: certificate.subject().to_string(),
            not_before: timestamp(validity.not_before)?,
            not_after: timestamp(validity.not_after)?,
        })
    }
}

fn timestamp(time: Time) -> Option<Timestamp> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
    Timestamp::from_second(seconds).ok()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "kind            {}", self.kind)?;
        writeln!(f, "card_id         {}", self.card_id.as_deref().unwrap_or("none"))?;
        for (pin, retries_left) in &self.retries_left {
            writeln!(f, "{retries_left:>2} retries left {pin}")?;
        }
        for (id, certificate) in &self.certificates {
            writeln!(f, "EF {id}         {}", certificate.subject)?;
            writeln!(f, "                serial {}", certificate.serial)?;
            let CertificateSummary { not_before, not_after, .. } = certificate;
            writeln!(f, "                valid {not_before} to {not_after}")?;
        }
        writeln!(f, "ticket keys     {}", self.ticket_keys)?;
        writeln!(f, "ticket counter  {}", self.ticket_counter)?;
        match &self.receipt {
            Some(receipt) if receipt.is_used => {
                writeln!(
                    f,
                    "receipt         PIN {} reset, ticket {}",
                    receipt.pin_ref, receipt.ticket_id
                )
            }
            Some(receipt) => {
                writeln!(
                    f,
                    "receipt         PIN {} not reset, ticket {}",
                    receipt.pin_ref, receipt.ticket_id
                )
            }
            None => writeln!(f, "receipt         no ticket accepted"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IndividualNumber => "individual-number",
            Self::NoMarker => "no-marker",
            Self::Juki => "juki",
            Self::Phone => "phone",
            Self::Unknown => "unknown",
        })
    }
}

impl fmt::Display for PinKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserAuthentication => "user-authentication PIN (0018)",
            Self::DigitalSignature => "signature PIN (001B)",
            Self::InputSupport => "input-support PIN",
            Self::ReferenceNumberA => "reference number A",
            Self::ReferenceNumberB => "reference number B",
        })
    }
}
