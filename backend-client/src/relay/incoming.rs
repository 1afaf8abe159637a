// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests as they come in at `kiosk-link`'s end: frame by frame, from a peer that may say
//! anything, stop anywhere and take its time.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

use super::{
    frame::{self, FrameError},
    message::Request,
};

/// How long a peer may leave its answer, or the second half of its request, lying.
pub(super) const PEER_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a connection ended before its peer closed it.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The operating system ended it, or the peer did within a frame.
    #[error("the socket failed")]
    Socket(#[from] io::Error),
    /// What came is no frame of ours.
    #[error("the peer sent no request of ours")]
    Frame(#[from] FrameError),
    /// Half a request, or an answer that is not fetched.
    #[error("the peer stopped in the middle")]
    Stalled(#[from] tokio::time::error::Elapsed),
}

/// The next request; none when the peer closed the connection between two.
///
/// # Errors
///
/// [`Broken`], after which there is no telling where the next frame begins.
pub async fn receive(peer: &mut (impl AsyncRead + Unpin)) -> Result<Option<Request>, Broken> {
    let mut header = [0; frame::HEADER];
    if peer.read(&mut header[..1]).await? == 0 {
        return Ok(None);
    }
    let rest = async {
        peer.read_exact(&mut header[1..]).await?;
        let mut body = vec![0; frame::length(header)?];
        peer.read_exact(&mut body).await?;
        Ok::<_, Broken>(frame::decode(&body)?)
    };
    timeout(PEER_TIMEOUT, rest).await?.map(Some)
}
