// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the operator may change without a new image: `GET /v1/policy`.
//!
//! A member that is missing leaves the image's own default in force; one that this version cannot
//! read is named, and leaves what held before it. Times of day are Japan's (UTC+9, no summer time); points in time are
//! UTC. Limits are requests: the kiosk keeps its own bounds.

use std::{collections::BTreeMap, fmt, time::Duration};

use jiff::{Timestamp, civil::Date};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{PolicyDocument, PolicySignature, Profile, Target, TimeOfDay, help_line::HelpLine};

/// One text a language, by BCP 47 tag (`ja-easy` among them).
pub type Texts = BTreeMap<String, String>;

/// Answer to `GET /v1/policy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Daily hours of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// Whole days, Japan's, on which it is closed.
    pub closed_days: Vec<Date>,
    /// Spans for which the operator closed it.
    pub closures: Vec<Period>,
    /// Announced maintenance, recurring windows written out.
    pub maintenance_windows: Vec<MaintenanceWindow>,
    /// What this unit offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<Service>>,
    /// For the first screen.
    pub notices: Vec<Notice>,
    /// Numbers to call.
    pub help_lines: Vec<HelpLine>,
    /// The oldest kiosk software that the service still answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_software: Option<Version>,
    /// How long a resident may think.
    pub time_limits: TimeLimits,
}

impl Policy {
    /// The policy of these bytes, each member by itself: those that cannot be read are left out
    /// and named with the reason, so that a notice of a later kind does not hide the hours.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`], when the bytes are no JSON object.
    pub fn read(json: &[u8]) -> serde_json::Result<(Self, Vec<(String, serde_json::Error)>)> {
        let mut readable = Map::new();
        let mut unread = Vec::new();
        for (name, value) in serde_json::from_slice::<Map<String, Value>>(json)? {
            let alone = Map::from_iter([(name.clone(), value)]);
            match serde_json::from_value::<Self>(alone.clone().into()) {
                Ok(_) => readable.extend(alone),
                Err(error) => unread.push((name, error)),
            }
        }
        Ok((serde_json::from_value(readable.into())?, unread))
    }
}

/// From when until when, on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// First minute of service.
    pub opens: TimeOfDay,
    /// First minute without.
    pub closes: TimeOfDay,
}

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// Announced maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceWindow {
    /// When.
    #[serde(flatten)]
    pub period: Period,
    /// Of what.
    pub affects: Affected,
}

/// What a maintenance window closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affected {
    /// This service: sessions, proofs and tickets are refused.
    Kiosk,
    /// The app in which reservations are made; residents are told, nothing is refused.
    ReservationApp,
}

/// One thing that a unit offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Service {
    /// The PIN that can be reset.
    pub target: Target,
    /// With cards of this profile.
    pub profile: Profile,
}

/// Something to tell whoever stands before the first screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Names it in logs.
    pub id: String,
    /// How it looks.
    pub kind: NoticeKind,
    /// Not shown before; at once where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Not shown from then on; until it is gone where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What it says.
    pub texts: Texts,
}

/// How a notice looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Good to know.
    Information,
    /// Know it before you start.
    Warning,
}

/// How long a resident may think, in whole seconds; what is missing is left to the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimeLimits {
    /// Without a touch, until the warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<u32>,
    /// From the warning to the end of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning_seconds: Option<u32>,
    /// How often one touch goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<u32>,
    /// For putting back a card that was lifted while a PIN was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_back_seconds: Option<u32>,
    /// For putting back a card that was lifted while it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settling_seconds: Option<u32>,
    /// An ending stays so long after the card is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_seconds: Option<u32>,
    /// The ending *not certain* stays so long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_certain_seconds: Option<u32>,
}

/// The service's mark of one version of the policy, sent back as `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ETag(pub String);

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The policy, and what the answer said beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAnswer {
    /// The policy, if it is another than the one already known.
    pub policy: ServedPolicy,
    /// The service's clock by its `Date` header, to the second: what the kiosk's is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_at: Option<Timestamp>,
    /// How long the question was under way: how far `served_at` can be off.
    #[serde(rename = "took_milliseconds", with = "milliseconds")]
    pub took: Duration,
}

/// 200 or 304.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServedPolicy {
    /// What the caller knows still holds.
    Unchanged,
    /// Another one holds now.
    Changed {
        /// The whole of it.
        document: PolicyDocument,
        /// Under which it may be kept; missing where nobody has signed it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<PolicySignature>,
    },
}

mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(duration.as_millis().try_into().unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_service_does_not_say_is_left_to_the_image() {
        let silent = serde_json::from_str::<Policy>("{}").unwrap();
        assert_eq!(silent, Policy::default());
        assert_eq!((silent.hours, silent.services), (None, None));
    }

    #[test]
    fn a_member_that_cannot_be_read_is_named_and_does_not_hide_the_others() {
        let json = r#"{"hours":{"opens":"06:30","closes":"23:00"},"services":["signature"],
            "notices":[{"id":"a","kind":"alarm","texts":{}}],"time_limits":{"idle_seconds":90}}"#;
        let (policy, unread) = Policy::read(json.as_bytes()).unwrap();
        assert!(policy.hours.is_some() && policy.services.is_none() && policy.notices.is_empty());
        assert_eq!(policy.time_limits.idle_seconds, Some(90));
        let names = unread.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        assert_eq!(names, ["notices", "services"]);
        assert!(unread[0].1.to_string().contains("unknown variant `alarm`"), "{:?}", unread[0]);
        assert!(Policy::read(b"[]").is_err());
    }

    #[test]
    fn members_from_a_later_version_are_ignored() {
        let json = r#"{"hours":{"opens":"06:30","closes":"24:00","note":"x"},"weather":"fine"}"#;
        let hours = serde_json::from_str::<Policy>(json).unwrap().hours.unwrap();
        assert_eq!((hours.opens.minutes(), hours.closes.minutes()), (390, 1_440));
    }
}
