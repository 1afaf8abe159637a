// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeds of what the service says: the contract's own examples.

use super::Seed;
use crate::input::push_piece;

const KEPT: &str = r#"{"document":{"etag":"\"abc\"","text":"{\"services\":[]}"},"signature":{"signed_by":"000102030405060708090a0b0c0d0e0f","value":"AQID"}}"#;
const SESSION: &str = "9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42";

/// One of each answer, the first byte being its kind.
pub(super) fn answers() -> Vec<Seed> {
    let nonce = "TlROTlROTlROTlROTlROTlROTlROTlROTlROTlROTk4";
    let kiosk = "ZmZmZmZmZmZmZmZmZmZmZg";
    let bodies = [
        (0, format!(r#"{{"session_id":"{SESSION}","nonce":"{nonce}","kiosk_id":"{kiosk}","expires_at":"2026-04-01T02:00:00Z","receipt_wanted":false,"reservation":{{"expires_at":"2026-04-02T01:00:00Z"}}}}"#)),
        (1, r#"{"result":"used","reservation_state":"CONSUMED","recorded_at":"2026-04-01T01:00:00Z"}"#.to_owned()),
        (2, r#"{"reserved_until":"2026-04-01T01:10:00Z"}"#.to_owned()),
        (3, r#"{"ticket_id":"77777777-7777-7777-7777-777777777777","response":"AQID"}"#.to_owned()),
        (4, r#"{"recorded_at":"2026-04-01T01:00:00Z"}"#.to_owned()),
        (6, r#"{"granted":null}"#.to_owned()),
        (6, r#"{"denied":{"denial":"no-reservation","details":{}}}"#.to_owned()),
        (7, format!(r#"{{"kiosk_id":"{kiosk}","unit":"unit-1","store":"store-1","certificate_not_after":"2027-04-01T00:00:00Z","key_without_tpm":true}}"#)),
        (8, r#"{"type":"urn:kiosk:problem:closed","title":"Closed","status":503,"opens_at":"2026-04-01T21:30:00Z"}"#.to_owned()),
        (11, "reservation-expired".to_owned()),
        (9, r#""not_signed""#.to_owned()),
        (10, KEPT.to_owned()),
        (5, format!(r#"{{"granted":{{"policy":{{"changed":{KEPT}}},"took_milliseconds":37}}}}"#)),
    ];
    let seed = |(at, (kind, body)): (usize, &(u8, String))| {
        (format!("{at:02}"), [&[*kind][..], body.as_bytes()].concat())
    };
    bodies.iter().enumerate().map(seed).collect()
}

/// Answers with their status and headers: carried out, refused, to be repeated, and none.
pub(super) fn http_answers() -> Vec<Seed> {
    let json = "content-type: application/json\n";
    let problem = "content-type: application/problem+json; charset=utf-8\n";
    let bytes = "TlROTlROTlROTlROTlROTlROTlROTlROTlROTlROTk4";
    let of = |code: &str, more: &str| format!(r#"{{"type":"urn:kiosk:problem:{code}"{more}}}"#);
    let closed = of("outside-hours", r#","opens_at":"2026-04-01T21:30:00Z""#);
    let old = of("software-too-old", r#","minimum_software":"0.2.0","used_at":7"#);
    let dated = "date: Mon, 23 Nov 2026 19:19:22 GMT\nretry-after: Mon, 23 Nov 2026 19:19:24 GMT\n";
    let opened = format!(
        r#"{{"session_id":"{SESSION}","nonce":"{bytes}","expires_at":"2026-04-01T02:00:00Z","reservation_expires_at":"2026-04-01T22:30:00Z","receipt_wanted":false}}"#
    );
    let settled = r#"{"result":"done","recorded_at":"2026-04-01T01:00:20Z","reservation":"used"}"#;
    let granted = r#"{"granted_until":"2026-04-01T01:46:00Z"}"#;
    let issued = format!(
        r#"{{"ticket_id":"{SESSION}","response":"AUpS","not_after":"2026-04-01T01:03:00Z"}}"#
    );
    let recorded = format!(
        r#"{{"recorded_at":"2026-04-01T01:02:30Z","result":"done","audit_head":"{bytes}"}}"#
    );
    let policy = include_str!("../../../../backend-client/tests/golden/policy.json");
    let tagged = format!("{json}etag: \"1\"\ndate: Mon, 23 Nov 2026 19:19:22 GMT\n");
    let answers: [(&str, u8, u16, &str, &str); 18] = [
        ("opened", 0, 201, json, &opened),
        ("settled", 1, 200, json, settled),
        ("granted", 2, 200, json, granted),
        ("issued", 3, 201, json, &issued),
        ("recorded", 4, 200, json, &recorded),
        ("policy", 5, 200, &tagged, policy),
        ("unchanged", 5, 304, "etag: \"1\"\n", ""),
        ("beaten", 6, 204, "", ""),
        ("used", 0, 409, problem, &of("reservation-used", r#","used_at":"2026-04-01T01:00:00Z""#)),
        ("closed", 0, 503, &format!("{problem}retry-after: 23400\n"), &closed),
        ("limit", 3, 429, &format!("{problem}retry-after: 1\n"), &of("ticket-limit", "")),
        ("old", 0, 426, problem, &old),
        ("unknown", 2, 403, problem, &of("card-lost", "")),
        ("passing", 2, 503, "retry-after: 2\n", ""),
        ("passing-until", 4, 500, &format!("{problem}{dated}"), &of("internal", "")),
        ("never", 3, 502, "retry-after: 99999999999999999999\n", "<html>"),
        ("garbage", 3, 201, json, r#"{"ticket_id":7"#),
        ("elsewhere", 5, 301, "location: https://elsewhere.example\n", ""),
    ];
    let seed = |(name, call, status, headers, body): (&str, u8, u16, &str, &str)| {
        let mut seed = vec![call, 0];
        seed.extend((status - 100).to_be_bytes());
        push_piece(&mut seed, headers.as_bytes());
        seed.extend(body.as_bytes());
        (name.to_owned(), seed)
    };
    answers.into_iter().map(seed).collect()
}

/// The policy with everything in it that the client's own tests read.
pub(super) fn policies() -> Vec<Seed> {
    let golden = include_bytes!("../../../../backend-client/tests/golden/policy.json");
    vec![
        ("golden".to_owned(), golden.to_vec()),
        ("empty".to_owned(), b"{}".to_vec()),
        (
            "hours".to_owned(),
            br#"{"hours":{"opens":"06:30","closes":"23:00"},"closed_days":["2026-12-29"]}"#
                .to_vec(),
        ),
    ]
}

/// A reply to the first request, one to another, one that breaks off.
pub(super) fn replies() -> Vec<Seed> {
    let frame = |body: &str| {
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        [&length.to_be_bytes()[..], body.as_bytes()].concat()
    };
    let identity = r#"{"kiosk_id":"ZmZmZmZmZmZmZmZmZmZmZg","unit":"unit-1","store":"store-1","certificate_not_after":"2027-04-01T00:00:00Z","key_without_tpm":true}"#;
    let answered = frame(&format!(r#"{{"number":1,"answer":{{"Ok":{identity}}}}}"#));
    vec![
        ("broken-off".to_owned(), answered[..20].to_vec()),
        ("answered".to_owned(), answered),
        ("another".to_owned(), frame(r#"{"number":2,"answer":{"Ok":null}}"#)),
        ("endless".to_owned(), vec![0xFF; 8]),
        ("vouched".to_owned(), frame(r#"{"number":1,"answer":{"Ok":"signed"}}"#)),
    ]
}

/// Requests as the kiosk writes them.
pub(super) fn requests() -> Vec<Seed> {
    let asks = [
        ("identity", r#""ask":"identity""#.to_owned()),
        (
            "policy",
            r#""ask":"policy","known":{"etag":"\"abc\"","signed_by":"000102030405060708090a0b0c0d0e0f"}"#
                .to_owned(),
        ),
        ("vouch", format!(r#""ask":"vouch","kept":{KEPT}"#)),
        (
            "outcome",
            format!(
                r#""ask":"outcome","session_id":"{SESSION}","key":"{SESSION}","body":{{"result":"done","ending":"done","receipt":"AQID"}}"#
            ),
        ),
        (
            "ticket",
            format!(
                r#""ask":"ticket","session_id":"{SESSION}","key":"{SESSION}","body":{{"request":"AQID"}}"#
            ),
        ),
    ];
    let request = |(name, ask): &(&str, String)| {
        let body = format!(r#"{{"number":1,"patience_milliseconds":5000,{ask}}}"#);
        ((*name).to_owned(), body.into_bytes())
    };
    asks.iter().map(request).collect()
}
