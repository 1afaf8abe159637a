// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a fuzzer begins: conversations that go well, recorded from the doubles, and the examples
//! that the repository has anyway. Random bytes alone would not get past the first SELECT.

mod card;
mod central;
mod control;
mod disk;
mod link;
mod service;
pub mod specimen;
mod update;

/// One seed and its name.
pub type Seed = (String, Vec<u8>);

/// The seeds of a target.
#[must_use]
pub fn of(target: &str) -> Vec<Seed> {
    match target {
        "codec" => card::codec(),
        "certificates" => card::certificates(),
        "receipt" => card::receipts(),
        "card-answers" => card::answers(),
        "card-visit" => card::visits(),
        "virtual-card" => card::talks(),
        "service-answers" => service::answers(),
        "http-answers" => service::http_answers(),
        "policy" => service::policies(),
        "relay-reply" => service::replies(),
        "relay-request" => service::requests(),
        "link-socket" => link::conversations(),
        "control-socket" => control::conversations(),
        "journal" => disk::journals(),
        "kiosk-toml" => disk::configurations(),
        "link-toml" => link::configurations(),
        "ddi-answers" => update::answers(),
        "update-memory" => update::memories(),
        "central-service" => central::histories(),
        _ => Vec::new(),
    }
}
