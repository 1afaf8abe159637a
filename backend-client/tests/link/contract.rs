// SPDX-License-Identifier: MIT OR Apache-2.0
//! The client against `docs/central-api.yaml`: what it sends is what stands there, and what
//! stands there is what it understands.

use std::{collections::BTreeSet, fs};

use backend_client::wire::{
    Denial, Heartbeat, OutcomeRecorded, Policy, ProofGranted, ReceiptRecorded, SessionOpened,
    TicketIssued,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    authority::Authority,
    questions::{CALLS, PATIENCE, SESSION, ask, granted},
    service::{Seen, Service},
};

fn document() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/central-api.yaml");
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Every request that the client makes, as it arrives.
async fn requests() -> Vec<Seen> {
    let authority = Authority::new();
    let mut service = Service::start(authority.service(), CALLS.map(granted)).await;
    let client = authority.client(service.port);
    for call in CALLS {
        ask(&client, call, PATIENCE).await.unwrap();
    }
    service.rest()
}

/// The operation that a request is, by path and method.
fn operation<'a>(document: &'a Value, request: &Seen) -> &'a Value {
    let path = request.path.replace(&SESSION.to_string(), "{session_id}");
    let method = request.method.as_str().to_lowercase();
    let operation = &document["paths"][&path][&method];
    assert!(operation.is_object(), "{method} {path} is not in the document");
    operation
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

#[track_caller]
fn assert_valid(document: &Value, schema: &Value, instance: &Value) {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = validator.iter_errors(instance).map(|error| error.to_string());
    assert_eq!(errors.collect::<Vec<_>>(), Vec::<String>::new(), "{instance}");
}

#[tokio::test]
async fn every_body_that_is_sent_is_valid_and_has_no_member_of_its_own() {
    let document = document();
    let requests = requests().await;
    assert_eq!(requests.len(), CALLS.len());
    for request in requests.iter().filter(|request| !request.body.is_empty()) {
        let operation = operation(&document, request);
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        assert_valid(&document, schema, &request.json());
        let known = &resolve(&document, schema)["properties"];
        for member in request.json().as_object().unwrap().keys() {
            assert!(known[member].is_object(), "{member} in {}", request.path);
        }
    }
}

#[tokio::test]
async fn every_header_that_is_asked_for_is_sent_and_valid() {
    let document = document();
    for request in requests().await {
        for parameter in operation(&document, &request)["parameters"].as_array().unwrap() {
            let parameter = resolve(&document, parameter);
            let name = parameter["name"].as_str().unwrap();
            let is_required = parameter["required"] == json!(true) || name == "traceparent";
            if parameter["in"] == json!("header") && is_required {
                let sent = request.header(&name.to_lowercase());
                assert_valid(&document, &parameter["schema"], &json!(sent));
                assert!(!sent.is_empty(), "{name} of {}", request.path);
            }
        }
    }
}

#[test]
fn the_problem_codes_are_the_same_with_the_same_statuses() {
    let mut published = BTreeSet::new();
    for response in document()["components"]["responses"].as_object().unwrap().values() {
        let schema = &response["content"]["application/problem+json"]["schema"];
        let Some(special) = schema.pointer("/allOf/1/properties") else { continue };
        let status = special["status"]["const"].as_u64().unwrap();
        let types = match &special["type"]["enum"] {
            Value::Array(types) => types.clone(),
            _ => vec![special["type"]["const"].clone()],
        };
        for name in types {
            let code = name.as_str().unwrap().strip_prefix("urn:kiosk:problem:").unwrap();
            published.insert((code.to_owned(), status));
        }
    }
    let ours = Denial::ALL.iter().map(|denial| (denial.code().to_owned(), denial.status().into()));
    assert_eq!(ours.collect::<BTreeSet<_>>(), published);
}

#[test]
fn every_example_in_the_document_is_understood() {
    fn example<T: DeserializeOwned>(document: &Value, schema: &str) {
        let example = document["components"]["schemas"][schema]["example"].clone();
        assert!(example.is_object(), "{schema} has no example");
        let read = serde_json::from_value::<T>(example);
        assert!(read.is_ok(), "{schema}: {:?}", read.err());
    }
    let document = document();
    example::<SessionOpened>(&document, "SessionAnswer");
    example::<ReceiptRecorded>(&document, "ReceiptAnswer");
    example::<ProofGranted>(&document, "ProofAnswer");
    example::<TicketIssued>(&document, "TicketAnswer");
    example::<OutcomeRecorded>(&document, "OutcomeAnswer");
    example::<Heartbeat>(&document, "Heartbeat");
}

#[test]
fn a_policy_with_every_member_of_the_document_is_understood() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let of = |schema: &str| {
        let properties = schemas[schema]["properties"].as_object().unwrap();
        properties.keys().cloned().collect::<BTreeSet<_>>()
    };
    let policy = serde_json::from_str::<Value>(include_str!("../golden/policy.json")).unwrap();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect();
    let ours: BTreeSet<String> = members(&policy);
    // The zone is a constant of the contract: times of day are Japan's.
    let zone = BTreeSet::from(["time_zone".to_owned()]);
    assert_eq!(&of("Policy") - &zone, ours);
    assert_eq!(of("TimeLimits"), members(&policy["time_limits"]));
    assert_eq!(of("HelpLine"), members(&policy["help_lines"][0]));
    assert_eq!(of("HelpLineHours"), members(&policy["help_lines"][0]["hours"][0]));
    let mut whole = policy;
    whole["time_zone"] = json!("Asia/Tokyo");
    assert_valid(&document, &json!({"$ref": "#/components/schemas/Policy"}), &whole);
    serde_json::from_value::<Policy>(whole).unwrap();
}
