// SPDX-License-Identifier: MIT OR Apache-2.0
//! Hours, closures and maintenance; and that outcomes and receipts are never refused for them.

use central_service::admin::close;
use central_service::policy::ClosureKind;
use jiff::SignedDuration;
use serde_json::json;

use crate::bench::Bench;
use crate::client::Kiosk;

async fn shut(bench: &Bench, kind: ClosureKind) {
    let now = bench.clock.now();
    let until = now + SignedDuration::from_mins(30);
    close::close(&bench.store, kind, until, now).await.unwrap();
}

async fn etag(kiosk: &Kiosk) -> String {
    let policy = kiosk.policy(None).await;
    policy.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn at_night_no_session_opens_but_one_that_did_is_finished() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    bench.minutes_pass(13 * 60 - 1);
    let session = kiosk.opened(&card).await;
    bench.minutes_pass(1);
    let refused = kiosk.open(&card).await;
    assert_eq!(refused.code(), "outside-hours");
    assert_eq!(refused.body["opens_at"], "2026-04-01T21:30:00Z");
    assert!(refused.retry_after().abs_diff(7 * 3600 + 1800) < 60);
    assert_eq!(kiosk.prove(&card, &session).await.status, 200);
    kiosk.ticketed(&session).await;
}

#[tokio::test]
async fn a_closure_stops_everything_but_outcomes_and_receipts() {
    for (kind, code) in
        [(ClosureKind::Closed, "outside-hours"), (ClosureKind::Maintenance, "maintenance")]
    {
        let bench = Bench::new().await;
        let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
        let session = kiosk.granted(&card).await;
        shut(&bench, kind).await;
        assert_eq!(kiosk.open(&card).await.code(), code);
        assert_eq!(kiosk.prove(&card, &session).await.code(), code);
        assert_eq!(kiosk.ticket(&session).await.code(), code);
        assert!(kiosk.ticket(&session).await.retry_after().abs_diff(30 * 60) < 60);
        let receipt = card.receipt(0x00, None, &session.nonce);
        let taken = kiosk.hand_in(&card, &receipt, &session.nonce, Some(&session)).await;
        assert_eq!(taken.status, 200);
        assert_eq!(kiosk.tell(&session, "not_done", None).await.status, 200);
        let ended = close::open(&bench.store, bench.clock.now()).await.unwrap();
        assert_eq!(ended, 1);
        assert_eq!(kiosk.open(&card).await.status, 201);
    }
}

#[tokio::test]
async fn the_policy_is_sent_once_and_again_when_it_changes() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    let first = etag(&kiosk).await;
    for known in [first.clone(), format!("W/{first}"), format!("\"another\", {first}")] {
        assert_eq!(kiosk.policy(Some(&known)).await.status, 304, "{known}");
    }
    assert_eq!(kiosk.policy(Some("\"another\"")).await.status, 200);
    shut(&bench, ClosureKind::Maintenance).await;
    let changed = kiosk.policy(Some(&first)).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.body["maintenance_windows"][0]["affects"], "kiosk");
}

#[tokio::test]
async fn the_operator_edits_the_policy_while_the_service_runs() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let before = etag(&kiosk).await;
    let path = bench.directory.policy();
    let mut policy: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    policy["stores"] = json!({ "store-1": { "services": [] } });
    std::fs::write(&path, policy.to_string()).unwrap();
    assert_eq!(kiosk.open(&card).await.code(), "kiosk-not-authorised");
    assert_eq!(kiosk.policy(Some(&before)).await.body["services"], json!([]));
    policy["stores"] = json!({});
    policy["minimum_software"] = json!("0.1.1");
    std::fs::write(&path, policy.to_string()).unwrap();
    let refused = kiosk.open(&card).await;
    assert_eq!(refused.code(), "software-too-old");
    assert_eq!(refused.body["minimum_software"], "0.1.1");
}
