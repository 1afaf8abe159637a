// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the service answers, and what comes over the socket between `kiosk` and `kiosk-link`: read,
//! or refused, and never changed by being read.

use std::fmt::Debug;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::sync::LazyLock;
use std::time::Duration;

use backend_client::relay::{RelayClient, Reply, Request};
use backend_client::wire::{
    Decision, Denial, Identity, KeptPolicy, OutcomeRecorded, Policy, PolicyAnswer, ProofGranted,
    ReceiptRecorded, RefusalDetails, SessionOpened, TicketIssued, Vouch,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

/// The first byte chooses the answer's type.
pub fn answers(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    match kind % 12 {
        0 => read_back::<SessionOpened>(body),
        1 => read_back::<ReceiptRecorded>(body),
        2 => read_back::<ProofGranted>(body),
        3 => read_back::<TicketIssued>(body),
        4 => read_back::<OutcomeRecorded>(body),
        5 => read_back::<Decision<PolicyAnswer>>(body),
        6 => read_back::<Decision<()>>(body),
        7 => read_back::<Identity>(body),
        8 => drop(serde_json::from_slice::<RefusalDetails>(body)),
        9 => read_back::<Vouch>(body),
        10 => kept(body),
        _ => drop(std::str::from_utf8(body).map(Denial::from_code)),
    }
}

/// What is known of a kept policy names it by its own mark and signer, or nothing does.
fn kept(body: &[u8]) {
    read_back::<KeptPolicy>(body);
    let Ok(kept) = serde_json::from_slice::<KeptPolicy>(body) else { return };
    let known = kept.known();
    assert_eq!(known.is_some(), kept.document.etag.is_some());
    assert!(known.is_none_or(|known| {
        Some(known.etag) == kept.document.etag && known.signed_by == kept.signature.signed_by
    }));
}

/// The body of `GET /v1/policy`.
pub fn policy(data: &[u8]) {
    let Ok((policy, unread)) = Policy::read(data) else { return };
    let Ok(written) = serde_json::to_vec(&policy) else { panic!("a policy cannot be written") };
    let again = Policy::read(&written);
    assert!(again.is_ok_and(|(again, unread)| again == policy && unread.is_empty()));
    for (member, error) in unread {
        assert!(!error.to_string().is_empty(), "{member} is left out without a reason");
    }
}

/// A request's frame, without its length.
pub fn relay_request(data: &[u8]) {
    read_back::<Request>(data);
}

/// Bytes on the socket, after the kiosk's request.
pub fn relay_reply(data: &[u8]) {
    let path = FOLDER.path().join(format!("{:?}", std::thread::current().id()));
    let _ = std::fs::remove_file(&path);
    let Ok(listener) = UnixListener::bind(&path) else { panic!("no socket") };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let Ok((mut peer, _)) = listener.accept() else { return };
            let mut request = [0; 4_096];
            let _ = peer.read(&mut request).and_then(|_| peer.write_all(data));
        });
        // Without patience there is one attempt, and half a second for the way over the socket.
        let asked = RelayClient::new(&path).identity(Duration::ZERO);
        if let Err(error) = asked {
            assert!(!error.to_string().is_empty());
        } else {
            let body = data.get(4..).unwrap_or_default();
            assert!(
                serde_json::Deserializer::from_slice(body)
                    .into_iter::<Reply>()
                    .next()
                    .is_some_and(|reply| reply.is_ok_and(|reply| reply.number == 1))
            );
        }
    });
}

#[expect(clippy::expect_used, reason = "a fuzzer without a temporary folder can do nothing")]
static FOLDER: LazyLock<TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

/// What was read is what is written.
fn read_back<T: DeserializeOwned + Serialize + Debug>(body: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(body) else { return };
    let Ok(written) = serde_json::to_value(&value) else { panic!("{value:?} cannot be written") };
    let again: Result<T, _> = serde_json::from_value(written.clone());
    let again = again.map(|again| serde_json::to_value(again).unwrap_or_default());
    assert!(again.is_ok_and(|again| again == written), "{value:?} is read back otherwise");
}
