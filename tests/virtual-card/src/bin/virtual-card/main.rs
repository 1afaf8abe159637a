// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program `virtual-card`: test CAs, cards, and a slot of vpcd's reader to lay them on.

mod arguments;
mod making;
mod showing;

use std::{
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use virtual_card::{Reader, Socket, chain, control};

use self::arguments::{Arguments, Command, Run, Running};

/// What the exit code says beside success; 2 is also clap's for a wrong command line.
const REFUSED: u8 = 1;
const CANNOT: u8 = 2;

type Outcome = Result<ExitCode, Box<dyn Error>>;

fn main() -> ExitCode {
    match carry_out(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            // Standard error may be closed; there is nowhere else to say it.
            let _ = writeln!(io::stderr(), "virtual-card: {}", chain(&*error));
            ExitCode::from(CANNOT)
        }
    }
}

fn carry_out(command: Command) -> Outcome {
    match command {
        Command::Ca { dir } => making::certificate_authorities(&dir),
        Command::Personalise(order) => making::card(&order),
        Command::Run(run) => serve(&run),
        Command::Show { card, json } => showing::card(&card, json),
        Command::VerifyPin { card, which } => showing::verify_pin(&card, which),
        Command::Running(command) => tell(command),
    }
}

fn serve(run: &Run) -> Outcome {
    let socket = match (&run.ccid, run.port) {
        (Some(path), _) => Socket::Ccid(path.clone()),
        // The command line wants one of them.
        (None, port) => Socket::Vpcd(port.unwrap_or_default()),
    };
    let mut reader = Reader::new(socket);
    if let Some(path) = &run.trace {
        reader.trace(path)?;
    }
    if let Some(path) = &run.control {
        reader.listen(path)?;
    }
    if let Some(path) = &run.card {
        reader.insert(path)?;
    }
    let ready = serde_json::json!({ "port": run.port, "ccid": run.ccid, "card": run.card, "control": run.control });
    writeln!(io::stdout(), "{ready}")?;
    match reader.run()? {}
}

/// Gives one command to a `virtual-card run`.
fn tell(command: Running) -> Outcome {
    let (socket, command) = command.into_control()?;
    match control::send(&socket, &command) {
        Ok(lines) => {
            for line in lines {
                writeln!(io::stdout(), "{line}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(control::ControlError::Refused(reason)) => {
            writeln!(io::stderr(), "virtual-card: {reason}")?;
            Ok(ExitCode::from(REFUSED))
        }
        Err(error) => Err(error.into()),
    }
}
