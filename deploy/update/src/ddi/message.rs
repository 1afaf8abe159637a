// SPDX-License-Identifier: MIT OR Apache-2.0
//! The messages of hawkBit's Direct Device Integration API, v1, as far as they are used here
//! (<https://eclipse.dev/hawkbit/apis/ddi_api>). What is not known is passed over.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    bundle::{Artifact, Source, is_sha256},
    machine::{Event, Offer, Report, Told},
};

/// `GET /{tenant}/controller/v1/{controllerId}`
#[derive(Debug, Deserialize)]
pub(crate) struct Base {
    pub(crate) config: Option<BaseConfig>,
    #[serde(rename = "_links", default)]
    pub(crate) links: BaseLinks,
}

#[derive(Debug, Deserialize)]
pub(crate) struct BaseConfig {
    pub(crate) polling: Option<Polling>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Polling {
    pub(crate) sleep: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BaseLinks {
    pub(crate) deployment_base: Option<Link>,
    pub(crate) cancel_action: Option<Link>,
    pub(crate) config_data: Option<Link>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) href: String,
}

/// What `cancelAction` leads to.
#[derive(Debug, Deserialize)]
pub(crate) struct Cancel {
    pub(crate) id: Number,
    #[serde(rename = "cancelAction")]
    pub(crate) cancel_action: CancelAction,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CancelAction {
    #[serde(rename = "stopId")]
    pub(crate) stop_id: Number,
}

/// hawkBit writes them as strings, its documentation as numbers too.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Number {
    Text(String),
    Number(u64),
}

/// What `deploymentBase` leads to.
#[derive(Debug, Deserialize)]
pub(crate) struct Deployment {
    pub(crate) id: Number,
    pub(crate) deployment: DeploymentBody,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeploymentBody {
    #[serde(default)]
    pub(crate) download: Handling,
    #[serde(default)]
    pub(crate) update: Handling,
    pub(crate) maintenance_window: Option<String>,
    #[serde(default)]
    pub(crate) chunks: Vec<Chunk>,
}

/// How a step is to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Handling {
    /// Not now.
    Skip,
    /// When the device likes.
    #[default]
    Attempt,
    /// Soon.
    Forced,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Chunk {
    #[serde(default)]
    pub(crate) metadata: Vec<Metadata>,
    #[serde(default)]
    pub(crate) artifacts: Vec<File>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) key: String,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct File {
    pub(crate) filename: String,
    pub(crate) hashes: Hashes,
    pub(crate) size: u64,
    #[serde(rename = "_links", default)]
    pub(crate) links: FileLinks,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Hashes {
    #[serde(default)]
    pub(crate) sha256: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct FileLinks {
    /// `download-http`, without TLS, is not taken.
    pub(crate) download: Option<Link>,
}

/// `POST .../feedback`
#[derive(Debug, Serialize)]
pub(crate) struct Feedback<'a> {
    id: &'a str,
    status: FeedbackStatus<'a>,
}

#[derive(Debug, Serialize)]
struct FeedbackStatus<'a> {
    execution: &'static str,
    result: FeedbackResult,
    details: [&'a str; 1],
}

#[derive(Debug, Serialize)]
struct FeedbackResult {
    finished: &'static str,
}

impl Number {
    /// As it stands in a path; digits and letters alone, so that it stays one.
    pub(crate) fn text(&self) -> Option<String> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (!text.is_empty() && text.len() <= 64 && text.bytes().all(is_plain)).then_some(text)
    }
}

impl Polling {
    /// `HH:MM:SS`, as the server writes it.
    pub(crate) fn sleep(&self) -> Option<Duration> {
        let mut parts = self.sleep.split(':').map(|part| part.parse::<u32>().ok());
        let (Some(Some(hours)), Some(Some(minutes)), Some(Some(seconds)), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let seconds = u64::from(hours) * 3_600 + u64::from(minutes) * 60 + u64::from(seconds);
        Some(Duration::from_secs(seconds))
    }
}

impl Cancel {
    /// What the machine hears; nothing where a number is none.
    pub(crate) fn event(&self) -> Option<Event> {
        let (cancel, stops) = self.id.text().zip(self.cancel_action.stop_id.text())?;
        Some(Event::Cancelled { cancel, stops })
    }
}

impl Deployment {
    /// What the machine hears; nothing where its number is none.
    pub(crate) fn event(self) -> Option<Event> {
        Some(Event::Offered(self.deployment.offer(self.id.text()?)))
    }
}

impl DeploymentBody {
    /// What the machine decides on.
    pub(crate) fn offer(self, id: String) -> Offer {
        let is_window_open = self.maintenance_window.as_deref() == Some("available");
        let is_security = self.chunks.iter().flat_map(|chunk| &chunk.metadata).any(|metadata| {
            metadata.key == "security" && metadata.value.eq_ignore_ascii_case("true")
        });
        let is_window_shut = self.maintenance_window.is_some() && !is_window_open;
        Offer {
            id,
            is_urgent: is_security || is_window_open || self.update == Handling::Forced,
            may_fetch: self.download != Handling::Skip,
            may_install: self.update != Handling::Skip && !is_window_shut,
            artifact: artifact(self.chunks),
        }
    }
}

/// The one bundle of an action.
fn artifact(chunks: Vec<Chunk>) -> Result<Artifact, String> {
    let files = chunks.into_iter().flat_map(|chunk| chunk.artifacts);
    let mut bundles = files.filter(|file| file.filename.ends_with(".raucb"));
    let (Some(file), None) = (bundles.next(), bundles.next()) else {
        return Err("the action must have exactly one file *.raucb".to_owned());
    };
    let sha256 = file.hashes.sha256.to_ascii_lowercase();
    if !is_sha256(&sha256) {
        return Err("the file's SHA-256 is missing or none".to_owned());
    }
    let Some(link) = file.links.download else {
        return Err("the file has no link `download`, by https".to_owned());
    };
    Ok(Artifact { sha256, size: file.size, source: Source::Server(link.href) })
}

impl<'a> Feedback<'a> {
    /// The message that says this, for which action or wish.
    pub(crate) fn of(report: &'a Report) -> Self {
        let (id, execution, finished, said) = match report {
            Report::Progress { id, told, said } => {
                let execution = match told {
                    Told::Download => "download",
                    Told::Downloaded => "downloaded",
                    Told::Proceeding => "proceeding",
                };
                (id, execution, "none", said)
            }
            Report::Closed { id, success: true, said } => (id, "closed", "success", said),
            Report::Closed { id, success: false, said } => (id, "closed", "failure", said),
            // An accepted cancellation is closed, not "canceled": eclipse-hawkbit/hawkbit#952.
            Report::Cancel { cancel, is_accepted: true, said } => {
                (cancel, "closed", "success", said)
            }
            Report::Cancel { cancel, is_accepted: false, said } => {
                (cancel, "rejected", "none", said)
            }
        };
        let result = FeedbackResult { finished };
        Self { id, status: FeedbackStatus { execution, result, details: [said] } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(json: &str) -> Offer {
        serde_json::from_str::<DeploymentBody>(json).unwrap().offer("1".into())
    }

    #[test]
    fn the_polling_sleep_is_hours_minutes_and_seconds() {
        let sleep = |text: &str| Polling { sleep: text.into() }.sleep().map(|time| time.as_secs());
        assert_eq!(sleep("00:05:30"), Some(330));
        assert_eq!(sleep("4294967295:00:00"), Some(15_461_882_262_000));
        for wrong in ["", "5", "00:05", "00:05:30:00", "-1:00:00", "a:b:c"] {
            assert_eq!(sleep(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn forced_windows_and_metadata_make_an_action_urgent_and_shut_windows_hold_it() {
        let plain = offer(r#"{"download": "attempt", "update": "attempt"}"#);
        assert!(!plain.is_urgent && plain.may_fetch && plain.may_install);
        assert!(offer(r#"{"download": "forced", "update": "forced"}"#).is_urgent);
        let shut =
            r#"{"download": "forced", "update": "skip", "maintenanceWindow": "unavailable"}"#;
        let shut = offer(shut);
        assert!(!shut.may_install && shut.may_fetch && !shut.is_urgent);
        assert!(offer(r#"{"update": "attempt", "maintenanceWindow": "available"}"#).is_urgent);
        let metadata = r#"{"chunks": [{"metadata": [{"key": "security", "value": "true"}]}]}"#;
        assert!(offer(metadata).is_urgent);
    }

    #[test]
    fn an_action_has_one_bundle_with_a_hash_and_a_link() {
        let file = |name: &str, sha256: &str, link: &str| {
            format!(
                r#"{{"filename": "{name}", "size": 9, "hashes": {{"sha256": "{sha256}"}},
                   "_links": {{"{link}": {{"href": "https://h/a"}}}}}}"#
            )
        };
        let with = |files: &[String]| {
            let files = files.join(",");
            offer(&format!(r#"{{"chunks": [{{"artifacts": [{files}]}}]}}"#)).artifact
        };
        let sha256 = "A".repeat(64);
        let good = file("u.raucb", &sha256, "download");
        let found = with(&[file("notes.txt", "", "download"), good.clone()]).unwrap();
        assert_eq!((found.sha256.as_str(), found.size), ("a".repeat(64).as_str(), 9));
        assert!(with(&[]).unwrap_err().contains("exactly one"));
        assert!(with(&[good.clone(), good]).unwrap_err().contains("exactly one"));
        assert!(with(&[file("u.raucb", "../../etc", "download")]).unwrap_err().contains("SHA-256"));
        let insecure = with(&[file("u.raucb", &sha256, "download-http")]);
        assert!(insecure.unwrap_err().contains("https"));
    }

    #[test]
    fn a_number_that_would_leave_its_path_is_none() {
        assert_eq!(Number::Number(7).text().as_deref(), Some("7"));
        for wrong in ["", "../7", "7/feedback", "7?", &"7".repeat(65)] {
            assert_eq!(Number::Text(wrong.into()).text(), None);
        }
    }

    #[test]
    fn feedback_is_as_the_api_says() {
        let json = |report: Report| serde_json::to_string(&Feedback::of(&report)).unwrap();
        let said = || "s".to_owned();
        let closed = json(Report::Closed { id: "7".into(), success: true, said: said() });
        let expected = r#"{"id":"7","status":{"execution":"closed","result":{"finished":"success"},"details":["s"]}}"#;
        assert_eq!(closed, expected);
        let cancel =
            |is_accepted| json(Report::Cancel { cancel: "8".into(), is_accepted, said: said() });
        assert!(cancel(true).contains(r#""execution":"closed","result":{"finished":"success"}"#));
        assert!(cancel(false).contains(r#""execution":"rejected","result":{"finished":"none"}"#));
    }
}
