// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program `kiosk-link`: configuration, log, credentials, socket, and the end by SIGTERM.
//!
//! Everything that can be wrong at start is found before the socket is there, and each cause
//! has an exit code that tells systemd whether another start can help.

mod config;
mod site;

use std::{io, path::PathBuf, process::ExitCode};

use jiff::{SignedDuration, Timestamp};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

pub use config::{
    CertificateConfig, Config, ConfigError, EnrolmentConfig, LogConfig, LogFilter, LogFormat,
    Origin, SealedWith, ServiceConfig, SiteConfig, read,
};
pub use site::{Invited, SiteError, UnitName};

use crate::{
    client::CentralClient,
    error::Chain,
    notary::Notary,
    relay::{RelayServer, RelaySocket, SocketError},
    tls::{self, Credentials, Invalid, Timing, TlsError, Validity},
};

/// Carries the kiosk's calls to the central service over mutual TLS.
///
/// The kiosk itself has no network: it asks over a Unix socket, and kiosk-link, which has the
/// client certificate and no card, does one call with its deadline and retries, and answers.
/// It keeps nothing; the policies that the kiosk keeps have its signature.
#[derive(Debug, clap::Parser)]
#[command(version, after_long_help = HELP)]
pub struct Arguments {
    /// The configuration, in TOML
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

const HELP: &str = "\
Configuration (unknown keys are refused; relative paths start at the file's folder):
  socket                 Unix socket to listen on, mode 0660
  allowed_uids           users that are listened to, one at least; kiosk-link's own where missing
  [service]
  url                    https://HOST[:PORT] of the central service
  roots                  PEM file, the only issuers that its certificate may come from
  [certificate]
  chain                  PEM file, the kiosk's certificate and those above it
  key                    PEM file, its private key; readable by its owner alone
  credential             instead of `key`: name of the systemd credential that holds it
  sealed                 the file in which that is sealed; the unit loads it, kiosk-enrol makes it
  sealed_with            \"auto\" (where missing), \"host\", \"tpm2\" or \"host+tpm2\"
  [certificate.pkcs11]   instead of `key`: a P-256 key that signs on its token; or beside
                         `credential`, which is used where the unit has no `device`
  module                 the PKCS#11 module, a shared library with its full path
  token                  label of the token
  label                  label of the key pair
  device                 the token's device; while it is missing, so is the token
  pin_file               file with the user PIN; a systemd credential, or its owner's alone
  credential, sealed     instead of `pin_file`, for a token that kiosk-enrol makes: its PIN, as above
  store                  for such a token: folder in which the module keeps it, and nothing else;
                         the module is told of it by its environment (TPM2_PKCS11_STORE)
  [site]                 what differs from unit to unit, signed by the vendor
  file                   TOML: store, unit, and optionally service and enrolment (URLs), roots
                         (name of a file of roots_folder, without .pem), staff_code and
                         hand_out_until (for kiosk-enrol alone); beside it FILE.sig, of
                         `openssl dgst -sha256 -sign site.key -out FILE.sig FILE`
  key                    PEM file, the vendor's public key (P-256)
  roots_folder           /etc/kiosk-link/roots.d where missing
  [enrolment]            for kiosk-enrol alone: see kiosk-enrol --help
  [log]
  format                 \"text\" (where missing) or \"json\", on standard error
  filter                 a level, then TARGET=LEVEL for others, parted by commas (as of
                         tracing-subscriber's EnvFilter); \"info\" where missing
An example with every key and its meaning is deploy/link.toml.
The environment is not read, but for systemd's CREDENTIALS_DIRECTORY: no proxy, no log filter, no
system certificates. (A PKCS#11 module may read it.)

Signals: SIGTERM and SIGINT end it once the calls under way have ended, 8 s at most.

Exit codes:
   0  ended by a signal
   2  the command line is wrong
  69  another kiosk-link serves the socket
  71  the operating system refused the socket or the runtime
  78  configuration, site file, certificates, key or the socket's place cannot be used:
      starting again will not help";

/// Why `kiosk-link` did not start.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("the configuration cannot be used")]
    Config(#[from] ConfigError),
    #[error("the site file cannot be used")]
    Site(#[from] SiteError),
    #[error("the certificates cannot be used")]
    Tls(#[from] TlsError),
    #[error("the kiosk's socket cannot be served")]
    Socket(#[from] SocketError),
    #[error("the runtime cannot be started")]
    Runtime(#[source] io::Error),
}

impl StartError {
    /// In the numbers of sysexits.h, which systemd names in its log.
    const fn exit_code(&self) -> u8 {
        match self {
            Self::Socket(SocketError::InUse { .. }) => 69,
            Self::Socket(SocketError::Io { .. }) | Self::Runtime(_) => 71,
            Self::Config(_)
            | Self::Site(_)
            | Self::Tls(_)
            | Self::Socket(SocketError::NoFolder { .. } | SocketError::NoSocket { .. }) => 78,
        }
    }
}

/// Serves until a signal ends it.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log may not be there yet, so this goes to standard error by itself.
            eprintln!("kiosk-link: {}", Chain(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

fn start(arguments: &Arguments) -> Result<(), StartError> {
    let config = Config::read(&arguments.config)?.with_site()?;
    open_log(&config.log);
    let credentials = Credentials {
        roots: tls::read_certificates("root certificate", &config.service.roots)?,
        chain: tls::read_certificates("client certificate", &config.certificate.chain)?,
        key: config.certificate.key_source(),
    };
    let identity = credentials.identity()?;
    config.is_of(&identity)?;
    let validity = credentials.validity()?;
    let certified = tls::certified(&credentials)?;
    let notary = Notary::new(&credentials, &certified)?;
    let config_of_tls = tls::client_config_with(&credentials.roots, certified)?;
    let http = tls::http_client(config_of_tls, Timing::default())?;
    let key = credentials.key;
    let client = CentralClient::new(http, config.service.url.into());
    let own_uid = rustix::process::geteuid().as_raw();
    let allowed_uids = config.allowed_uids.unwrap_or_else(|| vec![own_uid]);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(StartError::Runtime)?.block_on(async {
        let stop = end_by_signal().map_err(StartError::Runtime)?;
        let socket = RelaySocket::bind(&config.socket)?;
        let (unit, store, kiosk_id) = (&identity.unit, &identity.store, identity.kiosk_id);
        let until = identity.certificate_not_after;
        info!(
            unit, store, %kiosk_id, %key, certificate_not_after = %until, socket = ?config.socket,
            "serving"
        );
        warn_of(validity, Timestamp::now());
        RelayServer::new(client, identity, notary, allowed_uids).serve(&socket, stop).await;
        info!("ended");
        Ok(())
    })
}

/// The service will refuse a certificate that does not hold, and whoever reads why should read
/// it here first.
fn warn_of(validity: Validity, now: Timestamp) {
    let Validity { not_before, not_after } = validity;
    match validity.invalid_at(now) {
        None => {}
        Some(Invalid::ExpiredSince(time)) => warn!(
            expired_for = days(time), %not_after, clock = %now,
            "this kiosk's certificate has expired and the service will refuse it: \
             renew it, or set the unit's clock if that is wrong"
        ),
        Some(Invalid::NotYetFor(time)) => warn!(
            valid_in = days(time), %not_before, clock = %now,
            "this kiosk's certificate is not valid yet and the service will refuse it: \
             the unit's clock is wrong, or the certificate was issued for later"
        ),
    }
}

fn days(time: SignedDuration) -> String {
    let hours = time.as_hours();
    format!("{} d {} h", hours / 24, hours % 24)
}

/// Begins the log on standard error.
///
/// # Panics
///
/// Where it has begun already.
pub fn open_log(log: &LogConfig) {
    let filter = log.filter.to_env_filter();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match log.format {
        LogFormat::Text => builder.with_ansi(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}

fn end_by_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => info!("SIGTERM"),
            _ = interrupt.recv() => info!("SIGINT"),
        }
    })
}
