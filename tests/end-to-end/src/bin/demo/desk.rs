// SPDX-License-Identifier: MIT OR Apache-2.0
//! With a display: the kiosk's own window, and a desk in the terminal from which the card is laid
//! on the reader and taken away, and things are let go wrong.

use std::{
    io::{self, BufRead, Write},
    sync::mpsc::{self, Receiver},
    thread,
};

use end_to_end::{
    bench::{Bench, Setting},
    card::{Card, State},
    case::Case,
    failure::Failure,
    kiosk::Window,
    options::Options,
    pin::Pin,
    proof, public,
};

use crate::{
    arguments::{language, panel},
    interrupt::Interrupt,
    script::Script,
};

const COMMANDS: &str =
    "  insert            lay the card on the reader        remove           take it away
  status            what card and service hold        pins             which PINs to type
  reserve           make a reservation in the app     expire           make it 25 hours ago
  lock              lock the signature PIN at home
  real              take a real card in hand          own              take your own again
  revoke            revoke the signature certificate  suspend          report the card as lost
  tear N [after]    lift the card at its N-th command from now, before or after it takes effect
  delay N MS        let its N-th answer be late
  cut, mend         the way between kiosk and service
  help              this list                         quit             end, and show the proof";

/// What reaches the desk.
enum Event {
    Said(String),
    Ended,
}

/// The desk and what lies on it.
struct Desk {
    case: Case,
    bench: Bench,
    /// The resident's own, of which the proof is.
    card: Card,
    /// Taken in hand instead of it.
    real: Option<Card>,
    new: Pin,
    wrong: Pin,
    /// Tries left of the signature PIN, unless it is set anew.
    signature_retries: u8,
}

pub(crate) fn open(options: &Options, interrupt: &Interrupt) -> Result<(), Failure> {
    println("Setting up reader, card, service, kiosk-link and kiosk …");
    let mut bench = Bench::new(Setting {
        language: language(options.language),
        panel: panel(options.size),
        window: Window::Display,
        ..Setting::default()
    })?;
    let events = events(&mut bench, interrupt)?;
    let mut desk =
        Desk::new(bench, options.case).map_err(|failure| Failure::NotSetUp(Box::new(failure)))?;
    desk.welcome();
    desk.serve(&events);
    desk.prove()
}

/// Lines from the terminal; the end of the kiosk, of the terminal, or Ctrl-C.
fn events(bench: &mut Bench, interrupt: &Interrupt) -> Result<Receiver<Event>, Failure> {
    let (sender, receiver) = mpsc::channel();
    let ended = sender.clone();
    if let Some(kiosk) = bench.kiosk() {
        let wait = kiosk.waiter()?;
        let closed = sender.clone();
        thread::spawn(move || {
            wait();
            // The desk may be closed already.
            drop(closed.send(Event::Ended));
        });
    }
    interrupt.then(move || drop(ended.send(Event::Ended)));
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if sender.send(Event::Said(line)).is_err() {
                return;
            }
        }
        drop(sender.send(Event::Ended));
    });
    Ok(receiver)
}

impl Desk {
    fn new(mut bench: Bench, case: Case) -> Result<Self, Failure> {
        let card = case.set_scene(&mut bench)?;
        if case == Case::ServiceGoneAfterwards {
            bench.central.plan("cut-before 99 /outcome")?;
        }
        let (new, wrong) = (Pin::of_letters(), card.user_authentication_pin.another());
        bench.remember(&new);
        bench.remember(&wrong);
        let signature_retries = card.state(bench.record())?.signature_retries();
        Ok(Self { case, bench, card, real: None, new, wrong, signature_retries })
    }

    fn welcome(&self) {
        println("\nThe kiosk is on the display, and you are the resident of this visit:");
        println(&format!("  {}\n", self.case.about()));
        self.tell_pins();
        println(COMMANDS);
        println("");
        for step in Script::of(self.case).steps {
            println(&step.replace("{wrong}", self.wrong.reveal()));
        }
    }

    fn tell_pins(&self) {
        let known = self.card.user_authentication_pin.reveal();
        println(&format!(
            "  4-digit PIN            {known}   (wrong would be {})",
            self.wrong.reveal()
        ));
        let new = self.new.reveal();
        println(&format!("  new signature PIN      {new}   (the proof asks for this one)\n"));
    }

    fn serve(&mut self, events: &Receiver<Event>) {
        loop {
            print("desk> ");
            match events.recv() {
                Ok(Event::Said(line)) if line.trim() == "quit" => return,
                Ok(Event::Said(line)) => {
                    if let Err(failure) = self.carry_out(line.trim()) {
                        println(&format!("  not done: {failure}"));
                    }
                }
                Ok(Event::Ended) | Err(_) => return println(""),
            }
        }
    }

    fn carry_out(&mut self, line: &str) -> Result<(), Failure> {
        let words: Vec<_> = line.split_whitespace().collect();
        let central = &self.bench.central;
        match words.as_slice() {
            [] => Ok(()),
            ["insert"] => self.bench.lay(self.in_hand()),
            ["remove"] => self.bench.slot.remove(),
            ["status"] => self.status(),
            ["pins"] => {
                self.tell_pins();
                Ok(())
            }
            ["reserve"] => central.reserve(&self.card, &[]),
            ["expire"] => central.reserve(&self.card, &["--hours-ago", "25"]),
            ["lock"] => self.lock(),
            ["real"] => self.takes_a_real_card(),
            ["own"] => {
                self.real = None;
                println("  your own card again");
                Ok(())
            }
            ["revoke"] => central.of_card(
                "revoke-certificate",
                &self.card,
                &["--certificate", "digital-signature"],
            ),
            ["suspend"] => central.of_card("suspend-card", &self.card, &[]),
            ["tear", n] => self.bench.slot.control(&["tear", n, "before"]),
            ["tear", n, moment] => self.bench.slot.control(&["tear", n, moment]),
            ["delay", n, milliseconds] => self.bench.slot.control(&["delay", n, milliseconds]),
            ["cut"] => {
                self.bench.network.cut();
                Ok(())
            }
            ["mend"] => {
                self.bench.network.mend();
                central.plan("clear")
            }
            _ => {
                println(COMMANDS);
                Ok(())
            }
        }
    }

    fn status(&self) -> Result<(), Failure> {
        let state = self.card.state(self.bench.record())?;
        println(&format!(
            "  4-digit PIN     {} of 3 tries left",
            state.user_authentication_retries()
        ));
        println(&format!("  signature PIN   {} of 5 tries left", state.signature_retries()));
        for reservation in self.bench.central.reservations(&self.card)? {
            let receipt = if reservation.receipt_verified { ", receipt verified" } else { "" };
            println(&format!("  reservation     {}{receipt}", reservation.state));
        }
        Ok(())
    }

    fn in_hand(&self) -> &Card {
        self.real.as_ref().unwrap_or(&self.card)
    }

    fn takes_a_real_card(&mut self) -> Result<(), Failure> {
        self.real = Some(self.bench.real_card()?);
        println(
            "  a card without the marker of the simulated profile: this unit only looks at it;",
        );
        println("  `insert` lays it on the reader until you type: own");
        Ok(())
    }

    fn lock(&mut self) -> Result<(), Failure> {
        self.bench.lock_at_home(&self.card)?;
        self.signature_retries = 0;
        Ok(())
    }

    /// The independent proof, always of the resident's own card: of a reset where there was one,
    /// else of what this visit was to end with.
    fn prove(mut self) -> Result<(), Failure> {
        self.bench.end_kiosk()?;
        let state = self.card.state(self.bench.record())?;
        let script = Script::of(self.case);
        let is_reset = state.receipt.as_ref().is_some_and(|receipt| receipt.is_used);
        if script.is_reset && !is_reset {
            self.bench.close()?;
            return Err(Failure::Refuted("no new PIN was set on the card".to_owned()));
        }
        self.has_ended(&script)?;
        if is_reset {
            // A card may lie there or not.
            drop(self.bench.slot.remove());
            self.bench.lay(&self.card)?;
            proof::is_reset(&self.bench, &self.card, &self.new)?;
            println(
                "OpenSC logs in with the new PIN; the service holds the card's verified receipt.",
            );
        } else {
            self.is_as_it_was(&script, &state)?;
            println("The card keeps its signature PIN, with as many tries as before.");
        }
        self.bench.close()?;
        println("No PIN is in any line that any process printed. PROVEN.");
        Ok(())
    }

    /// The kiosk has shown the ending of this visit.
    fn has_ended(&self, script: &Script) -> Result<(), Failure> {
        let Some(ending) = script.ending else { return Ok(()) };
        let shown = format!("ending=\"{ending}\"");
        let lines = self.bench.record().lines();
        let is_shown =
            lines.iter().any(|line| line.process == "kiosk" && line.text.contains(&shown));
        proof::expect(is_shown, &format!("no visit to the kiosk ended with {ending}"))
    }

    /// The signature PIN is the old one, and no try was lost but those that were asked for.
    fn is_as_it_was(&self, script: &Script, state: &State) -> Result<(), Failure> {
        proof::keeps_its_pin(&self.bench, &self.card, self.signature_retries)?;
        let left = state.user_authentication_retries();
        let as_told = left == script.tries_left;
        proof::expect(as_told, &format!("{left} tries of the 4-digit PIN are left"))?;
        if self.case != Case::RealCard {
            return Ok(());
        }
        let trace = self.bench.slot.trace()?;
        proof::expect(!trace.is_empty(), "the card was never on the reader")?;
        match public::first_that_is_not(&trace) {
            None => Ok(()),
            Some(stranger) => Err(Failure::Refuted(format!("a real card was sent {stranger}"))),
        }
    }
}

fn println(text: &str) {
    print(text);
    print("\n");
}

fn print(text: &str) {
    let mut terminal = io::stdout().lock();
    // A terminal that is gone reads nothing.
    drop(terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush()));
}

#[cfg(test)]
mod tests {
    use end_to_end::{PATIENCE, album::Album, bench::Bench, case::Case, failure::Failure};
    use end_to_end::{prove, resident::Resident};

    use super::Desk;

    fn desk(case: Case) -> Desk {
        told(Bench::new(case.setting()).and_then(|bench| Desk::new(bench, case)))
    }

    fn told<T>(outcome: Result<T, Failure>) -> T {
        outcome.unwrap_or_else(|failure| panic!("{}", prove::chain(&failure)))
    }

    fn resident<'d>(desk: &'d mut Desk, album: &'d mut Album) -> Resident<'d> {
        let language = desk.bench.language();
        Resident::new(told(desk.bench.player()), album, language)
    }

    #[test]
    fn after_a_real_card_the_own_one_can_be_taken_again_and_is_the_one_that_is_proven() {
        let (mut desk, mut album) = (desk(Case::Locked), Album::none());
        let (known, new) = (desk.card.user_authentication_pin.clone(), desk.new.clone());
        told(desk.carry_out("real"));
        told(desk.carry_out("own"));
        told(resident(&mut desk, &mut album).finds_the_kiosk_waiting());
        told(desk.carry_out("insert"));
        let mut resident = resident(&mut desk, &mut album);
        told(resident.chooses_a_new_pin());
        told(resident.goes_on_of_own_accord());
        told(resident.types_the_known_pin(&known));
        told(resident.types_the_new_pin(&new));
        told(resident.repeats_the_new_pin(&new));
        told(resident.ends_with("done", PATIENCE));
        told(desk.carry_out("remove"));
        told(desk.carry_out("real"));
        told(desk.prove());
    }

    #[test]
    fn a_visit_that_is_to_be_refused_is_proven_by_its_ending_and_not_without() {
        let refuted = desk(Case::Expired).prove();
        assert!(matches!(refuted, Err(Failure::Refuted(_))));
        let (mut desk, mut album) = (desk(Case::Expired), Album::none());
        told(resident(&mut desk, &mut album).finds_the_kiosk_waiting());
        told(desk.carry_out("insert"));
        let mut resident = resident(&mut desk, &mut album);
        told(resident.chooses_a_new_pin());
        told(resident.ends_with("reservation-expired", PATIENCE));
        told(desk.prove());
    }
}
