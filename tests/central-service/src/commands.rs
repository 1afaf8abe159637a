// SPDX-License-Identifier: MIT OR Apache-2.0
//! Carries out one command and reports it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use central_service::admin::issue::NewKiosk;
use central_service::admin::{self, AdminError, init, open_store};
use central_service::directory::Directory;
use central_service::policy::ClosureKind;
use central_service::server::faults::{self, Faults};
use central_service::server::tls::{self, TlsError};
use central_service::server::{self, Ports, ServerError};
use central_service::signer::KeyNumber;
use central_service::store::audit::Verification;
use clap::ValueEnum as _;
use jiff::{SignedDuration, Timestamp};
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::{
    At, Audit, Close, Command, ImportCrl, Init, Invite, IssueKiosk, List, Register, Reserve,
    RevokeCertificate, RevokeKiosk, Serve, Settle, SettleResult, SuspendCard,
};
use crate::report::{self, say};

/// The audit chain is broken.
const BROKEN: u8 = 3;

/// Why a command ended with exit code 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// An admin command.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The TLS configuration.
    #[error("the service cannot offer TLS")]
    Tls(#[from] TlsError),
    /// A port.
    #[error("the service cannot begin to answer")]
    Server(#[from] ServerError),
    /// The faults' socket, or a signal handler.
    #[error("could not {doing}")]
    System {
        /// What.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

type Done = Result<ExitCode, CommandError>;

pub(crate) async fn run(command: Command) -> Done {
    match command {
        Command::Init(arguments) => init(arguments).await,
        Command::Serve(arguments) => serve(arguments).await,
        Command::IssueKiosk(arguments) => issue_kiosk(arguments).await,
        Command::Invite(arguments) => invite(arguments).await,
        Command::Register(arguments) => register(arguments).await,
        Command::Reserve(arguments) => reserve(arguments).await,
        Command::SuspendCard(arguments) => suspend_card(arguments).await,
        Command::RevokeCertificate(arguments) => revoke_certificate(arguments).await,
        Command::ImportCrl(arguments) => import_crl(arguments).await,
        Command::RevokeKiosk(arguments) => revoke_kiosk(arguments).await,
        Command::Close(arguments) => close(arguments).await,
        Command::Open(arguments) => open(arguments).await,
        Command::List(arguments) => list(arguments).await,
        Command::Settle(arguments) => settle(arguments).await,
        Command::Audit(Audit::Verify { dir }) => verify(&dir).await,
        Command::Audit(Audit::Export { dir }) => export(&dir).await,
    }
}

async fn init(arguments: Init) -> Done {
    let directory = Directory::new(&arguments.dir);
    let plan = init::Plan {
        card_ca: arguments.card_ca,
        user_authentication_ca: arguments.user_authentication_ca,
        digital_signature_ca: arguments.digital_signature_ca,
        kiosk: NewKiosk {
            operator: arguments.kiosk.operator,
            store: arguments.kiosk.store,
            unit: arguments.kiosk.unit,
        },
        hosts: arguments.host,
        always_open: arguments.always_open,
    };
    let urn = init::init(&directory, &plan, arguments.time.clock().now()).await?;
    let dir = arguments.dir.display();
    say(format_args!("made {dir}"));
    say(format_args!("  for the kiosk {urn}: {dir}/kiosk/{{certificate,key,roots}}.pem"));
    say(format_args!("  for the cards: {dir}/ticket/key-1.pub.pem and key-2.pub.pem"));
    say(format_args!("  to be edited: {dir}/policy.json"));
    Ok(ExitCode::SUCCESS)
}

async fn serve(arguments: Serve) -> Done {
    let directory = Directory::new(&arguments.dir);
    let clock = arguments.time.clock();
    let key = if arguments.ticket_key == 2 { KeyNumber::Two } else { KeyNumber::One };
    let service = admin::open_service(&directory, clock, key).await?;
    let tls = tls::configuration(&directory)?;
    let ports = Ports { listen: arguments.listen, local: arguments.local };
    let failed = |doing| move |source| CommandError::System { doing, source };
    let mut terminated = signal(SignalKind::terminate()).map_err(failed("wait for SIGTERM"))?;
    let faults = Faults::default();
    if let Some(socket) = &arguments.faults {
        faults::listen(socket, faults.clone()).map_err(failed("listen on the faults' socket"))?;
    }
    let mut running = server::start(Arc::new(service), tls, ports, faults).await?;
    let (listening, local) = (running.listening.to_string(), running.local.to_string());
    let mut ready = serde_json::json!({ "listening": listening, "local": local });
    if let Some(address) = arguments.enrolment {
        let tls = tls::enrolment_configuration(&directory)?;
        let bound = running.open_enrolment(address, tls).await?;
        ready["enrolment"] = bound.to_string().into();
    }
    report::json_line(&ready);
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn issue_kiosk(arguments: IssueKiosk) -> Done {
    let directory = Directory::new(&arguments.dir);
    let store = open_store(&directory).await?;
    let now = arguments.time.clock().now();
    let kiosk =
        NewKiosk { operator: arguments.operator, store: arguments.store, unit: arguments.unit };
    let urn = admin::issue::kiosk(&directory, &store, &kiosk, &arguments.out, now).await?;
    say(format_args!("issued {urn} into {}", arguments.out.display()));
    Ok(ExitCode::SUCCESS)
}

async fn invite(arguments: Invite) -> Done {
    let store = open_store(&Directory::new(&arguments.dir)).await?;
    let now = arguments.time.clock().now();
    let Invite { operator, store: of_store, unit, .. } = arguments;
    let kiosk = NewKiosk { operator, store: of_store, unit };
    let allowed = arguments.allow_key_without_tpm;
    let invited = admin::invite::invite(&store, &kiosk, allowed, now).await?;
    let (urn, code, until) = (invited.urn, invited.code.to_string(), invited.expires_at);
    if arguments.json {
        let invited = serde_json::json!({ "unit": urn, "code": code, "expires_at": until });
        report::json_line(&invited);
    } else {
        say(format_args!("{code}"));
        say(format_args!("  for {urn}, once, until {until}; it is shown here and kept nowhere"));
    }
    Ok(ExitCode::SUCCESS)
}

async fn register(arguments: Register) -> Done {
    let directory = Directory::new(&arguments.dir);
    let store = open_store(&directory).await?;
    let now = arguments.time.clock().now();
    let card_id = admin::register::enter(&directory, &store, &arguments.citizen, now).await?;
    say(format_args!("registered card {card_id}"));
    Ok(ExitCode::SUCCESS)
}

async fn reserve(arguments: Reserve) -> Done {
    let store = open_store(&Directory::new(&arguments.dir)).await?;
    let now = arguments.time.clock().now();
    let hours_ago = SignedDuration::from_hours(i64::from(arguments.hours_ago.unwrap_or(0)));
    let long_ago = now.saturating_sub(hours_ago).unwrap_or(Timestamp::MIN);
    let made_at = arguments.made_at.unwrap_or(long_ago);
    let target = arguments.target.into();
    let reservation =
        admin::register::reserve(&store, arguments.card_id, target, made_at, now).await?;
    let until = central_service::reservation::expires_at(made_at);
    let (id, name) = (reservation.id, target.as_str());
    say(format_args!("reserved {id}: {name}, card {}, until {until}", arguments.card_id));
    Ok(ExitCode::SUCCESS)
}

async fn suspend_card(arguments: SuspendCard) -> Done {
    let store = open_store(&Directory::new(&arguments.dir)).await?;
    let now = arguments.time.clock().now();
    admin::register::suspend(&store, arguments.card_id, arguments.lift, now).await?;
    let done = if arguments.lift { "lifted the suspension of" } else { "suspended" };
    say(format_args!("{done} card {}", arguments.card_id));
    Ok(ExitCode::SUCCESS)
}

async fn revoke_certificate(arguments: RevokeCertificate) -> Done {
    let store = open_store(&Directory::new(&arguments.dir)).await?;
    let now = arguments.time.clock().now();
    let reason = arguments.reason.to_possible_value();
    let reason = reason.as_ref().map_or("unspecified", |reason| reason.get_name());
    let authority = arguments.certificate.into();
    let serial =
        admin::revoke::certificate(&store, arguments.card_id, authority, reason, now).await?;
    say(format_args!("revoked the {} certificate {serial}: {reason}", authority.as_str()));
    Ok(ExitCode::SUCCESS)
}

async fn import_crl(arguments: ImportCrl) -> Done {
    let directory = Directory::new(&arguments.dir);
    let store = open_store(&directory).await?;
    let (now, authority) = (arguments.time.clock().now(), arguments.authority.into());
    let count = admin::revoke::import(&directory, &store, authority, &arguments.crl, now).await?;
    say(format_args!("imported: {count} {} certificates are revoked", authority.as_str()));
    Ok(ExitCode::SUCCESS)
}

async fn revoke_kiosk(arguments: RevokeKiosk) -> Done {
    let store = open_store(&Directory::new(&arguments.dir)).await?;
    let now = arguments.time.clock().now();
    let of_store = arguments.store.as_deref();
    for urn in admin::revoke::kiosk(&store, &arguments.unit, of_store, now).await? {
        say(format_args!("revoked {urn}"));
    }
    Ok(ExitCode::SUCCESS)
}

async fn close(arguments: Close) -> Done {
    let store = open_store(&Directory::new(&arguments.dir)).await?;
    let kind = if arguments.maintenance { ClosureKind::Maintenance } else { ClosureKind::Closed };
    admin::close::close(&store, kind, arguments.until, arguments.time.clock().now()).await?;
    say(format_args!("closed until {}", arguments.until));
    Ok(ExitCode::SUCCESS)
}

async fn open(arguments: At) -> Done {
    let store = open_store(&Directory::new(&arguments.dir)).await?;
    let ended = admin::close::open(&store, arguments.time.clock().now()).await?;
    say(format_args!("ended {ended} closures; the policy's hours hold"));
    Ok(ExitCode::SUCCESS)
}

async fn list(arguments: List) -> Done {
    let store = open_store(&Directory::new(&arguments.dir)).await?;
    let now = arguments.time.clock().now();
    if arguments.units {
        let units = admin::list::units(&store).await?;
        report::units(&units, arguments.json);
    } else {
        let reservations = admin::list::reservations(&store, now).await?;
        report::reservations(&reservations, arguments.json);
    }
    Ok(ExitCode::SUCCESS)
}

async fn settle(arguments: Settle) -> Done {
    let store = open_store(&Directory::new(&arguments.dir)).await?;
    let now = arguments.time.clock().now();
    let is_done = arguments.result == SettleResult::Done;
    let state = admin::settle::settle(&store, arguments.reservation, is_done, now).await?;
    say(format_args!("reservation {} is {state}", arguments.reservation));
    Ok(ExitCode::SUCCESS)
}

async fn verify(dir: &Path) -> Done {
    let store = open_store(&Directory::new(dir)).await?;
    match admin::export::verify(&store).await? {
        Verification::Whole(last) => {
            let head = central_service::wire::Bytes(last.head.to_vec());
            say(format_args!("whole: {} lines, head {head}", last.number));
            Ok(ExitCode::SUCCESS)
        }
        Verification::Empty => {
            say(format_args!("whole: no lines yet"));
            Ok(ExitCode::SUCCESS)
        }
        Verification::BrokenAt(line) => {
            say(format_args!("broken: line {line} is missing or is not the one written"));
            Ok(ExitCode::from(BROKEN))
        }
        Verification::HeadOfOutcomeMissing(line) => {
            say(format_args!(
                "broken: the head that went out with the outcome on line {line} is not the chain's"
            ));
            Ok(ExitCode::from(BROKEN))
        }
    }
}

async fn export(dir: &Path) -> Done {
    let store = open_store(&Directory::new(dir)).await?;
    report::text(&admin::export::export(&store).await?);
    Ok(ExitCode::SUCCESS)
}
