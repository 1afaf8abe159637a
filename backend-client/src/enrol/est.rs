// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two calls of EST (RFC 7030 sections 4.2.1 and 4.2.2): base64 of a request there, base64 of
//! certificates back.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::{Client, RequestBuilder, Url, header::CONTENT_TYPE};

use super::EnrolError;

/// One call, from its connection to the end of its answer.
const WITHIN: Duration = Duration::from_secs(30);

/// A certificate has a thirtieth of it.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// Letters of a refusal that are shown.
const MOST_WORDS: usize = 400;

/// `simpleenroll` with HTTP Basic.
pub(super) async fn enrol(
    http: &Client,
    service: Url,
    user: &str,
    code: &str,
    csr: &[u8],
) -> Result<Vec<u8>, EnrolError> {
    ask(post(http, service, "simpleenroll").basic_auth(user, Some(code)), csr).await
}

/// `simplereenroll` with the certificate of the connection.
pub(super) async fn renew(http: &Client, service: Url, csr: &[u8]) -> Result<Vec<u8>, EnrolError> {
    ask(post(http, service, "simplereenroll"), csr).await
}

fn post(http: &Client, mut service: Url, call: &str) -> RequestBuilder {
    service.set_path(&format!("/.well-known/est/{call}"));
    http.post(service)
}

async fn ask(request: RequestBuilder, csr: &[u8]) -> Result<Vec<u8>, EnrolError> {
    let request = request.timeout(WITHIN).header(CONTENT_TYPE, "application/pkcs10");
    let request = request.body(BASE64_STANDARD.encode(csr));
    let mut response = request.send().await.map_err(EnrolError::Unreachable)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(more) = response.chunk().await.map_err(EnrolError::Unreachable)? {
        body.extend_from_slice(&more);
        if body.len() > MOST_ANSWER_BYTES {
            return Err(EnrolError::Malformed { expected: "at most 64 KiB" });
        }
    }
    if status == 200 {
        return Ok(body);
    }
    let words = String::from_utf8_lossy(&body);
    let printable = words.trim().chars().filter(|c| !c.is_control());
    Err(EnrolError::Refused { status, why: printable.take(MOST_WORDS).collect() })
}
