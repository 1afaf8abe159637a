// SPDX-License-Identifier: MIT OR Apache-2.0
//! One personalised card for all tests of this program: its RSA keys are made once.

use std::sync::OnceLock;

use jiff::Timestamp;
use virtual_card::{Authorities, CardState, Kind, Order, TicketKey, personalise};

/// A card as it came from personalisation, and the PINs that were drawn for it.
pub(crate) struct Specimen {
    pub(crate) authorities: Authorities,
    pub(crate) order: Order,
    pub(crate) state: CardState,
    pub(crate) ticket_keys: [p256::ecdsa::SigningKey; 2],
}

/// The specimen of kind `individual-number`, with two ticket keys.
pub(crate) fn specimen() -> &'static Specimen {
    static SPECIMEN: OnceLock<Specimen> = OnceLock::new();
    SPECIMEN.get_or_init(|| {
        let authorities = Authorities::generate(now(), &mut rand::rng()).expect("test CAs");
        let ticket_keys = [ticket_key(), ticket_key()];
        let mut order = Order::new(now());
        order.ticket_keys = ticket_keys
            .iter()
            .map(|key| key.verifying_key().to_sec1_point(false))
            .map(|point| TicketKey::from_point(point.as_bytes()).expect("a point"))
            .collect();
        let state = issue(&authorities, &order);
        Specimen { authorities, order, state, ticket_keys }
    })
}

/// The specimen's order with another kind of card.
pub(crate) fn of_kind(kind: Kind) -> CardState {
    issue(&specimen().authorities, &Order { kind, ..specimen().order.clone() })
}

pub(crate) fn issue(authorities: &Authorities, order: &Order) -> CardState {
    personalise(authorities, order, &mut rand::rng()).expect("a card").0
}

/// 2026-11-23T00:00:00Z: tests do not read the clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::constant(1_795_392_000, 0)
}

fn ticket_key() -> p256::ecdsa::SigningKey {
    use p256::elliptic_curve::Generate as _;
    p256::ecdsa::SigningKey::generate_from_rng(&mut rand::rng())
}
