// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program `kiosk-enrol`: makes the unit's key where it stays, gets its certificate by EST
//! (RFC 7030), renews it, shows it, and destroys both.
//!
//! It runs as kiosk-link's user with kiosk-link's configuration, because the process that knows PINs
//! has no network; `seal` alone runs as root, and has none. kiosk-link reads the certificate when it
//! starts: start it again after `new` and `renew`.

mod certs_only;
mod error;
mod est;
mod files;
mod key;
mod outcomes;
mod request;
mod seal;
mod show;

use std::{
    io::{self, BufRead as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use jiff::{Timestamp, tz::TimeZone};
use zeroize::Zeroizing;

pub use error::EnrolError;

use crate::{
    error::Chain,
    link::{Config, EnrolmentConfig, Invited, UnitName},
    tls::{self, Credentials, Timing, Validity},
};

/// The unit's identity: makes its key, gets and renews its certificate.
#[derive(Debug, clap::Parser)]
#[command(version, after_long_help = HELP)]
pub struct Arguments {
    /// kiosk-link's configuration, with the section `[enrolment]`
    #[arg(long, value_name = "FILE", global = true, default_value = "/etc/kiosk-link/link.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make and seal, as a systemd credential, what is to be one and is not there yet: the key, or
    /// the PIN of the token on which `new` makes it; as root, before `new`
    Seal,
    /// Make the token and the key, if there are none, and get the first certificate; the one-time
    /// code is read from standard input
    New,
    /// Get the next certificate for the same key, once two thirds of this one's life are over
    Renew {
        /// Whenever it is
        #[arg(long)]
        now: bool,
    },
    /// Say who this unit is, until when, and where its key is
    Show {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write the hash of the staff code, which the signed site file has, to where the kiosk reads it
    StaffCode {
        /// The file (kiosk.toml, `[staff] file`); removed where the site file has none
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Write until when the unit hands out report and undelivered outcomes, if its signed site file
    /// orders that and the day is not over
    HandOut {
        /// The file that has the unit do so; removed where there is no such order
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Destroy key and certificate, and the token that was made for them: the unit must be invited
    /// again
    Reset {
        /// Really
        #[arg(long)]
        yes: bool,
    },
}

const HELP: &str = "\
Configuration, beside what kiosk-link --help tells:
  [enrolment]
  url                    https://HOST[:PORT] of the service's enrolment port
  store, unit            whose certificate it is: urn:kiosk:<store>:<unit>
                         (all three may stand in the site file instead)
  allow_key_without_tpm  true where the key may be in a file or sealed; the certificate then says so
                         by the policy 2.25.125861234765567197095205892160646199624; false where
                         missing
  journal                the kiosk's journal: while there is none, nothing can be undelivered
  control                the kiosk's control socket, which tells whether something is; this user
                         must be in the kiosk's [control] allowed_uids
  metrics                without `control`: the kiosk's metrics file, which tells
                         kiosk_outcomes_undelivered and may be old

Where [certificate] has both `credential` and `pkcs11`, the first `seal` decides: the token where its
`device` is there, else the credential, which allow_key_without_tpm must allow. What it made is used
from then on, until `reset`: nothing takes the place of a TPM that is gone.

`new` and `reset` refuse while outcomes are undelivered: a unit that lost its identity could not
deliver them. `reset` keeps residents away meanwhile, through `control`. `renew` does nothing before its time, so that a timer may run it each day.

Exit codes:
   0  done, or (renew) not due yet
   2  the command line is wrong
  69  the service did not answer, or answered what it should not
  71  the key or the PIN could not be sealed
  74  a file could not be read or written
  75  outcomes are undelivered, or it is not known, or the kiosk is in use: try again later
  77  the service refused
  78  configuration, site file, certificates or key cannot be used";

/// Carries out one command.
#[must_use]
pub fn run(arguments: &Arguments) -> ExitCode {
    match carry_out(arguments) {
        Ok(told) => {
            use io::Write as _;
            // A reader that went away is no reason to fail.
            let _ = writeln!(io::stdout(), "{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("kiosk-enrol: {}", Chain(&error));
            ExitCode::from(error.exit_code())
        }
    }
}

fn carry_out(arguments: &Arguments) -> Result<String, EnrolError> {
    let config = Config::read(&arguments.config)?;
    let Some(enrolment) = config.enrolment.clone() else { return Err(EnrolError::NoSection) };
    match &arguments.command {
        Command::Seal => seal::seal(&config, &enrolment),
        Command::New => enrol(&config.with_site()?, &enrolment),
        Command::Renew { now } => renew(&config.with_site()?, *now, Timestamp::now()),
        Command::Show { json } => show::show(&config.with_site()?, *json, Timestamp::now()),
        Command::StaffCode { to } => hand_on(config, to, write_staff_code),
        Command::HandOut { to } => {
            hand_on(config, to, |config, to| write_order(config, to, Timestamp::now()))
        }
        Command::Reset { yes } => reset(&config, &enrolment, *yes),
    }
}

/// Of a site file that is refused nothing stays, not even what was handed on before.
fn hand_on(
    config: Config,
    to: &Path,
    write: impl FnOnce(&Config, &Path) -> Result<String, EnrolError>,
) -> Result<String, EnrolError> {
    let site = config.with_site().map_err(EnrolError::from).and_then(of_this_unit);
    match site {
        Ok(config) => write(&config, to),
        Err(error) => {
            files::remove(to)?;
            Err(error)
        }
    }
}

/// Whoever has no certificate yet is whom the site file names.
fn of_this_unit(config: Config) -> Result<Config, EnrolError> {
    if config.certificate.chain.exists() {
        config.is_of(&credentials(&config)?.identity()?)?;
    }
    Ok(config)
}

/// Readable by the group that its folder gives it.
fn write_staff_code(config: &Config, to: &Path) -> Result<String, EnrolError> {
    let Some(hash) = &config.staff_code else {
        files::remove(to)?;
        return Ok("there is no site file, or it has no staff_code".to_owned());
    };
    files::replace(to, format!("{hash}\n").as_bytes(), 0o640)?;
    Ok(format!("the hash of the staff code is in {}", to.display()))
}

/// By this machine's clock, set or not: one that is late makes the day longer, for an order that the
/// vendor signed for this unit.
fn write_order(config: &Config, to: &Path, now: Timestamp) -> Result<String, EnrolError> {
    let Some(until) = config.hand_out_until else {
        files::remove(to)?;
        return Ok("there is no site file, or it has no hand_out_until".to_owned());
    };
    if TimeZone::UTC.to_datetime(now).date() > until {
        files::remove(to)?;
        return Ok(format!("nothing is handed out any more: hand_out_until was {until}"));
    }
    files::replace(to, format!("{until}\n").as_bytes(), 0o640)?;
    Ok(format!("report and outcomes are handed out until {until}"))
}

fn enrol(config: &Config, enrolment: &EnrolmentConfig) -> Result<String, EnrolError> {
    let chain = &config.certificate.chain;
    if chain.exists() {
        return Err(EnrolError::Enrolled { chain: chain.clone() });
    }
    let Invited { url, name: UnitName { store, unit } } = config.invited()?;
    let source = &config.certificate.key_source();
    let is_without_tpm = key::is_without_tpm(source);
    if is_without_tpm && !enrolment.allow_key_without_tpm {
        return Err(EnrolError::KeyWithoutTpm);
    }
    outcomes::all_delivered(enrolment)?;
    let roots = tls::read_certificates("root certificate", &config.service.roots)?;
    let http = tls::http_client(tls::anonymous_config(&roots)?, Timing::default())?;
    let code = code()?;
    let key = key::made_if_missing(source)?;
    let subject = request::common_name(&unit)?;
    let urn = format!("urn:kiosk:{store}:{unit}");
    let csr = request::signed(subject, &urn, is_without_tpm, &*key)?;
    let user = format!("{store}/{unit}");
    let answer = est::enrol(&http, url, &user, code.trim(), &csr);
    keep(config, &block_on(answer)?, &*key)?;
    let place = if is_without_tpm { "its key is not in a TPM" } else { "its key is on the token" };
    Ok(format!("enrolled as {urn}; {place}; start kiosk-link now"))
}

fn renew(config: &Config, at_once: bool, now: Timestamp) -> Result<String, EnrolError> {
    let credentials = credentials(config)?;
    let validity = credentials.validity()?;
    let due = due(validity);
    if !at_once && now < due {
        return Ok(format!("not due before {due}"));
    }
    let identity = credentials.identity()?;
    config.is_of(&identity)?;
    let key = credentials.key.signing_key()?;
    let urn = format!("urn:kiosk:{}:{}", identity.store, identity.unit);
    let subject = credentials.chain.leaf()?.tbs_certificate().subject().clone();
    let csr = request::signed(subject, &urn, identity.key_without_tpm, &*key)?;
    let http = tls::http_client(tls::client_config(&credentials)?, Timing::default())?;
    let answer = est::renew(&http, config.service.url.clone().into(), &csr);
    keep(config, &block_on(answer)?, &*key)?;
    Ok(format!("renewed {urn}; start kiosk-link again"))
}

fn reset(config: &Config, enrolment: &EnrolmentConfig, yes: bool) -> Result<String, EnrolError> {
    if !yes {
        return Err(EnrolError::NotMeant);
    }
    let _quiet = outcomes::all_delivered_and_quiet(enrolment)?;
    // The certificate goes last: as long as it is there, `new` does not begin.
    key::destroy(&config.certificate.key_source())?;
    files::remove(&config.certificate.chain)?;
    Ok("key and certificate are gone; the unit needs a new invitation".to_owned())
}

/// Two thirds of a certificate's life.
fn due(validity: Validity) -> Timestamp {
    let life = validity.not_after.duration_since(validity.not_before);
    let left = life / 3;
    validity.not_after.saturating_sub(left).unwrap_or(validity.not_after)
}

fn credentials(config: &Config) -> Result<Credentials, EnrolError> {
    Ok(Credentials {
        roots: tls::read_certificates("root certificate", &config.service.roots)?,
        chain: tls::read_certificates("client certificate", &config.certificate.chain)?,
        key: config.certificate.key_source(),
    })
}

/// Keeps the certificate of an answer that is for our key.
fn keep(
    config: &Config,
    answer: &[u8],
    key: &dyn rustls::sign::SigningKey,
) -> Result<(), EnrolError> {
    let pem = certs_only::certificate_of(answer, key)?;
    files::replace(&config.certificate.chain, pem.as_bytes(), 0o644)
}

/// One line of standard input: a command line would show it to every user.
fn code() -> Result<Zeroizing<String>, EnrolError> {
    let mut code = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut code).map_err(EnrolError::Code)?;
    if code.trim().is_empty() {
        return Err(EnrolError::Code(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(code)
}

fn block_on<T>(call: impl Future<Output = Result<T, EnrolError>>) -> Result<T, EnrolError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(EnrolError::Runtime)?.block_on(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_due_at_two_thirds_of_its_life() {
        let validity = Validity {
            not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2026-01-31T00:00:00Z".parse().unwrap(),
        };
        assert_eq!(due(validity).to_string(), "2026-01-21T00:00:00Z");
    }
}
