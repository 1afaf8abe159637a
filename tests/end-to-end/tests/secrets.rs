// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nothing of a PIN but in the locked page while it is needed, and nothing anywhere afterwards: in
//! the kiosk's memory, in a core dump of it, in the journal, on the screen, in pcscd.
//!
//! The whole log at trace level is searched at the end of every end-to-end test (`leak`).

use end_to_end::{
    album::Album,
    bench::{Bench, Setting},
    card::{Card, Making},
    dump::{self, Dump, Extent},
    failure::Failure,
    forms::{Needle, needles},
    memory::{Find, Memory},
    pin::Pin,
    proof, prove,
    resident::Resident,
    screens, search,
};

/// A resident whose PINs stand nowhere yet, by chance or otherwise.
struct Visitor {
    card: Card,
    new: Pin,
}

impl Visitor {
    /// Four digits stand somewhere in most programs. PINs are drawn until two are found neither in
    /// the kiosk nor in pcscd, after a whole visit of somebody else has brought both into the state
    /// in which they will be searched.
    fn unheard_of(bench: &mut Bench) -> Result<Self, Failure> {
        let predecessor = Self::with(bench, Pin::of_digits(), Pin::of_letters())?;
        predecessor.begins(bench)?;
        predecessor.proves_who_they_are(bench)?;
        predecessor.sets_the_new_pin(bench)?;
        // A dump holds what the kiosk can only read, too: tables and fonts are full of digits.
        let dump = Dump::forced(kiosk_number(bench)?, Extent::AsMarked, bench.record())?;
        for _ in 0..DRAWS {
            let (known, new) = (Pin::of_digits(), Pin::of_letters());
            let needles = [needles(KNOWN, &known), needles(NEW, &new)].concat();
            let is_unheard_of = kiosk(bench)?.find(&needles)?.is_empty()
                && pcscd(bench)?.find(&needles)?.is_empty()
                && search::in_file(&dump.file(), &needles)?.is_empty();
            if is_unheard_of {
                return Self::with(bench, known, new);
            }
        }
        Err(Failure::Refuted(format!("of {DRAWS} PINs, none is nowhere yet")))
    }

    fn with(bench: &mut Bench, known: Pin, new: Pin) -> Result<Self, Failure> {
        let making = Making { user_authentication_pin: Some(known), ..Making::default() };
        let card = bench.registered_card(&making)?;
        bench.central.reserve(&card, &[])?;
        bench.remember(&new);
        Ok(Self { card, new })
    }

    fn known_needles(&self) -> Vec<Needle> {
        needles(KNOWN, &self.card.user_authentication_pin)
    }

    fn new_needles(&self) -> Vec<Needle> {
        needles(NEW, &self.new)
    }

    fn needles(&self) -> Vec<Needle> {
        [self.known_needles(), self.new_needles()].concat()
    }

    fn begins(&self, bench: &mut Bench) -> Result<(), Failure> {
        resident(bench, |resident| resident.finds_the_kiosk_waiting())?;
        bench.lay(&self.card)?;
        resident(bench, |resident| {
            resident.chooses_a_new_pin()?;
            resident.goes_on_of_own_accord()?;
            resident.sees(screens::FOUR_DIGITS, "four-digits")
        })
    }

    fn proves_who_they_are(&self, bench: &mut Bench) -> Result<(), Failure> {
        resident(bench, |resident| {
            resident.types_the_known_pin(&self.card.user_authentication_pin)?;
            resident.sees(screens::NEW_PIN, "new-pin-empty")
        })
    }

    /// To the end of the visit, when the kiosk waits for the next resident.
    fn sets_the_new_pin(&self, bench: &mut Bench) -> Result<(), Failure> {
        resident(bench, |resident| {
            resident.types_the_new_pin(&self.new)?;
            resident.sees(screens::REPEAT, "repeat-pin-empty")?;
            resident.repeats_the_new_pin(&self.new)?;
            resident.ends_with("done", end_to_end::PATIENCE)
        })?;
        leaves(bench)
    }
}

/// The kiosk waits for the next resident.
fn leaves(bench: &mut Bench) -> Result<(), Failure> {
    bench.slot.remove()?;
    resident(bench, |resident| {
        resident.touches(screens::FINISH)?;
        resident.finds_the_kiosk_waiting()
    })
}

const KNOWN: &str = "the known PIN";
const NEW: &str = "the new PIN";
/// How often PINs are drawn at most.
const DRAWS: usize = 100;

fn resident(
    bench: &mut Bench,
    acts: impl FnOnce(&mut Resident<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (language, mut album) = (bench.language(), Album::none());
    acts(&mut Resident::new(bench.player()?, &mut album, language))
}

fn kiosk_number(bench: &mut Bench) -> Result<u32, Failure> {
    Ok(bench.player()?.process().id())
}

fn kiosk(bench: &mut Bench) -> Result<Memory, Failure> {
    Memory::of(kiosk_number(bench)?)
}

fn pcscd(bench: &Bench) -> Result<Memory, Failure> {
    Memory::of(bench.pcscd.process().id())
}

/// The finds of a visit that are not where a PIN belongs.
#[derive(Default)]
struct Strays(Vec<String>);

impl Strays {
    fn add(&mut self, place: &str, found: impl IntoIterator<Item = impl ToString>) {
        self.0.extend(found.into_iter().map(|find| format!("{place}: {}", find.to_string())));
    }

    /// It is in the locked page, where it belongs, or strays.
    fn add_unlocked(&mut self, place: &str, found: Vec<Find>) -> Result<(), Failure> {
        proof::expect(!found.is_empty(), "what was typed is not even in the locked page")?;
        self.add(place, found.iter().filter(|find| !find.mapping.is_for_pins()));
        Ok(())
    }

    /// What of it is in a forced core dump.
    fn add_dumped(&mut self, bench: &mut Bench, needles: &[Needle]) -> Result<(), Failure> {
        let dump = Dump::forced(kiosk_number(bench)?, Extent::AsMarked, bench.record())?;
        self.add("a core dump", search::in_file(&dump.file(), needles)?);
        Ok(())
    }
}

/// Four digits may be met by chance, in an identifier or in the microseconds of a time. What is let
/// out, though, is let out by every visit: a visit with such strays is made once more, by somebody
/// else. No part of the new PIN is ever met by chance.
fn nothing_strays(
    bench: &mut Bench,
    visit: impl Fn(&mut Bench, &Visitor) -> Result<Strays, Failure>,
) -> Result<Visitor, Failure> {
    let first = Visitor::unheard_of(bench)?;
    let strays = visit(bench, &first)?.0;
    if strays.is_empty() {
        return Ok(first);
    }
    let may_be_chance = strays.iter().all(|stray| stray.contains(KNOWN));
    proof::expect(may_be_chance, &format!("let out: {}", strays.join("; ")))?;
    let second = Visitor::unheard_of(bench)?;
    let again = visit(bench, &second)?.0;
    let all = [strays, again.clone()].concat().join("; ");
    proof::expect(again.is_empty(), &format!("let out: {all}"))?;
    Ok(second)
}

/// No text of the accessible tree has a PIN in it. Each is also recorded, so that the search at the
/// end of the test sees it.
fn is_not_on_the_screen(bench: &mut Bench, visitor: &Visitor) -> Result<(), Failure> {
    let texts = bench.player()?.tells()?;
    proof::expect(texts.len() > 3, &format!("the screen tells nothing: {texts:?}"))?;
    for text in &texts {
        bench.record().add("screen", text.clone());
        let found = search::in_bytes(text.as_bytes(), &visitor.needles());
        proof::expect(found.is_empty(), &format!("the screen tells a PIN: {found:?}"))?;
    }
    Ok(())
}

/// GET CHALLENGE, EXTERNAL AUTHENTICATE and GENERAL AUTHENTICATE come before it, after the last
/// touch (reset-profile, section 2).
const RESET_RETRY_COUNTER: &str = "4";
/// Longer than the searches take, shorter than the session's patience for a write.
const LATE_MILLISECONDS: &str = "12000";

#[test]
fn while_a_pin_is_typed_its_keys_are_in_the_locked_page_and_in_no_core_dump() {
    prove::with(Setting::default(), |bench| {
        nothing_strays(bench, |bench, visitor| {
            let mut strays = Strays::default();
            visitor.begins(bench)?;
            types_the_known_pin(bench, visitor, &mut strays)?;
            types_the_new_pin(bench, visitor, &mut strays)?;
            is_written(bench, visitor, &mut strays)?;
            Ok(strays)
        })?;
        Ok(())
    });
}

fn types_the_known_pin(
    bench: &mut Bench,
    visitor: &Visitor,
    strays: &mut Strays,
) -> Result<(), Failure> {
    let known = visitor.known_needles();
    resident(bench, |resident| resident.types(&visitor.card.user_authentication_pin))?;
    strays.add_unlocked("while it is typed", kiosk(bench)?.find(&known)?)?;
    is_not_on_the_screen(bench, visitor)?;
    strays.add_dumped(bench, &known)?;
    // It is the mark that keeps it out: without it the dump would hold the PIN.
    let everything = Dump::forced(kiosk_number(bench)?, Extent::Everything, bench.record())?;
    let found = search::in_file(&everything.file(), &known)?;
    proof::expect(!found.is_empty(), "a dump of everything does not hold the PIN either")?;
    resident(bench, |resident| {
        resident.touches(screens::OK)?;
        resident.sees(screens::NEW_PIN, "new-pin-empty")
    })?;
    strays.add("the kiosk after VERIFY", kiosk(bench)?.find(&known)?);
    strays.add("pcscd after VERIFY", pcscd(bench)?.find(&known)?);
    Ok(())
}

fn types_the_new_pin(
    bench: &mut Bench,
    visitor: &Visitor,
    strays: &mut Strays,
) -> Result<(), Failure> {
    resident(bench, |resident| resident.types(&visitor.new))?;
    strays.add_unlocked("while it is typed", kiosk(bench)?.find(&visitor.needles())?)?;
    is_not_on_the_screen(bench, visitor)?;
    strays.add_dumped(bench, &visitor.needles())?;
    resident(bench, |resident| {
        resident.touches(screens::OK)?;
        resident.sees(screens::REPEAT, "repeat-pin-empty")
    })
}

/// The card takes its time over RESET RETRY COUNTER; meanwhile the kiosk keeps the new PIN for the
/// read-back, in the locked page alone.
fn is_written(bench: &mut Bench, visitor: &Visitor, strays: &mut Strays) -> Result<(), Failure> {
    bench.slot.control(&["delay", RESET_RETRY_COUNTER, LATE_MILLISECONDS])?;
    let mark = bench.record().mark();
    resident(bench, |resident| resident.repeats_the_new_pin(&visitor.new))?;
    bench.record().wait_for("kiosk", "request=\"write\"", mark, end_to_end::PATIENCE)?;
    strays.add_unlocked("while it is written", kiosk(bench)?.find(&visitor.needles())?)?;
    strays.add("pcscd while it is written", pcscd(bench)?.find(&visitor.needles())?);
    resident(bench, |resident| resident.ends_with("done", end_to_end::PATIENCE))?;
    leaves(bench)
}

#[test]
fn after_a_session_neither_pin_is_left_and_a_planted_one_is_found() {
    prove::with(Setting::default(), |bench| {
        let visitor = nothing_strays(bench, |bench, visitor| {
            let mut strays = Strays::default();
            visitor.begins(bench)?;
            visitor.proves_who_they_are(bench)?;
            visitor.sets_the_new_pin(bench)?;
            proof::card_has_been_reset(bench, &visitor.card, &visitor.new)?;
            let needles = visitor.needles();
            strays.add("the kiosk", kiosk(bench)?.find(&needles)?);
            strays.add("pcscd", pcscd(bench)?.find(&needles)?);
            strays.add_dumped(bench, &needles)?;
            let journal = bench.folder().join("journal/journal.redb");
            strays.add("the journal", search::in_file(&journal, &needles)?);
            is_not_on_the_screen(bench, visitor)?;
            Ok(strays)
        })?;
        is_found_when_planted(bench, &Pin::of_letters())?;
        is_found_when_planted(bench, &Pin::of_digits())?;
        is_found_in_pcscd(bench, &visitor.card, &Pin::of_letters())
    });
}

/// Each form of each part of a PIN that the kiosk was told to keep is found by the same searches.
fn is_found_when_planted(bench: &mut Bench, canary: &Pin) -> Result<(), Failure> {
    bench.player()?.keeps(canary.reveal())?;
    let planted = needles("the canary", canary);
    let found = kiosk(bench)?.find(&planted)?;
    let dump = Dump::forced(kiosk_number(bench)?, Extent::AsMarked, bench.record())?;
    let dumped = search::in_file(&dump.file(), &planted)?;
    for Needle { what, .. } in &planted {
        let is_found = found.iter().any(|find| find.what == *what);
        proof::expect(is_found, &format!("{what} is not found in memory"))?;
        let is_dumped = dumped.iter().any(|find| find.starts_with(what.as_str()));
        proof::expect(is_dumped, &format!("{what} is not found in a dump"))?;
    }
    Ok(())
}

/// pcscd keeps the last command: of a SELECT with the canary for a name, the name. It is gone when
/// a longer one follows, as after each VERIFY of the kiosk.
fn is_found_in_pcscd(bench: &mut Bench, card: &Card, canary: &Pin) -> Result<(), Failure> {
    bench.end_kiosk()?;
    bench.lay(card)?;
    let planted = needles("the canary", canary);
    let mut connection = bench.judge().connects()?;
    connection.sends(&select(canary.reveal().as_bytes()))?;
    let found = pcscd(bench)?.find(&planted)?;
    proof::expect(!found.is_empty(), "pcscd's memory does not hold the canary")?;
    connection.sends(&select(&[0xF0; 16]))?;
    let found = pcscd(bench)?.find(&planted)?;
    proof::expect(found.is_empty(), &format!("after a longer command pcscd still holds {found:?}"))
}

/// SELECT by a name that no application has (ISO/IEC 7816-4).
fn select(name: &[u8]) -> Vec<u8> {
    let length = u8::try_from(name.len()).unwrap_or_default();
    [&[0x00, 0xA4, 0x04, 0x0C, length], name].concat()
}

#[test]
fn the_locked_page_is_never_in_swap_and_the_kernel_writes_no_core() {
    prove::with(Setting::default(), |bench| {
        resident(bench, |resident| resident.finds_the_kiosk_waiting())?;
        let memory = kiosk(bench)?;
        let locked: Vec<_> =
            memory.mappings()?.into_iter().filter(|mapping| mapping.is_for_pins()).collect();
        proof::expect(locked.len() == 1, &format!("there is not one page for PINs: {locked:?}"))?;
        proof::expect(locked[0].swapped_kib == 0, "the locked page stands in swap")?;
        let size_kib = (locked[0].range.end - locked[0].range.start) / 1024;
        proof::expect(
            memory.status("VmLck")? >= size_kib,
            "the kernel does not count it as locked",
        )?;
        let limit = dump::limit(kiosk_number(bench)?)?;
        proof::expect(limit == "0 0 bytes", &format!("core dumps are limited to {limit}"))?;
        let is_written = dump::is_written_here(bench.record())?;
        proof::expect(
            is_written,
            "this machine's kernel writes no core of anything (core_pattern)",
        )?;
        let has_core = dump::dies_with_a_core(bench.player()?.process())?;
        proof::expect(!has_core, "the kernel wrote a core of the kiosk")
    });
}
