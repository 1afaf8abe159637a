// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the kiosk is: for staff, for a fleet's server, for a support bundle. Nothing of a person.

use serde::{Deserialize, Serialize};

use crate::Update;

/// One look at the kiosk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its version.
    pub software: String,
    /// The image that it runs from; none where it was not booted by an update's bootloader.
    pub image: Option<Image>,
    /// How many seconds ago it started.
    pub since: u64,
    /// What it is doing.
    pub state: State,
    /// Whether a card lies on a reader.
    pub card_present: bool,
    /// Name of the reader in PC/SC.
    pub reader: Option<String>,
    /// What is wrong now; the worst, where it is more than one thing.
    pub fault: Option<Fault>,
    /// The faults before, the last one first.
    pub last_faults: Vec<LastFault>,
    /// Outcomes that the service has not acknowledged yet.
    pub undelivered: u64,
    /// The link to the service.
    pub link: Link,
    /// The clock.
    pub clock: Clock,
    /// How far an update is, as its client told last.
    pub update: Option<Update>,
    /// Whether the screen has drawn a frame.
    pub frame_drawn: bool,
}

/// What it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It does not know its reader yet.
    Starting,
    /// It invites residents.
    Attract,
    /// It is closed, or what it does is not on offer here.
    Closed,
    /// Something keeps it from its work: see [`Status::fault`].
    OutOfService,
    /// A resident is here, or their card still is.
    InSession,
    /// Staff have its screen.
    Staff,
    /// It is leased, and says that it is being updated.
    Leased,
}

impl State {
    /// As on the socket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Attract => "attract",
            Self::Closed => "closed",
            Self::OutOfService => "out-of-service",
            Self::InSession => "in-session",
            Self::Staff => "staff",
            Self::Leased => "leased",
        }
    }
}

/// The image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its version, where it says one (`IMAGE_VERSION` of os-release).
    pub version: Option<String>,
    /// The slot that was booted (`rauc.slot` of the kernel's command line).
    pub slot: String,
}

/// What is wrong with the kiosk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its code in docs/operating.md.
    pub code: String,
    /// For how many seconds it has lasted.
    pub since: u64,
}

/// A fault that was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFault {
    /// Its code in docs/operating.md.
    pub code: String,
    /// When it began, by the unit's own clock: RFC 3339, in UTC.
    pub at: String,
}

/// The link to the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Whether the service answered the last call.
    pub reachable: bool,
    /// Which kiosk the certificate says this is, once `kiosk-link` has told.
    pub kiosk_id: Option<String>,
    /// The unit's name.
    pub unit: Option<String>,
    /// Whole days until the certificate ends; below nought once it has.
    pub certificate_days_left: Option<i64>,
    /// Whether the certificate says that its key is not in a TPM.
    pub key_without_tpm: Option<bool>,
}

/// The clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Whether the kernel takes it for synchronised.
    pub set: bool,
    /// How far it was ahead of the service's, when the service told its own last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_ms: Option<i64>,
}
