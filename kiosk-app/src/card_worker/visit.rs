// SPDX-License-Identifier: MIT OR Apache-2.0
//! One connection, from the first look at a card to its release, in the order
//! of reset-profile.md section 2. What a step needs of the one before lies on
//! this stack: a challenge for the ticket, an accepted ticket for the write.

use card_io::{
    card::{self, CardContents, IdentifiedCard},
    channel::CardChannel,
    jpki::{Pin, PinKind, Reading, Scratch},
    reset::{AcceptedTicket, Presented, ProfileCard, Proof, TicketRequest, Written as Write},
};
use kiosk_session::{
    CardReply, CardRequest, KioskId, Nonce, Opaque, Papers, PinHandle, RequestId,
    card::{
        CardFault, CardRead, Presentation, ProfileCard as Shown, Recognition, Verification, Written,
    },
};
use tracing::warn;
use zeroize::Zeroize;

use super::{CardErrand, Work, answers, check};
use crate::{locked::Workbench, telemetry::ForeignChain};

/// What a reset is made of, step by step.
#[derive(Default)]
struct Steps {
    request: Option<TicketRequest>,
    ticket: Option<AcceptedTicket>,
}

impl Work {
    /// Reads the card and answers, then carries out what follows on this connection. With `papers`
    /// the card has to be theirs.
    pub(super) fn visit<C: CardChannel>(
        &mut self,
        id: RequestId,
        mut channel: C,
        reading: Reading,
        papers: Option<Papers>,
    ) -> Option<CardErrand> {
        let contents = match card::read(&mut channel, &self.authority, reading) {
            Ok(contents) => contents,
            Err(error) => {
                self.reply(id, answers::failed("read", &error));
                return self.until_released();
            }
        };
        let CardContents::Profile(identified) = contents else {
            let is_real = matches!(contents, CardContents::Real(_));
            let read = contents_of_another(&contents);
            drop(contents);
            let other = CardReply::Recognised(Recognition::Other);
            self.reply(id, papers.map_or(CardReply::Read(read), |_| other));
            return if is_real {
                self.serve_real(&mut channel, reading)
            } else {
                self.until_released()
            };
        };
        self.reply(id, shown(&identified, papers));
        self.serve(identified.card)
    }

    /// A card of the profile, until a request begins anew.
    fn serve<C: CardChannel>(&mut self, mut card: ProfileCard<'_, C>) -> Option<CardErrand> {
        let mut steps = Steps::default();
        while let Some(errand) = self.next_errand() {
            let CardErrand { id, request, now, .. } = errand;
            let reply = match request {
                CardRequest::CheckMyCard => check::of_profile(&mut card, now),
                CardRequest::ReadReceipt { nonce } => match card.receipt(&nonce.0) {
                    Ok(receipt) => CardReply::ReceiptRead(answers::receipt(&receipt)),
                    Err(error) => answers::failed("receipt", &error),
                },
                CardRequest::Verify { pin } => self.verify(&mut card, &pin),
                CardRequest::Sign { nonce, session, kiosk } => {
                    sign(&mut card, nonce.0, session.0, kiosk.0)
                }
                CardRequest::Challenge => challenge(&mut card, &mut steps),
                CardRequest::Present { response, kiosk } => {
                    self.present(&mut card, &mut steps, &response, kiosk, now)
                }
                CardRequest::Write { pin, nonce } => {
                    CardReply::Written(self.write(&mut card, &mut steps, &pin, &nonce))
                }
                CardRequest::Release => return None,
                request @ (CardRequest::Read
                | CardRequest::Recognise { .. }
                | CardRequest::Settle { .. }) => {
                    return Some(CardErrand { id, request, ..errand });
                }
            };
            self.reply(id, reply);
        }
        None
    }

    /// A real card: public commands only.
    fn serve_real<C: CardChannel>(
        &mut self,
        channel: &mut C,
        reading: Reading,
    ) -> Option<CardErrand> {
        loop {
            let errand = self.next_errand()?;
            if !matches!(errand.request, CardRequest::CheckMyCard) {
                return self.refuse_or_return(errand);
            }
            self.reply(errand.id, check::of_real(channel, reading, errand.now));
        }
    }

    /// Nothing more is done with this card; the connection stays until the session lets it go.
    fn until_released(&mut self) -> Option<CardErrand> {
        let errand = self.next_errand()?;
        self.refuse_or_return(errand)
    }

    fn refuse_or_return(&self, errand: CardErrand) -> Option<CardErrand> {
        match errand.request {
            CardRequest::Read | CardRequest::Recognise { .. } | CardRequest::Settle { .. } => {
                Some(errand)
            }
            CardRequest::Release => None,
            CardRequest::CheckMyCard
            | CardRequest::ReadReceipt { .. }
            | CardRequest::Verify { .. }
            | CardRequest::Sign { .. }
            | CardRequest::Challenge
            | CardRequest::Present { .. }
            | CardRequest::Write { .. } => {
                self.reply(errand.id, CardReply::Failed(CardFault::Unreadable));
                None
            }
        }
    }

    /// One press of OK.
    fn verify<C: CardChannel>(
        &mut self,
        card: &mut ProfileCard<'_, C>,
        handle: &PinHandle,
    ) -> CardReply {
        debug_assert_eq!(handle.slot().pin_kind(), kiosk_session::TARGET.proved_by());
        let Workbench { pin: bytes, scratch } = self.workbench.bytes();
        let length = self.slots.take(bytes);
        let reply = match Pin::new(TARGET.proved_by(), &bytes[..length]) {
            Ok(pin) => try_once(card, &pin, scratch),
            Err(unfit) => {
                warn!(error = %unfit, "nothing fit to be verified was typed");
                CardReply::Failed(CardFault::Unreadable)
            }
        };
        bytes.zeroize();
        reply
    }

    fn present<C: CardChannel>(
        &mut self,
        card: &mut ProfileCard<'_, C>,
        steps: &mut Steps,
        response: &Opaque,
        kiosk: KioskId,
        now: std::time::SystemTime,
    ) -> CardReply {
        let Some(request) = steps.request.take() else {
            return CardReply::Presented(Presentation::Unfit);
        };
        let ticket = match request.accept(response.as_bytes(), &kiosk.0, now) {
            Ok(ticket) => ticket,
            Err(unfit) => {
                warn!(error = %unfit, "the ticket is not presented");
                return CardReply::Presented(Presentation::Unfit);
            }
        };
        self.presented = Some((ticket.spent(), card.identity().clone()));
        match card.present(ticket) {
            Ok(presented) => {
                let presentation = answers::presentation(&presented);
                if let Presented::Accepted(ticket) = presented {
                    steps.ticket = Some(ticket);
                }
                CardReply::Presented(presentation)
            }
            Err(error) => answers::failed("present", &error),
        }
    }

    fn write<C: CardChannel>(
        &mut self,
        card: &mut ProfileCard<'_, C>,
        steps: &mut Steps,
        handle: &PinHandle,
        nonce: &Nonce,
    ) -> Written {
        debug_assert_eq!(handle.slot().pin_kind(), kiosk_session::TARGET);
        let Some(ticket) = steps.ticket.take() else {
            return Written::NotDone { receipt: final_receipt(card, nonce) };
        };
        let Workbench { pin: bytes, scratch } = self.workbench.bytes();
        let length = self.slots.take(bytes);
        let written = Pin::new(TARGET, &bytes[..length])
            .map(|pin| card.write(ticket, &pin, &nonce.0, scratch));
        bytes.zeroize();
        match written {
            Ok(Write::Done { receipt, read_back }) => Written::Done {
                receipt: answers::receipt(&receipt),
                read_back: answers::read_back(&read_back),
            },
            Ok(Write::NotDone { reason, .. }) => {
                let receipt = answers::not_written(&reason);
                Written::NotDone { receipt: receipt.or_else(|| final_receipt(card, nonce)) }
            }
            Ok(Write::Unknown { cause, .. }) => {
                warn!(?cause, "the answer to the reset was lost");
                Written::Unknown
            }
            Err(unfit) => {
                warn!(error = %unfit, "nothing fit to be written was typed");
                Written::NotDone { receipt: final_receipt(card, nonce) }
            }
        }
    }
}

/// A fresh counter and, with something left on it, one VERIFY. From there on every error leaves
/// open whether a try is gone, and the counter is read again.
fn try_once<C: CardChannel>(
    card: &mut ProfileCard<'_, C>,
    pin: &Pin<'_>,
    scratch: &mut Scratch,
) -> CardReply {
    let right_to_try = match card.try_with(pin) {
        Ok(Some(right_to_try)) => right_to_try,
        Ok(None) => return CardReply::Verified(Verification::Blocked),
        Err(error) => return answers::failed("verify", &error),
    };
    CardReply::Verified(match right_to_try.verify(scratch) {
        Ok(verified) => answers::verification(verified),
        Err(error) => {
            warn!(error = %ForeignChain(&error), "the answer to VERIFY was lost");
            Verification::LostAnswer { retries_left: card.retries_left(pin.kind()).ok() }
        }
    })
}

/// Nothing was written: the receipt that proves it, where it can still be read.
fn final_receipt<C: CardChannel>(card: &mut ProfileCard<'_, C>, nonce: &Nonce) -> Option<Opaque> {
    match card.final_receipt(&nonce.0) {
        Ok(receipt) => Some(answers::receipt(&receipt)),
        Err(error) => {
            warn!(error = %ForeignChain(&error), "no receipt after the refused reset");
            None
        }
    }
}

fn sign<C: CardChannel>(
    card: &mut ProfileCard<'_, C>,
    nonce: [u8; 32],
    session_id: [u8; 16],
    kiosk_id: [u8; 16],
) -> CardReply {
    match card.sign(&Proof { nonce, session_id, kiosk_id, target: TARGET }) {
        Ok(signature) => CardReply::Signed(Opaque::new(signature)),
        Err(error) => answers::failed("sign", &error),
    }
}

fn challenge<C: CardChannel>(card: &mut ProfileCard<'_, C>, steps: &mut Steps) -> CardReply {
    *steps = Steps::default();
    match card.request_ticket(TARGET, &mut rand::rng()) {
        Ok(request) => {
            let bytes = request.bytes();
            steps.request = Some(request);
            CardReply::Challenged(Opaque::new(bytes.to_vec()))
        }
        Err(error) => answers::failed("challenge", &error),
    }
}

/// What the session is shown of a card of the profile.
fn shown<C: CardChannel>(card: &IdentifiedCard<'_, C>, expected: Option<Papers>) -> CardReply {
    let IdentifiedCard { card, facts, authentication_certificate } = card;
    let identity = card.identity();
    let papers = Papers {
        token_info: Opaque::new(facts.token_info.text().as_bytes().to_vec()),
        key_agreement_certificate: Opaque::new(identity.key_agreement_certificate().to_vec()),
        attestation_certificate: Opaque::new(identity.attestation_certificate().to_vec()),
        authentication_certificate: Opaque::new(authentication_certificate.clone()),
    };
    let retries_left = facts.user_authentication_retries_left;
    match expected {
        None => CardReply::Read(CardRead::Profile(Shown {
            papers,
            user_authentication_retries_left: retries_left,
        })),
        Some(expected) if expected == papers => {
            CardReply::Recognised(Recognition::Same { retries_left })
        }
        Some(_) => CardReply::Recognised(Recognition::Other),
    }
}

/// What lies there, when it is no genuine card of the profile.
fn contents_of_another<C: CardChannel + ?Sized>(contents: &CardContents<'_, C>) -> CardRead {
    match contents {
        CardContents::Real(_) => CardRead::Real,
        CardContents::NotGenuine(reason) => {
            warn!(error = %reason, "the card's papers do not hold");
            CardRead::NotGenuine
        }
        CardContents::ResidentRegisterCard => CardRead::OldJuki,
        CardContents::Smartphone => CardRead::Phone,
        CardContents::NotIndividualNumberCard | CardContents::Profile(_) => CardRead::Other,
    }
}

/// The PIN that this version resets, as card-io names it.
const TARGET: PinKind = match kiosk_session::TARGET {
    kiosk_session::PinKind::UserAuthentication => PinKind::UserAuthentication,
    kiosk_session::PinKind::DigitalSignature => PinKind::DigitalSignature,
};
