// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a receipt says about a ticket (reset-profile sections 6 and 8; central-api "What the
//! service checks"): a pure table over facts that the database holds.

use crate::profile::{Receipt, ReceiptResult};

/// A ticket, as far as a receipt can say something about it.
#[derive(Debug, Clone)]
pub struct TicketFacts {
    /// Its id.
    pub ticket_id: [u8; 16],
    /// Its counter.
    pub counter: u32,
    /// The audit line with which it was issued.
    pub line: i64,
}

/// The session whose nonce a receipt is over.
#[derive(Debug, Clone, Copy)]
pub struct NonceFacts {
    /// The audit line with which that session was opened.
    pub line: i64,
}

/// On whose word a ticket is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The card signed it.
    Card,
    /// The card's receipt does not speak of this ticket; that it was read after the ticket's end
    /// is the kiosk's word.
    Kiosk,
    /// Someone decided by other means.
    Operator,
}

/// What becomes of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The PIN was reset.
    Done,
    /// It was not, and no longer can be.
    NotDone(Evidence),
    /// A later ticket overwrote the receipt: it cannot be used any more, and no one will know.
    Superseded,
    /// The receipt proves nothing about it.
    Unknown,
}

/// Applies the table to one ticket.
///
/// "Later than the ticket's" is read strictly: the session was opened after the ticket was issued,
/// so that a nonce handed out before can't carry a receipt read before.
pub fn verdict(ticket: &TicketFacts, receipt: &Receipt, nonce: Option<NonceFacts>) -> Verdict {
    let is_of_a_later_session = nonce.is_some_and(|nonce| nonce.line > ticket.line);
    if receipt.result != ReceiptResult::NoTicket && receipt.ticket_id == ticket.ticket_id {
        return match receipt.result {
            ReceiptResult::Used => Verdict::Done,
            ReceiptResult::Lapsed if nonce.is_some() => Verdict::NotDone(Evidence::Card),
            ReceiptResult::Lapsed | ReceiptResult::Usable | ReceiptResult::NoTicket => {
                Verdict::Unknown
            }
        };
    }
    match (receipt.result, receipt.counter.cmp(&ticket.counter)) {
        (ReceiptResult::NoTicket, _) | (_, std::cmp::Ordering::Less) if is_of_a_later_session => {
            Verdict::NotDone(Evidence::Kiosk)
        }
        (ReceiptResult::NoTicket, _) | (_, std::cmp::Ordering::Less) => Verdict::Unknown,
        (_, std::cmp::Ordering::Greater) => Verdict::Superseded,
        (_, std::cmp::Ordering::Equal) => Verdict::Unknown,
    }
}

impl Evidence {
    /// As in the database and the audit table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Kiosk => "kiosk",
            Self::Operator => "operator",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card_id::CardId;

    const OUR_ID: [u8; 16] = [7; 16];
    const OTHER_ID: [u8; 16] = [8; 16];

    fn judged(result: ReceiptResult, id: [u8; 16], counter: u32, nonce: Option<i64>) -> Verdict {
        let ticket = TicketFacts { ticket_id: OUR_ID, counter: 5, line: 100 };
        let receipt =
            Receipt { result, pin_ref: 0x1B, ticket_id: id, counter, card_id: CardId([0; 16]) };
        verdict(&ticket, &receipt, nonce.map(|line| NonceFacts { line }))
    }

    /// No session's, the ticket's own session's, a later session's.
    const NONCES: [Option<i64>; 3] = [None, Some(99), Some(101)];

    #[test]
    fn used_is_done_over_any_nonce() {
        for nonce in NONCES {
            assert_eq!(judged(ReceiptResult::Used, OUR_ID, 5, nonce), Verdict::Done);
        }
    }

    #[test]
    fn lapsed_is_not_done_over_any_sessions_nonce_and_over_no_other() {
        let lapsed = |nonce| judged(ReceiptResult::Lapsed, OUR_ID, 5, nonce);
        let by_the_card = Verdict::NotDone(Evidence::Card);
        assert_eq!(NONCES.map(lapsed), [Verdict::Unknown, by_the_card, by_the_card]);
    }

    #[test]
    fn usable_proves_nothing() {
        for nonce in NONCES {
            assert_eq!(judged(ReceiptResult::Usable, OUR_ID, 5, nonce), Verdict::Unknown);
        }
    }

    #[test]
    fn no_ticket_and_an_older_ticket_count_over_a_later_sessions_nonce_only() {
        let expected = [Verdict::Unknown, Verdict::Unknown, Verdict::NotDone(Evidence::Kiosk)];
        assert_eq!(
            NONCES.map(|nonce| judged(ReceiptResult::NoTicket, [0; 16], 0, nonce)),
            expected
        );
        for result in [ReceiptResult::Used, ReceiptResult::Usable, ReceiptResult::Lapsed] {
            assert_eq!(NONCES.map(|nonce| judged(result, OTHER_ID, 4, nonce)), expected);
        }
    }

    #[test]
    fn a_later_ticket_hides_what_became_of_this_one() {
        for nonce in NONCES {
            assert_eq!(judged(ReceiptResult::Used, OTHER_ID, 6, nonce), Verdict::Superseded);
            assert_eq!(judged(ReceiptResult::Used, OTHER_ID, 5, nonce), Verdict::Unknown);
        }
    }
}
