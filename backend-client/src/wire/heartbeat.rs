// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the unit is: `POST /v1/heartbeat`. About the machine, never about a person.

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

/// Body of `POST /v1/heartbeat`; the answer is 204, without a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Whether the unit serves residents.
    pub state: KioskState,
    /// Staff codes of what is wrong now (`C-104`), worst first; at most 64.
    pub faults: Vec<String>,
    /// The kiosk's own version.
    pub software: Version,
    /// The system image, as its builder named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// End of the client certificate's validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_expires_at: Option<Timestamp>,
    /// The reader's name with PC/SC; none where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    /// The kiosk's clock minus the service's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_milliseconds: Option<i64>,
    /// How far an update of the unit is: its phase, then its version where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<String>,
}

/// Whether a unit serves residents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KioskState {
    /// It does.
    InService,
    /// Outside hours, or maintenance.
    Closed,
    /// It cannot; the cause may go away by itself.
    OutOfService,
    /// It cannot until staff has been there.
    OperatorIntervention,
}
