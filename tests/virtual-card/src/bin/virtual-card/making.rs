// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ca` and `personalise`.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use jiff::Timestamp;
use serde_json::{Map, json};
use virtual_card::{Authorities, Order, TicketKey, personalise};

use crate::{Outcome, arguments::Personalise};

pub(crate) fn certificate_authorities(folder: &Path) -> Outcome {
    Authorities::generate(Timestamp::now(), &mut rand::rng())?.save(folder)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn card(arguments: &Personalise) -> Outcome {
    let authorities = Authorities::load(&arguments.ca)?;
    let order = order(arguments)?;
    let (state, citizen) = personalise(&authorities, &order, &mut rand::rng())?;
    state.save(&arguments.out)?;
    if let Some(path) = &arguments.citizen {
        let citizen = citizen.ok_or("an unknown card is in no register: leave out --citizen")?;
        write(path, &(serde_json::to_string_pretty(&citizen)? + "\n"))?;
    }
    print_drawn_pins(arguments, &order)?;
    Ok(ExitCode::SUCCESS)
}

fn order(arguments: &Personalise) -> Result<Order, Box<dyn std::error::Error>> {
    let mut order = Order::new(Timestamp::now());
    order.kind = arguments.kind.into();
    for path in &arguments.ticket_key {
        let pem = fs::read_to_string(path)
            .map_err(|error| format!("cannot read the ticket key {}: {error}", path.display()))?;
        order.ticket_keys.push(TicketKey::from_pem(&pem)?);
    }
    if let Some(pin) = &arguments.user_authentication_pin {
        order.user_authentication_pin.clone_from(pin);
    }
    if let Some(pin) = &arguments.signature_pin {
        order.signature_pin.clone_from(pin);
    }
    order.user_authentication_retries = arguments.user_authentication_retries;
    order.signature_retries = arguments.signature_retries;
    order.has_signature_certificate = !arguments.without_signature_certificate;
    for validity in [&mut order.user_authentication_validity, &mut order.signature_validity] {
        validity.not_before = arguments.not_before.unwrap_or(validity.not_before);
        validity.not_after = arguments.not_after.unwrap_or(validity.not_after);
    }
    if let Some(not_after) = arguments.signature_not_after {
        order.signature_validity.not_after = not_after;
    }
    Ok(order)
}

/// Only those that nobody else knows yet: a PIN that came in is not said back.
fn print_drawn_pins(arguments: &Personalise, order: &Order) -> io::Result<()> {
    let mut drawn = Map::new();
    if arguments.user_authentication_pin.is_none() {
        drawn.insert("user_authentication_pin".into(), json!(order.user_authentication_pin));
    }
    if arguments.signature_pin.is_none() {
        drawn.insert("signature_pin".into(), json!(order.signature_pin));
    }
    writeln!(io::stdout(), "{}", json!(drawn))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
