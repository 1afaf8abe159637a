// SPDX-License-Identifier: MIT OR Apache-2.0
//! The policy that holds: the image's own until the service has given one, and the last that it
//! gave from then on, across restarts, without the service. What cannot be read of a new one, or
//! goes beyond this kiosk's bounds, leaves what held before it and is a fault for the operator.

mod bounds;
mod cache;
mod fit;
mod image;
mod limits;

use std::path::PathBuf;

use backend_client::{
    CentralError,
    wire::{ETag, Policy, Profile, ServedPolicy, Service, Target},
};
use jiff::Timestamp;
use kiosk_session::{Limits, event::ServiceHours};
use tracing::{info, warn};

use crate::{
    central_worker::software,
    endings::{StaffRow, staff_code},
    hours::{Daily, OpeningHours},
    screen::Information,
    telemetry::Chain,
};
use cache::{Cache, Found};
pub(crate) use fit::{fit, sentences};
pub(crate) use image::Image;
pub(crate) use limits::UnitLimits;

/// What the unit's configuration says of policies.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// Outside these hours no session begins, whatever a policy says.
    pub(crate) hours: Daily,
    /// A policy may give residents more time than these, never less.
    pub(crate) limits: UnitLimits,
    /// Where the last policy is kept.
    pub(crate) cache: PathBuf,
}

/// What holds now.
pub(crate) struct PolicyInForce {
    unit: Unit,
    image: Image,
    cache: Cache,
    /// What the service gave last, as far as this kiosk takes it.
    heard: Option<Policy>,
    /// That with what it leaves to the image.
    whole: Policy,
    hours: OpeningHours,
    etag: Option<ETag>,
    /// Something of the last policy was not taken.
    is_unreadable: bool,
    /// The cache could not be used at the start.
    is_cache_unreadable: bool,
}

impl PolicyInForce {
    /// The cached policy, or the image's.
    pub(crate) fn open(unit: Unit) -> Self {
        let (image, cache) = (Image::read(), Cache::at(unit.cache.clone()));
        let whole = image.policy.clone();
        let hours = OpeningHours::of(unit.hours, &whole);
        let mut policy = Self {
            unit,
            image,
            cache,
            heard: None,
            whole,
            hours,
            etag: None,
            is_unreadable: false,
            is_cache_unreadable: false,
        };
        policy.restore();
        policy
    }

    fn restore(&mut self) {
        match self.cache.load() {
            Ok(Found::Nothing) => {}
            Ok(Found::Policy { etag, policy, unread }) => {
                info!(etag = etag.as_ref().map(|etag| etag.0.as_str()), "the last policy holds");
                let is_whole = self.take(*policy, &unread);
                self.etag = etag.filter(|_| is_whole);
            }
            Err(error) => {
                self.is_cache_unreadable = true;
                warn!(
                    code = StaffRow::POLICY_CACHE_UNREADABLE,
                    error = %Chain(&error),
                    "the image's policy holds"
                );
            }
        }
    }

    /// Takes in what the service served. False: something of it was not taken.
    pub(crate) fn hear(&mut self, served: ServedPolicy) -> bool {
        if let ServedPolicy::Changed { etag, policy, unread } = served {
            info!(etag = etag.as_ref().map(|etag| etag.0.as_str()), "another policy holds");
            let is_whole = self.take(*policy, &unread);
            // Without its mark it is sent whole each time, so that what is wrong with it stays known.
            self.etag = etag.filter(|_| is_whole);
            self.is_unreadable = !is_whole;
            self.keep();
        } else {
            self.is_unreadable = false;
        }
        self.is_cache_unreadable = false;
        !self.is_unreadable
    }

    /// There was an answer, and it is no policy: nothing changes.
    pub(crate) fn hear_failure(&mut self, error: &CentralError) {
        if matches!(error, CentralError::Malformed { .. }) {
            if !self.is_unreadable {
                warn!(
                    code = StaffRow::POLICY_UNREADABLE,
                    error = %Chain(error),
                    "the policy that held goes on"
                );
            }
            self.is_unreadable = true;
        }
    }

    fn take(&mut self, policy: Policy, unread: &[String]) -> bool {
        let before = self.heard.as_ref().unwrap_or(&self.image.policy);
        let (policy, refused) = bounds::admit(policy, unread, before);
        for (member, why) in &refused {
            warn!(code = StaffRow::POLICY_UNREADABLE, member, why, "what held before it goes on");
        }
        self.whole = self.image.completes(&policy);
        self.hours = OpeningHours::of(self.unit.hours, &self.whole);
        self.heard = Some(policy);
        refused.is_empty()
    }

    /// A cache that cannot be written costs nothing until the next start without a network.
    fn keep(&self) {
        let Some(policy) = &self.heard else { return };
        if let Err(error) = self.cache.keep(self.etag.as_ref(), policy) {
            warn!(code = "policy-cache-unwritten", error = %Chain(&error), "the policy is not kept");
        }
    }

    /// The mark of the policy that is known whole.
    pub(crate) fn etag(&self) -> Option<ETag> {
        self.etag.clone()
    }

    /// Whether residents are taken at this moment.
    pub(crate) fn at(&self, now: Timestamp) -> ServiceHours {
        let wants_newer = |minimum: &semver::Version| *minimum > software();
        if self.whole.minimum_software.as_ref().is_some_and(wants_newer) {
            return ServiceHours::SoftwareTooOld;
        }
        if !self.is_offered() {
            return ServiceHours::NotOffered;
        }
        self.hours.at(now)
    }

    /// Whether what the service gave last says that this software is new enough, and what this
    /// kiosk does on offer. Silence does not say so.
    pub(crate) fn takes_this_software(&self) -> bool {
        let minimum = self.heard.as_ref().and_then(|heard| heard.minimum_software.as_ref());
        minimum.is_some_and(|minimum| *minimum <= software()) && self.is_offered()
    }

    fn is_offered(&self) -> bool {
        self.whole.services.as_ref().is_none_or(|offers| offers.contains(&OURS))
    }

    /// The session's times.
    pub(crate) fn limits(&self) -> Limits {
        self.unit.limits.with(&self.whole.time_limits)
    }

    /// What the screens tell of it at this moment.
    pub(crate) fn information(&self, now: Timestamp) -> Information {
        let recurring =
            if self.heard.is_none() { self.image.windows_ahead(now) } else { Vec::new() };
        Information::of(&self.whole, self.hours.daily(), &recurring, now)
    }

    /// Staff codes of what is wrong with it now.
    pub(crate) fn faults(&self) -> impl Iterator<Item = &'static str> {
        let faults = [
            (self.is_unreadable, StaffRow::POLICY_UNREADABLE),
            (self.is_cache_unreadable, StaffRow::POLICY_CACHE_UNREADABLE),
        ];
        faults.into_iter().filter(|(is_so, _)| *is_so).map(|(_, key)| staff_code(key))
    }
}

/// What this kiosk does: `kiosk_session::TARGET` with the profile of this build.
const OURS: Service = Service { target: Target::Signature, profile: Profile::RefEac1 };

#[cfg(test)]
mod tests;
