// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both ends of the Unix socket, against each other and against peers that misbehave.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use backend_client::{
    CentralError,
    notary::Notary,
    relay::{RelayClient, RelayServer, RelaySocket, SocketError},
    wire::{Call, Decision, Denial, IdempotencyKey, ServedPolicy},
};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    authority::Authority,
    questions::{
        CALLS, PATIENCE, SESSION, granted, heartbeat, outcome, proof, receipt, session, ticket,
    },
    service::{Answer, Service},
};

/// A `kiosk-link` without its process.
pub(crate) struct Link {
    socket: PathBuf,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Link {
    pub(crate) fn start(authority: &Authority, port: u16) -> Self {
        Self::start_with(authority, port, authority.notary())
    }

    pub(crate) fn start_with(authority: &Authority, port: u16, notary: Notary) -> Self {
        Self::start_for(authority, port, notary, rustix::process::geteuid().as_raw())
    }

    fn start_for(authority: &Authority, port: u16, notary: Notary, uid: u32) -> Self {
        let path = authority.path("link.sock");
        let socket = RelaySocket::bind(&path).unwrap();
        let identity = authority.credentials().identity().unwrap();
        let server = RelayServer::new(authority.client(port), identity, notary, vec![uid]);
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            server.serve(&socket, async { stopped.await.unwrap_or(()) }).await;
        });
        Self { socket: path, stop, served }
    }

    pub(crate) fn client(&self) -> RelayClient {
        RelayClient::new(&self.socket)
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
    }
}

/// The kiosk blocks: its calls are made beside the runtime.
pub(crate) async fn blocking<A: Send + 'static>(ask: impl FnOnce() -> A + Send + 'static) -> A {
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test]
async fn every_call_crosses_the_socket_and_comes_back() {
    let authority = Authority::new();
    let mut service = Service::start(authority.service(), CALLS.map(granted)).await;
    let link = Link::start(&authority, service.port);
    let mut client = link.client();
    let (ticket_key, outcome_key) = (IdempotencyKey::fresh(), IdempotencyKey::fresh());
    blocking(move || {
        let opened = client.open_session(session(), PATIENCE).unwrap();
        let Decision::Granted(opened) = opened else { panic!("{opened:?}") };
        assert_eq!(opened.session_id, SESSION);
        let settled = client.deliver_receipt(receipt(), PATIENCE).unwrap();
        assert!(matches!(settled, Decision::Granted(_)), "{settled:?}");
        let proved = client.prove(SESSION, proof(), PATIENCE).unwrap();
        assert!(matches!(proved, Decision::Granted(_)), "{proved:?}");
        let issued = client.ticket(SESSION, ticket_key, ticket(), PATIENCE).unwrap();
        let Decision::Granted(issued) = issued else { panic!("{issued:?}") };
        assert_eq!(issued.response.as_bytes(), b"\x01JR");
        let recorded = client.outcome(SESSION, outcome_key, outcome(), PATIENCE).unwrap();
        assert!(matches!(recorded, Decision::Granted(_)), "{recorded:?}");
        let policy = client.policy(None, PATIENCE).unwrap();
        let Decision::Granted(policy) = policy else { panic!("{policy:?}") };
        assert!(matches!(policy.policy, ServedPolicy::Changed { .. }));
        assert_eq!(client.heartbeat(heartbeat(), PATIENCE).unwrap(), Decision::Granted(()));
    })
    .await;
    let seen = service.rest();
    assert_eq!(seen[0].json(), serde_json::to_value(session()).unwrap());
    assert_eq!(seen[3].header("idempotency-key"), ticket_key.to_string());
    assert_eq!(seen[4].header("idempotency-key"), outcome_key.to_string());
    assert_eq!(seen[4].json()["ending"], json!("done"));
}

#[tokio::test]
async fn refusals_and_errors_arrive_as_what_they_are() {
    let authority = Authority::new();
    let refusal = Answer::problem(429, "ticket-limit").with("retry-after", "10");
    let answers = [refusal, Answer::empty(418), Answer::raw(201, "application/json", "{}")];
    let service = Service::start(authority.service(), answers).await;
    let link = Link::start(&authority, service.port);
    let mut client = link.client();
    let mut ask = move || client.ticket(SESSION, IdempotencyKey::fresh(), ticket(), PATIENCE);
    blocking(move || {
        let Ok(Decision::Denied(refusal)) = ask() else { panic!("no refusal") };
        assert_eq!(refusal.denial, Denial::TicketLimit);
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(10)));
        let error = ask().unwrap_err();
        let is_kept =
            matches!(error, CentralError::Rejected { call: Call::Ticket, status: 418, .. });
        assert!(is_kept, "{error:?}");
        let error = ask().unwrap_err();
        assert!(matches!(error, CentralError::Malformed { call: Call::Ticket, .. }), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_outgrows_a_frame_is_malformed_and_the_connection_goes_on() {
    let authority = Authority::new();
    // Each of these is passed on as two.
    let quotes = r#"\""#.repeat(131_000);
    let grown = Answer::raw(200, "application/json", format!(r#"{{"weather":"{quotes}"}}"#));
    let answers = [grown, Answer::json(200, &json!({}))];
    let service = Service::start(authority.service(), answers).await;
    let link = Link::start(&authority, service.port);
    let mut client = link.client();
    blocking(move || {
        let error = client.policy(None, PATIENCE).unwrap_err();
        let CentralError::Malformed { call: Call::Policy, expected, .. } = error else {
            panic!("{error:?}");
        };
        assert!(expected.contains("524288 bytes"), "{expected}");
        let policy = client.policy(None, PATIENCE).unwrap();
        assert!(matches!(policy, Decision::Granted(_)), "{policy:?}");
    })
    .await;
}

#[tokio::test]
async fn the_identity_needs_no_network() {
    let authority = Authority::new();
    let link = Link::start(&authority, 9);
    let mut client = link.client();
    let identity = blocking(move || client.identity(PATIENCE).unwrap()).await;
    assert_eq!(identity, authority.credentials().identity().unwrap());
}

#[tokio::test]
async fn another_user_is_sent_away() {
    let authority = Authority::new();
    let somebody_else = rustix::process::geteuid().as_raw() + 1;
    let link = Link::start_for(&authority, 9, authority.notary(), somebody_else);
    let mut client = link.client();
    let error = blocking(move || client.identity(Duration::from_millis(200)).unwrap_err()).await;
    assert!(matches!(error, CentralError::NoLink { .. }), "{error:?}");
}

#[tokio::test]
async fn a_slow_call_does_not_hold_up_another_connection() {
    let authority = Authority::new();
    let mut service = Service::start(authority.service(), [Answer::Silence]).await;
    let link = Link::start(&authority, service.port);
    let (mut slow, mut quick) = (link.client(), link.client());
    let waiting = tokio::task::spawn_blocking(move || slow.policy(None, PATIENCE).unwrap_err());
    service.next().await;
    blocking(move || quick.identity(PATIENCE).unwrap()).await;
    assert!(!waiting.is_finished(), "the slow call was to be under way still");
    assert!(matches!(waiting.await.unwrap(), CentralError::Unreachable { .. }));
}

#[tokio::test]
async fn a_restart_between_two_calls_is_not_noticed() {
    let authority = Authority::new();
    let link = Link::start(&authority, 9);
    let mut client = link.client();
    let mut client = blocking(move || client.identity(PATIENCE).map(|_| client).unwrap()).await;
    link.stop().await;
    let waiting = tokio::task::spawn_blocking(move || client.identity(PATIENCE));
    let _again = Link::start(&authority, 9);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_call_under_way_ends_before_the_server_does() {
    let authority = Authority::new();
    let mut service = Service::start(authority.service(), [Answer::Silence]).await;
    let link = Link::start(&authority, service.port);
    let mut client = link.client();
    let within = Duration::from_millis(1_000);
    let waiting = tokio::task::spawn_blocking(move || client.policy(None, within).unwrap_err());
    service.next().await;
    let socket = link.socket.clone();
    link.stop().await;
    assert!(matches!(waiting.await.unwrap(), CentralError::Unreachable { .. }));
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_peer_that_sends_garbage_loses_its_connection_alone() {
    let authority = Authority::new();
    let link = Link::start(&authority, 9);
    let (path, mut client) = (link.socket.clone(), link.client());
    blocking(move || {
        client.identity(PATIENCE).unwrap();
        for garbage in [b"\0\0\0\x02{}".as_slice(), b"GET / HTTP/1.1\r\n\r\n"] {
            let mut peer = UnixStream::connect(&path).unwrap();
            peer.write_all(garbage).unwrap();
            assert_eq!(peer.read(&mut [0; 1]).unwrap_or(0), 0, "answered to {garbage:?}");
        }
        client.identity(PATIENCE).unwrap();
    })
    .await;
}

/// What a peer in `kiosk-link`'s place reads: the next request on that connection.
fn request(peer: &mut UnixStream) -> Value {
    let mut header = [0; 4];
    peer.read_exact(&mut header).unwrap();
    let mut body = vec![0; u32::from_be_bytes(header).try_into().unwrap()];
    peer.read_exact(&mut body).unwrap();
    serde_json::from_slice(&body).unwrap()
}

fn reply(peer: &mut UnixStream, number: &Value, answer: &Value) {
    let body = json!({"number": number, "answer": {"Ok": answer}}).to_string();
    let length = u32::try_from(body.len()).unwrap();
    peer.write_all(&[&length.to_be_bytes(), body.as_bytes()].concat()).unwrap();
}

fn identity() -> Value {
    json!({
        "kiosk_id": "000102030405060708090a0b0c0d0eff",
        "unit": "unit-3",
        "store": "store-7",
        "certificate_not_after": "2101-02-03T00:00:00Z",
        "key_without_tpm": false,
    })
}

#[test]
fn a_request_that_got_no_answer_is_sent_again_with_its_key() {
    let authority = Authority::new();
    let listener = UnixListener::bind(authority.path("link.sock")).unwrap();
    let mut client = RelayClient::new(authority.path("link.sock"));
    let link = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let first = request(&mut peer);
        drop(peer);
        let (mut peer, _) = listener.accept().unwrap();
        let second = request(&mut peer);
        reply(&mut peer, &second["number"], &json!({"granted": null}));
        (first, second)
    });
    assert_eq!(client.heartbeat(heartbeat(), PATIENCE).unwrap(), Decision::Granted(()));
    let (first, second) = link.join().unwrap();
    assert_eq!(first["key"], second["key"]);
    assert_eq!(first["body"], second["body"]);
    assert!(second["patience_milliseconds"].as_u64() <= first["patience_milliseconds"].as_u64());
}

#[test]
fn a_late_answer_is_never_taken_for_anothers() {
    let authority = Authority::new();
    let listener = UnixListener::bind(authority.path("link.sock")).unwrap();
    let mut client = RelayClient::new(authority.path("link.sock"));
    let link = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let late = request(&mut peer)["number"].as_u64().unwrap() - 1;
        reply(&mut peer, &json!(late), &identity());
        let (mut peer, _) = listener.accept().unwrap();
        let number = request(&mut peer)["number"].clone();
        reply(&mut peer, &number, &identity());
    });
    let error = client.identity(PATIENCE).unwrap_err();
    assert!(matches!(error, CentralError::Malformed { call: Call::Identity, .. }), "{error:?}");
    client.identity(PATIENCE).unwrap();
    link.join().unwrap();
}

#[test]
fn a_silent_link_is_given_up_at_the_deadline() {
    let authority = Authority::new();
    let _listener = UnixListener::bind(authority.path("link.sock")).unwrap();
    let mut client = RelayClient::new(authority.path("link.sock"));
    let began = Instant::now();
    let error = client.identity(Duration::from_millis(100)).unwrap_err();
    assert!(matches!(error, CentralError::NoLink { .. }), "{error:?}");
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}

#[test]
fn an_endless_reply_is_not_waited_for() {
    let authority = Authority::new();
    let listener = UnixListener::bind(authority.path("link.sock")).unwrap();
    let mut client = RelayClient::new(authority.path("link.sock"));
    let link = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        request(&mut peer);
        peer.write_all(&[0xFF; 4]).unwrap();
    });
    let error = client.identity(PATIENCE).unwrap_err();
    assert!(matches!(error, CentralError::NoLink { .. }), "{error:?}");
    link.join().unwrap();
}

#[tokio::test]
async fn a_socket_is_taken_over_from_the_dead_alone() {
    let authority = Authority::new();
    let path = authority.path("link.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "std leaves the file of a socket behind");
    let socket = RelaySocket::bind(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let error = RelaySocket::bind(&path).unwrap_err();
    assert!(matches!(error, SocketError::InUse { .. }), "{error:?}");
    assert!(UnixStream::connect(&path).is_ok(), "the living one was disturbed");
    drop(socket);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_file_of_another_kind_is_never_removed() {
    let authority = Authority::new();
    let path = authority.path("roots.pem");
    let before = fs::read(&path).unwrap();
    let error = RelaySocket::bind(&path).unwrap_err();
    assert!(matches!(error, SocketError::NoSocket { .. }), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}
