// SPDX-License-Identifier: MIT OR Apache-2.0
//! An answer as another session would have got it: what names a session or a ticket names another
//! one, and what was decided was decided otherwise. Well-formed, and wrong for whoever asked.

use axum::body::Body;
use axum::http::Response;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::wire::Bytes;

/// The answer with another session's members; one that is no JSON object stays as it is.
pub(super) async fn of(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    // Our own answers are in memory: collecting them cannot fail.
    let whole = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let changed = match serde_json::from_slice::<Value>(&whole) {
        Ok(mut answer) if answer.is_object() => {
            change(&mut answer);
            answer.to_string().into_bytes()
        }
        Ok(_) | Err(_) => whole.to_vec(),
    };
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(changed))
}

fn change(answer: &mut Value) {
    let Some(members) = answer.as_object_mut() else { return };
    for (name, value) in members {
        match (name.as_str(), value.as_str()) {
            ("session_id" | "ticket_id", _) => *value = json!(Uuid::new_v4()),
            ("nonce", _) => *value = json!(Bytes(random(32))),
            ("response", Some(_)) => *value = other_ticket(value),
            ("result", Some("done")) => *value = json!("not_done"),
            ("result", _) => *value = json!("abandoned"),
            ("reservation", Some("open")) => *value = json!("used"),
            ("reservation", _) => *value = json!("open"),
            _ => {}
        }
    }
}

/// The key number and the ticket's first fields stay; card, challenge, key and kiosk are others.
fn other_ticket(response: &Value) -> Value {
    let Ok(Bytes(mut bytes)) = serde_json::from_value::<Bytes>(response.clone()) else {
        return response.clone();
    };
    let own = bytes.len().min(COMMON);
    let rest = random(bytes.len() - own);
    bytes.truncate(own);
    bytes.extend(rest);
    json!(Bytes(bytes))
}

/// Key number, magic, operation and pin_ref (reset-profile, section 3).
const COMMON: usize = 1 + 8 + 1 + 1;

fn random(length: usize) -> Vec<u8> {
    Uuid::new_v4().as_bytes().iter().copied().cycle().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_sessions_answer_differs_in_what_names_it_and_nowhere_else() {
        let ticket = Bytes(vec![7; 191]);
        let before = json!({ "ticket_id": Uuid::nil(), "response": ticket, "not_after": "t" });
        let mut after = before.clone();
        change(&mut after);
        assert_ne!(after["ticket_id"], before["ticket_id"]);
        assert_ne!(after["response"], before["response"]);
        assert_eq!(after["not_after"], before["not_after"]);
        let Bytes(bytes) = serde_json::from_value(after["response"].clone()).unwrap();
        assert_eq!((bytes.len(), &bytes[..COMMON]), (191, &[7; COMMON][..]));
    }
}
