// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes on the socket. Do not edit what is here: an update client of another version reads
//! it. Add.

use kiosk_control::{
    Answer, Ask, Check, CheckName, Clock, Empty, Fault, Health, Image, LastFault, Leased, Link,
    Malformed, Phase, Refusal, Refused, State, Status, Update,
};

fn asks() -> Vec<(Ask, &'static str)> {
    let update = Update {
        phase: Phase::Downloading,
        version: Some("2.0.1".to_owned()),
        said: "12 of 60 MiB".to_owned(),
        percent: Some(20),
    };
    vec![
        (Ask::Status {}, r#"{"ask":"status"}"#),
        (Ask::Health {}, r#"{"ask":"health"}"#),
        (
            Ask::Lease { forced: false, seconds: 600 },
            r#"{"ask":"lease","forced":false,"seconds":600}"#,
        ),
        (Ask::Release {}, r#"{"ask":"release"}"#),
        (
            Ask::Update(update),
            r#"{"ask":"update","phase":"downloading","version":"2.0.1","said":"12 of 60 MiB","percent":20}"#,
        ),
        (
            Ask::Update(Update {
                phase: Phase::FellBack,
                version: None,
                said: String::new(),
                percent: None,
            }),
            r#"{"ask":"update","phase":"fell-back","version":null,"said":"","percent":null}"#,
        ),
        (Ask::Restart {}, r#"{"ask":"restart"}"#),
        (Ask::Metrics {}, r#"{"ask":"metrics"}"#),
    ]
}

fn status() -> Status {
    Status {
        software: "0.1.0".to_owned(),
        image: Some(Image { version: Some("7".to_owned()), slot: "A".to_owned() }),
        since: 86_400,
        state: State::OutOfService,
        card_present: true,
        reader: None,
        fault: Some(Fault { code: "K-401".to_owned(), since: 60 }),
        last_faults: vec![LastFault {
            code: "K-430".to_owned(),
            at: "2026-07-01T09:00:00Z".to_owned(),
        }],
        undelivered: 2,
        link: Link {
            reachable: true,
            kiosk_id: Some("k".to_owned()),
            unit: Some("shop 7".to_owned()),
            certificate_days_left: Some(-1),
            key_without_tpm: Some(true),
        },
        clock: Clock { set: true, offset_ms: Some(-12) },
        update: None,
        frame_drawn: true,
    }
}

fn answers() -> Vec<(Answer, &'static str)> {
    let check = |name, ok, said: &str, remedy: &str| Check {
        name,
        ok,
        said: said.to_owned(),
        remedy: remedy.to_owned(),
    };
    let checks = vec![
        check(CheckName::Frame, true, "drawn", ""),
        check(CheckName::Reader, false, "none", "plug it in"),
    ];
    vec![
        (
            Answer::Status { status: Box::new(status()) },
            r#"{"status":{"software":"0.1.0","image":{"version":"7","slot":"A"},"since":86400,"state":"out-of-service","card_present":true,"reader":null,"fault":{"code":"K-401","since":60},"last_faults":[{"code":"K-430","at":"2026-07-01T09:00:00Z"}],"undelivered":2,"link":{"reachable":true,"kiosk_id":"k","unit":"shop 7","certificate_days_left":-1,"key_without_tpm":true},"clock":{"set":true,"offset_ms":-12},"update":null,"frame_drawn":true}}"#,
        ),
        (
            Answer::Health { health: Health { checks } },
            r#"{"health":{"checks":[{"name":"frame","ok":true,"said":"drawn","remedy":""},{"name":"reader","ok":false,"said":"none","remedy":"plug it in"}]}}"#,
        ),
        (Answer::Leased { leased: Leased { seconds: 600 } }, r#"{"leased":{"seconds":600}}"#),
        (Answer::Released { released: Empty {} }, r#"{"released":{}}"#),
        (Answer::Noted { noted: Empty {} }, r#"{"noted":{}}"#),
        (Answer::Restarting { restarting: Empty {} }, r#"{"restarting":{}}"#),
        (Answer::Metrics { metrics: "a 1\n".to_owned() }, r#"{"metrics":"a 1\n"}"#),
        (
            Answer::Refused(Refused {
                refused: Refusal::OpenHours,
                said: "open until 23:00".to_owned(),
            }),
            r#"{"refused":"open-hours","said":"open until 23:00"}"#,
        ),
    ]
}

#[test]
fn every_request_has_its_bytes_and_is_read_from_them() {
    for (ask, line) in asks() {
        assert_eq!(serde_json::to_string(&ask).unwrap(), line);
        assert_eq!(Ask::read(line.as_bytes()).unwrap(), ask, "{line}");
        assert!(line.contains(&format!("\"ask\":\"{}\"", ask.name())), "{line}");
    }
}

#[test]
fn every_answer_has_its_bytes_and_is_read_from_them() {
    for (answer, line) in answers() {
        assert_eq!(serde_json::to_string(&answer).unwrap(), line);
        assert_eq!(serde_json::from_str::<Answer>(line).unwrap(), answer, "{line}");
        assert!(line.starts_with(&format!("{{\"{}\":", answer.name())), "{line}");
    }
}

#[test]
fn every_word_is_the_same_in_the_code_and_on_the_socket() {
    fn word(value: impl serde::Serialize) -> String {
        serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
    }
    for name in CheckName::ALL {
        assert_eq!(word(name), name.as_str());
    }
    for state in [
        State::Starting,
        State::Attract,
        State::Closed,
        State::OutOfService,
        State::InSession,
        State::Staff,
        State::Leased,
    ] {
        assert_eq!(word(state), state.as_str());
    }
    for refusal in [
        Refusal::InSession,
        Refusal::CardPresent,
        Refusal::OpenHours,
        Refusal::Leased,
        Refusal::Settling,
        Refusal::Malformed,
    ] {
        assert_eq!(word(refusal), refusal.as_str());
    }
    for phase in [
        Phase::Idle,
        Phase::Downloading,
        Phase::Ready,
        Phase::Waiting,
        Phase::Installing,
        Phase::Trying,
        Phase::Confirmed,
        Phase::FellBack,
        Phase::Refused,
    ] {
        assert_eq!(word(phase), phase.as_str());
    }
}

#[test]
fn what_is_no_request_is_refused() {
    for line in [
        "",
        "{}",
        "[]",
        "status",
        r#"{"ask":"reboot"}"#,
        r#"{"ask":"status","pin":"1234"}"#,
        r#"{"ask":"lease"}"#,
        r#"{"ask":"lease","forced":"yes","seconds":1}"#,
        r#"{"ask":"lease","forced":true,"seconds":-1}"#,
        r#"{"ask":"update","phase":"melting","version":null,"said":"","percent":null}"#,
        r#"{"ask":"status"}{"ask":"status"}"#,
        "{\"ask\":\"stat\u{fffd}us\"}",
    ] {
        let error = Ask::read(line.as_bytes()).unwrap_err();
        assert!(matches!(error, Malformed::Unreadable(_)), "{line}: {error:?}");
    }
    assert!(Ask::read(b"{\"ask\":\"\xFF\"}").is_err());
}

#[test]
fn what_is_out_of_its_bounds_is_refused_and_named() {
    let update = |version: &str, said: &str, percent: u32| {
        format!(
            r#"{{"ask":"update","phase":"idle","version":"{version}","said":"{said}","percent":{percent}}}"#
        )
    };
    for (line, member) in [
        (r#"{"ask":"lease","forced":true,"seconds":0}"#.to_owned(), "seconds"),
        (r#"{"ask":"lease","forced":true,"seconds":3601}"#.to_owned(), "seconds"),
        (update("1", "", 101), "percent"),
        (update("1", &"あ".repeat(201), 1), "said"),
        (update("1", r"two\nlines", 1), "said"),
        (update(&"1".repeat(65), "", 1), "version"),
    ] {
        let error = Ask::read(line.as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with(member), "{line}: {error}");
    }
    assert!(Ask::read(update(&"1".repeat(64), &"あ".repeat(200), 100).as_bytes()).is_ok());
}

#[test]
fn a_health_is_well_only_with_every_check_there_and_passed() {
    let checks = |fails: Option<CheckName>| Health {
        checks: CheckName::ALL
            .into_iter()
            .map(|name| Check {
                name,
                ok: Some(name) != fails,
                said: String::new(),
                remedy: String::new(),
            })
            .collect(),
    };
    assert!(checks(None).is_well());
    for name in CheckName::ALL {
        assert!(!checks(Some(name)).is_well(), "{name:?} failed");
        let mut without = checks(None);
        without.checks.retain(|check| check.name != name);
        assert!(!without.is_well(), "{name:?} was left out");
    }
    assert!(!Health::default().is_well());
}
