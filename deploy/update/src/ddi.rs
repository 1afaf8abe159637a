// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client of a fleet server that speaks hawkBit's DDI API: what there is to do, what was done,
//! who this unit is. It follows no link to another server.

mod download;
mod error;
mod message;

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use backend_client::tls::{self, Credentials, Timing};
use reqwest::{Client, Method, RequestBuilder, Response, Url, header};
use serde::{Serialize, de::DeserializeOwned};

use self::message::{Base, Cancel, Deployment, Feedback};
pub(crate) use self::{
    download::{Fetched, hash_of},
    error::DdiError,
};
use crate::{
    config::{self, TokenKind},
    error::UpdateError,
    machine::{Event, Report},
};

/// One call, from its connection to the end of its answer; a download has no such limit.
const WITHIN: Duration = Duration::from_secs(30);

/// How long the server may send nothing within an answer.
const SILENCE: Duration = Duration::from_secs(30);

/// An answer with a hundred files has a tenth of it.
const MOST_ANSWER_BYTES: usize = 256 * 1024;

/// What it calls itself.
const AGENT: &str = concat!("kiosk-update/", env!("CARGO_PKG_VERSION"));

/// The fleet server, as this unit sees it.
#[derive(Debug)]
pub(crate) struct Fleet {
    http: Client,
    origin: Url,
    path: [String; 4],
    token: Option<header::HeaderValue>,
    controller: String,
    longest_sleep: Duration,
    shortest_sleep: Duration,
    largest: u64,
    spare: u64,
}

/// One look at the server.
#[derive(Debug)]
pub(crate) struct Polled {
    /// What it wants.
    pub(crate) event: Event,
    /// When to come again, before bounds and jitter.
    pub(crate) sleep: Option<Duration>,
    /// Where this unit's attributes are to be sent, if they are wanted.
    pub(crate) attributes_to: Option<Url>,
}

impl Fleet {
    /// Reads certificates, token and id.
    pub(crate) fn new(config: &config::Server) -> Result<Self, UpdateError> {
        let roots = tls::read_certificates("root certificate", &config.roots)?;
        let tls = match &config.certificate {
            None => tls::anonymous_config(&roots)?,
            Some(own) => tls::client_config(&Credentials {
                roots,
                chain: tls::read_certificates("client certificate", &own.chain)?,
                key: own.key_source(),
            })?,
        };
        let token = config.token.as_ref().map(|token| {
            let kind = match token.kind {
                TokenKind::Target => "TargetToken",
                TokenKind::Gateway => "GatewayToken",
            };
            let secret = one_line(&token.file)?;
            let mut value = header::HeaderValue::try_from(format!("{kind} {secret}"))
                .map_err(|_| UpdateError::OneLine { path: token.file.clone() })?;
            value.set_sensitive(true);
            Ok::<_, UpdateError>(value)
        });
        let controller = one_line(&config.controller_file)?;
        let own = [&config.tenant, "controller", "v1", &controller].map(ToString::to_string);
        Ok(Self {
            http: tls::foreign_http_client(tls, Timing::default(), SILENCE, AGENT)?,
            origin: config.url.clone().into(),
            path: own,
            token: token.transpose()?,
            controller,
            longest_sleep: Duration::from_secs(config.longest_sleep),
            shortest_sleep: Duration::from_secs(config.shortest_sleep),
            largest: config.largest_mib << 20,
            spare: config.spare_mib << 20,
        })
    }

    /// This unit's id there.
    pub(crate) fn controller(&self) -> &str {
        &self.controller
    }

    /// The largest bundle, in bytes.
    pub(crate) const fn largest(&self) -> u64 {
        self.largest
    }

    /// When to come again: what the server says, within the bounds, and a tenth earlier or later by
    /// `jitter` (0 to 1), so that a fleet that was switched on at once does not stay together.
    pub(crate) fn sleep(&self, told: Option<Duration>, jitter: f64) -> Duration {
        let told = told.unwrap_or(self.longest_sleep);
        told.clamp(self.shortest_sleep, self.longest_sleep).mul_f64(0.9 + 0.2 * jitter)
    }

    /// What there is to do.
    pub(crate) async fn poll(&self) -> Result<Polled, DdiError> {
        let base: Base = self.get(self.url(&[])).await?;
        let polling = base.config.and_then(|config| config.polling);
        let attributes_to = base.links.config_data.map(|link| self.own(&link.href)).transpose()?;
        let event = match (base.links.cancel_action, base.links.deployment_base) {
            (Some(link), _) => self.cancel(&link.href).await?,
            (None, Some(link)) => self.deployment(&link.href).await?,
            (None, None) => Event::NothingOffered,
        };
        Ok(Polled { event, sleep: polling.and_then(|polling| polling.sleep()), attributes_to })
    }

    async fn cancel(&self, href: &str) -> Result<Event, DdiError> {
        let answer: Cancel = self.get(self.own(href)?).await?;
        answer.event().ok_or(DdiError::Malformed { what: "a number" })
    }

    async fn deployment(&self, href: &str) -> Result<Event, DdiError> {
        let answer: Deployment = self.get(self.own(href)?).await?;
        answer.event().ok_or(DdiError::Malformed { what: "a number" })
    }

    /// Tells what was done.
    pub(crate) async fn report(&self, report: &Report) -> Result<(), DdiError> {
        let (kind, id) = match report {
            Report::Progress { id, .. } | Report::Closed { id, .. } => ("deploymentBase", id),
            Report::Cancel { cancel, .. } => ("cancelAction", cancel),
        };
        let url = self.url(&[kind, id, "feedback"]);
        self.send(Method::POST, url, &Feedback::of(report)).await
    }

    /// Tells who this unit is.
    pub(crate) async fn tell_attributes(
        &self,
        to: Url,
        attributes: &BTreeMap<&'static str, String>,
    ) -> Result<(), DdiError> {
        let body = serde_json::json!({ "mode": "merge", "data": attributes });
        self.send(Method::PUT, to, &body).await
    }

    async fn send(&self, method: Method, url: Url, body: &impl Serialize) -> Result<(), DdiError> {
        let body = serde_json::to_vec(body).map_err(DdiError::Unwritable)?;
        let request = self.request(method, url).timeout(WITHIN);
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        checked(request.send().await.map_err(DdiError::Unreachable)?).map(|_| ())
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, DdiError> {
        let request = self.request(Method::GET, url).timeout(WITHIN);
        let request = request.header(header::ACCEPT, "application/hal+json, application/json");
        let mut response = checked(request.send().await.map_err(DdiError::Unreachable)?)?;
        let mut body = Vec::new();
        while let Some(more) = response.chunk().await.map_err(DdiError::Unreachable)? {
            body.extend_from_slice(&more);
            if body.len() > MOST_ANSWER_BYTES {
                return Err(DdiError::Malformed { what: "an answer of at most 256 KiB" });
            }
        }
        serde_json::from_slice(&body).map_err(DdiError::Unreadable)
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, token.clone()),
            None => request,
        }
    }

    fn url(&self, below: &[&str]) -> Url {
        let mut url = self.origin.clone();
        // An https URL always has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(&self.path).extend(below);
        }
        url
    }

    /// The token must not reach anyone else, nor this unit a server that nobody configured.
    fn own(&self, href: &str) -> Result<Url, DdiError> {
        let url = self.origin.join(href).map_err(|_| DdiError::Malformed { what: "a link" })?;
        if url.origin() == self.origin.origin() { Ok(url) } else { Err(DdiError::Elsewhere) }
    }
}

fn checked(response: Response) -> Result<Response, DdiError> {
    match response.status() {
        status if status.is_success() => Ok(response),
        status => Err(DdiError::Status { status: status.as_u16() }),
    }
}

fn one_line(path: &Path) -> Result<String, UpdateError> {
    let failed = |source| UpdateError::File { done: "read", path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(failed)?;
    let line = text.trim();
    let is_line = !line.is_empty() && line.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
    if is_line { Ok(line.to_owned()) } else { Err(UpdateError::OneLine { path: path.to_owned() }) }
}
