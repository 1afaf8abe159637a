// SPDX-License-Identifier: MIT OR Apache-2.0
//! A hung transmit cannot be cancelled, but its thread can be kept from sending
//! anything more should it ever wake: each command asks first.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use card_io::channel::{CardChannel, ChannelError};

/// Whether the worker may still send.
#[derive(Clone, Debug, Default)]
pub(super) struct Leash(Arc<AtomicBool>);

impl Leash {
    pub(super) fn let_go(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_let_go(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A channel that ends with the leash.
pub(super) struct Leashed<C> {
    channel: C,
    leash: Leash,
}

impl<C> Leashed<C> {
    pub(super) fn new(channel: C, leash: &Leash) -> Self {
        Self { channel, leash: leash.clone() }
    }
}

impl<C: CardChannel> CardChannel for Leashed<C> {
    fn transmit(&mut self, command: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
        if self.leash.is_let_go() {
            return Err(ChannelError::CardGone);
        }
        self.channel.transmit(command, answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Card;

    impl CardChannel for Card {
        fn transmit(&mut self, _: &[u8], answer: &mut [u8]) -> Result<usize, ChannelError> {
            answer[..2].copy_from_slice(&[0x90, 0x00]);
            Ok(2)
        }
    }

    #[test]
    fn a_worker_that_was_given_up_sends_nothing_more() {
        let leash = Leash::default();
        let mut channel = Leashed::new(Card, &leash);
        assert!(channel.transmit(&[], &mut [0; 2]).is_ok());
        leash.let_go();
        assert!(matches!(channel.transmit(&[], &mut [0; 2]), Err(ChannelError::CardGone)));
    }
}
