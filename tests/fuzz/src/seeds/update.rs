// SPDX-License-Identifier: MIT OR Apache-2.0
//! Stories of the update client: what hawkBit answers, and what happens between.

use super::Seed;
use crate::input::push_piece;

/// Nothing to do, with a time to come again.
const IDLE: &str = r#"{"config":{"polling":{"sleep":"00:05:00"}},"_links":{"configData":{"href":"https://fleet.example/configData"}}}"#;

const CANCEL: &str = r#"{"id":"70","cancelAction":{"stopId":"7"}}"#;

/// Fetched, looked at and leased: version 1.2.0 (or what `version` is in bits 3 to 5).
const READY: &[u8] = b"fi\x10l";

/// An action with one bundle.
fn offer(id: &str, sha256: char, handling: &str, more: &str) -> String {
    let sha256 = sha256.to_string().repeat(64);
    format!(
        r#"{{"id":{id},"deployment":{{"download":"{handling}","update":"{handling}",{more}"chunks":[{{"part":"os","version":"1","name":"kiosk","metadata":[{{"key":"security","value":"true"}}],"artifacts":[{{"filename":"update.raucb","hashes":{{"sha1":"","md5":"","sha256":"{sha256}"}},"size":900,"_links":{{"download":{{"href":"https://fleet.example/a"}}}}}}]}}]}}}}"#
    )
}

/// A story in which these answers and bytes follow each other.
struct Story(Vec<u8>);

impl Story {
    fn answer(mut self, step: u8, body: &str) -> Self {
        self.0.push(step);
        push_piece(&mut self.0, body.as_bytes());
        self
    }

    fn then(mut self, steps: &[u8]) -> Self {
        self.0.extend(steps);
        self
    }

    fn named(self, name: &str) -> Seed {
        (name.to_owned(), self.0)
    }
}

const fn story() -> Story {
    Story(Vec::new())
}

pub(super) fn answers() -> Vec<Seed> {
    let soft = offer("\"7\"", 'a', "attempt", "");
    let forced = offer("8", 'b', "forced", r#""maintenanceWindow":"available","#);
    let held = offer("\"9\"", 'c', "skip", r#""maintenanceWindow":"unavailable","#);
    let ready = |offer: &str| story().answer(b'b', IDLE).answer(b'd', offer).then(READY);
    vec![
        // Installed, started into the other slot, kept there.
        ready(&soft).then(b"IR\x03R\x01r").answer(b'b', IDLE).named("kept"),
        ready(&soft).then(b"IR\x03R\x04r").answer(b'd', &soft).named("fell-back"),
        ready(&soft).then(b"R\x00lR\x00lR\x00lR\x00").named("cut-while-writing"),
        ready(&soft).answer(b'c', CANCEL).then(b"IR\x03").named("cancelled-too-late"),
        story().answer(b'd', &soft).answer(b'c', CANCEL).named("cancelled"),
        story().answer(b'd', &forced).then(b"fi\x10LD\x50l").named("forced"),
        story().answer(b'd', &held).then(b"fi\x10").answer(b'd', &forced).named("held"),
        story().answer(b'd', &soft).then(b"sss").named("spoilt"),
        story().answer(b'd', &soft).then(b"fi\x00").answer(b'b', IDLE).named("older-is-kept-out"),
        story().then(b"t\x02i\x10wlIR\x03R\x01").named("stick"),
    ]
}

pub(super) fn memories() -> Vec<Seed> {
    let artifact = format!(
        r#""artifact":{{"sha256":"{}","size":9,"source":{{"server":"https://h/a"}}}}"#,
        "a".repeat(64)
    );
    let bundle = r#"{"compatible":"kiosk","version":"1.1.0","minimum_version":"1.1.0"}"#;
    let from = r#"{"slot":"A","boot_id":"0"}"#;
    let action = |phase: &str| {
        format!(
            r#"{{"floor":"1.0.0","new":1,"action":{{"id":"7",{artifact},"is_urgent":true,"may_fetch":true,"may_install":true,"since":"2026-07-01T09:00:00Z","installs":1,"spoilt":0,"phase":{phase}}},"fallen":[]}}"#
        )
    };
    let trying = action(&format!(r#"{{"trying":[{bundle},{from}]}}"#));
    let installing = action(&format!(r#"{{"installing":[{bundle},{from}]}}"#));
    let closed = r#"{"closed":{"id":"7","success":false,"said":"fell back","is_reported":false}}"#
        .to_owned();
    let from = |memory: &str, steps: &[u8]| {
        let mut data = Vec::new();
        push_piece(&mut data, memory.as_bytes());
        Story(data).then(steps)
    };
    vec![
        from(&action("\"fetching\""), b"fi\x10lI").named("fetching"),
        from(&action(&format!(r#"{{"ready":{bundle}}}"#)), b"D\x01lI").named("ready"),
        from(&installing, b"lI").named("installing"),
        from(&trying, b"R\x03R\x01").named("trying"),
        from(&trying, b"R\x00").named("trying-elsewhere"),
        from(&closed, b"").answer(b'b', IDLE).named("closed"),
    ]
}
