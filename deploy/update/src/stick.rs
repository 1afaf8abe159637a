// SPDX-License-Identifier: MIT OR Apache-2.0
//! An update from a stick: the newest bundle that RAUC vouches for, with the same checks and the same
//! lease as one from the fleet server.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use backend_client::error::Chain;
use tokio::time::sleep;
use tracing::info;

use crate::{
    bundle::{Artifact, Bundle, Source, is_older},
    config::Config,
    ddi::hash_of,
    error::UpdateError,
    machine::Event,
    turn::{End, Turn},
};

/// Files that are looked at.
const MOST_FILES: usize = 32;

/// Between two looks at a folder that another keeps.
const BUSY: Duration = Duration::from_secs(1);

/// Installs what is on the stick and restarts the unit. Where nothing is on it and staff say now: what
/// waits already.
pub(crate) async fn stick(
    config: &Config,
    path: &Path,
    is_forced: bool,
) -> Result<String, UpdateError> {
    let patience = config.stick.patience;
    let deadline = Instant::now() + Duration::from_secs(patience);
    let mut turn = begin(config, deadline).await?;
    turn.handle(Event::TakenAway).await?;
    turn.handle(Event::Booted).await?;
    turn.end = End::Quiet;
    let (version, again) = match (brought(path, &turn).await, turn.ready()) {
        (Ok((artifact, bundle)), _) => {
            turn.handle(Event::Brought { artifact, is_forced }).await?;
            (bundle.version.to_string(), Event::Due)
        }
        (Err(UpdateError::NoBundle { .. } | UpdateError::File { .. }), Some(version))
            if is_forced =>
        {
            turn.handle(Event::Wanted).await?;
            (version, Event::Wanted)
        }
        (Err(error), _) => return Err(error),
    };
    loop {
        match std::mem::take(&mut turn.end) {
            End::Restarting => {
                return Ok(format!("{version} is installed; the unit restarts to try it"));
            }
            End::GivenUp(said) => return Err(UpdateError::GivenUp(said)),
            End::NoLease(said) if Instant::now() >= deadline => {
                turn.handle(Event::TakenAway).await?;
                return Err(UpdateError::NoLease { seconds: patience, said });
            }
            End::NoLease(_) | End::Quiet => {}
        }
        sleep(Duration::from_secs(config.install.ask_every).min(left(deadline))).await;
        turn.handle(again.clone()).await?;
    }
}

/// `run` keeps the folder for a turn, which is short unless it fetches.
async fn begin(config: &Config, deadline: Instant) -> Result<Turn<'_>, UpdateError> {
    loop {
        match Turn::begin(config, None).await {
            Err(UpdateError::Busy { .. }) if Instant::now() < deadline => sleep(BUSY).await,
            begun => return begun,
        }
    }
}

/// The newest bundle of a folder, with its hash.
async fn brought(folder: &Path, turn: &Turn<'_>) -> Result<(Artifact, Bundle), UpdateError> {
    let (file, bundle) = newest(folder, turn).await?;
    info!(file = %file.display(), version = %bundle.version, "found");
    let failed = |source| UpdateError::File { done: "read", path: file.clone(), source };
    let size = fs::metadata(&file).map_err(failed)?.len();
    let sha256 = hash_of(&file).map_err(failed)?;
    Ok((Artifact { sha256, size, source: Source::File(file) }, bundle))
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// The newest bundle in a folder; where RAUC vouches for none, why.
async fn newest(folder: &Path, turn: &Turn<'_>) -> Result<(PathBuf, Bundle), UpdateError> {
    let mut newest: Option<(PathBuf, Bundle)> = None;
    let mut refusal = None;
    for path in bundles(folder)? {
        match turn.rauc.inspect(&path).await {
            Ok(bundle) => {
                let is_newer =
                    |(_, other): &(PathBuf, Bundle)| is_older(&other.version, &bundle.version);
                if newest.as_ref().is_none_or(is_newer) {
                    newest = Some((path, bundle));
                }
            }
            Err(error) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                refusal = Some(format!("{name}: {}", Chain(&error)));
            }
        }
    }
    let none = || match refusal {
        Some(said) => UpdateError::GivenUp(said),
        None => UpdateError::NoBundle { path: folder.to_owned() },
    };
    newest.ok_or_else(none)
}

fn bundles(folder: &Path) -> Result<Vec<PathBuf>, UpdateError> {
    let failed = |source| UpdateError::File { done: "read", path: folder.to_owned(), source };
    let mut bundles = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|end| end == "raucb") && path.is_file() {
            bundles.push(path);
        }
    }
    bundles.sort();
    bundles.truncate(MOST_FILES);
    Ok(bundles)
}
