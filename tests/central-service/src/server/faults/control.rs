// SPDX-License-Identifier: MIT OR Apache-2.0
//! The control socket of the faults: one command a line, answered `ok` or `error ...`, as the
//! virtual card's is.

use std::path::Path;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::{Faults, Rule};

/// Listens for commands until the service ends.
///
/// # Errors
/// Where the socket cannot be made; an old one at this path is replaced.
pub fn listen(path: &Path, faults: Faults) -> std::io::Result<()> {
    if path.exists() {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    tracing::warn!(socket = %path.display(), "faults can be asked for: this is a test");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, faults.clone()));
        }
    });
    Ok(())
}

async fn converse(stream: UnixStream, faults: Faults) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match obey(&line, &faults) {
            Ok(()) => "ok\n".to_owned(),
            Err(error) => format!("error {error}\n"),
        };
        if writer.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn obey(line: &str, faults: &Faults) -> Result<(), super::NotAFault> {
    match line.trim() {
        "refuse on" => faults.refuse_connections(true),
        "refuse off" => faults.refuse_connections(false),
        "clear" => faults.clear(),
        other => faults.add(other.parse::<Rule>()?),
    }
    Ok(())
}
