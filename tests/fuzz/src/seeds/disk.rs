// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeds of what the kiosk reads from its disk: the example configuration, and journals that are
//! damaged a little.

use super::Seed;
use crate::input::push_piece;

/// The repository's example, and the least that a file must say.
pub(super) fn configurations() -> Vec<Seed> {
    let example = include_bytes!("../../../../deploy/kiosk.toml");
    let least = b"[card]\nprofile = \"ref-eac-1\"\ncertificate_authority = \"/ca.pem\"\n";
    vec![("example".to_owned(), example.to_vec()), ("least".to_owned(), least.to_vec())]
}

/// Patches at the places that matter, and rows of the journal's own form.
pub(super) fn journals() -> Vec<Seed> {
    let patch = |places: &[(u32, &[u8])]| {
        let mut seed = vec![1];
        for (at, with) in places {
            seed.extend(at.to_be_bytes().iter().skip(1));
            push_piece(&mut seed, with);
        }
        seed
    };
    let rows = |rows: &[(u8, &str)]| {
        let mut seed = vec![2];
        for (kind, row) in rows {
            seed.push(*kind);
            push_piece(&mut seed, row.as_bytes());
        }
        seed
    };
    let outcome = r#"{"session_id":"01010101-0101-0101-0101-010101010101","key":"9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42","result":"done","ending":"done","software":"0.1.0"}"#;
    let step = r#"{"step":"reset-sent","ticket_id":"03030303-0303-0303-0303-030303030303","software":"0.1.0"}"#;
    vec![
        ("whole".to_owned(), patch(&[])),
        ("magic".to_owned(), patch(&[(0, b"x")])),
        ("primary-slot".to_owned(), patch(&[(9, &[1])])),
        ("header".to_owned(), patch(&[(64, &[0xFF; 16])])),
        ("first-page".to_owned(), patch(&[(4_096, &[0; 64])])),
        ("later-page".to_owned(), patch(&[(8_192, &[0xFF; 8])])),
        ("cut".to_owned(), patch(&[(10_000, &[])])),
        ("empty".to_owned(), vec![0]),
        ("rows".to_owned(), rows(&[(0, outcome), (1, step)])),
        ("row-of-nobody".to_owned(), rows(&[(0, outcome), (0, "{}"), (1, step)])),
    ]
}
