// SPDX-License-Identifier: MIT OR Apache-2.0
//! Faults on demand, **for tests only**: with `serve --faults SOCKET` whoever writes lines to that
//! Unix socket makes the service fail in the ways that a client must survive. Without the option
//! there is no socket, and this layer passes every request on.

mod control;
mod foreign;
mod rule;

pub use control::listen;
pub use rule::{Fault, NotAFault, Rule};

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::middleware::Next;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use serde_json::Value;
use tokio::sync::{Notify, watch};

use super::exchange::Reply;

/// How long the first half of an answer gets to leave before the connection is cut.
const HALF_ANSWER_LEAVES: Duration = Duration::from_millis(50);

/// What will go wrong next.
#[derive(Debug, Clone)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Rule>>>,
    refusing: watch::Sender<bool>,
}

/// The means to cut one connection.
#[derive(Debug, Clone)]
pub struct Cut {
    fall: Arc<Notify>,
    refusing: watch::Receiver<bool>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { rules: Arc::default(), refusing: watch::Sender::new(false) }
    }
}

impl Faults {
    /// Adds a fault after those that wait already.
    pub fn add(&self, rule: Rule) {
        self.rules().push(rule);
    }

    /// Forgets all faults.
    pub fn clear(&self) {
        self.rules().clear();
        self.refusing.send_replace(false);
    }

    /// Cuts all connections and takes no new one, or takes them again.
    pub fn refuse_connections(&self, refuse: bool) {
        self.refusing.send_replace(refuse);
    }

    pub(super) fn refuses_connections(&self) -> bool {
        *self.refusing.borrow()
    }

    pub(super) fn new_cut(&self) -> Cut {
        Cut { fall: Arc::default(), refusing: self.refusing.subscribe() }
    }

    /// The fault for this request, if one waits.
    fn next(&self, path: &str) -> Option<Fault> {
        let mut rules = self.rules();
        let position = rules.iter().position(|rule| path.contains(&rule.path))?;
        let rule = rules.get_mut(position)?;
        let fault = rule.fault.clone();
        rule.times -= 1;
        if rule.times == 0 {
            rules.remove(position);
        }
        Some(fault)
    }

    /// A poisoned lock still holds whole rules.
    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Cut {
    /// Ends when the connection is to be cut.
    pub(super) async fn fallen(&self) {
        let mut refusing = self.refusing.clone();
        tokio::select! {
            () = self.fall.notified() => {}
            // The sender lives as long as the service.
            _ = refusing.wait_for(|refusing| *refusing) => {}
        }
    }

    async fn fall<T>(&self) -> T {
        self.fall.notify_one();
        pending().await
    }
}

/// The layer.
pub(super) async fn interfere(
    State(faults): State<Faults>,
    Extension(cut): Extension<Cut>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let Some(fault) = faults.next(request.uri().path()) else { return next.run(request).await };
    tracing::info!(?fault, path = request.uri().path(), "a fault that was asked for");
    match fault {
        Fault::Pass => next.run(request).await,
        Fault::CutBefore => cut.fall().await,
        Fault::CutAfter => {
            next.run(request).await;
            cut.fall().await
        }
        Fault::CutMidAnswer => halved(next.run(request).await, cut).await,
        Fault::Delay(delay) => {
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
        Fault::Refuse(problem) => Reply::refusal(&problem).into_response(),
        Fault::Status(status) => with_status(status, "<html>not the service</html>"),
        Fault::Spoil(member) => spoilt(next.run(request).await, &member).await,
        Fault::Garbage => with_status(StatusCode::OK, "{\"session_id\": 7, \x00\u{fffd}"),
        Fault::Foreign => foreign::of(next.run(request).await).await,
        Fault::EndBefore => end(),
        Fault::EndAfter => {
            next.run(request).await;
            end()
        }
    }
}

/// As by a crash: nothing is closed, nobody is told.
fn end() -> ! {
    std::process::exit(ENDED)
}

/// The exit code of a service that ended because it was asked for as a fault.
const ENDED: i32 = 70;

fn with_status(status: StatusCode, body: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}

/// The same answer with another first character in one text of its JSON: still well-formed, and
/// not what was asked for.
async fn spoilt(response: Response<Body>, member: &str) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    // Our own answers are in memory: collecting them cannot fail.
    let whole = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let Ok(mut json) = serde_json::from_slice::<Value>(&whole) else {
        return Response::from_parts(parts, Body::from(whole));
    };
    if let Some(Value::String(text)) = json.get_mut(member) {
        let other = if text.starts_with('A') { "B" } else { "A" };
        let rest: String = text.chars().skip(1).collect();
        *text = format!("{other}{rest}");
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(json.to_string()))
}

/// The same answer with half of its body, after which the connection is cut.
async fn halved(response: Response<Body>, cut: Cut) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    // Our own answers are in memory: collecting them cannot fail.
    let whole = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let first = Some(whole.slice(..whole.len() / 2));
    let rest = Box::pin(async move {
        tokio::time::sleep(HALF_ANSWER_LEAVES).await;
        cut.fall::<()>().await;
    });
    Response::from_parts(parts, Body::new(Half { first, rest }))
}

struct Half {
    first: Option<Bytes>,
    rest: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl HttpBody for Half {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.rest.as_mut().poll(context).map(|()| None)
    }
}
