// SPDX-License-Identifier: MIT OR Apache-2.0
//! Panics that stay where they are: redb's over some damaged files, which are no fault of this
//! program and no reason for it to end. Every other panic ends the process: see `harden.rs`.

use std::{
    cell::Cell,
    panic::{self, UnwindSafe},
};

thread_local! {
    /// Whether a panic of this thread is awaited.
    static IS_AWAITED: Cell<bool> = const { Cell::new(false) };
}

/// Does the work; none where it panicked.
pub(crate) fn contained<T>(work: impl FnOnce() -> T + UnwindSafe) -> Option<T> {
    IS_AWAITED.set(true);
    let done = panic::catch_unwind(work);
    IS_AWAITED.set(false);
    done.ok()
}

/// For the panic hook: whether this panic will be caught.
pub(crate) fn is_contained() -> bool {
    IS_AWAITED.get()
}

#[cfg(test)]
mod tests {
    use super::{contained, is_contained};

    #[test]
    fn a_panic_is_caught_and_known_to_be_only_while_it_is_awaited() {
        assert_eq!(contained(is_contained), Some(true));
        assert!(!is_contained());
        assert_eq!(contained(|| std::panic::resume_unwind(Box::new("damaged"))), None::<()>);
        assert!(!is_contained());
    }
}
