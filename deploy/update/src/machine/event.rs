// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happens to an update, and what is to be done about it.

use kiosk_control::Phase as Stage;

use crate::{
    bundle::{Artifact, Bundle},
    memory::Closed,
};

/// How the unit was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Boot {
    /// The slot that runs, by its name for the bootloader.
    pub(crate) slot: String,
    /// The kernel's number of this start.
    pub(crate) boot_id: String,
    /// Whether this slot is one that the firmware would start by itself, not one on trial.
    pub(crate) is_good: bool,
    /// What `confirm` found wrong with the slot that it gave up last.
    pub(crate) why_fallen: Option<String>,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The unit runs; asked at each turn.
    Booted,
    /// The fleet server has this for us, anew or still.
    Offered(Offer),
    /// The fleet server has nothing for us.
    NothingOffered,
    /// The fleet server wants an action stopped.
    Cancelled {
        /// The number of its wish.
        cancel: String,
        /// The number of the action.
        stops: String,
    },
    /// Staff brought a bundle.
    Brought {
        /// The file.
        artifact: Artifact,
        /// Within opening hours too.
        is_forced: bool,
    },
    /// Staff want installed now what waits.
    Wanted,
    /// Nobody waits for what staff brought any longer.
    TakenAway,
    /// The bundle is here, with its hash.
    Fetched,
    /// It is not.
    NotFetched {
        /// Why not.
        said: String,
        /// Whether another try cannot help.
        is_final: bool,
    },
    /// It is here with another hash.
    Spoilt,
    /// RAUC vouches for the bundle.
    Inspected(Bundle),
    /// RAUC does not.
    Unsound(String),
    /// The kiosk keeps its screen free for us.
    Leased,
    /// It does not.
    NotLeased(String),
    /// RAUC wrote the other slot, which is to be started once.
    Installed,
    /// It did not.
    NotInstalled(String),
    /// The fleet server took the end of its last action.
    Reported,
    /// Time has passed.
    Due,
}

/// An action of the fleet server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Its number.
    pub(crate) id: String,
    /// Its one bundle, or why there is none.
    pub(crate) artifact: Result<Artifact, String>,
    /// Whether it may be asked for as forced once its deferral is over.
    pub(crate) is_urgent: bool,
    /// Whether it may be fetched now.
    pub(crate) may_fetch: bool,
    /// Whether it may be installed now.
    pub(crate) may_install: bool,
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Fetch the action's file, or the rest of it.
    Fetch,
    /// Have RAUC look at it.
    Inspect,
    /// Ask the kiosk for a lease.
    Lease {
        /// Within opening hours too.
        is_forced: bool,
    },
    /// Give the lease back.
    Release,
    /// Have RAUC install it.
    Install,
    /// Restart the unit, without giving the lease back.
    Reboot,
    /// Tell the fleet server.
    Report(Report),
    /// Remove what was fetched for actions that are over.
    Forget,
    /// Tell the kiosk.
    Tell {
        /// The stage.
        stage: Stage,
        /// Of which version.
        version: Option<String>,
        /// For staff.
        said: String,
    },
    /// Tell who waits for it that nothing comes of it.
    GiveUp(String),
}

/// What the fleet server is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// An action goes on; nothing is lost if this is.
    Progress {
        /// The action.
        id: String,
        /// Which step.
        told: Told,
        /// For people.
        said: String,
    },
    /// An action is over.
    Closed {
        /// The action.
        id: String,
        /// How.
        success: bool,
        /// For people.
        said: String,
    },
    /// The answer to a wish to stop.
    Cancel {
        /// The wish.
        cancel: String,
        /// Whether the action is stopped.
        is_accepted: bool,
        /// For people.
        said: String,
    },
}

/// The steps that the fleet server is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// The file is on its way.
    Download,
    /// It is here.
    Downloaded,
    /// It is being installed.
    Proceeding,
}

impl Report {
    pub(super) fn closed(closed: Closed) -> Self {
        Self::Closed { id: closed.id, success: closed.success, said: closed.said }
    }
}
