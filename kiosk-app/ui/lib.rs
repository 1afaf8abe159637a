// SPDX-License-Identifier: MIT OR Apache-2.0
//! What Slint's compiler makes of `app-window.slint`, and nothing else: a crate of its own, so that
//! its many lines are compiled only when a screen changes, and the one place where the lints are
//! off, because the text is not ours.
#![allow(unsafe_code, reason = "Slint's generated code places its item tables with `unsafe`")]
#![allow(missing_docs, unreachable_pub, unused_qualifications)]
#![allow(clippy::all, clippy::expect_used, clippy::redundant_clone, clippy::unwrap_used)]
#![allow(clippy::cast_lossless, clippy::use_self)]

slint::include_modules!();
