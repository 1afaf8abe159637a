// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conversations over the control socket.

use super::Seed;

pub(super) fn conversations() -> Vec<Seed> {
    let update = r#"{"ask":"update","phase":"fell-back","version":"2.0.1","said":"it drew nothing","percent":100}"#;
    let asks = [
        r#"{"ask":"status"}"#,
        r#"{"ask":"health"}"#,
        r#"{"ask":"lease","forced":true,"seconds":3600}"#,
        r#"{"ask":"release"}"#,
        update,
        r#"{"ask":"restart"}"#,
        r#"{"ask":"metrics"}"#,
    ];
    let answers = [
        r#"{"status":{"software":"0.1.0","image":{"version":"7","slot":"A"},"since":1,"state":"leased","card_present":true,"reader":"R","fault":{"code":"K-402","since":60},"last_faults":[{"code":"K-430","at":"2026-07-01T09:00:00Z"}],"undelivered":2,"link":{"reachable":true,"kiosk_id":"k","unit":"u","certificate_days_left":-1,"key_without_tpm":true},"clock":{"set":true,"offset_ms":-12},"update":null,"frame_drawn":true}}"#,
        r#"{"health":{"checks":[{"name":"frame","ok":true,"said":"drawn","remedy":""}]}}"#,
        r#"{"leased":{"seconds":600}}"#,
        r#"{"refused":"open-hours","said":"later"}"#,
    ];
    let lines = |lines: &[&str]| lines.join("\n").into_bytes();
    let ended = |ended: &[&str]| [lines(ended), b"\n".to_vec()].concat();
    vec![
        ("asks".to_owned(), ended(&asks)),
        ("answers".to_owned(), ended(&answers)),
        ("torn".to_owned(), lines(&asks)),
        (
            "out-of-bounds".to_owned(),
            ended(&[r#"{"ask":"lease","forced":false,"seconds":0}"#, r#"{"ask":"open"}"#]),
        ),
    ]
}
