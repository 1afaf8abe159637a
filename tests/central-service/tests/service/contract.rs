// SPDX-License-Identifier: MIT OR Apache-2.0
//! The document and the code say the same: operations, problem codes, examples.

use std::collections::BTreeSet;

use central_service::problem::Problem;
use hyper::Request;

use crate::bench::Bench;
use crate::client::new_key;
use crate::document::Document;

#[test]
fn the_document_and_the_code_know_the_same_problems() {
    let known: BTreeSet<_> = Problem::examples()
        .iter()
        .map(|problem| (problem.code().to_owned(), problem.status()))
        .collect();
    assert_eq!(Document::get().problems(), known);
}

#[test]
fn every_example_of_the_document_is_valid() {
    let document = Document::get();
    let examples = document.examples();
    assert!(examples.len() >= 11);
    for (name, example) in examples {
        let reference = serde_json::json!({ "$ref": format!("#/components/schemas/{name}") });
        document.valid(&reference, example, name);
    }
}

#[test]
fn the_document_refuses_what_the_contract_refuses() {
    let document = Document::get();
    let refused = |name: &str, change: fn(&mut serde_json::Value)| {
        let mut value = document.root["components"]["schemas"][name]["example"].clone();
        change(&mut value);
        let reference = serde_json::json!({ "$ref": format!("#/components/schemas/{name}") });
        assert!(!document.validator(&reference).is_valid(&value), "{name}: {value}");
    };
    refused("SessionRequest", |body| body["target"] = "user-authentication".into());
    refused("SessionRequest", |body| body["attestation_certificate"] = "MII=".into());
    refused("SessionAnswer", |body| body["nonce"] = "AAAA".into());
    refused("SessionAnswer", |body| body["expires_at"] = "2026-04-01T11:00:00+09:00".into());
    refused("ReceiptRequest", |body| {
        body["session_id"] = "9A4F1C8E-2E57-4C06-8F0C-8D3F0D1B7A42".into()
    });
    refused("OutcomeRequest", |body| body["ending"] = "Done".into());
    refused("OutcomeRequest", |body| body["result"] = "perhaps".into());
}

#[tokio::test]
async fn every_operation_of_the_document_is_there_and_no_other() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    let ask = async |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("https://localhost{path}"))
            .header("idempotency-key", new_key());
        kiosk.send(request.body(Default::default()).unwrap()).await.unwrap()
    };
    for (method, template) in Document::get().operations() {
        let path = template.replace("{session_id}", &new_key());
        let elsewhere = ["/healthz", "/readyz", "/metrics"].map(str::to_owned);
        let enrolment = ["cacerts", "simpleenroll"].map(|call| format!("/.well-known/est/{call}"));
        let is_elsewhere = elsewhere.iter().chain(&enrolment).any(|other| *other == path);
        let answer = ask(&method, &path).await;
        let is_there = !["about:blank"].contains(&answer.body["type"].as_str().unwrap_or_default());
        assert_eq!(is_there, !is_elsewhere, "{method} {path}: {answer:?}");
    }
    for (method, path, status) in [
        ("GET", "/v1/sessions", 405),
        ("POST", "/v1/policy", 405),
        ("POST", "/v1/nothing", 404),
        ("POST", "/v1/sessions/9a4f1c8e-2e57-4c06-8f0c-8d3f0d1b7a42/cancel", 404),
    ] {
        let answer = ask(method, path).await;
        assert_eq!((answer.status, &answer.body["type"]), (status, &"about:blank".into()));
    }
}
