// SPDX-License-Identifier: MIT OR Apache-2.0
//! EST over HTTP (RFC 7030, with RFC 8951's corrections): `cacerts` and `simpleenroll` on the
//! enrolment port, `simplereenroll` on the kiosks'. Errors are a status and a line of text (RFC 7030
//! section 4.2.3).

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::{BodyExt as _, Limited};

use super::App;
use crate::enrolment::{Refusal, certs_only};
use crate::identity::{self, Kiosk};
use crate::service::enrolment::{self, Claim, EnrolmentError};

/// Where `simplereenroll` is, on the kiosks' port.
pub(super) const REENROLL: &str = "/.well-known/est/simplereenroll";

/// A request of P-256 has less than a thousandth of a megabyte.
const MOST_BODY_BYTES: usize = 16 * 1024;

/// Refused claims within [`WINDOW`], of all units together, after which nobody is listened to: each
/// of them writes to the database.
const MOST_REFUSALS: u32 = 30;

const WINDOW: Duration = Duration::from_secs(60);

/// The certificate that a kiosk showed, for the call that renews it.
#[derive(Debug, Clone)]
pub(super) struct Shown(pub(super) Arc<[u8]>);

/// Counts refused claims.
#[derive(Debug, Clone, Default)]
struct Refusals(Arc<Mutex<Option<(Instant, u32)>>>);

#[derive(Clone)]
struct Enrolment {
    app: App,
    refusals: Refusals,
}

/// The enrolment port.
pub(super) fn enrolment(app: App) -> Router {
    Router::new()
        .route("/.well-known/est/cacerts", get(ca_certificates))
        .route("/.well-known/est/simpleenroll", post(enrol))
        .with_state(Enrolment { app, refusals: Refusals::default() })
}

async fn ca_certificates(State(state): State<Enrolment>) -> Response<Body> {
    certificates(&[&state.app.service.kiosk_issuer.certificate])
}

async fn enrol(State(state): State<Enrolment>, request: Request) -> Response<Body> {
    let began = Instant::now();
    // First of all: a client whose body is not read may take the answer for a broken connection.
    let (headers, body) = whole(request).await;
    if let Some(wait) = state.refusals.wait(began) {
        let mut response = told(429, "too many claims were refused; try again later");
        let seconds = HeaderValue::from(wait.as_secs() + 1);
        response.headers_mut().insert(RETRY_AFTER, seconds);
        return response;
    }
    let attempt = async {
        let credentials = credentials(&headers).ok_or(Refusal::NotInvited)?;
        let claim = claim(&credentials).ok_or(Refusal::NotInvited)?;
        enrolment::enrol(&state.app.service, &claim, &body?).await
    };
    let answered = attempt.await;
    if matches!(answered, Err(EnrolmentError::Refused(Refusal::NotInvited))) {
        state.refusals.count(began);
    }
    let response = answer(answered);
    let status = response.status().as_u16();
    state.app.metrics.count("simpleenroll", status, began.elapsed());
    tracing::info!(operation = "simpleenroll", status, "answered");
    response
}

/// `simplereenroll`; without a certificate (a port without TLS) nothing is renewed.
pub(super) async fn reenrol(
    State(app): State<App>,
    Extension(kiosk): Extension<Arc<Kiosk>>,
    shown: Option<Extension<Shown>>,
    request: Request,
) -> Response<Body> {
    let began = Instant::now();
    let (_, body) = whole(request).await;
    let attempt = async {
        let Some(Extension(Shown(certificate))) = shown else {
            return Err(Refusal::Forbidden("no client certificate was shown").into());
        };
        enrolment::renew(&app.service, &kiosk, &certificate, &body?).await
    };
    let response = answer(attempt.await);
    let status = response.status().as_u16();
    app.metrics.count("simplereenroll", status, began.elapsed());
    tracing::info!(operation = "simplereenroll", unit = kiosk.urn, status, "answered");
    response
}

fn answer(answered: Result<Vec<u8>, EnrolmentError>) -> Response<Body> {
    match answered {
        Ok(certificate) => certificates(&[&certificate]),
        Err(EnrolmentError::Refused(refusal)) => {
            let mut response = told(refusal.status(), &refusal.to_string());
            if refusal == Refusal::NotInvited {
                let basic = HeaderValue::from_static("Basic realm=\"kiosk enrolment\"");
                response.headers_mut().insert(WWW_AUTHENTICATE, basic);
            }
            response
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "enrolment failed");
            told(500, "the service met a fault; try again later")
        }
    }
}

/// A certs-only answer (RFC 7030 section 4.2.3). The Content-Transfer-Encoding is of no meaning to
/// HTTP and is told for clients from before RFC 8951.
fn certificates(certificates: &[&[u8]]) -> Response<Body> {
    let mut response = Response::new(Body::from(certs_only::base64(certificates)));
    let headers = response.headers_mut();
    let media_type = "application/pkcs7-mime; smime-type=certs-only";
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    let encoding = HeaderName::from_static("content-transfer-encoding");
    headers.insert(encoding, HeaderValue::from_static("base64"));
    response
}

fn told(status: u16, why: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{why}\n")));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// `<store>/<unit>:<code>` of HTTP Basic (RFC 7617). A URN cannot stand there: a user-id has no
/// colon (section 2).
fn credentials(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let decoded =
        scheme.eq_ignore_ascii_case("basic").then(|| BASE64_STANDARD.decode(token.trim()));
    String::from_utf8(decoded?.ok()?).ok()
}

fn claim(credentials: &str) -> Option<Claim<'_>> {
    let (user, code) = credentials.split_once(':')?;
    let (store, unit) = user.split_once('/')?;
    Some(Claim { urn: identity::urn(store, unit)?, store, unit, code })
}

/// The headers, and the body where it is what EST sends.
async fn whole(request: Request) -> (HeaderMap, Result<Vec<u8>, Refusal>) {
    let (parts, body) = request.into_parts();
    let body = read(&parts.headers, body).await;
    (parts.headers, body)
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refusal> {
    let body = Limited::new(body, MOST_BODY_BYTES).collect().await;
    let body = body.map_err(|_| Refusal::Malformed("the body is too long or ended too early"))?;
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/pkcs10") {
        return Err(Refusal::Malformed("the Content-Type is not application/pkcs10"));
    }
    Ok(body.to_bytes().to_vec())
}

impl Refusals {
    /// How long nobody is listened to, if at all.
    fn wait(&self, now: Instant) -> Option<Duration> {
        let counted = self.0.lock().ok()?;
        let (since, count) = (*counted)?;
        let passed = now.saturating_duration_since(since);
        (count >= MOST_REFUSALS).then(|| WINDOW.checked_sub(passed)).flatten()
    }

    fn count(&self, now: Instant) {
        let Ok(mut counted) = self.0.lock() else { return };
        *counted = match *counted {
            Some((since, count)) if now.saturating_duration_since(since) < WINDOW => {
                Some((since, count.saturating_add(1)))
            }
            _ => Some((now, 1)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_thirty_refusals_nobody_is_listened_to_for_the_rest_of_the_minute() {
        let (refusals, begin) = (Refusals::default(), Instant::now());
        for _ in 0..MOST_REFUSALS {
            assert_eq!(refusals.wait(begin), None);
            refusals.count(begin);
        }
        let soon = begin + Duration::from_secs(20);
        assert_eq!(refusals.wait(soon), Some(Duration::from_secs(40)));
        assert_eq!(refusals.wait(begin + WINDOW + Duration::from_secs(1)), None);
    }

    #[test]
    fn a_claim_names_store_unit_and_code() {
        let named = claim("store-1/unit-9:AAAAA-BBBBB").map(|claim| (claim.urn, claim.code));
        assert_eq!(named, Some(("urn:kiosk:store-1:unit-9".to_owned(), "AAAAA-BBBBB")));
        for other in ["", "store-1:code", "urn:kiosk:store-1:unit-9:code", "a/b/c:code", "/:"] {
            assert!(claim(other).is_none(), "{other}");
        }
    }
}
