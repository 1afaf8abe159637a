// SPDX-License-Identifier: MIT OR Apache-2.0
//! When a unit that the service refused serves residents again: its policy says so, never the
//! clock, and never a policy that is silent on what was refused.

use backend_client::wire;
use kiosk_session::Denial;

use super::*;

impl Bench {
    /// A resident comes whose session is refused so, and leaves.
    fn is_refused(&self, denial: Denial, cause: OutOfService) {
        self.choose(Choice::SetNewPin);
        self.service_answers(CentralReply::Denied(denial));
        self.until(|screen| matches!(screen, Screen::Ending { .. }));
        self.reader(ReaderEvent::MediaRemoved { reader: reader() });
        self.event(Event::Touched(Touch::Dismiss));
        self.until(|screen| *screen == Screen::OutOfService { cause });
    }

    /// What is shown once everything told before has been heard: a touch of a language that was
    /// not shown brings a view.
    fn shows_in(&self, language: Language) -> Vec<Screen> {
        self.event(Event::Touched(Touch::Language(language)));
        let mut screens = Vec::new();
        loop {
            let shown = self.shown.recv_timeout(LONG).expect("the language changes");
            if let Shown::View(view) = shown {
                screens.push(view.screen);
                if view.language == language {
                    return screens;
                }
            }
        }
    }
}

/// Other than the one of the benches, and no two in a row the same.
const LANGUAGES: [Language; 4] =
    [Language::Japanese, Language::Filipino, Language::Japanese, Language::Filipino];

#[test]
fn refused_software_stays_out_of_service_until_a_policy_says_that_it_is_new_enough() {
    let bench = Bench::at_rest(1);
    let cause = OutOfService::SoftwareTooOld;
    bench.is_refused(Denial::SoftwareTooOld, cause);
    let not_enough = [
        OPEN,
        r#"{"minimum_software":"0.0.1","services":[]}"#,
        SHUT,
        r#"{"minimum_software":"99.0.0"}"#,
    ];
    for (policy, language) in not_enough.into_iter().zip(LANGUAGES) {
        bench.serves("\"2\"", policy);
        bench.answers_with(ServedPolicy::Unchanged);
        assert_eq!(bench.shows_in(language), [Screen::OutOfService { cause }], "{policy}");
    }
    bench.serves("\"3\"", &OPEN.replacen('{', r#"{"minimum_software":"0.0.1","#, 1));
    assert!(attract(&bench.until(|_| true)));
}

#[test]
fn a_refused_unit_stays_out_of_service_until_it_is_given_a_policy() {
    let bench = Bench::at_rest(1);
    let cause = OutOfService::KioskNotAuthorised;
    bench.is_refused(Denial::KioskNotAuthorised, cause);
    let refusal = wire::Refusal::from(wire::Denial::KioskNotAuthorised);
    let unreachable = CentralError::Unreachable { call: Call::Policy, source: None };
    let not_enough = [
        Message::Policy(Ok(Decision::Denied(refusal))),
        Message::Policy(Err(unreachable)),
        Message::Event(Event::ServiceHours(ServiceHours::Open)),
    ];
    for (message, language) in not_enough.into_iter().zip(LANGUAGES) {
        let told = format!("{message:?}");
        bench.tell(message);
        assert_eq!(bench.shows_in(language), [Screen::OutOfService { cause }], "{told}");
    }
    bench.answers_with(ServedPolicy::Unchanged);
    assert!(attract(&bench.until(|_| true)));
}
