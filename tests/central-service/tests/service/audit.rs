// SPDX-License-Identifier: MIT OR Apache-2.0
//! The audit table: refuses to be changed, tells of it where it was changed all the same, and goes
//! out with each outcome.

use central_service::admin::export;
use central_service::store::audit::Verification;
use ring::digest::{SHA256, digest};

use crate::bench::Bench;
use crate::client::{base64url, bytes};

/// A service with some lines, the last but one of which is an outcome's.
async fn written() -> Bench {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    kiosk.tell(&session, "unknown", None).await;
    bench.citizen().await;
    bench
}

async fn run(bench: &Bench, statement: &'static str) -> Result<(), sqlx::Error> {
    let mut transaction = bench.store.write().await.unwrap();
    sqlx::query(statement).execute(&mut *transaction).await?;
    transaction.commit().await
}

async fn unlock(bench: &Bench) {
    for statement in ["DROP TRIGGER audit_is_not_updated", "DROP TRIGGER audit_is_not_deleted"] {
        run(bench, statement).await.unwrap();
    }
}

#[tokio::test]
async fn the_table_refuses_to_be_changed() {
    let bench = written().await;
    for statement in ["UPDATE audit SET entry = '{}' WHERE line = 2", "DELETE FROM audit"] {
        let refused = run(&bench, statement).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

#[tokio::test]
async fn a_line_changed_all_the_same_is_detected() {
    let bench = written().await;
    unlock(&bench).await;
    let statement = "UPDATE audit SET entry = replace(entry, 'opened', 'closed') WHERE line = 3";
    run(&bench, statement).await.unwrap();
    assert_eq!(export::verify(&bench.store).await.unwrap(), Verification::BrokenAt(3));
}

#[tokio::test]
async fn a_line_taken_out_is_detected() {
    let bench = written().await;
    unlock(&bench).await;
    run(&bench, "DELETE FROM audit WHERE line = 2").await.unwrap();
    assert_eq!(export::verify(&bench.store).await.unwrap(), Verification::BrokenAt(2));
}

#[tokio::test]
async fn a_tail_cut_off_is_detected_by_the_head_that_went_out_with_an_outcome() {
    let bench = written().await;
    unlock(&bench).await;
    run(&bench, "DELETE FROM audit WHERE line >= 5").await.unwrap();
    let verification = export::verify(&bench.store).await.unwrap();
    assert_eq!(verification, Verification::HeadOfOutcomeMissing(5));
}

#[tokio::test]
async fn the_export_can_be_recomputed_and_holds_each_head_that_went_out() {
    let bench = Bench::new().await;
    let (kiosk, card) = (bench.kiosk().await, bench.citizen().await);
    let session = kiosk.granted(&card).await;
    let head = kiosk.tell(&session, "unknown", None).await.body["audit_head"].clone();
    let export = export::export(&bench.store).await.unwrap();
    let mut before = vec![0; 32];
    for line in export.lines() {
        let (head, entry) = line.split_once(' ').unwrap();
        before = digest(&SHA256, &[before.as_slice(), entry.as_bytes()].concat()).as_ref().to_vec();
        assert_eq!(head, base64url(&before));
    }
    assert_eq!(bytes(&head), before, "the outcome's line is the last");
}

#[tokio::test]
async fn no_line_holds_a_name_or_a_certificate() {
    let bench = written().await;
    let export = export::export(&bench.store).await.unwrap();
    // "MII" begins every certificate in base64; the test citizen's name is in the certificate.
    for never in ["MII", "Test citizen", "citizen"] {
        assert!(!export.contains(never), "{never}");
    }
}
