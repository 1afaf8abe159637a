// SPDX-License-Identifier: MIT OR Apache-2.0
//! The faults on demand do what they say: the tests of clients rest on them.

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use crate::bench::Bench;
use crate::client::{Kiosk, new_key, session_body};

fn heartbeat() -> serde_json::Value {
    json!({ "state": "in_service", "faults": [], "software": "0.1.0" })
}

#[tokio::test]
async fn an_answer_that_was_cut_off_is_there_under_its_key() {
    let bench = Bench::new().await;
    let card = bench.citizen().await;
    for fault in ["cut-after 1 /v1/sessions", "cut-mid 1 /v1/sessions"] {
        let before = bench.audited("session-opened").await;
        bench.faults.add(fault.parse().unwrap());
        let (key, body) = (new_key(), session_body(&card));
        let cut = bench.kiosk().await.try_post("/v1/sessions", &key, &body).await;
        assert!(cut.is_err(), "{fault}");
        let again = bench.kiosk().await.post_again("/v1/sessions", &key, &body).await;
        assert_eq!(again.status, 201);
        assert_eq!(bench.audited("session-opened").await, before + 1, "{fault}");
    }
}

#[tokio::test]
async fn a_connection_cut_before_leaves_nothing_done() {
    let bench = Bench::new().await;
    let card = bench.citizen().await;
    bench.faults.add("cut-before 1 /v1/sessions".parse().unwrap());
    let cut = bench.kiosk().await.try_post("/v1/sessions", &new_key(), &session_body(&card)).await;
    assert!(cut.is_err());
    assert_eq!(bench.audited("session-opened").await, 0);
}

#[tokio::test]
async fn refused_connections_are_cut_and_taken_again() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    bench.faults.refuse_connections(true);
    assert!(kiosk.try_post("/v1/heartbeat", &new_key(), &heartbeat()).await.is_err());
    let files = bench.directory.kiosk();
    assert!(Kiosk::connect(bench.running.listening, &files).await.is_err());
    bench.faults.refuse_connections(false);
    assert_eq!(bench.kiosk().await.post("/v1/heartbeat", &heartbeat()).await.status, 204);
}

#[tokio::test]
async fn answers_are_replaced_as_often_as_asked_for() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    bench.faults.add("answer 2 /v1/heartbeat ticket-limit".parse().unwrap());
    bench.faults.add("garbage 1 /v1/heartbeat".parse().unwrap());
    bench.faults.add("delay 1 /v1/heartbeat 1".parse().unwrap());
    for _ in 0..2 {
        let refused = kiosk.try_post("/v1/heartbeat", &new_key(), &heartbeat()).await.unwrap();
        assert_eq!((refused.code(), refused.retry_after()), ("ticket-limit", 10));
    }
    assert!(kiosk.try_post("/v1/heartbeat", &new_key(), &heartbeat()).await.is_err(), "not JSON");
    assert_eq!(kiosk.post("/v1/heartbeat", &heartbeat()).await.status, 204);
}

#[tokio::test]
async fn a_fault_for_a_later_request_lets_the_earlier_ones_pass() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    bench.faults.add("pass 2 /v1/heartbeat".parse().unwrap());
    bench.faults.add("answer 1 /v1/heartbeat 502".parse().unwrap());
    for expected in [204, 204, 502, 204] {
        let answer = kiosk.try_post("/v1/heartbeat", &new_key(), &heartbeat()).await;
        assert!(answer.map_or(expected == 502, |answer| answer.status == expected));
    }
}

#[tokio::test]
async fn another_sessions_answer_opens_nothing_that_can_be_gone_on_with() {
    let bench = Bench::new().await;
    let card = bench.citizen().await;
    bench.faults.add("foreign 1 /v1/sessions".parse().unwrap());
    let kiosk = bench.kiosk().await;
    let opened = kiosk.post("/v1/sessions", &session_body(&card)).await;
    assert_eq!(opened.status, 201);
    let id = opened.body["session_id"].as_str().unwrap();
    let body = json!({ "result": "abandoned", "ending": "cancelled" });
    let refused = kiosk.post(&format!("/v1/sessions/{id}/outcome"), &body).await;
    assert_eq!(refused.status, 404);
}

#[tokio::test]
async fn the_socket_takes_one_command_a_line() {
    let bench = Bench::new().await;
    let path = bench.folder.path().join("faults");
    central_service::server::faults::listen(&path, bench.faults.clone()).unwrap();
    let (reader, mut writer) = UnixStream::connect(&path).await.unwrap().into_split();
    let mut lines = BufReader::new(reader).lines();
    for (command, expected) in [
        ("answer 1 /v1/heartbeat 502", "ok"),
        ("refuse on", "ok"),
        ("clear", "ok"),
        ("explode", "error not a fault"),
    ] {
        writer.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let answer = lines.next_line().await.unwrap().unwrap();
        assert!(answer.starts_with(expected), "{command}: {answer}");
    }
    assert_eq!(bench.kiosk().await.post("/v1/heartbeat", &heartbeat()).await.status, 204);
}
