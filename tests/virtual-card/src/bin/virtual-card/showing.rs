// SPDX-License-Identifier: MIT OR Apache-2.0
//! `show` and `verify-pin`: a judge's look into the chip.

use std::{
    io::{self, Read as _, Write as _},
    path::Path,
    process::ExitCode,
};

use virtual_card::{CardState, Summary};
use zeroize::Zeroizing;

use crate::{Outcome, REFUSED, arguments::Which};

pub(crate) fn card(path: &Path, as_json: bool) -> Outcome {
    let summary = Summary::of(&CardState::load(path)?);
    if as_json {
        writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&summary)?)?;
    } else {
        write!(io::stdout(), "{summary}")?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn verify_pin(path: &Path, which: Which) -> Outcome {
    let state = CardState::load(path)?;
    let mut pin = Zeroizing::new(String::new());
    io::stdin().take(64).read_to_string(&mut pin)?;
    let pin = pin.trim_end_matches(['\r', '\n']).as_bytes();
    match state.is_pin(which.into(), pin) {
        Some(true) => Ok(ExitCode::SUCCESS),
        Some(false) => Ok(ExitCode::from(REFUSED)),
        None => Err("this card has no such PIN".into()),
    }
}
