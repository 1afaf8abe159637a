// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk journal`: the outcomes that the service has not acknowledged, of a unit whose network or
//! whose disk is past mending: for delivery by hand. A look changes nothing in the journal.

use std::{fmt::Write as _, path::Path};

use serde_json::{Value, json};

use super::{Done, Failure, Journal, json, write_new};
use crate::{
    Config,
    central_worker::software,
    journal::{self, Delivery},
};

pub(super) fn carry_out(config: &Config, what: Journal, as_json: bool) -> Result<Done, Failure> {
    let outcomes = undelivered(&config.journal.path)?;
    match what {
        Journal::List if as_json => Ok(Done::well(json(&json!({
            "outcomes": outcomes.iter().map(in_short).collect::<Vec<_>>(),
        })))),
        Journal::List => Ok(Done::well(list(&outcomes))),
        Journal::Export { file } => {
            write_new(&file, &json(&export(&outcomes)))?;
            let (count, to) = (outcomes.len(), file.display());
            Ok(Done::well(match as_json {
                true => json(&json!({ "exported": count, "file": file })),
                false => format!("{count} outcomes written to {to}\n{WHAT_IT_HOLDS}"),
            }))
        }
    }
}

/// None where there is no journal yet.
pub(super) fn undelivered(path: &Path) -> Result<Vec<Delivery>, Failure> {
    match path.try_exists() {
        Ok(false) => Ok(Vec::new()),
        // A folder that may not be read is said by whoever opens the file.
        Ok(true) | Err(_) => Ok(journal::look(path)?),
    }
}

fn list(outcomes: &[Delivery]) -> String {
    let mut text = match outcomes.len() {
        0 => "no outcome is undelivered\n".to_owned(),
        1 => "1 outcome is undelivered\n".to_owned(),
        count => format!("{count} outcomes are undelivered\n"),
    };
    for Delivery { number, session_id, body, .. } in outcomes {
        let receipt = if body.receipt.is_some() { "with a receipt" } else { "without a receipt" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{number:>6}  session {session_id}  {:?}  {receipt}", body.result);
    }
    text
}

/// Without the receipt.
fn in_short(delivery: &Delivery) -> Value {
    let Delivery { number, session_id, body, .. } = delivery;
    json!({
        "number": number,
        "session_id": session_id,
        "result": body.result,
        "ending": body.ending,
        "has_receipt": body.receipt.is_some(),
    })
}

/// Each as `POST /v1/sessions/{id}/outcome` takes it: session, key and body.
fn export(outcomes: &[Delivery]) -> Value {
    let outcomes: Vec<_> = outcomes
        .iter()
        .map(|Delivery { session_id, key, body, .. }| {
            json!({ "session_id": session_id, "idempotency_key": key, "body": body })
        })
        .collect();
    json!({ "format": "kiosk-outcomes-1", "software": software(), "outcomes": outcomes })
}

const WHAT_IT_HOLDS: &str = "\
Each has the session's id, the result, the ending's code and the card's receipt where one was read.
No name, no PIN and no number on a card is in it; a receipt names its card by a random number that
only the service can tell anything by. Hand the file to the operator of the service, and to nobody
else. The journal is as it was: the kiosk delivers these itself once it can.
";

#[cfg(test)]
mod tests {
    use kiosk_session::{Ending, Opaque, Record, SessionId, TicketId, effect::OutcomeResult};

    use super::*;
    use crate::{commands::Code, journal::Journal as Open};

    fn record(result: OutcomeResult) -> Record {
        Record::Outcome {
            session: SessionId([7; 16]),
            ticket: None,
            result,
            ending: Ending::Done,
            receipt: Some(Opaque::new(vec![3; 110])),
        }
    }

    /// A journal with one outcome and one step that was left open.
    fn kept(path: &Path) -> Open {
        let (mut journal, _) = Open::open(path).unwrap();
        journal.keep(&record(OutcomeResult::Done)).unwrap();
        let (session, ticket) = (SessionId([8; 16]), TicketId([9; 16]));
        journal.keep(&Record::ResetSent { session, ticket }).unwrap();
        journal
    }

    #[test]
    fn a_look_finds_outcomes_and_open_steps_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        drop(kept(&path));
        let files = || {
            let mut files: Vec<_> = std::fs::read_dir(folder.path())
                .unwrap()
                .map(|file| file.unwrap().path())
                .map(|path| (path.clone(), std::fs::read(path).unwrap()))
                .collect();
            files.sort();
            files
        };
        let before = files();
        let outcomes = undelivered(&path).unwrap();
        let results: Vec<_> = outcomes.iter().map(|it| format!("{:?}", it.body.result)).collect();
        assert_eq!(results, ["Done", "Unknown"]);
        assert!(files() == before, "a look changed the journal");
        let (_, deliveries) = Open::open(&path).unwrap();
        assert_eq!(deliveries[0].key, outcomes[0].key, "told twice under one key, it counts once");
    }

    #[test]
    fn a_journal_that_a_kiosk_has_open_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        let journal = kept(&path);
        let failure = undelivered(&path).unwrap_err();
        assert_eq!(failure.code, Code::Later);
        assert!(failure.error.to_string().contains("systemctl stop kiosk"), "{}", failure.error);
        drop(journal);
        assert_eq!(undelivered(&path).unwrap().len(), 2);
    }

    #[test]
    fn no_journal_and_one_that_was_never_used_hold_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        assert_eq!(undelivered(&path).unwrap(), []);
        drop(Open::open(&path).unwrap());
        assert_eq!(undelivered(&path).unwrap(), []);
        assert_eq!(list(&[]), "no outcome is undelivered\n");
    }

    #[test]
    fn what_is_no_journal_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        drop(kept(&path));
        let whole = std::fs::read(&path).unwrap();
        for damaged in [&b"no journal"[..], &whole[..whole.len() / 2]] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(undelivered(&path).unwrap_err().code, Code::File);
        }
    }

    #[test]
    fn the_export_is_what_the_service_takes_and_the_list_has_no_receipt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        drop(kept(&path));
        let outcomes = undelivered(&path).unwrap();
        let exported = export(&outcomes);
        let first = &exported["outcomes"][0];
        assert_eq!(first["body"]["result"], "done");
        assert_eq!(
            first["body"]["receipt"],
            serde_json::to_value(&outcomes[0].body.receipt).unwrap()
        );
        assert_eq!(first["session_id"], "07070707-0707-0707-0707-070707070707");
        let listed = list(&outcomes);
        assert!(listed.contains("with a receipt") && listed.contains("without a receipt"));
        assert!(!in_short(&outcomes[0]).to_string().contains("\"receipt\""));
    }
}
