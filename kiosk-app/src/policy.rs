// SPDX-License-Identifier: MIT OR Apache-2.0
//! The policy that holds: the image's own until the service has given one, and the last that it
//! gave from then on, across restarts, without the service. What cannot be read of a new one, or
//! goes beyond this kiosk's bounds, leaves what held before it and is a fault for the operator.
//!
//! What the last process left on the disk holds once `kiosk-link` has vouched for it: the image's
//! until then, under which nobody can begin a session without `kiosk-link` either.

mod bounds;
mod cache;
mod fit;
mod image;
mod limits;

use std::{mem, path::PathBuf};

use backend_client::{
    CentralError,
    wire::{
        Call, KeptPolicy, KnownPolicy, Policy, PolicyDocument, PolicySignature, Profile,
        ServedPolicy, Service, Target, Vouch,
    },
};
use jiff::Timestamp;
use kiosk_session::{Limits, event::ServiceHours};
use tracing::{debug, info, warn};

use crate::{
    central_worker::software,
    endings::{StaffRow, staff_code},
    hours::{Daily, OpeningHours},
    screen::Information,
    telemetry::Chain,
};
use cache::{Cache, CacheError, Found};
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
    /// The last one, if it was taken whole.
    known: Option<KnownPolicy>,
    /// What is on the disk: the last one, after the last that was taken whole if it was not.
    kept: Vec<KeptPolicy>,
    /// What the last process left there, as long as nobody has vouched for it.
    awaited: Vec<KeptPolicy>,
    /// Something of the last policy was not taken.
    is_unreadable: bool,
    /// The cache was no policy of this unit's at the start.
    is_cache_unreadable: bool,
}

impl PolicyInForce {
    /// The image's policy; what was kept has to be vouched for.
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
            known: None,
            kept: Vec::new(),
            awaited: Vec::new(),
            is_unreadable: false,
            is_cache_unreadable: false,
        };
        policy.restore();
        policy
    }

    fn restore(&mut self) {
        match self.cache.load() {
            Ok(Found::Nothing) => {}
            Ok(Found::Unsigned) => {
                info!("the last release kept a policy that is not signed: the image's holds");
            }
            Ok(Found::Kept(policies)) => self.awaited = policies,
            Err(error) => self.do_without_cache(&error),
        }
    }

    fn do_without_cache(&mut self, error: &CacheError) {
        self.is_cache_unreadable = true;
        warn!(
            code = StaffRow::POLICY_CACHE_UNREADABLE,
            error = %Chain(error),
            "the image's policy holds"
        );
    }

    /// What `kiosk-link` has to vouch for before it holds.
    pub(crate) fn awaited(&self) -> &[KeptPolicy] {
        &self.awaited
    }

    /// Takes in what `kiosk-link` says of it. Without an answer it is asked again.
    pub(crate) fn hear_vouch(&mut self, answer: &Result<Vouch, CentralError>) {
        let Ok(vouch) = answer else { return };
        let kept = mem::take(&mut self.awaited);
        match vouch {
            // The service was faster.
            _ if kept.is_empty() => {}
            Vouch::Signed => {
                let mut is_whole = false;
                for KeptPolicy { document, .. } in &kept {
                    // It could be read when it was loaded.
                    let taken = self.take_document(document, "the last policy holds");
                    is_whole = taken.unwrap_or_default();
                }
                self.known = kept.last().filter(|_| is_whole).and_then(KeptPolicy::known);
                self.kept = kept;
            }
            Vouch::NotSigned => {
                let error = self.cache.refuse();
                self.do_without_cache(&error);
            }
        }
    }

    /// Takes in what the service served. False: something of it was not taken.
    pub(crate) fn hear(&mut self, served: ServedPolicy) -> bool {
        if let ServedPolicy::Changed { document, signature } = served {
            let is_whole = match self.take_document(&document, "another policy holds") {
                Ok(is_whole) => is_whole,
                Err(error) => {
                    self.hear_failure(&error);
                    return false;
                }
            };
            self.awaited.clear();
            self.is_unreadable = !is_whole;
            self.keep(document, signature, is_whole);
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

    fn take_document(
        &mut self,
        document: &PolicyDocument,
        what: &'static str,
    ) -> Result<bool, CentralError> {
        let (policy, unread) = document.read().map_err(|error| CentralError::Malformed {
            call: Call::Policy,
            expected: "a policy".to_owned(),
            source: Some(error.into()),
        })?;
        info!(etag = document.etag.as_ref().map(|etag| etag.0.as_str()), "{what}");
        let unread = unread.into_iter().map(|(member, _)| member).collect::<Vec<_>>();
        Ok(self.take(policy, &unread))
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

    /// Keeps what was heard, with the last policy that was taken whole where it was not: the next
    /// process hears both in turn. A cache that cannot be written costs nothing until the next start
    /// without a network.
    fn keep(
        &mut self,
        document: PolicyDocument,
        signature: Option<PolicySignature>,
        is_whole: bool,
    ) {
        let kept = signature.map(|signature| KeptPolicy { document, signature });
        // Without its mark it is sent whole each time, so that what is wrong with it stays known.
        self.known = kept.as_ref().filter(|_| is_whole).and_then(KeptPolicy::known);
        let Some(kept) = kept else { return };
        let signed_by = kept.signature.signed_by;
        let is_kept =
            |it: &KeptPolicy| it.document == kept.document && it.signature.signed_by == signed_by;
        if self.kept.last().is_some_and(is_kept) {
            return;
        }
        let mut policies = Vec::new();
        if !is_whole {
            policies.extend(self.kept.first().cloned());
            // What a former key signed is vouched for by nobody.
            policies.retain(|it| it.signature.signed_by == signed_by);
        }
        policies.push(kept);
        match self.cache.keep(&policies) {
            Ok(()) => {
                debug!(count = policies.len(), "the policy is kept");
                self.kept = policies;
            }
            Err(error) => {
                warn!(code = "policy-cache-unwritten", error = %Chain(&error), "the policy is not kept");
            }
        }
    }

    /// The policy that is known whole.
    pub(crate) fn known(&self) -> Option<KnownPolicy> {
        self.known.clone()
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
