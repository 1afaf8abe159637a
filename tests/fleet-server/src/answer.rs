// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the fleet server answers, by the path.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{Response, StatusCode, header},
};
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};

use super::{Action, Fault, Seen, State};

/// Whom it serves.
#[derive(Clone)]
pub(super) struct Unit {
    /// The server's scheme, host and port.
    pub(super) origin: String,
    /// Where the unit asks.
    pub(super) base: String,
}

/// Bytes of a file, in pieces, that may end with an error: then the connection is cut.
type Piece = Result<Frame<Bytes>, std::io::Error>;

pub(super) async fn answer(
    state: Arc<Mutex<State>>,
    unit: Unit,
    request: Request,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let text = |name| {
        let value =
            head.headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
        value.map(ToOwned::to_owned)
    };
    let seen = Seen {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        range: text(header::RANGE),
        authorization: text(header::AUTHORIZATION),
    };
    let mut state = state.lock().unwrap();
    state.seen.push(seen.clone());
    Ok(answer_to(&mut state, &unit, &seen))
}

fn answer_to(state: &mut State, unit: &Unit, seen: &Seen) -> Response<Body> {
    let Some(below) = seen.path.strip_prefix(&unit.base) else { return status(404) };
    let parts: Vec<_> = below.split('/').skip(1).collect();
    let address = format!("{}{}", unit.origin, unit.base);
    match (seen.method.as_str(), parts.as_slice()) {
        ("GET", []) => match state.at_poll.pop_front() {
            Some(Fault::Status(code)) => status(code),
            Some(_) => Response::new(Body::from("<html>a proxy's page")),
            None => base(state, &address),
        },
        ("GET", ["deploymentBase", id]) => match &state.action {
            Some(action) if action.id == *id => json_answer(&deployment(action, &address)),
            _ => status(404),
        },
        ("POST", ["deploymentBase", id, "feedback"]) => {
            if let Some(Fault::Status(code)) = state.at_feedback.pop_front() {
                return status(code);
            }
            let is_end = seen.body["status"]["execution"] == "closed";
            if is_end && state.action.as_ref().is_some_and(|action| action.id == *id) {
                state.action = None;
            }
            status(200)
        }
        ("GET", ["cancelAction", id]) => {
            let stops = state.action.as_ref().map(|action| action.id.clone());
            json_answer(&json!({"id": id, "cancelAction": {"stopId": stops}}))
        }
        ("POST", ["cancelAction", _, "feedback"]) => {
            state.cancel = None;
            if seen.body["status"]["execution"] == "closed" {
                state.action = None;
            }
            status(200)
        }
        ("PUT", ["configData"]) => {
            state.wants_attributes = false;
            status(200)
        }
        ("GET", ["softwaremodules", "3", "artifacts", "update.raucb"]) => match &state.action {
            Some(action) => file(&action.bytes, seen.range.as_deref(), state.at_file.pop_front()),
            None => status(404),
        },
        _ => status(404),
    }
}

fn base(state: &State, address: &str) -> Response<Body> {
    let mut links = serde_json::Map::new();
    let mut link = |name: &str, to: String| {
        links.insert(name.to_owned(), json!({"href": format!("{address}/{to}")}));
    };
    if let Some(cancel) = state.cancel {
        link("cancelAction", format!("cancelAction/{cancel}"));
    } else if let Some(action) = &state.action {
        link("deploymentBase", format!("deploymentBase/{}?c=-1234", action.id));
    }
    if state.wants_attributes {
        link("configData", "configData".to_owned());
    }
    json_answer(&json!({"config": {"polling": {"sleep": "00:00:01"}}, "_links": links}))
}

fn deployment(action: &Action, address: &str) -> Value {
    let own = format!("{address}/softwaremodules/3/artifacts/update.raucb");
    let href = action.elsewhere.clone().unwrap_or(own);
    json!({"id": action.id, "deployment": {
        "download": "forced",
        "update": action.update,
        "chunks": [{"part": "os", "name": "kiosk", "version": "1", "artifacts": [{
            "filename": "update.raucb",
            "hashes": {"sha1": "", "md5": "", "sha256": action.sha256},
            "size": action.size,
            "_links": {"download": {"href": href}, "md5sum": {"href": "https://localhost/none"}},
        }]}],
    }})
}

fn file(bytes: &[u8], range: Option<&str>, fault: Option<Fault>) -> Response<Body> {
    let from =
        range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let from = if matches!(fault, Some(Fault::NoRange)) { None } else { from };
    let rest = &bytes[from.unwrap_or(0)..];
    let (sent, end): (Vec<u8>, Option<Piece>) = match fault {
        Some(Fault::Status(302)) => {
            let answer =
                Response::builder().status(302).header(header::LOCATION, "https://localhost:1/");
            return answer.body(Body::empty()).unwrap();
        }
        Some(Fault::Status(code)) => return status(code),
        Some(Fault::CutAfter(count)) => {
            let cut = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            (rest[..count].to_vec(), Some(Err(cut)))
        }
        Some(Fault::Endless) => (bytes.repeat(2), None),
        _ => (rest.to_vec(), None),
    };
    let pieces: Vec<Piece> =
        sent.chunks(16_384).map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect();
    // What came before the cut is sent before it.
    let end = stream::iter(end).then(|cut| async move {
        tokio::task::yield_now().await;
        cut
    });
    let body = Body::new(StreamBody::new(stream::iter(pieces).chain(end)));
    let mut answer = Response::builder().status(200);
    if let Some(from) = from {
        let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
        answer = answer.status(206).header(header::CONTENT_RANGE, range);
    }
    answer.body(body).unwrap()
}

fn json_answer(value: &Value) -> Response<Body> {
    let kind = "application/hal+json";
    Response::builder().header(header::CONTENT_TYPE, kind).body(value.to_string().into()).unwrap()
}

fn status(code: u16) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::from_u16(code).unwrap();
    answer
}
