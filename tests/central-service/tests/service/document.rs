// SPDX-License-Identifier: MIT OR Apache-2.0
//! `docs/central-api.yaml` as a judge: is this exchange one that the document describes?

use std::collections::BTreeSet;
use std::sync::OnceLock;

use hyper::Method;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::client::Answer;

const TEXT: &str = include_str!("../../../../docs/central-api.yaml");

pub(crate) struct Document {
    pub(crate) root: Value,
}

impl Document {
    pub(crate) fn get() -> &'static Self {
        static DOCUMENT: OnceLock<Document> = OnceLock::new();
        DOCUMENT.get_or_init(|| Self { root: serde_saphyr::from_str(TEXT).unwrap() })
    }

    /// Fails the test where the answer, or the request of an answer that was not refused as
    /// malformed, is not what the document says.
    pub(crate) fn holds(&self, method: &Method, path: &str, request: &Value, answer: &Answer) {
        let operation = self.operation(method, path);
        if answer.code() != "malformed" && method == Method::POST {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            self.valid(schema, request, &format!("request to {path}"));
        }
        let named = &operation["responses"][answer.status.to_string()];
        assert!(!named.is_null(), "{path} answers {} {:?}", answer.status, answer.body);
        let response = self.resolved(named);
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let is_required = self.resolved(header)["required"] == json!(true);
            assert!(!is_required || answer.headers.contains_key(name), "{path} lacks {name}");
        }
        let Some(content) = response["content"].as_object() else {
            assert!(answer.body.is_null(), "{path} answers {} with a body", answer.status);
            return;
        };
        let media_type = answer.headers["content-type"].to_str().unwrap();
        let schema = &content[media_type]["schema"];
        self.valid(schema, &answer.body, &format!("answer {} of {path}", answer.status));
    }

    /// Every operation, as (method, path template).
    pub(crate) fn operations(&self) -> Vec<(String, String)> {
        let paths = self.root["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| (method.to_uppercase(), path.clone()))
        });
        operations.collect()
    }

    /// Every problem code, with its status.
    pub(crate) fn problems(&self) -> BTreeSet<(String, u16)> {
        let responses = self.root["components"]["responses"].as_object().unwrap();
        let problems = responses.values().flat_map(|response| {
            let schema = &response["content"]["application/problem+json"]["schema"];
            let properties = &schema["allOf"][1]["properties"];
            let status = properties["status"]["const"].as_u64().unwrap() as u16;
            let one = properties["type"]["const"].as_str();
            let several = properties["type"]["enum"].as_array().into_iter().flatten();
            let types = one.into_iter().chain(several.map(|value| value.as_str().unwrap()));
            types.map(move |urn| (urn.replace("urn:kiosk:problem:", ""), status))
        });
        problems.collect()
    }

    /// Every example of a schema, with the schema's name.
    pub(crate) fn examples(&self) -> Vec<(&str, &Value)> {
        let schemas = self.root["components"]["schemas"].as_object().unwrap();
        let with_example = schemas.iter().filter(|(_, schema)| schema.get("example").is_some());
        with_example.map(|(name, schema)| (name.as_str(), &schema["example"])).collect()
    }

    /// Fails the test where a value is not what a schema of the document says.
    pub(crate) fn valid(&self, schema: &Value, value: &Value, what: &str) {
        let errors: Vec<String> =
            self.validator(schema).iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{what}: {errors:?} in {value}");
    }

    pub(crate) fn validator(&self, schema: &Value) -> Validator {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self.root["components"],
            "allOf": [schema],
        });
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    }

    fn operation(&self, method: &Method, path: &str) -> &Value {
        let template =
            match path.strip_prefix("/v1/sessions/").and_then(|rest| rest.split_once('/')) {
                Some((_, call)) => format!("/v1/sessions/{{session_id}}/{call}"),
                None => path.to_owned(),
            };
        let operation = &self.root["paths"][&template][method.as_str().to_lowercase()];
        assert!(!operation.is_null(), "the document has no {method} {template}");
        operation
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.root.pointer(reference.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }
}
