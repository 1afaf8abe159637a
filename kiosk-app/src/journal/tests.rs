// SPDX-License-Identifier: MIT OR Apache-2.0
//! A process that is killed leaves the file as its last commit left it: each
//! test copies the open file at that moment and opens the copy.

use backend_client::wire::OutcomeResult as Told;
use kiosk_session::{
    Ending, Opaque, SessionId, TicketId,
    effect::{OutcomeResult, Record},
};
use tempfile::TempDir;

use super::*;

const SESSION: SessionId = SessionId([7; 16]);
const TICKET: TicketId = TicketId([9; 16]);

struct Bench {
    folder: TempDir,
    journal: Journal,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let (journal, deliveries) = Journal::open(&folder.path().join("journal.redb")).unwrap();
    assert_eq!(deliveries, []);
    Bench { folder, journal }
}

impl Bench {
    fn path(&self) -> PathBuf {
        self.folder.path().join("journal.redb")
    }

    /// The files as a kill would leave them.
    fn copy(&self) -> PathBuf {
        let copy = self.folder.path().join("copy.redb");
        std::fs::copy(self.path(), &copy).unwrap();
        std::fs::copy(tally::path_beside(&self.path()), tally::path_beside(&copy)).unwrap();
        copy
    }

    /// Ends the journal in an orderly way.
    fn end(self) -> (TempDir, PathBuf) {
        let path = self.path();
        (self.folder, path)
    }

    /// What the next process finds if this one is killed now, and finds again after another kill.
    fn after_a_kill(&self) -> Vec<Delivery> {
        let copy = self.copy();
        let (_, first) = Journal::open(&copy).unwrap();
        let (_, second) = Journal::open(&copy).unwrap();
        assert_eq!(first, second, "a repetition has the key of the first delivery");
        std::fs::remove_file(tally::path_beside(&copy)).unwrap();
        std::fs::remove_file(copy).unwrap();
        second
    }

    fn told_after_a_kill(&self) -> Vec<(Told, String)> {
        let deliveries = self.after_a_kill();
        assert!(deliveries.iter().all(|delivery| *delivery.session_id.as_bytes() == SESSION.0));
        deliveries.into_iter().map(|it| (it.body.result, it.body.ending.to_string())).collect()
    }
}

fn outcome(result: OutcomeResult, ending: Ending) -> Record {
    let receipt = Some(Opaque::new(vec![0xAB; 110]));
    Record::Outcome { session: SESSION, ticket: Some(TICKET), result, ending, receipt }
}

#[test]
fn a_kill_at_each_step_reports_what_the_step_stands_for() {
    let mut bench = bench();
    assert_eq!(bench.told_after_a_kill(), []);
    bench.journal.keep(&Record::ProofSent { session: SESSION }).unwrap();
    assert_eq!(bench.told_after_a_kill(), [(Told::Abandoned, "internal-fault".to_owned())]);
    bench.journal.keep(&Record::TicketRequested { session: SESSION }).unwrap();
    assert_eq!(bench.told_after_a_kill(), [(Told::NotDone, "internal-fault".to_owned())]);
    bench.journal.keep(&Record::TicketPresented { session: SESSION, ticket: TICKET }).unwrap();
    assert_eq!(bench.told_after_a_kill(), [(Told::NotDone, "internal-fault".to_owned())]);
    bench.journal.keep(&Record::ResetSent { session: SESSION, ticket: TICKET }).unwrap();
    assert_eq!(bench.told_after_a_kill(), [(Told::Unknown, "not-certain-answer-lost".to_owned())]);
    let kept = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    assert_eq!(bench.after_a_kill(), std::slice::from_ref(&kept));
    assert_eq!(kept.body.receipt.as_ref().unwrap().as_bytes(), [0xAB; 110]);
    bench.journal.forget(kept.number).unwrap();
    assert_eq!(bench.told_after_a_kill(), []);
}

#[test]
fn a_later_outcome_of_a_session_is_delivered_as_well_with_a_key_of_its_own() {
    let mut bench = bench();
    let ending = Ending::NotCertain(kiosk_session::ending::Doubt::CardLifted);
    let first = bench.journal.keep(&outcome(OutcomeResult::Unknown, ending)).unwrap().unwrap();
    let second = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    assert_ne!(first.key, second.key);
    assert_eq!(bench.after_a_kill(), [first.clone(), second.clone()]);
    bench.journal.forget(first.number).unwrap();
    assert_eq!(bench.after_a_kill(), [second]);
}

#[test]
fn a_number_is_never_given_twice() {
    let mut bench = bench();
    let first = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    bench.journal.forget(first.number).unwrap();
    let second = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    assert_ne!(first.number, second.number);
}

#[test]
fn a_journal_of_a_later_release_is_refused_and_left_as_it_is() {
    let mut bench = bench();
    bench.journal.keep(&Record::TicketRequested { session: SESSION }).unwrap();
    let transaction = bench.journal.database.begin_write().unwrap();
    transaction.open_table(FORMATS).unwrap().insert(FORMAT_KEY, FORMAT + 1).unwrap();
    transaction.commit().unwrap();
    let (_folder, path) = bench.end();
    let before = std::fs::read(&path).unwrap();
    let error = Journal::open(&path).unwrap_err();
    assert!(matches!(error, JournalError::Newer { found: 2 }), "{error:?}");
    assert!(error.to_string().contains("install the later release"), "{error}");
    let steps = {
        let (database, transaction);
        database = Database::open(&path).unwrap();
        transaction = database.begin_read().unwrap();
        redb::ReadableTableMetadata::len(&transaction.open_table(STEPS).unwrap()).unwrap()
    };
    assert_eq!((steps, before.is_empty()), (1, false));
}

#[test]
fn a_damaged_journal_is_refused_with_what_to_do_and_never_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.redb");
    std::fs::write(&path, [0x5A; 9000]).unwrap();
    let error = Journal::open(&path).unwrap_err();
    assert!(matches!(error, JournalError::Database { .. }), "{error:?}");
    assert!(error.to_string().contains("for the operator"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), [0x5A; 9000]);
}

#[test]
fn a_second_kiosk_does_not_get_the_journal() {
    let bench = bench();
    let error = Journal::open(&bench.path()).unwrap_err();
    assert!(matches!(error, JournalError::Database { .. }), "{error:?}");
}

#[test]
fn only_the_kiosks_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(bench().path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_outcome_whose_number_was_forgotten_is_not_written_over() {
    let mut bench = bench();
    bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap();
    let transaction = bench.journal.database.begin_write().unwrap();
    transaction.open_table(NUMBERS).unwrap().remove(LAST_NUMBER).unwrap();
    transaction.commit().unwrap();
    let later = outcome(OutcomeResult::NotDone, Ending::InternalFault);
    assert_eq!(bench.journal.keep(&later).unwrap().unwrap().number, 2);
    assert_eq!(bench.after_a_kill().len(), 2);
}

#[test]
fn where_no_number_is_left_the_record_is_refused_and_nothing_lost() {
    let mut bench = bench();
    bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap();
    let transaction = bench.journal.database.begin_write().unwrap();
    transaction.open_table(NUMBERS).unwrap().insert(LAST_NUMBER, u64::MAX).unwrap();
    transaction.commit().unwrap();
    let later = outcome(OutcomeResult::NotDone, Ending::InternalFault);
    assert!(matches!(bench.journal.keep(&later), Err(JournalError::Store(_))));
    assert_eq!(bench.after_a_kill().len(), 1);
}

#[test]
fn a_journal_that_lost_its_end_is_refused_whatever_the_database_makes_of_it() {
    let mut bench = bench();
    bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap();
    let (_folder, path) = bench.end();
    let cut = std::fs::read(&path).unwrap()[..10_000].to_vec();
    std::fs::write(&path, cut).unwrap();
    let error = Journal::open(&path).unwrap_err();
    assert!(matches!(error, JournalError::Database { .. }), "{error:?}");
}

/// Everything that lies in the folder, one file after another.
fn bytes_in(folder: &TempDir) -> Vec<u8> {
    let files = std::fs::read_dir(folder.path()).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn nothing_of_an_outcome_is_left_in_any_file_once_it_is_acknowledged() {
    let mut bench = bench();
    let kept = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    let receipt = kept.body.receipt.clone().unwrap();
    let text = serde_json::to_string(&receipt).unwrap();
    assert!(holds(&bytes_in(&bench.folder), text.as_bytes()));
    bench.journal.forget(kept.number).unwrap();
    let session = kept.session_id.to_string();
    for left in [text.as_bytes(), session.as_bytes()] {
        assert!(!holds(&bytes_in(&bench.folder), left));
    }
    assert!(!file::path_of_next(&bench.path()).exists());
    let (_folder, path) = bench.end();
    assert_eq!(Journal::open(&path).unwrap().1, []);
}

#[test]
fn what_a_kill_left_before_the_file_was_begun_anew_is_gone_after_the_next_start() {
    let mut bench = bench();
    let kept = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    let number = kept.number;
    bench
        .journal
        .write("forget", |transaction| {
            transaction.open_table(OUTCOMES)?.remove(number)?;
            Ok(())
        })
        .unwrap();
    let text = serde_json::to_string(&kept.body.receipt.unwrap()).unwrap();
    let copy = bench.copy();
    std::fs::write(file::path_of_next(&copy), "half of a database").unwrap();
    assert!(holds(&std::fs::read(&copy).unwrap(), text.as_bytes()));
    assert_eq!(Journal::open(&copy).unwrap().1, []);
    assert!(!holds(&std::fs::read(&copy).unwrap(), text.as_bytes()));
    assert!(!file::path_of_next(&copy).exists());
}

#[test]
fn while_something_is_left_the_file_is_kept() {
    let mut bench = bench();
    let first = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    let second = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    bench.journal.keep(&Record::TicketRequested { session: SessionId([8; 16]) }).unwrap();
    bench.journal.forget(first.number).unwrap();
    let deliveries = {
        let copy = bench.copy();
        Journal::open(&copy).unwrap().1
    };
    assert_eq!(deliveries.len(), 2, "the second outcome, and the step's");
    assert_eq!(deliveries[0], second);
}

#[test]
fn a_journal_put_back_from_a_copy_is_refused() {
    let mut bench = bench();
    bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap();
    let earlier = std::fs::read(bench.path()).unwrap();
    bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap();
    let (_folder, path) = bench.end();
    std::fs::write(&path, earlier).unwrap();
    let error = Journal::open(&path).unwrap_err();
    assert!(matches!(error, JournalError::Older { kept: 3, found: 2, .. }), "{error:?}");
    assert!(error.to_string().contains("outcomes may be missing"), "{error}");
}

#[test]
fn a_journal_that_was_taken_away_or_emptied_is_missed() {
    let mut bench = bench();
    bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap();
    let (_folder, path) = bench.end();
    std::fs::remove_file(&path).unwrap();
    for _ in 0..2 {
        let error = Journal::open(&path).unwrap_err();
        assert!(matches!(error, JournalError::Older { kept: 2, found: 0, .. }), "{error:?}");
    }
    // As the message says.
    std::fs::remove_file(&path).unwrap();
    std::fs::remove_file(tally::path_beside(&path)).unwrap();
    assert_eq!(Journal::open(&path).unwrap().1, []);
}

#[test]
fn a_power_cut_before_the_tally_was_raised_loses_nothing() {
    let mut bench = bench();
    let tally = std::fs::read(tally::path_beside(&bench.path())).unwrap();
    let kept = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    std::fs::write(tally::path_beside(&bench.path()), tally).unwrap();
    assert_eq!(bench.after_a_kill(), [kept]);
}

#[test]
fn a_bit_that_turns_anywhere_is_harmless_or_refused() {
    let mut bench = bench();
    let kept = bench.journal.keep(&outcome(OutcomeResult::Done, Ending::Done)).unwrap().unwrap();
    let after_a_kill = std::fs::read(bench.path()).unwrap();
    let (_folder, path) = bench.end();
    let after_an_end = std::fs::read(&path).unwrap();
    let tally = std::fs::read(tally::path_beside(&path)).unwrap();
    let (mut harmless, mut refused) = (0, 0);
    for whole in [after_a_kill, after_an_end] {
        for place in (0..HEADER).chain((HEADER..whole.len()).step_by(STRIDE)) {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            std::fs::write(tally::path_beside(&path), &tally).unwrap();
            match Journal::open(&path) {
                Ok((_, deliveries)) => {
                    assert_eq!(deliveries, std::slice::from_ref(&kept), "byte {place}");
                    harmless += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(harmless > 10 && refused > 10, "{harmless} harmless, {refused} refused");
}

/// Bytes of the database's header, with both of its commit slots.
const HEADER: usize = 320;
/// A page is 4096 bytes: some bytes of each are turned.
const STRIDE: usize = 1021;
