// SPDX-License-Identifier: MIT OR Apache-2.0
//! Prints what lies on the readers: all that a card shows to anybody, and
//! nothing that would take a PIN or could cost a try.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::SystemTime;
use std::{fs, iter};

use card_io::card::{self, CardCheck, CardContents};
use card_io::jpki::{PinKind, Reading, Standing, Token, Validity};
use card_io::media::{ChipPower, Media, ReaderName};
use card_io::pcsc::{self, ConnectError, PcscChannel, ReaderFilter};
use card_io::reset::{CardAuthority, CardIdentity, ProfileCard, Receipt, ReceiptResult};
use clap::Parser;
use rand::RngExt as _;

/// Prints what lies on the smart-card readers, without any PIN.
///
/// Only commands that every reader may send to every card go out: no VERIFY with a PIN, nothing
/// that costs a try, nothing of the reset.
#[derive(Parser)]
#[command(after_help = "Exit codes: 0 a card was read, 1 there is no service, no reader or no \
                        card, 2 wrong arguments or an authority that cannot be used, 3 a card or \
                        a reader could not be read.")]
pub(crate) struct Arguments {
    /// Only readers whose name starts with this; may be given more than once.
    #[arg(long, value_name = "NAME")]
    reader: Vec<String>,

    /// The card authority's certificate (PEM). With it, a card of the simulated profile is also
    /// identified, its certificates are verified, and its receipt of the last reset is read.
    #[arg(long, value_name = "FILE", value_parser = read_authority)]
    card_authority: Option<CardAuthority>,
}

const CARD_READ: u8 = 0;
const NO_CARD: u8 = 1;
const UNREADABLE: u8 = 3;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match inspect(&arguments, &mut io::stdout().lock()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(io::stderr(), "inspect: {}", chain(error.as_ref()));
            ExitCode::from(UNREADABLE)
        }
    }
}

/// Prints all readers; the exit code.
pub(crate) fn inspect(arguments: &Arguments, out: &mut impl Write) -> Result<u8, Box<dyn Error>> {
    let readers = match pcsc::look(&ReaderFilter::starting_with(arguments.reader.clone())) {
        Ok(readers) => readers,
        Err(ConnectError::ServiceGone) => {
            writeln!(out, "No smart-card service. Is pcscd installed, and is it running?")?;
            return Ok(NO_CARD);
        }
        Err(error) => return Err(error.into()),
    };
    if readers.is_empty() {
        writeln!(out, "No reader. Is it plugged in, and is its name right?")?;
        return Ok(NO_CARD);
    }
    let mut found = Vec::new();
    for (reader, media) in readers {
        writeln!(out, "{reader}")?;
        found.push(print_media(&reader, &media, arguments.card_authority.as_ref(), out)?);
    }
    Ok(match (found.contains(&Found::Unreadable), found.contains(&Found::Card)) {
        (true, _) => UNREADABLE,
        (false, true) => CARD_READ,
        (false, false) => NO_CARD,
    })
}

/// What was found on one reader.
#[derive(PartialEq, Eq)]
enum Found {
    Nothing,
    Card,
    Unreadable,
}

fn print_media(
    reader: &ReaderName,
    media: &Media,
    authority: Option<&CardAuthority>,
    out: &mut impl Write,
) -> io::Result<Found> {
    match media {
        Media::NotPresent => writeln!(out, "  no card")?,
        Media::Unknown => writeln!(out, "  the reader does not answer")?,
        Media::Present { chip_power: ChipPower::HardwareError, .. } => {
            writeln!(out, "  a card whose chip does not answer: turn or move it")?;
            return Ok(Found::Unreadable);
        }
        Media::Present { chip_power: ChipPower::Online, .. } => {
            if let Err(error) = print_card(reader, authority, out) {
                writeln!(out, "  cannot be read: {}", chain(error.as_ref()))?;
                return Ok(Found::Unreadable);
            }
            return Ok(Found::Card);
        }
    }
    Ok(Found::Nothing)
}

/// An argument like any other: where it cannot be used, no reader is looked at.
fn read_authority(path: &str) -> Result<CardAuthority, Box<dyn Error + Send + Sync>> {
    let pem = fs::read(path)?;
    Ok(CardAuthority::from_pem(&pem)?)
}

fn print_card(
    reader: &ReaderName,
    authority: Option<&CardAuthority>,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let mut channel = PcscChannel::connect(reader)?;
    let reading = channel.reading();
    fact(out, "answer to reset", &channel.atr().to_string())?;
    let lengths = match reading {
        Reading::Short => "short",
        Reading::Extended => "extended",
    };
    fact(out, "length fields", lengths)?;
    match card::check(&mut channel, reading)? {
        Some(check) => print_check(&check, out)?,
        None => writeln!(out, "  no JPKI application: not an Individual Number Card")?,
    }
    if let Some(authority) = authority {
        match card::read(&mut channel, authority, reading)? {
            CardContents::Profile(mut identified) => {
                print_identity(identified.card.identity(), out)?;
                print_last_reset(&mut identified.card, out)?;
            }
            CardContents::NotGenuine(fault) => fact(out, "not genuine", &fault.to_string())?,
            CardContents::Real(_) => fact(out, "no marker", "taken for a real card: no reset")?,
            CardContents::ResidentRegisterCard
            | CardContents::Smartphone
            | CardContents::NotIndividualNumberCard => {}
        }
    }
    Ok(())
}

fn print_check(check: &CardCheck, out: &mut impl Write) -> io::Result<()> {
    let facts = &check.facts;
    let token = &facts.token_info;
    fact(out, "token", &format!("{}, {}", token.text(), carrier(token.token())))?;
    for (name, kind) in [
        ("user-authentication PIN", PinKind::UserAuthentication),
        ("signature PIN", PinKind::DigitalSignature),
    ] {
        fact(out, name, &retries(facts.retries_left(kind)))?;
    }
    let not_shown = || "not shown by this card".to_owned();
    let input_support = check.input_support_retries_left.map_or_else(not_shown, retries);
    fact(out, "input support PIN", &input_support)?;
    fact(out, "resident register PIN", "no public way to read it: not tried")?;
    let validity = facts.authentication_validity.map_or_else(not_shown, term);
    fact(out, "user-authentication certificate", &validity)?;
    let signature = if facts.has_signature_certificate {
        "on the card; its dates cannot be read without its PIN"
    } else {
        "none"
    };
    fact(out, "signature certificate", signature)
}

#[expect(clippy::disallowed_methods, reason = "an example has no driver to ask for the time")]
fn term(validity: Validity) -> String {
    let (from, until) = (date(validity.not_before), date(validity.not_after));
    let standing = match validity.standing(SystemTime::now()) {
        Standing::Valid { days_left } => format!("{days_left} days left"),
        Standing::Renewable { days_left } => format!("{days_left} days left, renewable now"),
        Standing::Expired => "expired".to_owned(),
    };
    format!("{from} to {until}, {standing}")
}

fn print_last_reset(
    card: &mut ProfileCard<'_, PcscChannel>,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let receipt = card.final_receipt(&rand::rng().random())?;
    fact(out, "last reset", last_reset(&receipt))?;
    Ok(())
}

const fn last_reset(receipt: &Receipt) -> &'static str {
    match receipt.result() {
        ReceiptResult::NoTicket => "none was ever authorised",
        ReceiptResult::Used => "done",
        ReceiptResult::Usable => "authorised, and still open",
        ReceiptResult::Unused => "not done",
    }
}

fn print_identity(identity: &CardIdentity, out: &mut impl Write) -> io::Result<()> {
    let card_id: String = identity.card_id().iter().map(|byte| format!("{byte:02x}")).collect();
    fact(out, "genuine, of the simulated profile", &card_id)
}

fn fact(out: &mut impl Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "  {name:<35}{value}")
}

const fn carrier(token: Token) -> &'static str {
    match token {
        Token::IndividualNumberCard => "an Individual Number Card",
        Token::ResidentRegisterCard => "a resident register card, no longer valid",
        Token::Smartphone => "a phone",
        Token::Unknown => "a carrier unknown to us",
    }
}

fn retries(retries_left: u8) -> String {
    match retries_left {
        0 => "blocked".to_owned(),
        1 => "1 try left".to_owned(),
        left => format!("{left} tries left"),
    }
}

/// The day in Japan.
fn date(time: SystemTime) -> String {
    let Ok(time) = jiff::Timestamp::try_from(time) else { return "?".to_owned() };
    jiff::tz::offset(9).to_datetime(time).strftime("%Y-%m-%d").to_string()
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
