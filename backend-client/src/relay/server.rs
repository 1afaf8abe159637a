// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk-link`'s end of the socket: takes requests, does one call each, keeps nothing.
//!
//! It signs one thing, the policy that it has just received, so that the kiosk may keep that.
//! Only the configured users are listened to, by what the kernel says of the peer
//! (`SO_PEERCRED`). Several may be connected; on one connection requests are answered in turn.

use std::{error::Error, io, sync::Arc, time::Duration};

use serde::Serialize;
use serde_json::Value;
use tokio::{
    io::AsyncWriteExt as _,
    net::UnixStream,
    sync::{Semaphore, watch},
    task::{JoinSet, spawn_blocking},
    time::timeout,
};
use tracing::{debug, info, warn};

use super::{
    frame::{self, FrameError, MAX_FRAME},
    incoming::{Broken, PEER_TIMEOUT, receive},
    message::{Ask, Reply, Request},
    socket::RelaySocket,
};
use crate::{
    client::CentralClient,
    error::{CentralError, ForeignChain},
    notary::Notary,
    wire::{
        Call, Decision, Identity, KnownPolicy, PolicyAnswer, PolicyDocument, PolicySignature,
        ServedPolicy,
    },
};

/// Connections at the same time. A kiosk has two: one for the resident, one for the background.
const MOST_CONNECTIONS: usize = 16;

/// No call lasts longer, whatever patience its request announces.
const LONGEST_PATIENCE: Duration = Duration::from_secs(60);

/// How long the key may take to sign a policy; a TPM takes a fifth of a second.
const SIGNING: Duration = Duration::from_secs(2);

/// How long calls under way may take to end once the server was told to.
const FAREWELL: Duration = Duration::from_secs(8);

/// What the server answers with.
#[derive(Debug)]
pub struct RelayServer {
    client: CentralClient,
    identity: Identity,
    notary: Arc<Notary>,
    signing: Arc<Semaphore>,
    allowed_uids: Vec<u32>,
}

impl RelayServer {
    /// A server for these users, of that client.
    #[must_use]
    pub fn new(
        client: CentralClient,
        identity: Identity,
        notary: Notary,
        allowed_uids: Vec<u32>,
    ) -> Self {
        let signing = Arc::new(Semaphore::new(1));
        Self { client, identity, notary: Arc::new(notary), signing, allowed_uids }
    }

    /// Serves until `stop` is over, then lets calls under way end (8 s at most).
    pub async fn serve(self, socket: &RelaySocket, stop: impl Future<Output = ()>) {
        let server = Arc::new(self);
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let (stopping, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = accept(socket, &room) => accepted,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((peer, place)) if server.is_allowed(&peer) => {
                    let (server, stopped) = (Arc::clone(&server), stopped.clone());
                    connections.spawn(async move {
                        server.converse(peer, stopped).await;
                        drop(place);
                    });
                }
                Ok(_) => {}
                Err(error) => {
                    warn!(error = %ForeignChain(&error), "a connection could not be taken");
                    // Out of file descriptors, most likely: another try at once would spin.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        stopping.send_replace(true);
        let ended = timeout(FAREWELL, async { while connections.join_next().await.is_some() {} });
        if ended.await.is_err() {
            warn!(left = connections.len(), "calls were given up");
        }
    }

    fn is_allowed(&self, peer: &UnixStream) -> bool {
        match peer.peer_cred() {
            Ok(credentials) if self.allowed_uids.contains(&credentials.uid()) => {
                debug!(uid = credentials.uid(), pid = credentials.pid(), "connected");
                true
            }
            Ok(credentials) => {
                warn!(uid = credentials.uid(), pid = credentials.pid(), "a stranger was sent away");
                false
            }
            Err(error) => {
                warn!(error = %ForeignChain(&error), "a peer without credentials was sent away");
                false
            }
        }
    }

    async fn converse(&self, mut peer: UnixStream, mut stopped: watch::Receiver<bool>) {
        loop {
            let request = tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => return,
                request = receive(&mut peer) => request,
            };
            let exchange = match request {
                Ok(Some(request)) => self.exchange(&mut peer, request).await,
                Ok(None) => return,
                Err(broken) => Err(broken),
            };
            if let Err(broken) = exchange {
                warn!(error = %ForeignChain(&broken), "a connection was ended");
                return;
            }
        }
    }

    async fn exchange(&self, peer: &mut UnixStream, request: Request) -> Result<(), Broken> {
        let number = request.number;
        let call = request.ask.call();
        let answer = self.answer(request).await;
        if let Err(error) = &answer {
            warn!(?call, error = %ForeignChain(error), "no decision");
        }
        let reply = frame::encode(&Reply { number, answer }).or_else(|error| {
            frame::encode(&Reply { number, answer: Err(too_long(call, error)) })
        })?;
        Ok(timeout(PEER_TIMEOUT, peer.write_all(&reply)).await??)
    }

    async fn answer(&self, request: Request) -> Result<Value, CentralError> {
        let within = request.patience().min(LONGEST_PATIENCE);
        let call = request.ask.call();
        let client = &self.client;
        match request.ask {
            Ask::OpenSession { key, body } => {
                decided(call, client.open_session(key, &body, within).await?)
            }
            Ask::DeliverReceipt { key, body } => {
                decided(call, client.deliver_receipt(key, &body, within).await?)
            }
            Ask::Prove { session_id, key, body } => {
                decided(call, client.prove(session_id, key, &body, within).await?)
            }
            Ask::Ticket { session_id, key, body } => {
                decided(call, client.ticket(session_id, key, &body, within).await?)
            }
            Ask::Outcome { session_id, key, body } => {
                decided(call, client.outcome(session_id, key, &body, within).await?)
            }
            Ask::Policy { known } => decided(call, self.policy(known, within).await?),
            Ask::Heartbeat { key, body } => {
                decided(call, client.heartbeat(key, &body, within).await?)
            }
            Ask::Identity => json(call, &self.identity),
            Ask::Vouch { kept } => {
                let vouch = self.notary.vouch(&kept);
                info!(?vouch, signed_by = %kept.signature.signed_by, "a policy that was kept");
                json(call, &vouch)
            }
        }
    }

    /// The policy with this unit's signature. That it is unchanged helps nobody whose own has the
    /// signature of a former key: it is asked for whole.
    async fn policy(
        &self,
        known: Option<KnownPolicy>,
        within: Duration,
    ) -> Result<Decision<PolicyAnswer>, CentralError> {
        let known = known.filter(|known| known.signed_by == self.notary.id());
        let answer = self.client.policy(known.map(|known| known.etag), within).await?;
        let Decision::Granted(PolicyAnswer { policy, served_at, took }) = answer else {
            return Ok(answer);
        };
        let policy = match policy {
            ServedPolicy::Unchanged => ServedPolicy::Unchanged,
            ServedPolicy::Changed { document, .. } => self.signed(document).await,
        };
        Ok(Decision::Granted(PolicyAnswer { policy, served_at, took }))
    }

    /// A token may take its time, in which other calls go on. A policy that it does not sign holds,
    /// and is not kept.
    async fn signed(&self, document: PolicyDocument) -> ServedPolicy {
        let signature = match timeout(SIGNING, self.sign(document.clone())).await {
            Ok(Ok(signature)) => Some(signature),
            Ok(Err(error)) => unsigned(&error),
            Err(late) => unsigned(&late),
        };
        ServedPolicy::Changed { document, signature }
    }

    /// One at a time: a token that hangs takes one thread with it.
    async fn sign(&self, document: PolicyDocument) -> io::Result<PolicySignature> {
        let turn = Arc::clone(&self.signing).acquire_owned().await.map_err(io::Error::other)?;
        let notary = Arc::clone(&self.notary);
        let signing = spawn_blocking(move || {
            let signature = notary.sign(&document);
            drop(turn);
            signature
        });
        signing.await?.map_err(io::Error::other)
    }
}

async fn accept(
    socket: &RelaySocket,
    room: &Arc<Semaphore>,
) -> io::Result<(UnixStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    Ok((socket.accept().await?, place))
}

fn unsigned(error: &(dyn Error + 'static)) -> Option<PolicySignature> {
    warn!(error = %ForeignChain(error), "the policy is not signed, so that it will not be kept");
    None
}

/// An answer may grow by being written again, past any frame of ours. The kiosk is told
/// so: without a reply it would take us for dead, and ask again.
fn too_long(call: Call, error: FrameError) -> CentralError {
    let expected = format!("at most {MAX_FRAME} bytes long when it is passed on");
    let error = CentralError::Malformed { call, expected, source: Some(error.into()) };
    warn!(?call, error = %ForeignChain(&error), "no decision");
    error
}

fn decided<A: Serialize>(call: Call, decision: Decision<A>) -> Result<Value, CentralError> {
    if let Decision::Denied(refusal) = &decision {
        info!(?call, denial = %refusal.denial, "refused");
    }
    json(call, &decision)
}

fn json(call: Call, answer: &impl Serialize) -> Result<Value, CentralError> {
    serde_json::to_value(answer).map_err(|error| CentralError::Malformed {
        call,
        expected: "one that can be passed on".to_owned(),
        source: Some(error.into()),
    })
}
