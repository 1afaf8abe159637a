// SPDX-License-Identifier: MIT OR Apache-2.0
//! The residents of a soak: few cards, many visits, drawn with a fixed seed so that two soaks play
//! the same ones.

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    PATIENCE,
    album::Album,
    bench::Bench,
    card::{Card, Making},
    failure::Failure,
    pin::Pin,
    resident::Resident,
    screens,
};

/// What a resident does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Sets a new PIN.
    Done,
    /// Types a wrong PIN, then the right one, and stops.
    WrongPinOnce,
    /// Stops at the new PIN.
    Cancelled,
    /// Lifts the card at the new PIN and does not put it back.
    Lifted,
    /// Has no reservation.
    NoReservation,
    /// Looks at the card without a PIN.
    ChecksTheCard,
    /// Walks away from the pad.
    WalksAway,
}

/// Of twenty visits, so many of each kind.
const MIX: [(Visit, usize); 7] = [
    (Visit::Done, 7),
    (Visit::WrongPinOnce, 3),
    (Visit::Cancelled, 3),
    (Visit::Lifted, 2),
    (Visit::NoReservation, 2),
    (Visit::ChecksTheCard, 2),
    (Visit::WalksAway, 1),
];

/// Draws visits.
pub struct Draw(StdRng);

impl Draw {
    /// The visits of this seed.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// The next one.
    pub fn next_visit(&mut self) -> Visit {
        let total: usize = MIX.iter().map(|(_, share)| share).sum();
        let mut place = self.0.random_range(0..total);
        for (visit, share) in MIX {
            match place.checked_sub(share) {
                Some(rest) => place = rest,
                None => return visit,
            }
        }
        Visit::Done
    }
}

/// The cards, each for its own kinds of visit.
pub struct Residents {
    /// Reserves before each visit, and is reset.
    resets: Card,
    /// Has one reservation and never uses it up.
    stops: Card,
    /// Has none.
    unreserved: Card,
}

impl Residents {
    /// Makes the cards.
    ///
    /// # Errors
    /// When card or service refuse.
    pub fn of(bench: &mut Bench) -> Result<Self, Failure> {
        let mut card = || bench.registered_card(&Making::default());
        let (resets, stops, unreserved) = (card()?, card()?, card()?);
        bench.central.reserve(&stops, &[])?;
        Ok(Self { resets, stops, unreserved })
    }

    /// Plays a visit, from a waiting kiosk to a waiting kiosk.
    ///
    /// # Errors
    /// When it ends otherwise than it should.
    pub fn play(&self, bench: &mut Bench, visit: Visit) -> Result<(), Failure> {
        let card = match visit {
            Visit::Done => &self.resets,
            Visit::WrongPinOnce | Visit::Cancelled | Visit::Lifted | Visit::WalksAway => {
                &self.stops
            }
            Visit::NoReservation | Visit::ChecksTheCard => &self.unreserved,
        };
        if visit == Visit::Done {
            bench.central.reserve(card, &[])?;
        }
        bench.lay(card)?;
        match visit {
            Visit::ChecksTheCard => checks_the_card(bench)?,
            Visit::NoReservation => {
                at(bench, |it| {
                    it.chooses_a_new_pin()?;
                    it.ends_with("reservation-not-found", PATIENCE)
                })?;
                leaves(bench)?;
            }
            Visit::WalksAway => {
                at(bench, |it| {
                    it.chooses_a_new_pin()?;
                    it.goes_on_of_own_accord()?;
                    it.sees(screens::FOUR_DIGITS, "")?;
                    it.ends_with("walked-away", PATIENCE)
                })?;
                leaves(bench)?;
            }
            Visit::Done | Visit::WrongPinOnce | Visit::Cancelled | Visit::Lifted => {
                proves(bench, visit, card)?;
                sets_or_stops(bench, visit)?;
            }
        }
        at(bench, |it| it.finds_the_kiosk_waiting())
    }
}

fn checks_the_card(bench: &mut Bench) -> Result<(), Failure> {
    at(bench, |it| {
        it.sees(screens::CHOOSE, "")?;
        it.touches(screens::CHECK_MY_CARD)?;
        it.sees(screens::NOT_LOCKED, "")
    })?;
    bench.slot.remove()
}

/// Up to the empty pad for the new PIN.
fn proves(bench: &mut Bench, visit: Visit, card: &Card) -> Result<(), Failure> {
    let known = &card.user_authentication_pin;
    at(bench, |it| {
        it.chooses_a_new_pin()?;
        it.goes_on_of_own_accord()?;
        if visit == Visit::WrongPinOnce {
            it.types_the_known_pin(&known.another())?;
            it.sees(screens::WRONG_PIN, "")?;
        }
        it.types_the_known_pin(known)?;
        it.sees(screens::NEW_PIN, "")
    })
}

fn sets_or_stops(bench: &mut Bench, visit: Visit) -> Result<(), Failure> {
    match visit {
        Visit::Done => {
            let new = Pin::of_letters();
            at(bench, |it| {
                it.types_the_new_pin(&new)?;
                it.sees(screens::REPEAT, "")?;
                it.repeats_the_new_pin(&new)?;
                it.ends_with("done", PATIENCE)
            })?;
        }
        Visit::Lifted => {
            bench.slot.remove()?;
            at(bench, |it| {
                it.ends_with("card-lifted", PATIENCE)?;
                it.touches(screens::FINISH)
            })?;
            return Ok(());
        }
        _ => at(bench, |it| {
            it.touches(screens::CANCEL)?;
            it.ends_with("cancelled", PATIENCE)
        })?,
    }
    leaves(bench)
}

fn leaves(bench: &mut Bench) -> Result<(), Failure> {
    bench.slot.remove()?;
    at(bench, |it| it.touches(screens::FINISH))
}

fn at(
    bench: &mut Bench,
    acts: impl FnOnce(&mut Resident<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (language, mut album) = (bench.language(), Album::none());
    acts(&mut Resident::new(bench.player()?, &mut album, language))
}

#[cfg(test)]
mod tests {
    use super::{Draw, MIX};

    #[test]
    fn one_seed_draws_the_same_visits_and_all_kinds_of_them() {
        let visits = |seed| {
            let mut draw = Draw::with_seed(seed);
            (0..300).map(|_| draw.next_visit()).collect::<Vec<_>>()
        };
        assert_eq!(visits(1), visits(1));
        assert_ne!(visits(1), visits(2));
        for (kind, _) in MIX {
            assert!(visits(1).contains(&kind), "{kind:?}");
        }
    }
}
