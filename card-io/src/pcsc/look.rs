// SPDX-License-Identifier: MIT OR Apache-2.0
//! One look at the readers, without waiting: for tools and self-tests.

use std::ffi::CString;
use std::time::Duration;

use ::pcsc::{Context, Error, ReaderState, Scope, State};

use super::ReaderFilter;
use super::channel::{ConnectError, connect_error};
use super::events::media;
use crate::media::{Media, ReaderName};

/// The readers that `filter` admits, and what lies on each now.
pub fn look(filter: &ReaderFilter) -> Result<Vec<(ReaderName, Media)>, ConnectError> {
    let context = Context::establish(Scope::User).map_err(connect_error)?;
    let mut states: Vec<_> = context
        .list_readers_owned()
        .map_err(connect_error)?
        .into_iter()
        .filter(|name: &CString| name.to_str().is_ok_and(|name| filter.admits(name)))
        .map(|name| ReaderState::new(name, State::UNAWARE))
        .collect();
    match context.get_status_change(Duration::ZERO, &mut states) {
        Ok(()) | Err(Error::Timeout) => {}
        Err(error) => return Err(connect_error(error)),
    }
    Ok(states
        .iter()
        .map(|state| {
            let name = ReaderName::new(state.name().to_string_lossy());
            (name, media(state.event_state(), state.atr()))
        })
        .collect())
}
