// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why an identity could not be made, renewed or destroyed; each says what to do.

use std::{io, path::PathBuf};

use kiosk_control::ControlError;
use x509_cert::der;

use crate::{
    link::{ConfigError, SiteError},
    tls::{Pkcs11Error, TlsError},
};

/// Why `kiosk-enrol` did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The configuration.
    #[error("the configuration cannot be used")]
    Config(#[from] ConfigError),
    /// The site file.
    #[error("the site file cannot be used")]
    Site(#[from] SiteError),
    /// No section of it for this program.
    #[error("the configuration has no section [enrolment] (`kiosk-enrol --help` describes it)")]
    NoSection,
    /// Certificates, key, TLS.
    #[error("the certificates cannot be used")]
    Tls(#[from] TlsError),
    /// The token.
    #[error("the private key's token cannot be used")]
    Token(#[from] Pkcs11Error),
    /// A key outside of a TPM, which nobody allowed.
    #[error(
        "the key would not be on a token: switch the TPM on in the firmware or configure \
         [certificate.pkcs11]; or, where the vendor allows units without a TPM, \
         enrolment.allow_key_without_tpm = true"
    )]
    KeyWithoutTpm,
    /// There is an identity already.
    #[error("this unit has a certificate, {chain}: `renew` it, or `reset` the unit first")]
    Enrolled {
        /// The file.
        chain: PathBuf,
    },
    /// Destroying without saying so twice.
    #[error("reset destroys the unit's key for good; say --yes if that is meant")]
    NotMeant,
    /// The kiosk has something to tell that only this identity can.
    #[error("{count} outcomes are undelivered; let kiosk and kiosk-link run until there are none")]
    Undelivered {
        /// As the kiosk counts.
        count: u64,
    },
    /// Nobody says whether it has.
    #[error(
        "{metrics} does not tell kiosk_outcomes_undelivered, and there is a journal: start the \
         kiosk with [metrics] path set to this file"
    )]
    UnknownOutcomes {
        /// The file.
        metrics: PathBuf,
    },
    /// The kiosk does not say.
    #[error("the kiosk does not say whether outcomes are undelivered")]
    Control(#[from] ControlError),
    /// The kiosk is not to be disturbed.
    #[error("the kiosk cannot be taken out of service now: {said}")]
    Busy {
        /// Its own words.
        said: String,
    },
    /// No place to learn it from.
    #[error("[enrolment] has neither `control`, the kiosk's control socket, nor `metrics`")]
    NobodyToAsk,
    /// The sealing program is not there.
    #[error("{program} cannot be run; it comes with systemd 250 or newer")]
    NoSealer {
        /// Its path.
        program: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// It did not seal.
    #[error("{program} did not seal the {what}: {said}")]
    Unsealed {
        /// Key or PIN.
        what: &'static str,
        /// Its path.
        program: &'static str,
        /// Its own words.
        said: String,
    },
    /// No code.
    #[error("the one-time code could not be read from standard input")]
    Code(#[source] io::Error),
    /// No certification request.
    #[error("no certification request can be made")]
    Request(#[source] der::Error),
    /// The key did not sign it.
    #[error("the private key does not sign")]
    Sign(#[source] rustls::Error),
    /// A key that is not P-256.
    #[error("the private key is not one of EC P-256; `reset` the unit and enrol again")]
    KeyKind,
    /// No new key.
    #[error("no key can be made")]
    NoRandom,
    /// The network.
    #[error("the service did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The service said no.
    #[error("the service refused with HTTP status {status}: {why}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its own words.
        why: String,
    },
    /// The service said something else.
    #[error("the service's answer is not {expected}")]
    Malformed {
        /// What it should be.
        expected: &'static str,
    },
    /// A file.
    #[error("{path} could not be {done}")]
    File {
        /// As in "could not be written".
        done: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The runtime.
    #[error("the runtime cannot be started")]
    Runtime(#[source] io::Error),
}

impl EnrolError {
    /// In the numbers of sysexits.h.
    pub(super) const fn exit_code(&self) -> u8 {
        match self {
            Self::NotMeant => 2,
            Self::Unreachable(_) | Self::Malformed { .. } => 69,
            Self::NoSealer { .. } | Self::Unsealed { .. } => 71,
            Self::Code(_) | Self::File { .. } | Self::Runtime(_) => 74,
            Self::Undelivered { .. }
            | Self::UnknownOutcomes { .. }
            | Self::Control(_)
            | Self::Busy { .. } => 75,
            Self::Refused { .. } => 77,
            Self::Config(_)
            | Self::Site(_)
            | Self::NobodyToAsk
            | Self::NoSection
            | Self::Tls(_)
            | Self::Token(_)
            | Self::KeyWithoutTpm
            | Self::Enrolled { .. }
            | Self::Request(_)
            | Self::Sign(_)
            | Self::KeyKind
            | Self::NoRandom => 78,
        }
    }
}
