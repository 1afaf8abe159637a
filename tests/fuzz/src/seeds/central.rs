// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seeds of the reference service: histories that lead to every state of a reservation, and
//! requests that are none.

use super::Seed;
use crate::central::Word;
use crate::input::push_piece;

/// A history in the making.
#[derive(Clone, Default)]
struct History(Vec<u8>);

/// Seconds that pass, as their place in the list of what may pass.
#[derive(Clone, Copy)]
enum Wait {
    Seconds11 = 1,
    Seconds61 = 2,
    Minutes11 = 3,
    Minutes46 = 4,
    Hours6 = 6,
}

/// What a request is besides its path and body.
const ONCE: u8 = 0;
const OTHER_KIOSK: u8 = 1;
const GET: u8 = 1 << 1;
const PUT: u8 = 3 << 1;
const HEAD: u8 = 4 << 1;
const TWICE: u8 = 0x10;
const TOO_LARGE: u8 = 0x20;

/// Resets that come to every end, and what is asked beside them.
pub(super) fn histories() -> Vec<Seed> {
    let [used, usable, lapsed] = [1, 2, 3].map(|result| [2, result, 0, 0, 0]);
    let none = [2, 0, 3, 0, 0];
    let receipt = &format!(r#""receipt":"{}""#, say(Word::Receipt));
    let granted = || History::default().open(ONCE).prove(ONCE);
    let ticketed = || granted().ticket(ONCE);
    let done = || ticketed().step(&used).outcome("done", receipt);
    let overdue = || ticketed().wait(Wait::Minutes11).wait(Wait::Seconds61).step(&[6]);
    let seeds = [
        ("done", done()),
        ("used", done().open(ONCE).wait(Wait::Hours6).open(ONCE).step(&[4, 0]).open(ONCE)),
        (
            "abandoned",
            granted().outcome("abandoned", "").outcome("unknown", "").outcome("abandoned", ""),
        ),
        (
            "not-done",
            ticketed().wait(Wait::Seconds61).step(&lapsed).receipt().outcome("not_done", receipt),
        ),
        ("unresolved", overdue().open(ONCE).prove(ONCE).outcome("unknown", "").open(ONCE)),
        ("settled", overdue().outcome("unknown", "").open(ONCE).step(&none).receipt().prove(ONCE)),
        ("operator", overdue().step(&[7, 0]).outcome("unknown", "").open(ONCE).prove(ONCE)),
        (
            "limits",
            ticketed()
                .ticket(ONCE)
                .wait(Wait::Seconds11)
                .ticket(ONCE)
                .wait(Wait::Seconds11)
                .ticket(ONCE)
                .wait(Wait::Seconds11)
                .ticket(ONCE)
                .step(&usable)
                .receipt(),
        ),
        (
            "expired",
            granted().wait(Wait::Minutes46).ticket(ONCE).open(ONCE).wait(Wait::Hours6).open(ONCE),
        ),
        (
            "twice",
            History::default()
                .open(TWICE)
                .prove(TWICE)
                .ticket(TWICE)
                .step(&used)
                .outcome("done", receipt),
        ),
        ("other-kiosk", granted().open(OTHER_KIOSK).prove(OTHER_KIOSK).ticket(OTHER_KIOSK)),
        (
            "forged",
            History::default().open(ONCE).forge().ticket(ONCE).step(&[2, 4, 3, 0, 0]).receipt(),
        ),
        (
            "last-counter",
            ticketed().step(&[2, 1, 2, 0xFF, 0]).receipt().wait(Wait::Seconds11).ticket(ONCE),
        ),
        ("asked", asked()),
        ("operated", operated()),
    ];
    seeds.into_iter().map(|(name, history)| (name.to_owned(), history.0)).collect()
}

/// Policy and heartbeat, and requests that are none.
fn asked() -> History {
    let heartbeat = r#"{"state":"in_service","faults":["C-104"],"software":"0.1.0","image":"1","certificate_expires_at":"2027-04-01T00:00:00Z","reader":"R","clock_offset_milliseconds":-3}"#;
    let known = format!("if-none-match: W/{}", say(Word::EntityTag));
    let repeated = format!("idempotency-key: {}", say(Word::LastKey));
    History::default()
        .ask(GET, "/v1/policy", "")
        .ask_with(GET, "/v1/policy", &known, "")
        .ask(HEAD, "/v1/policy", "")
        .ask(ONCE, "/v1/heartbeat", heartbeat)
        .ask_with(ONCE, "/v1/heartbeat", &repeated, "{}")
        .ask_with(ONCE, "/v1/heartbeat", "traceparent: 00", heartbeat)
        .ask(TOO_LARGE, "/v1/receipts", "")
        .ask(ONCE, "/v1/sessions/9A4F/proof", "{}")
        .ask(ONCE, "/v1/sessions/9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42/cancel", "")
        .ask(PUT, "/v1/sessions?a=b", "")
        .ask(GET, "/healthz", "")
}

/// Everything that an operator can do, with a session opened after each.
fn operated() -> History {
    let operate = |history: History, choice| history.step(&[5, choice]).open(ONCE);
    let history = operate(operate(History::default().open(ONCE), 0), 1);
    let history = operate(operate(operate(history, 4), 5), 6).step(&[4, 0x80]).open(ONCE);
    let history = operate(operate(history.step(&[4, 25]).open(ONCE), 3), 2);
    operate(history, 7).outcome("abandoned", "").ask(GET, "/v1/policy", "")
}

impl History {
    fn step(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn wait(self, wait: Wait) -> Self {
        self.step(&[3, wait as u8])
    }

    fn ask(mut self, choices: u8, path: &str, body: &str) -> Self {
        self.0.extend([0, choices]);
        push_piece(&mut self.0, path.as_bytes());
        push_piece(&mut self.0, body.as_bytes());
        self
    }

    fn ask_with(mut self, choices: u8, path: &str, headers: &str, body: &str) -> Self {
        self.0.extend([1, choices]);
        push_piece(&mut self.0, path.as_bytes());
        push_piece(&mut self.0, headers.as_bytes());
        push_piece(&mut self.0, body.as_bytes());
        self
    }

    fn open(self, choices: u8) -> Self {
        let [agreement, attestation, authentication] = [
            Word::KeyAgreementCertificate,
            Word::AttestationCertificate,
            Word::AuthenticationCertificate,
        ]
        .map(say);
        let body = format!(
            r#"{{"target":"signature","profile":"ref-eac-1","card_token_info":"JPKIAPICCTOKEN2","key_agreement_certificate":"{agreement}","attestation_certificate":"{attestation}","authentication_certificate":"{authentication}","software":"0.1.0"}}"#
        );
        self.ask(choices, "/v1/sessions", &body)
    }

    fn prove(self, choices: u8) -> Self {
        let body = format!(r#"{{"signature":"{}"}}"#, say(Word::Proof));
        self.in_session(choices, "proof", &body)
    }

    fn forge(self) -> Self {
        self.in_session(ONCE, "proof", r#"{"signature":"AAAA"}"#)
    }

    fn ticket(self, choices: u8) -> Self {
        let body = format!(r#"{{"request":"{}"}}"#, say(Word::TicketRequest));
        self.in_session(choices, "ticket", &body)
    }

    fn outcome(self, result: &str, receipt: &str) -> Self {
        let comma = if receipt.is_empty() { "" } else { "," };
        let body = format!(r#"{{"result":"{result}","ending":"seed"{comma}{receipt}}}"#);
        self.in_session(ONCE, "outcome", &body)
    }

    fn receipt(self) -> Self {
        let [receipt, nonce, attestation, session] =
            [Word::Receipt, Word::Nonce, Word::AttestationCertificate, Word::Session].map(say);
        let body = format!(
            r#"{{"receipt":"{receipt}","nonce":"{nonce}","attestation_certificate":"{attestation}","session_id":"{session}"}}"#
        );
        self.ask(ONCE, "/v1/receipts", &body)
    }

    fn in_session(self, choices: u8, call: &str, body: &str) -> Self {
        let path = format!("/v1/sessions/{}/{call}", say(Word::Session));
        self.ask(choices, &path, body)
    }
}

fn say(word: Word) -> String {
    char::from(word.as_byte()).to_string()
}
