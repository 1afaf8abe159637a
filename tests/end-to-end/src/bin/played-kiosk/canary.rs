// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is planted in this process for a search to find: without it, a search that finds nothing
//! says nothing.

use std::sync::{Mutex, PoisonError};

use end_to_end::forms::Form;

/// Each form in a piece of memory of its own, to the end of the process.
static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Keeps the text in every form.
pub(crate) fn keep(text: &str) {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.extend(Form::ALL.map(|form| form.of(text)));
}
