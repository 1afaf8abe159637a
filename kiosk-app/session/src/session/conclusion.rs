// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a visit came out: what the service is told, what the resident is told, in this order.

use super::concluding::Reporting;
use super::state::State;
use super::turn::Turn;
use super::visit::{Presented, Visit};
use crate::carried::{Opaque, UnixTime};
use crate::central::CentralRequest;
use crate::effect::{Effect, OutcomeResult, PadCommand, Record};
use crate::ending::{Doubt, Ending};

#[derive(Debug)]
pub(crate) struct Conclusion {
    ending: Ending,
    result: OutcomeResult,
    receipt: Option<Opaque>,
    /// Until when the reservation still serves this resident, where it does.
    reservation_until: Option<UnixTime>,
}

impl Conclusion {
    /// RESET RETRY COUNTER was not sent.
    pub(crate) const fn before_writing(visit: &Visit, ending: Ending) -> Self {
        let reservation_until =
            if is_worth_returning(ending) { Some(visit.reservation_until) } else { None };
        Self { ending, result: visit.result_before_writing(), receipt: None, reservation_until }
    }

    /// The same, with the receipt that proves it.
    pub(crate) fn withdrawn(visit: &Visit, ending: Ending, receipt: Option<Opaque>) -> Self {
        Self { receipt, ..Self::before_writing(visit, ending) }
    }

    pub(crate) const fn done(receipt: Opaque) -> Self {
        Self::after_writing(Ending::Done, OutcomeResult::Done, Some(receipt))
    }

    /// The receipt says done; the card did not take the new PIN afterwards.
    pub(crate) const fn done_but_not_read_back(receipt: Opaque) -> Self {
        let ending = Ending::NotCertain(Doubt::ReadBack);
        Self::after_writing(ending, OutcomeResult::Done, Some(receipt))
    }

    pub(crate) fn not_done(visit: &Visit, receipt: Option<Opaque>) -> Self {
        let conclusion = Self::after_writing(Ending::NotDone, OutcomeResult::NotDone, receipt);
        Self { reservation_until: Some(visit.reservation_until), ..conclusion }
    }

    pub(crate) const fn unknown(doubt: Doubt) -> Self {
        Self::after_writing(Ending::NotCertain(doubt), OutcomeResult::Unknown, None)
    }

    const fn after_writing(ending: Ending, result: OutcomeResult, receipt: Option<Opaque>) -> Self {
        Self { ending, result, receipt, reservation_until: None }
    }

    pub(crate) fn reach(self, visit: &Visit, turn: &mut Turn<'_>) -> State {
        self.report(visit, turn).into()
    }

    /// The same, for a card that may still be put back and asked.
    pub(crate) fn reach_unsettled(self, presented: Presented, turn: &mut Turn<'_>) -> State {
        self.report(&presented.visit, turn).still_asking(presented).into()
    }

    /// Secrets go first; then the outcome is kept, and what is kept is delivered.
    fn report(self, visit: &Visit, turn: &mut Turn<'_>) -> Reporting {
        let (ending, reservation_until) = (self.ending, self.reservation_until);
        turn.pad(PadCommand::WipeAll);
        turn.release_card();
        self.keep(visit, turn);
        let pending = turn.ask_central(CentralRequest::ReportOutcome { session: visit.session });
        Reporting::new(pending, visit.session, ending, reservation_until)
    }

    /// Keeps the outcome; the journal delivers it without anybody waiting.
    pub(crate) fn keep(self, visit: &Visit, turn: &mut Turn<'_>) {
        let Self { ending, result, receipt, reservation_until: _ } = self;
        let (session, ticket) = (visit.session, visit.ticket);
        turn.push(Effect::Journal(Record::Outcome { session, ticket, result, ending, receipt }));
    }
}

/// Whether the resident can come back with the same reservation after this ending.
const fn is_worth_returning(ending: Ending) -> bool {
    match ending {
        Ending::Done
        | Ending::NotCertain(_)
        | Ending::PinLockedNow
        | Ending::PinLockedBefore
        | Ending::ReservationNotFound
        | Ending::ReservationExpired
        | Ending::ReservationForOtherPin
        | Ending::ReservationUsed { .. }
        | Ending::AuthenticationCertificateExpired
        | Ending::AuthenticationCertificateRevoked
        | Ending::SignatureCertificateExpired
        | Ending::SignatureCertificateRevoked
        | Ending::SignatureCertificateAbsent
        | Ending::CardSuspended
        | Ending::WrongCard(_)
        | Ending::CardNotGenuine
        | Ending::RealCard => false,
        Ending::NotDone
        | Ending::PinWrong { .. }
        | Ending::ReservationInUse
        | Ending::CardLifted
        | Ending::CardLiftedVerifying
        | Ending::CardUnreadable
        | Ending::SeveralCards
        | Ending::ServiceUnreachable
        | Ending::ServiceClosed { .. }
        | Ending::ServiceFault
        | Ending::SessionExpired
        | Ending::ProofInvalid
        | Ending::TicketLimit { .. }
        | Ending::KioskNotAuthorised
        | Ending::SoftwareTooOld
        | Ending::UnitFault(_)
        | Ending::ReaderGone
        | Ending::ReaderStuck
        | Ending::ReaderStuckVerifying
        | Ending::Cancelled
        | Ending::WalkedAway
        | Ending::InternalFault => true,
    }
}
