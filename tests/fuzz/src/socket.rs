// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk-link`'s end of its socket: bytes of a peer, in whatever pieces they come, are the frames
//! that they are, or the connection ends with the first that is none.

use std::io;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use backend_client::relay::{Broken, FrameError, MAX_FRAME, Request, receive};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::runtime::{Builder, Runtime};

use crate::input::Input;

/// How a conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Between two frames.
    Closed,
    /// Within one.
    BrokenOff,
    /// With a frame that is longer than any of ours.
    TooLong,
    /// With a frame that holds no request.
    Unreadable,
}

/// First byte: in pieces of which size, and whether the rest is what the socket carries, or bodies
/// that are framed here.
pub fn run(data: &[u8]) {
    let _ = converse(data);
}

/// The requests that are received, and the end.
pub fn converse(data: &[u8]) -> (Vec<Request>, End) {
    let mut input = Input::new(data);
    let choices = input.byte().unwrap_or_default();
    let stream = if choices.is_multiple_of(2) { input.rest().to_vec() } else { framed(input) };
    let peer = Peer { left: &stream, piece: usize::from(choices >> 1).max(1), is_ready: true };
    let received = RUNTIME.block_on(received(peer));
    assert_eq!(received, expected(&stream), "in pieces of {}", choices >> 1);
    received
}

async fn received(mut peer: Peer<'_>) -> (Vec<Request>, End) {
    let mut requests = Vec::new();
    let end = loop {
        match receive(&mut peer).await {
            Ok(Some(request)) => requests.push(request),
            Ok(None) => break End::Closed,
            Err(Broken::Socket(error)) => {
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
                break End::BrokenOff;
            }
            Err(Broken::Frame(FrameError::TooLong { .. })) => break End::TooLong,
            Err(Broken::Frame(FrameError::Unreadable(_))) => break End::Unreadable,
            Err(Broken::Stalled(late)) => panic!("a peer that went on was given up: {late}"),
        }
    };
    (requests, end)
}

/// The same by the protocol's own words.
fn expected(mut stream: &[u8]) -> (Vec<Request>, End) {
    let mut requests = Vec::new();
    let end = loop {
        if stream.is_empty() {
            break End::Closed;
        }
        let Some((header, rest)) = stream.split_first_chunk::<4>() else { break End::BrokenOff };
        let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
        if length > MAX_FRAME {
            break End::TooLong;
        }
        let Some((body, rest)) = rest.split_at_checked(length) else { break End::BrokenOff };
        let Ok(request) = serde_json::from_slice::<Request>(body) else { break End::Unreadable };
        requests.push(request);
        stream = rest;
    };
    (requests, end)
}

/// Each piece with its length before it.
fn framed(mut input: Input<'_>) -> Vec<u8> {
    let mut stream = Vec::new();
    while let Some(body) = input.piece() {
        stream.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
        stream.extend(body);
    }
    stream
}

/// A peer that sends so many bytes at a time, and is not ready in between.
struct Peer<'d> {
    left: &'d [u8],
    piece: usize,
    is_ready: bool,
}

impl AsyncRead for Peer<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.is_ready = !self.is_ready;
        if self.is_ready {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = self.piece.min(self.left.len()).min(room.remaining());
        let (now, later) = self.left.split_at(count);
        room.put_slice(now);
        self.left = later;
        Poll::Ready(Ok(()))
    }
}

#[expect(clippy::expect_used, reason = "a fuzzer without a clock can do nothing")]
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_current_thread().enable_time().build().expect("a runtime without a network")
});
