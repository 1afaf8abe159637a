// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the program makes, shows and refuses.

use std::fs;

use serde_json::Value;

use crate::{
    program::{Workshop, output, virtual_card},
    vpcd::Slot,
};

#[test]
fn a_citizen_is_what_a_register_holds_about_the_card() {
    let workshop = Workshop::new(&[]);
    let path = workshop.path("citizen.json");
    workshop.personalise(&["--citizen", path.to_str().expect("UTF-8")]);
    let citizen: Value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
    let card = workshop.show();
    assert_eq!(citizen["card_id"], card["card_id"]);
    let certificate = &card["certificates"]["0001"];
    assert_eq!(citizen["signature_certificate"]["serial"], certificate["serial"]);
    assert_eq!(citizen["signature_certificate"]["not_after"], certificate["not_after"]);
}

#[test]
fn drawn_pins_are_the_cards_and_given_ones_are_not_said_back() {
    let workshop = Workshop::new(&["--signature-pin", "KIOSK7"]);
    assert_eq!(workshop.signature_pin, "");
    assert_eq!(workshop.verify_pin("signature", "KIOSK7"), Some(0));
    assert_eq!(workshop.verify_pin("signature", "KIOSK8"), Some(1));
    let drawn = &workshop.user_authentication_pin;
    assert_eq!(workshop.verify_pin("user-authentication", drawn), Some(0));
    let state = fs::read_to_string(workshop.card()).expect("a state");
    assert!(!state.contains("KIOSK7"));
}

#[test]
fn validity_counters_and_the_missing_certificate_are_as_ordered() {
    let validity = ["--not-before", "2020-01-01T00:00:00Z", "--not-after", "2025-01-01T00:00:00Z"];
    let workshop = Workshop::new(
        &[&["--user-authentication-retries", "1", "--signature-retries", "0"], &validity[..]]
            .concat(),
    );
    let card = workshop.show();
    assert_eq!(card["retries_left"]["user-authentication"], 1);
    assert_eq!(card["retries_left"]["digital-signature"], 0);
    assert_eq!(card["certificates"]["0001"]["not_after"], "2025-01-01T00:00:00Z");
    assert_eq!(card["certificates"]["000A"]["not_before"], "2020-01-01T00:00:00Z");

    workshop.personalise(&["--without-signature-certificate"]);
    assert!(workshop.show()["certificates"]["0001"].is_null());
}

#[test]
fn new_authorities_never_take_the_place_of_those_that_cards_were_made_under() {
    let workshop = Workshop::new(&[]);
    let keys = || {
        ["card-ca", "user-authentication-ca", "digital-signature-ca"]
            .map(|name| fs::read(workshop.path("ca").join(format!("{name}.key.pem"))).ok())
    };
    let before = keys();
    let again = output(virtual_card().arg("ca").arg(workshop.path("ca")));
    assert_eq!(again.code, Some(2), "{}", again.text);
    assert!(again.text.contains("card-ca.pem is there already"), "{}", again.text);
    assert!(before.iter().all(Option::is_some) && keys() == before);

    // One file is enough, whichever it is, and nothing is written beside it.
    let folder = workshop.path("half");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("digital-signature-ca.key.pem"), "kept").expect("a file");
    let half = output(virtual_card().arg("ca").arg(&folder));
    assert!(half.text.contains("digital-signature-ca.key.pem is there"), "{}", half.text);
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_do() {
    let workshop = Workshop::new(&[]);
    let refused = |arguments: &[&str], reason: &str| {
        let said = output(virtual_card().current_dir(workshop.folder()).args(arguments));
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.text);
        assert!(said.text.contains(reason), "{arguments:?}: {}", said.text);
    };
    let personalise = ["personalise", "--ca", "ca", "--out", "new.json"];
    let order = |further: &[&'static str]| [&personalise, further].concat();
    refused(&order(&["--user-authentication-pin", "12345"]), "is four digits");
    refused(&order(&["--signature-pin", "ABCDEF"]), "at least one of each");
    refused(&order(&["--ticket-key", "ca/digital-signature-ca.pem"]), "P-256 public key");
    refused(&order(&["--kind", "unknown", "--citizen", "c.json"]), "in no register");
    refused(
        &order(&["--not-before", "2025-01-01T00:00:00Z", "--not-after", "2024-01-01T00:00:00Z"]),
        "until 2024-01-01T00:00:00Z, which is earlier",
    );
    refused(&order(&["--signature-not-after", "2001-01-01T00:00:00Z"]), "signature certificate");
    refused(&["personalise", "--ca", "none", "--out", "new.json"], "virtual-card ca");
    refused(&["show", "ca/card-ca.pem"], "is not the state of a virtual card");
    refused(&["remove", "--control", "nowhere"], "cannot reach a running virtual-card");

    let vacated = Slot::new().port().to_string();
    refused(&["run", "--port", &vacated, "--card", "card.json"], "start pcscd");
}
