// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kiosk's control socket: lines in, lines out.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

/// What it says to a request for a lease.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Closed, nobody there.
    #[default]
    Free,
    /// Within opening hours.
    Open,
    /// A resident is there.
    InSession,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) mood: Mood,
    /// A check that fails, and what it says.
    pub(crate) sick: Option<(&'static str, &'static str)>,
    /// Whether a lease holds now.
    pub(crate) is_leased: bool,
    /// Each request for a lease: whether it was forced.
    pub(crate) asked: Vec<bool>,
    /// Each telling of an update.
    pub(crate) told: Vec<Value>,
}

/// The kiosk, as its other side sees it.
#[derive(Clone)]
pub(crate) struct Kiosk(pub(crate) Arc<Mutex<State>>);

impl Kiosk {
    pub(crate) fn listening_at(socket: &Path) -> Self {
        let kiosk = Self(Arc::default());
        let listener = UnixListener::bind(socket).unwrap();
        let serving = kiosk.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), serving) = (stream, serving.clone()) else { return };
                thread::spawn(move || serving.serve(stream));
            }
        });
        kiosk
    }

    pub(crate) fn is(&self, mood: Mood) {
        self.0.lock().unwrap().mood = mood;
    }

    pub(crate) fn is_sick_in(&self, check: Option<(&'static str, &'static str)>) {
        self.0.lock().unwrap().sick = check;
    }

    pub(crate) fn is_leased(&self) -> bool {
        self.0.lock().unwrap().is_leased
    }

    /// Whether an update was ever told to be at this stage.
    pub(crate) fn was_told(&self, phase: &str) -> bool {
        self.0.lock().unwrap().told.iter().any(|told| told["phase"] == phase)
    }

    fn serve(&self, stream: UnixStream) {
        let mut holds = false;
        let mut writer = stream.try_clone().unwrap();
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            let ask: Value = serde_json::from_str(&line).unwrap();
            let answer = self.answer(&ask, &mut holds);
            if writeln!(writer, "{answer}").is_err() {
                break;
            }
        }
        if holds {
            self.0.lock().unwrap().is_leased = false;
        }
    }

    fn answer(&self, ask: &Value, holds: &mut bool) -> Value {
        let mut state = self.0.lock().unwrap();
        match ask["ask"].as_str().unwrap() {
            "lease" => {
                let is_forced = ask["forced"].as_bool().unwrap();
                state.asked.push(is_forced);
                match state.mood {
                    Mood::InSession => {
                        json!({"refused": "in-session", "said": "a resident is here"})
                    }
                    Mood::Open if !is_forced => json!({"refused": "open-hours", "said": "open"}),
                    Mood::Free | Mood::Open => {
                        (state.is_leased, *holds) = (true, true);
                        json!({"leased": {"seconds": ask["seconds"]}})
                    }
                }
            }
            "update" => {
                state.told.push(ask.clone());
                json!({"noted": {}})
            }
            "health" => {
                let names = [
                    "frame",
                    "touch",
                    "reader",
                    "pcscd",
                    "certificate",
                    "clock",
                    "service",
                    "journal",
                ];
                let checks: Vec<_> = names
                    .iter()
                    .map(|name| match state.sick {
                        Some((sick, said)) if sick == *name => {
                            json!({"name": name, "ok": false, "said": said, "remedy": ""})
                        }
                        _ => json!({"name": name, "ok": true, "said": "", "remedy": ""}),
                    })
                    .collect();
                json!({"health": {"checks": checks}})
            }
            "status" => json!({"status": {
                "software": "0.0.0", "image": null, "since": 1, "state": "attract",
                "card_present": false, "reader": null, "fault": null, "last_faults": [],
                "undelivered": 0, "clock": {"set": true}, "update": null, "frame_drawn": true,
                "link": {"reachable": true, "kiosk_id": null, "unit": "unit-7",
                         "certificate_days_left": null},
            }}),
            other => panic!("the client asked {other}"),
        }
    }
}
