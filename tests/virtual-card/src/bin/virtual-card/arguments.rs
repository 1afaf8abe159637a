// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line.

use std::{error::Error, num::NonZeroU64, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use virtual_card::{
    Fault, Kind, Moment, PinKind,
    control::{ControlCommand, NotACommand},
};

/// A virtual Individual Number Card for tests and demonstrations.
///
/// Makes test CAs and cards, lays a card on the virtual reader of pcscd's vpcd driver, and lets
/// things go wrong on request. The card speaks profile ref-eac-1, which is simulated: it is not
/// the issuer's, and none of these cards, keys or certificates is worth anything elsewhere.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, or the PIN is right; 1 the PIN is wrong, or the running virtual-card refused;
2 it could not be tried: wrong command line, missing file, no vpcd, nobody at the socket.

A first round:
  virtual-card ca /tmp/ca
  virtual-card personalise --ca /tmp/ca --out /tmp/card.json
  virtual-card run --port 35963 --card /tmp/card.json";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make the three test CAs in a folder
    Ca {
        /// Where to write card-ca, user-authentication-ca and digital-signature-ca
        /// (*.pem and *.key.pem)
        dir: PathBuf,
    },
    /// Make a card; prints the PINs that were drawn for it as one line of JSON
    Personalise(Personalise),
    /// Serve a slot of vpcd's reader, or QEMU's, until ended; prints one line of JSON when ready
    Run(Run),
    /// Show counters, certificates and receipt of a card, never a PIN
    Show {
        /// The card's state file
        card: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell by the exit code whether the PIN on standard input is the card's, without costing a
    /// try
    VerifyPin {
        /// The card's state file
        card: PathBuf,
        /// Which PIN
        #[arg(long)]
        which: Which,
    },
    #[command(flatten)]
    Running(Running),
}

#[derive(Args)]
pub(crate) struct Personalise {
    /// The folder that `virtual-card ca` made
    #[arg(long, value_name = "DIR")]
    pub(crate) ca: PathBuf,
    /// A public key that may sign tickets (SubjectPublicKeyInfo, PEM); at most two, number 1 first
    #[arg(long, value_name = "FILE")]
    pub(crate) ticket_key: Vec<PathBuf>,
    /// Where to write the card's state
    #[arg(long, value_name = "CARD.json")]
    pub(crate) out: PathBuf,
    /// Where to write what a register holds about the card
    #[arg(long, value_name = "CITIZEN.json")]
    pub(crate) citizen: Option<PathBuf>,
    /// Which card
    #[arg(long, value_enum, default_value_t = KindArgument::IndividualNumber)]
    pub(crate) kind: KindArgument,
    /// Four digits; drawn at random where not given
    #[arg(long, value_name = "NNNN")]
    pub(crate) user_authentication_pin: Option<String>,
    /// 6 to 16 of A-Z and 0-9, both; drawn at random where not given
    #[arg(long, value_name = "XXXXXX")]
    pub(crate) signature_pin: Option<String>,
    /// Tries left at first, of 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) user_authentication_retries: Option<u8>,
    /// Tries left at first, of 5
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=5))]
    pub(crate) signature_retries: Option<u8>,
    /// A card without EF 0001, as of a resident under 15
    #[arg(long)]
    pub(crate) without_signature_certificate: bool,
    /// From when both JPKI certificates are valid (RFC 3339); a year ago where not given
    #[arg(long, value_name = "T")]
    pub(crate) not_before: Option<Timestamp>,
    /// Until when both JPKI certificates are valid (RFC 3339); in four years where not given
    #[arg(long, value_name = "T")]
    pub(crate) not_after: Option<Timestamp>,
    /// Until when the signature certificate alone is valid (RFC 3339)
    #[arg(long, value_name = "T")]
    pub(crate) signature_not_after: Option<Timestamp>,
}

#[derive(Args)]
pub(crate) struct Run {
    /// vpcd's port on 127.0.0.1: 35963, or the next for its second slot, in Debian's setting
    #[arg(long, required_unless_present = "ccid")]
    pub(crate) port: Option<u16>,
    /// In place of vpcd: the Unix socket of a QEMU machine's `ccid-card-passthru`
    #[arg(long, value_name = "SOCKET", conflicts_with = "port")]
    pub(crate) ccid: Option<PathBuf>,
    /// A card that lies on the reader at once
    #[arg(long, value_name = "CARD.json")]
    pub(crate) card: Option<PathBuf>,
    /// Take commands at this Unix socket, one a line
    #[arg(long, value_name = "SOCKET")]
    pub(crate) control: Option<PathBuf>,
    /// Append a line for each command APDU: header, Nc, Ne, status word, never data
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
}

/// Commands to a `virtual-card run --control SOCKET`; N counts command APDUs from now, the next
/// is 1.
#[derive(Subcommand)]
pub(crate) enum Running {
    /// Lay a card on the reader
    Insert {
        /// The card's state file
        card: PathBuf,
        #[command(flatten)]
        at: At,
    },
    /// Take the card off the reader
    Remove {
        #[command(flatten)]
        at: At,
    },
    /// Cut the card's power at the N-th command; it stays out until `insert`
    Tear(Moments),
    /// Lift the card at the N-th command: the same as `tear`
    RemoveAt(Moments),
    /// Answer the N-th command late
    Delay {
        /// Which command from now; the next is 1
        n: NonZeroU64,
        /// How late
        milliseconds: u64,
        #[command(flatten)]
        at: At,
    },
    /// Carry the N-th command out and answer these bytes instead
    Answer {
        /// Which command from now; the next is 1
        n: NonZeroU64,
        /// The bytes, status word included
        #[arg(value_name = "HEX")]
        answer: String,
        #[command(flatten)]
        at: At,
    },
    /// Carry the N-th command out and invert the body of its answer
    Garble {
        /// Which command from now; the next is 1
        n: NonZeroU64,
        #[command(flatten)]
        at: At,
    },
    /// Cut the N-th answer to LEN bytes
    Truncate {
        /// Which command from now; the next is 1
        n: NonZeroU64,
        /// How many bytes arrive
        #[arg(value_name = "LEN")]
        length: usize,
        #[command(flatten)]
        at: At,
    },
    /// Carry the N-th command out and never answer
    Mute {
        /// Which command from now; the next is 1
        n: NonZeroU64,
        #[command(flatten)]
        at: At,
    },
    /// Forget the faults that have not happened yet
    Clear {
        #[command(flatten)]
        at: At,
    },
    /// Print the trace so far
    Trace {
        #[command(flatten)]
        at: At,
    },
    /// Print which card lies on the reader
    Status {
        #[command(flatten)]
        at: At,
    },
}

#[derive(Args)]
pub(crate) struct Moments {
    /// Which command from now; the next is 1
    n: NonZeroU64,
    /// On which side of the change that the command makes for good: `before` or `after`
    moment: Moment,
    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(crate) struct At {
    /// The socket that `run --control` listens at
    #[arg(long, value_name = "SOCKET")]
    control: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KindArgument {
    /// An Individual Number Card of the simulated profile
    IndividualNumber,
    /// The same without marker and profile, as a real card is
    NoMarker,
    /// The resident register card of before 2016
    Juki,
    /// The JPKI application of a smartphone
    Phone,
    /// Some other card, without a JPKI application
    Unknown,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Which {
    UserAuthentication,
    #[value(alias = "digital-signature")]
    Signature,
}

impl Running {
    /// The socket, and what to say there.
    pub(crate) fn into_control(self) -> Result<(PathBuf, ControlCommand), Box<dyn Error>> {
        Ok(match self {
            Self::Insert { card, at } => {
                (at.control, ControlCommand::Insert(std::path::absolute(card)?))
            }
            Self::Remove { at } => (at.control, ControlCommand::Remove),
            Self::Tear(Moments { n, moment, at }) | Self::RemoveAt(Moments { n, moment, at }) => {
                (at.control, ControlCommand::Fault(n, Fault::Tear(moment)))
            }
            Self::Delay { n, milliseconds, at } => {
                let delay = Duration::from_millis(milliseconds);
                (at.control, ControlCommand::Fault(n, Fault::Delay(delay)))
            }
            Self::Answer { n, answer, at } => {
                let bytes = base16ct::mixed::decode_vec(answer).map_err(|_| NotACommand)?;
                (at.control, ControlCommand::Fault(n, Fault::Answer(bytes)))
            }
            Self::Garble { n, at } => (at.control, ControlCommand::Fault(n, Fault::Garble)),
            Self::Truncate { n, length, at } => {
                (at.control, ControlCommand::Fault(n, Fault::Truncate(length)))
            }
            Self::Mute { n, at } => (at.control, ControlCommand::Fault(n, Fault::Mute)),
            Self::Clear { at } => (at.control, ControlCommand::Clear),
            Self::Trace { at } => (at.control, ControlCommand::Trace),
            Self::Status { at } => (at.control, ControlCommand::Status),
        })
    }
}

impl From<KindArgument> for Kind {
    fn from(kind: KindArgument) -> Self {
        match kind {
            KindArgument::IndividualNumber => Self::IndividualNumber,
            KindArgument::NoMarker => Self::NoMarker,
            KindArgument::Juki => Self::Juki,
            KindArgument::Phone => Self::Phone,
            KindArgument::Unknown => Self::Unknown,
        }
    }
}

impl From<Which> for PinKind {
    fn from(which: Which) -> Self {
        match which {
            Which::UserAuthentication => Self::UserAuthentication,
            Which::Signature => Self::DigitalSignature,
        }
    }
}
