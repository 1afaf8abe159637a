// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a unit asks and tells, whoever stands before it: `GET /v1/policy` and `POST /v1/heartbeat`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::{Call, Failure};
use crate::problem::Problem;
use crate::store::{StoreError, closures, units};
use crate::wire::Heartbeat;

/// Faults in one heartbeat, at most.
const MOST_FAULTS: usize = 64;

/// Length of a staff code, at most.
const FAULT_BYTES: usize = 40;

/// Length of the name of an image or a reader, at most.
const NAME_BYTES: usize = 200;

/// The policy of this unit, with its entity tag.
#[derive(Debug)]
pub struct TaggedPolicy {
    /// JSON.
    pub body: Vec<u8>,
    /// Strong entity tag, quotes included.
    pub etag: String,
}

/// The policy as it is now.
pub async fn policy(call: &mut Call<'_>) -> Result<TaggedPolicy, Failure> {
    let closures = closures::ahead(call.connection, call.now).await?;
    let policy = call.service.policy.current();
    let answer = policy.answer(&call.kiosk.store, &closures, call.now);
    let body = serde_json::to_vec(&answer).map_err(|error| StoreError::Row(error.to_string()))?;
    let etag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, &body)));
    Ok(TaggedPolicy { body, etag })
}

/// Keeps a heartbeat as the unit's last.
pub async fn heartbeat(call: &mut Call<'_>, heartbeat: Heartbeat) -> Result<(), Failure> {
    let is_long = |name: &Option<String>| name.as_ref().is_some_and(|name| name.len() > NAME_BYTES);
    let has_long_fault = heartbeat.faults.iter().any(|fault| fault.len() > FAULT_BYTES);
    if heartbeat.faults.len() > MOST_FAULTS || has_long_fault {
        return Err(Problem::malformed("`faults` are 64 codes of 40 letters at most").into());
    }
    let names = [&heartbeat.image, &heartbeat.reader, &heartbeat.update];
    if names.into_iter().any(is_long) {
        let what = "`image`, `reader` and `update` are 200 letters at most";
        return Err(Problem::malformed(what).into());
    }
    let text =
        serde_json::to_string(&heartbeat).map_err(|error| StoreError::Row(error.to_string()))?;
    units::keep_heartbeat(call.connection, &call.kiosk.urn, &text, call.now).await?;
    Ok(())
}
