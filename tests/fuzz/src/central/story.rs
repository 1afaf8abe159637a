// SPDX-License-Identifier: MIT OR Apache-2.0
//! One history: requests of two kiosks, what the card signs, and the passing of time; what an
//! operator does meanwhile is in `operator`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::body::Body;
use backend_client::wire::{Call, Denial, OutcomeResult};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use central_service::reservation::State;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use serde_json::Value;
use uuid::Uuid;

use super::bench::Bench;
use super::card::Said;
use super::judge::{self, Heard, Meaning};
use super::words::{Word, spelt};
use super::{ledger, operator};
use crate::input::Input;

/// Steps of one history: enough for three sessions from their opening to their outcome.
const MOST_STEPS: usize = 48;

/// 64 KiB and one byte: a body that is refused for its length.
const TOO_LARGE: usize = 64 * 1024 + 1;

/// What passes at a step: within a ticket's interval, after it, after the ticket, its receipt, the
/// grant, the session; into the night; past the reservation.
const WAITS: [u64; 8] = [1, 11, 61, 11 * 60, 46 * 60, 61 * 60, 6 * 3_600, 25 * 3_600];

/// Of `POST`, what else a request may be.
const METHODS: [Method; 8] = [
    Method::POST,
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::HEAD,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];

/// What a history came to.
#[derive(Debug, Default)]
pub struct Told {
    /// Each answer: its call's name and what it meant, or the refusal's code.
    pub answers: Vec<String>,
    /// How the newest reservation stands at the end.
    pub state: Option<State>,
}

struct Session {
    id: Uuid,
    nonce: [u8; 32],
}

struct Ticket {
    id: Uuid,
    counter: u32,
}

/// What the kiosks and the card know.
struct World<'b> {
    bench: &'b Bench,
    told: Told,
    sessions: Vec<Session>,
    tickets: Vec<Ticket>,
    receipt: Vec<u8>,
    /// The ticket that this receipt calls used.
    receipt_uses: Option<Uuid>,
    /// Tickets whose use a receipt has told the service of.
    proven: BTreeSet<Uuid>,
    recorded: BTreeMap<String, OutcomeResult>,
    /// Paths of outcomes, each with a key that was used there.
    told_before: BTreeSet<(String, Vec<u8>)>,
    keys: u64,
    entity_tag: String,
    /// The card has told of the last counter that there is: no ticket can follow.
    is_exhausted: bool,
}

/// Tells a history, and holds every answer and the end against the contract.
pub(super) fn tell(bench: &Bench, data: &[u8]) -> Told {
    bench.runtime.block_on(async {
        bench.begin().await;
        let mut world = World::new(bench);
        let mut input = Input::new(data);
        for _ in 0..MOST_STEPS {
            let Some(kind) = input.byte() else { break };
            world.step(kind, &mut input).await;
        }
        world.told.state = ledger::balanced(&bench.service, &world.proven).await;
        world.told
    })
}

/// A request before it is sent.
struct Asked {
    method: Method,
    path: String,
    uri: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

impl<'b> World<'b> {
    fn new(bench: &'b Bench) -> Self {
        Self {
            bench,
            told: Told::default(),
            sessions: Vec::new(),
            tickets: Vec::new(),
            receipt: Vec::new(),
            receipt_uses: None,
            proven: BTreeSet::new(),
            recorded: BTreeMap::new(),
            told_before: BTreeSet::new(),
            keys: 0,
            entity_tag: String::new(),
            is_exhausted: false,
        }
    }

    async fn step(&mut self, kind: u8, input: &mut Input<'_>) {
        match kind % 8 {
            0 => self.request(input, false).await,
            1 => self.request(input, true).await,
            2 => self.sign(input),
            3 => {
                let wait = WAITS[usize::from(input.byte().unwrap_or_default()) % WAITS.len()];
                self.bench.service.clock.advance(Duration::from_secs(wait));
            }
            4 => operator::reserve(self.bench, input.byte().unwrap_or_default()).await,
            5 => operator::operate(self.bench, input.byte().unwrap_or_default()).await,
            6 => operator::keep_house(self.bench).await,
            _ => operator::settle(self.bench, input.byte().unwrap_or_default() & 1 == 1).await,
        }
    }

    /// A byte of choices, the path, the headers where they are not the usual ones, the body.
    async fn request(&mut self, input: &mut Input<'_>, has_headers: bool) {
        let choices = input.byte().unwrap_or_default();
        let path = input.piece().unwrap_or_default();
        let headers = if has_headers { input.piece().unwrap_or_default() } else { USUAL };
        let body = input.piece().unwrap_or_default();
        let Some(asked) = self.asked(choices, path, headers, body) else { return };
        let kiosk = usize::from(choices & 1);
        let heard = self.ask(kiosk, &asked).await;
        let call = judge::call(&asked.method, &asked.path);
        let meaning = heard.meaning(call, &asked.method);
        if choices & 0x10 != 0 && asked.method == Method::POST {
            self.again(kiosk, &asked, &heard).await;
        }
        self.remember(call, &asked, meaning);
        ledger::held_once(&self.bench.service).await;
    }

    fn asked(&mut self, choices: u8, path: &[u8], headers: &[u8], body: &[u8]) -> Option<Asked> {
        let path = self.spelt(path);
        let uri = Uri::try_from(path).ok().filter(|uri| uri.path().starts_with('/'))?;
        let headers = self.spelt(headers);
        let headers = headers.split(|byte| *byte == b'\n').filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at(colon);
            let value = value.get(1..)?.trim_ascii();
            let name = HeaderName::from_bytes(name).ok()?;
            Some((name, HeaderValue::from_bytes(value).ok()?))
        });
        let headers = headers.collect();
        let mut body = self.spelt(body);
        if choices & 0x20 != 0 {
            body.resize(TOO_LARGE.max(body.len()), b' ');
        }
        let method = METHODS[usize::from(choices >> 1) % METHODS.len()].clone();
        Some(Asked { method, path: uri.path().to_owned(), uri, headers, body })
    }

    async fn ask(&self, kiosk: usize, asked: &Asked) -> Heard {
        let mut request = Request::new(Body::from(asked.body.clone()));
        *request.method_mut() = asked.method.clone();
        *request.uri_mut() = asked.uri.clone();
        for (name, value) in &asked.headers {
            request.headers_mut().append(name, value.clone());
        }
        Heard::of(self.bench.ask(kiosk, request).await).await
    }

    /// The same key and body get the same answer, unless that one was of the moment.
    async fn again(&self, kiosk: usize, asked: &Asked, first: &Heard) {
        let second = self.ask(kiosk, asked).await;
        if !matches!(first.status.as_u16(), 429 | 500..) {
            let (first, second) = ((first.status, &first.body), (second.status, &second.body));
            assert_eq!(first, second, "{}", asked.path);
        }
    }

    fn remember(&mut self, call: Option<Call>, asked: &Asked, meaning: Meaning) {
        let name = match meaning {
            Meaning::Opened(opened) => {
                self.sessions.push(Session { id: opened.session_id, nonce: opened.nonce.0 });
                "opened"
            }
            Meaning::Granted => "granted",
            Meaning::Ticketed(issued) => {
                self.ticketed(issued.ticket_id, issued.response.as_bytes());
                "ticketed"
            }
            Meaning::Recorded(result) => {
                self.recorded(asked, result);
                "recorded"
            }
            Meaning::Taken => {
                self.proven(asked);
                "taken"
            }
            Meaning::Policy(tag) => {
                self.entity_tag = tag;
                "policy"
            }
            Meaning::Unchanged => "unchanged",
            Meaning::Beaten => "beaten",
            Meaning::Refused(denial) => {
                let is_last_counter = call == Some(Call::Ticket) && self.is_exhausted;
                assert!(denial != Denial::Internal || is_last_counter, "a fault of the service");
                denial.code()
            }
            Meaning::Nothing => "nothing",
        };
        self.told.answers.push(name.to_owned());
    }

    /// Counters rise, whatever the card has told of (reset-profile, section 3).
    fn ticketed(&mut self, id: Uuid, response: &[u8]) {
        let counter = response.get(91..95).and_then(|bytes| bytes.try_into().ok());
        let Some(counter) = counter.map(u32::from_be_bytes) else { panic!("{response:02X?}") };
        let is_new = self.tickets.iter().all(|ticket| ticket.id != id);
        let last = self.tickets.iter().map(|ticket| ticket.counter).max();
        assert!(!is_new || last.is_none_or(|last| counter > last), "{counter} after {last:?}");
        if is_new {
            self.tickets.push(Ticket { id, counter });
        }
    }

    /// Outcomes only rise; a repeated request is told what was recorded then.
    fn recorded(&mut self, asked: &Asked, result: OutcomeResult) {
        self.proven(asked);
        let is_new = self.told_before.insert((asked.path.clone(), asked.key()));
        let before = self.recorded.entry(asked.path.clone()).or_insert(result);
        assert!(!is_new || *before <= result, "{result:?} after {before:?}");
        *before = result.max(*before);
    }

    /// Whether the service has seen the receipt that the card signed last, and believed it.
    fn proven(&mut self, asked: &Asked) {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        if body["receipt"] == base64url(&self.receipt) {
            self.proven.extend(self.receipt_uses);
        }
    }

    /// A result, a ticket, a counter, a nonce: what the card's next receipt says.
    fn sign(&mut self, input: &mut Input<'_>) {
        let [result, ticket, counter, nonce] = [(); 4].map(|()| input.byte().unwrap_or_default());
        let named = match ticket % 4 {
            0 => self.tickets.last(),
            1 => self.tickets.first(),
            2 => Some(&Ticket { id: Uuid::from_bytes([0x77; 16]), counter: 1 }),
            _ => None,
        };
        let counter = match counter {
            0 => None,
            0xFF => Some(u32::MAX),
            other => Some(u32::from(other)),
        };
        let named = named.map(|ticket| (ticket.id, counter.unwrap_or(ticket.counter)));
        self.is_exhausted |= named.is_some_and(|(_, counter)| counter == u32::MAX);
        let session = if nonce & 1 == 0 { self.sessions.last() } else { self.sessions.first() };
        let nonce = session.map_or([0; 32], |session| session.nonce);
        let said = Said { result: result % 5, ticket: named };
        self.receipt = self.bench.card.receipt(&said, &nonce);
        let used = named.map(|(id, _)| id).filter(|_| said.result == 1);
        self.receipt_uses = used.filter(|id| self.tickets.iter().any(|ticket| ticket.id == *id));
    }

    fn spelt(&mut self, text: &[u8]) -> Vec<u8> {
        spelt(text, |word| self.say(word))
    }

    fn say(&mut self, word: Word) -> String {
        let card = &self.bench.card;
        let id = |session: Option<&Session>| session.map(|session| session.id).unwrap_or_default();
        match word {
            Word::Session => id(self.sessions.last()).to_string(),
            Word::FirstSession => id(self.sessions.first()).to_string(),
            Word::Nonce => {
                base64url(&self.sessions.last().map_or([0; 32], |session| session.nonce))
            }
            Word::KeyAgreementCertificate => base64url(&card.key_agreement_certificate),
            Word::AttestationCertificate => base64url(&card.attestation_certificate),
            Word::AuthenticationCertificate => base64url(&card.authentication_certificate),
            Word::Proof => {
                let session = self.sessions.last();
                session.map_or_else(String::new, |session| {
                    base64url(&card.prove(session.id, &session.nonce))
                })
            }
            Word::TicketRequest => base64url(&[0x43; 48]),
            Word::Receipt => base64url(&self.receipt),
            Word::LastKey => key(self.keys),
            Word::NewKey => {
                self.keys += 1;
                key(self.keys)
            }
            Word::Ticket => {
                let ticket = self.tickets.last().map(|ticket| ticket.id);
                ticket.unwrap_or_default().to_string()
            }
            Word::EntityTag => self.entity_tag.clone(),
        }
    }
}

impl Asked {
    /// The Idempotency-Key.
    fn key(&self) -> Vec<u8> {
        let key = self.headers.iter().find(|(name, _)| name.as_str() == "idempotency-key");
        key.map(|(_, value)| value.as_bytes().to_vec()).unwrap_or_default()
    }
}

/// The headers of a POST that is as it should be.
const USUAL: &[u8] = b"idempotency-key: \x0E\ncontent-type: application/json";

fn key(number: u64) -> String {
    Uuid::from_u64_pair(0x0FEE_D000_0000_4000, 0x8000_0000_0000_0000 | number).to_string()
}

fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
