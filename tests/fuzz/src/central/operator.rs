// SPDX-License-Identifier: MIT OR Apache-2.0
//! What happens at the service without a request: what the phone app and the operator do, and what
//! time does.

use central_service::admin::{AdminError, close, register, revoke, settle};
use central_service::certificates::JpkiAuthority;
use central_service::policy::ClosureKind;
use central_service::reservation::Target;
use central_service::store::{housekeeping, reservations};
use jiff::SignedDuration;

use super::bench::{Bench, UNITS};

/// A reservation of up to 25 hours ago, for the one PIN or for the other.
pub(super) async fn reserve(bench: &Bench, choices: u8) {
    let service = &bench.service;
    let is_other = choices & 0x80 != 0;
    let target = if is_other { Target::UserAuthentication } else { Target::Signature };
    let now = service.clock.now();
    let made_at = now - SignedDuration::from_hours(i64::from(choices % 26));
    let card_id = bench.card.card_id;
    done(register::reserve(&service.store, card_id, target, made_at, now).await);
}

/// What an operator does to the card, the kiosk or the hours.
pub(super) async fn operate(bench: &Bench, choice: u8) {
    let service = &bench.service;
    let (store, now, card_id) = (&service.store, service.clock.now(), bench.card.card_id);
    let until = now + SignedDuration::from_mins(90);
    let revoke = |authority| revoke::certificate(store, card_id, authority, "test", now);
    match choice % 8 {
        0 => done(register::suspend(store, card_id, false, now).await),
        1 => done(register::suspend(store, card_id, true, now).await),
        2 => done(revoke(JpkiAuthority::UserAuthentication).await),
        3 => done(revoke(JpkiAuthority::DigitalSignature).await),
        4 => done(close::close(store, ClosureKind::Closed, until, now).await),
        5 => done(close::close(store, ClosureKind::Maintenance, until, now).await),
        6 => done(close::open(store, now).await),
        _ => done(revoke::kiosk(store, UNITS[0], None, now).await),
    }
}

/// What the service does by itself every now and then.
#[expect(clippy::expect_used, reason = "the database answers, or that is the finding")]
pub(super) async fn keep_house(bench: &Bench) {
    let service = &bench.service;
    let mut transaction = service.store.write().await.expect("a transaction");
    housekeeping::round(&mut transaction, service.clock.now()).await.expect("a round");
    transaction.commit().await.expect("a commit");
}

/// An operator decides about the newest reservation, where it waits for that.
#[expect(clippy::expect_used, reason = "the database answers, or that is the finding")]
pub(super) async fn settle(bench: &Bench, is_done: bool) {
    let service = &bench.service;
    let mut connection = service.store.read().await.expect("a connection");
    let found = reservations::current(&mut connection, bench.card.card_id).await;
    let Some(reservation) = found.expect("a reservation") else { return };
    done(settle::settle(&service.store, reservation.id, is_done, service.clock.now()).await);
}

/// An operator may be told that there is nothing to be done, but not that the database failed.
fn done<T>(outcome: Result<T, AdminError>) {
    if let Err(AdminError::Store(error)) = outcome {
        panic!("the database failed an operator: {error:?}");
    }
}
