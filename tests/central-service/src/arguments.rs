// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use central_service::card_id::CardId;
use central_service::certificates::JpkiAuthority;
use central_service::clock::Clock;
use central_service::reservation::Target;

/// The reference central service for PIN reset kiosks, and its admin commands.
///
/// It is for tests, for demonstrations and for those who implement the real one. It is not the
/// national service.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 could not be done (the reason is on standard error) · 2 wrong usage · \
3 the audit chain is broken

By hand:
  virtual-card ca CA
  central-service init SERVICE --card-ca CA/card-ca.pem \\
      --user-authentication-ca CA/user-authentication-ca.pem \\
      --digital-signature-ca CA/digital-signature-ca.pem
  central-service register SERVICE --citizen CITIZEN.json
  central-service reserve SERVICE --card-id HEX
  central-service serve SERVICE

All commands work while `serve` runs. RUST_LOG sets what is logged to standard error.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make the folder of a service: CAs, certificates, ticket keys, database, policy
    Init(Init),
    /// Answer kiosks; one JSON line on standard output tells the ports, SIGTERM ends it
    Serve(Serve),
    /// Issue the certificate of a further kiosk
    IssueKiosk(IssueKiosk),
    /// Invite a unit to make its own key and get a certificate for it: prints a one-time code
    Invite(Invite),
    /// Enter a citizen's card into the register, or bring its row up to date
    Register(Register),
    /// Make a reservation, as the phone app does; it supersedes the card's last one
    Reserve(Reserve),
    /// Suspend a card whose loss was reported, or lift the suspension
    SuspendCard(SuspendCard),
    /// Revoke one certificate of a card
    RevokeCertificate(RevokeCertificate),
    /// Import a CA's certificate revocation list in place of the one before
    ImportCrl(ImportCrl),
    /// Revoke a kiosk: it can open nothing more, but what it knows is still taken
    RevokeKiosk(RevokeKiosk),
    /// Close the service from now on; outcomes and receipts are still taken
    Close(Close),
    /// End every closure made with `close`
    Open(At),
    /// Show reservations with ticket, receipt and outcome, or kiosks
    List(List),
    /// Decide about a reservation whose receipt never came
    Settle(Settle),
    /// The append-only, hash-chained audit table
    #[command(subcommand)]
    Audit(Audit),
}

/// A command that needs `DIR` and the time, and nothing else.
#[derive(Args)]
pub(crate) struct At {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) time: Time,
}

/// Which time it is, for tests.
#[derive(Args, Clone, Copy)]
#[group(multiple = false)]
pub(crate) struct Time {
    /// Act as if the clock were so many seconds ahead
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    clock_offset: Option<i64>,
    /// Act as if it were this time now (RFC 3339)
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
}

impl Time {
    pub(crate) fn clock(self) -> Clock {
        match (self.now, self.clock_offset) {
            (Some(now), _) => Clock::starting_at(now),
            (None, Some(seconds)) => Clock::with_offset(SignedDuration::from_secs(seconds)),
            (None, None) => Clock::default(),
        }
    }
}

#[derive(Args)]
pub(crate) struct Init {
    /// New or empty folder
    pub(crate) dir: PathBuf,
    /// Certificate (PEM) of the CA that issues the cards' own certificates
    #[arg(long, value_name = "FILE")]
    pub(crate) card_ca: PathBuf,
    /// Certificate (PEM) of the CA that issues user-authentication certificates
    #[arg(long, value_name = "FILE")]
    pub(crate) user_authentication_ca: PathBuf,
    /// Certificate (PEM) of the CA that issues digital-signature certificates
    #[arg(long, value_name = "FILE")]
    pub(crate) digital_signature_ca: PathBuf,
    #[command(flatten)]
    pub(crate) kiosk: Kiosk,
    /// DNS name or IP address of the server; may be repeated [default: localhost, 127.0.0.1]
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// Write a policy without closing hours: for tests, which run at any hour
    #[arg(long)]
    pub(crate) always_open: bool,
    #[command(flatten)]
    pub(crate) time: Time,
}

/// Who a kiosk is.
#[derive(Args)]
pub(crate) struct Kiosk {
    /// Operator, O of the kiosk's certificate
    #[arg(long, default_value = "Example Operator")]
    pub(crate) operator: String,
    /// Store
    #[arg(long, default_value = "store-1")]
    pub(crate) store: String,
    /// Unit, CN of the kiosk's certificate
    #[arg(long, default_value = "unit-1")]
    pub(crate) unit: String,
}

#[derive(Args)]
pub(crate) struct IssueKiosk {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// Operator, O of the certificate
    #[arg(long, default_value = "Example Operator")]
    pub(crate) operator: String,
    /// Store
    #[arg(long)]
    pub(crate) store: String,
    /// Unit, CN of the certificate
    #[arg(long)]
    pub(crate) unit: String,
    /// Folder for certificate.pem, key.pem and roots.pem
    #[arg(long, value_name = "DIR2")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Args)]
pub(crate) struct Invite {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// Operator, O of the certificate
    #[arg(long, default_value = "Example Operator")]
    pub(crate) operator: String,
    /// Store
    #[arg(long)]
    pub(crate) store: String,
    /// Unit, CN of the certificate
    #[arg(long)]
    pub(crate) unit: String,
    /// Let the unit keep its key in a file; its certificate will say so
    #[arg(long)]
    pub(crate) allow_key_without_tpm: bool,
    /// As a JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// Where kiosks connect; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
    /// Where /healthz, /readyz and /metrics are; loopback only
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub(crate) local: SocketAddr,
    /// Where units without a certificate enrol, with a code of `invite`; not open unless given
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) enrolment: Option<SocketAddr>,
    /// Which ticket key signs
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) ticket_key: u8,
    /// For tests only: fail on demand, as told by lines written to this Unix socket
    #[arg(long, value_name = "SOCKET", long_help = FAULTS)]
    pub(crate) faults: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) time: Time,
}

const FAULTS: &str = "\
For tests only: fail on demand, as told by lines written to this Unix socket, each answered `ok` or \
`error ...`. N is how many requests, PATH a part of their path.

  cut-before N PATH               cut the connection, do nothing
  cut-after N PATH                do it, then cut the connection
  cut-mid N PATH                  do it, cut the connection in mid-answer
  delay N PATH MILLISECONDS       wait, then do it
  answer N PATH CODE|STATUS       refuse with a problem code, or with a bare status
  garbage N PATH                  answer 200 with something that is not JSON
  refuse on|off                   cut every connection and take no new one
  clear                           forget all of these";

#[derive(Args)]
pub(crate) struct Register {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// Public data of the card, as `virtual-card personalise --citizen` writes it
    #[arg(long, value_name = "CITIZEN.json")]
    pub(crate) citizen: PathBuf,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Args)]
pub(crate) struct Reserve {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// The card, 32 hex digits
    #[arg(long, value_name = "HEX")]
    pub(crate) card_id: CardId,
    /// The PIN to be reset
    #[arg(long, value_enum, default_value_t = TargetName::Signature)]
    pub(crate) target: TargetName,
    /// When it was made (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", conflicts_with = "hours_ago")]
    pub(crate) made_at: Option<Timestamp>,
    /// How many hours ago it was made
    #[arg(long, value_name = "N")]
    pub(crate) hours_ago: Option<u32>,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TargetName {
    Signature,
    UserAuthentication,
}

impl From<TargetName> for Target {
    fn from(name: TargetName) -> Self {
        match name {
            TargetName::Signature => Self::Signature,
            TargetName::UserAuthentication => Self::UserAuthentication,
        }
    }
}

#[derive(Args)]
pub(crate) struct SuspendCard {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// The card, 32 hex digits
    #[arg(long, value_name = "HEX")]
    pub(crate) card_id: CardId,
    /// Lift the suspension instead
    #[arg(long)]
    pub(crate) lift: bool,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum AuthorityName {
    UserAuthentication,
    DigitalSignature,
}

impl From<AuthorityName> for JpkiAuthority {
    fn from(name: AuthorityName) -> Self {
        match name {
            AuthorityName::UserAuthentication => Self::UserAuthentication,
            AuthorityName::DigitalSignature => Self::DigitalSignature,
        }
    }
}

/// CRLReason (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Reason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    /// Name or address changed
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
}

#[derive(Args)]
pub(crate) struct RevokeCertificate {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// The card, 32 hex digits
    #[arg(long, value_name = "HEX")]
    pub(crate) card_id: CardId,
    /// Which of its two certificates
    #[arg(long, value_enum)]
    pub(crate) certificate: AuthorityName,
    /// Why
    #[arg(long, value_enum, default_value_t = Reason::Unspecified)]
    pub(crate) reason: Reason,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Args)]
pub(crate) struct ImportCrl {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// Which CA's list
    #[arg(long, value_enum)]
    pub(crate) authority: AuthorityName,
    /// The list, PEM or DER
    #[arg(long, value_name = "FILE")]
    pub(crate) crl: PathBuf,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Args)]
pub(crate) struct RevokeKiosk {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// Unit
    #[arg(long)]
    pub(crate) unit: String,
    /// Store, where units of several stores have this name [default: all of them]
    #[arg(long)]
    pub(crate) store: Option<String>,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Args)]
pub(crate) struct Close {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// Until when (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Timestamp,
    /// Call it maintenance
    #[arg(long)]
    pub(crate) maintenance: bool,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Args)]
pub(crate) struct List {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// Kiosks with their last heartbeat instead
    #[arg(long)]
    pub(crate) units: bool,
    /// As a JSON array
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Args)]
pub(crate) struct Settle {
    /// Folder of the service
    pub(crate) dir: PathBuf,
    /// The reservation, ISSUED or UNRESOLVED
    #[arg(long, value_name = "ID")]
    pub(crate) reservation: Uuid,
    /// What became of it
    #[arg(long, value_enum)]
    pub(crate) result: SettleResult,
    #[command(flatten)]
    pub(crate) time: Time,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SettleResult {
    /// The PIN was reset
    Done,
    /// It was not, and the tickets can no longer be used
    NotDone,
}

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Recompute the chain; exit code 3 where it is broken
    Verify {
        /// Folder of the service
        dir: PathBuf,
    },
    /// Write all lines to standard output: head, space, entry
    #[command(
        after_help = "head = SHA-256(head before || entry), base64url; 32 zero bytes before \
                            the first. The head after an outcome went out with that outcome."
    )]
    Export {
        /// Folder of the service
        dir: PathBuf,
    },
}
