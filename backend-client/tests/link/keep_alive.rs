// SPDX-License-Identifier: MIT OR Apache-2.0
//! One connection, opened ahead and kept; a dead one is noticed while nobody waits.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use backend_client::{
    tls::Timing,
    wire::{Call, Decision},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use crate::{
    authority::Authority,
    questions::{PATIENCE, ask, granted},
    service::Service,
};

/// Longest wait for something that should happen at once.
const LONG: Duration = Duration::from_secs(20);

/// A way to the service that can go dead without a word, as a pulled cable does.
struct Way {
    port: u16,
    connections: mpsc::UnboundedReceiver<Connection>,
}

/// One connection over the way.
struct Connection {
    is_dead: Arc<AtomicBool>,
    closed_by_client: mpsc::UnboundedReceiver<()>,
}

impl Way {
    async fn to(service: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, connections) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let service = TcpStream::connect(("127.0.0.1", service)).await.unwrap();
                sender.send(carry(client, service)).unwrap();
            }
        });
        Self { port, connections }
    }
}

fn carry(client: TcpStream, service: TcpStream) -> Connection {
    let is_dead = Arc::new(AtomicBool::new(false));
    let (sender, closed_by_client) = mpsc::unbounded_channel();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_service, mut to_service) = service.into_split();
    let (there, back) = (Arc::clone(&is_dead), Arc::clone(&is_dead));
    tokio::spawn(async move {
        let mut buffer = [0; 4_096];
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            if !there.load(Ordering::SeqCst) {
                to_service.write_all(&buffer[..count]).await.unwrap();
            }
        }
        // Nobody listens any more where the test is over.
        let _ = sender.send(());
    });
    tokio::spawn(async move {
        let mut buffer = [0; 4_096];
        while let Ok(count @ 1..) = from_service.read(&mut buffer).await {
            if !back.load(Ordering::SeqCst) && to_client.write_all(&buffer[..count]).await.is_err()
            {
                break;
            }
        }
    });
    Connection { is_dead, closed_by_client }
}

#[tokio::test]
async fn the_connection_that_was_opened_ahead_is_the_one_that_is_used() {
    let authority = Authority::new();
    let answers = [granted(Call::Policy), granted(Call::OpenSession), granted(Call::Prove)];
    let service = Service::start(authority.service(), answers).await;
    let mut way = Way::to(service.port).await;
    let client = authority.client(way.port);
    for call in [Call::Policy, Call::OpenSession, Call::Prove] {
        ask(&client, call, PATIENCE).await.unwrap();
    }
    way.connections.recv().await.unwrap();
    assert!(way.connections.try_recv().is_err(), "a second connection was opened");
}

#[tokio::test]
async fn a_dead_connection_is_noticed_before_a_residents_call() {
    let authority = Authority::new();
    let answers = [granted(Call::Policy), granted(Call::OpenSession)];
    let mut service = Service::start(authority.service(), answers).await;
    let mut way = Way::to(service.port).await;
    let (ping_every, ping_timeout) = (Duration::from_millis(200), Duration::from_millis(800));
    let timing = Timing { ping_every, ping_timeout, ..Timing::default() };
    let client = authority.client_with(way.port, timing);
    ask(&client, Call::Policy, PATIENCE).await.unwrap();

    let mut first = way.connections.recv().await.unwrap();
    first.is_dead.store(true, Ordering::SeqCst);
    let noticed = timeout(LONG, first.closed_by_client.recv()).await;
    assert!(noticed.is_ok(), "the client kept a connection on which no ping is answered");

    let answer = ask(&client, Call::OpenSession, PATIENCE).await;
    assert!(matches!(answer, Ok(Decision::Granted(()))), "{answer:?}");
    assert_eq!(service.rest().len(), 2, "the resident's call took one attempt");
    assert!(way.connections.recv().await.is_some(), "it went over a new connection");
}
