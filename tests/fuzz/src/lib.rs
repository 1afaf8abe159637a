// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a card, a service, a disk or an operator may say to the product, and what may be said to
//! its doubles: one function of bytes for each, which panics when a promise is broken.
//!
//! `cargo xtask fuzz` runs them under libFuzzer (the program `engine`); `cargo test -p fuzz` runs
//! the committed `corpus/` through them, with any compiler and in seconds. What an engine finds
//! goes into the corpus under the name of what was found, and is a test from then on.

pub mod card;
pub mod central;
pub mod control;
pub mod http;
pub mod input;
pub mod journal;
pub mod seeds;
pub mod service;
pub mod socket;
pub mod toml;
pub mod update;

/// The kiosk's own sources, as they are: its package brings the screens along, which take longer to
/// instrument than all the rest, and what is fed here is not public there.
#[path = "../../../kiosk-app/src"]
#[expect(dead_code, unreachable_pub, unused_imports, reason = "only parts of it are fed")]
mod kiosk {
    pub(crate) mod config;
    pub(crate) mod contained;
    pub(crate) mod journal;
    pub(crate) mod telemetry;
}
use kiosk::{config, telemetry};

/// The update client's, for the same reason: its package shows a command line alone.
#[path = "../../../deploy/update/src"]
#[expect(dead_code, reason = "only parts of it are fed")]
mod client {
    pub(crate) mod bundle;
    pub(crate) mod machine;
    pub(crate) mod memory;
    pub(crate) mod ddi {
        pub(crate) mod message;
    }
}
use client::{bundle, machine, memory};

/// Where the committed inputs are, a folder a target.
pub const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus");

/// One thing that is fed.
#[derive(Clone, Copy)]
pub struct Target {
    /// As in `corpus/NAME` and on the command line.
    pub name: &'static str,
    /// What is fed to what, in one line.
    pub about: &'static str,
    /// Takes one input. A panic is a finding.
    pub run: fn(&[u8]),
}

/// All of them: first what the kiosk hears, then what is said to the doubles.
pub const TARGETS: &[Target] = &[
    Target {
        name: "codec",
        about: "bytes of a card to the ISO 7816-4 codec: commands, answers, status words, TLV",
        run: card::codec::run,
    },
    Target {
        name: "certificates",
        about: "files 00E0, 00E1 and 000A as a card may hold them, and a card authority's",
        run: card::certificates::run,
    },
    Target {
        name: "receipt",
        about: "a receipt as a card may sign it, or not",
        run: card::receipt::run,
    },
    Target {
        name: "card-answers",
        about: "every answer of a card to a whole visit, from the first SELECT to settling",
        run: card::answers::run,
    },
    Target {
        name: "card-visit",
        about: "a whole visit with the virtual card, on whose answers and commands the input works",
        run: card::visit::run,
    },
    Target {
        name: "service-answers",
        about: "bodies of every answer of the service, as they reach the kiosk",
        run: service::answers,
    },
    Target {
        name: "http-answers",
        about: "status, headers and body of an answer, to what the client makes of it",
        run: http::run,
    },
    Target {
        name: "policy",
        about: "the service's policy, whole and member by member",
        run: service::policy,
    },
    Target {
        name: "relay-reply",
        about: "bytes on the Unix socket instead of kiosk-link's reply",
        run: service::relay_reply,
    },
    Target {
        name: "relay-request",
        about: "a frame's body instead of the kiosk's request",
        run: service::relay_request,
    },
    Target {
        name: "link-socket",
        about: "bytes of the kiosk's side, to the frames that kiosk-link receives",
        run: socket::run,
    },
    Target {
        name: "control-socket",
        about: "bytes of whoever asks the kiosk, to the lines and questions that it receives",
        run: control::run,
    },
    Target {
        name: "journal",
        about: "a journal file that the disk has damaged, and rows that nobody wrote",
        run: journal::run,
    },
    Target { name: "kiosk-toml", about: "kiosk.toml as an operator may write it", run: toml::run },
    Target { name: "link-toml", about: "link.toml as an operator may write it", run: toml::link },
    Target {
        name: "ddi-answers",
        about: "answers of the fleet server, to what the update client makes of them, to the restart",
        run: update::answers,
    },
    Target {
        name: "update-memory",
        about: "the update client's memory as another release or a bad disk left it, and what follows",
        run: update::memory,
    },
    Target {
        name: "virtual-card",
        about: "command APDUs to the virtual card",
        run: card::double::run,
    },
    Target {
        name: "central-service",
        about: "requests of two kiosks to the reference service, while time passes",
        run: central::run,
    },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
