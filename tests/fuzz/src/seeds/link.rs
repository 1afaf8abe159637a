// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeds of `kiosk-link`: its example configuration, and what a kiosk sends it.

use super::{Seed, service};
use crate::input::push_piece;

/// The repository's example, the least that a file must say, and every key that there is.
pub(super) fn configurations() -> Vec<Seed> {
    let example = include_bytes!("../../../../deploy/link.toml");
    let least = "socket = \"s\"\n[service]\nurl = \"https://central.example\"\nroots = \"r\"\n\
                 [certificate]\nchain = \"c\"\nkey = \"k\"\n";
    let most = format!(
        "allowed_uids = [991, 0]\n{}[log]\nformat = \"text\"\n\
         filter = \"warn,backend_client=debug,[call{{call=Ticket}}]=trace\"\n",
        least.replace("central.example", "[2001:db8::1]:8443")
    );
    vec![
        ("example".to_owned(), example.to_vec()),
        ("least".to_owned(), least.as_bytes().to_vec()),
        ("most".to_owned(), most.into_bytes()),
    ]
}

/// Whole requests, one after another and byte by byte, and conversations that end too early.
pub(super) fn conversations() -> Vec<Seed> {
    let requests = service::requests();
    let all = |piece: u8| {
        // Odd: the bodies are framed when they are fed.
        let mut seed = vec![piece << 1 | 1];
        requests.iter().for_each(|(_, request)| push_piece(&mut seed, request));
        seed
    };
    let raw = |stream: &[&[u8]]| [&[14][..], &stream.concat()].concat();
    let identity = requests.first().map(|(_, request)| request.as_slice()).unwrap_or_default();
    let length = u32::try_from(identity.len()).unwrap_or(u32::MAX).to_be_bytes();
    vec![
        ("all".to_owned(), all(127)),
        ("byte-by-byte".to_owned(), all(1)),
        ("one".to_owned(), raw(&[&length, identity])),
        ("two".to_owned(), raw(&[&length, identity, &length, identity])),
        ("half".to_owned(), raw(&[&length, identity, &length, &identity[..9]])),
        ("half-a-length".to_owned(), raw(&[&length, identity, &length[..2]])),
        ("too-long".to_owned(), raw(&[&[0, 8, 0, 1], identity])),
        ("no-request".to_owned(), raw(&[&[0, 0, 0, 2], b"{}"])),
        ("empty".to_owned(), raw(&[&[0, 0, 0, 0]])),
    ]
}
