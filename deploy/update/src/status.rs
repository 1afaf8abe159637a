// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is known of updates on this unit, for people and for machines; nothing of a person.

use std::fmt::Write as _;

use backend_client::error::Chain;

use crate::{
    boot,
    config::Config,
    error::UpdateError,
    memory::{Action, Memory, Phase},
    rauc::{Rauc, Slot},
    store::{self, Verdict},
};

/// What `status` prints.
pub(crate) async fn status(config: &Config, is_json: bool) -> Result<String, UpdateError> {
    let memory = store::memory(&config.folder)?;
    let verdict = store::verdict(&config.folder)?;
    let version = boot::image_version(&config.os_release)?;
    let slots = async {
        let rauc = Rauc::connect(config.bus.as_deref()).await?;
        Ok((rauc.booted().await?, rauc.primary().await?))
    };
    let slots = slots.await;
    if is_json {
        let slot = slots.as_ref().ok().map(|(slot, primary)| {
            serde_json::json!({
                "booted": slot.bootname, "kept": slot.is_good, "next": primary,
            })
        });
        let action = memory.action.as_ref().map(|action| {
            serde_json::json!({
                "action": action.id,
                "phase": phase(action),
                "version": action.bundle().map(|bundle| bundle.version.to_string()),
                "urgent": action.is_urgent,
                "since": action.since,
            })
        });
        let shown = serde_json::json!({
            "image": version.to_string(),
            "slot": slot,
            "minimum_version": minimum(config, &memory),
            "update": action,
            "last": memory.closed,
            "fallen": memory.fallen,
            "health": verdict,
        });
        return Ok(shown.to_string());
    }
    Ok(for_people(config, &memory, verdict.as_ref(), &version.to_string(), slots))
}

fn for_people(
    config: &Config,
    memory: &Memory,
    verdict: Option<&Verdict>,
    version: &str,
    slots: Result<(Slot, String), crate::rauc::RaucError>,
) -> String {
    let mut shown = format!("image    {version}");
    let mut line = |name: &str, said: &str| {
        let _ = write!(shown, "\n{name:<8} {said}");
    };
    match slots {
        Ok((slot, primary)) => {
            let kept = if slot.is_good { "kept" } else { "on trial" };
            line("slot", &format!("{}, {kept}; {primary} is next", slot.bootname));
        }
        Err(error) => line("slot", &format!("unknown: {}", Chain(&error))),
    }
    let none = "none of its own".to_owned();
    line("minimum", &minimum(config, memory).unwrap_or(none));
    match &memory.action {
        None => line("update", "none"),
        Some(action) => {
            let of = action.bundle().map(|bundle| bundle.version.to_string()).unwrap_or_default();
            let urgent = if action.is_urgent { ", urgent" } else { "" };
            line("update", &format!("{} {of}{urgent}, since {}", phase(action), action.since));
        }
    }
    if let Some(closed) = &memory.closed {
        let how = if closed.success { "went well" } else { "failed" };
        let told = if closed.is_reported { "" } else { " (the server does not know yet)" };
        line("last", &format!("action {} {how}: {}{told}", closed.id, closed.said));
    }
    if let Some(verdict) = verdict {
        let how = if verdict.is_well { "well" } else { verdict.said.as_str() };
        line("health", &format!("slot {}: {how}", verdict.slot));
    }
    shown
}

fn minimum(config: &Config, memory: &Memory) -> Option<String> {
    let both = [config.install.minimum_version.as_ref(), memory.floor.as_ref()];
    let highest = both.into_iter().flatten().max_by(|a, b| a.cmp_precedence(b));
    highest.map(ToString::to_string)
}

const fn phase(action: &Action) -> &'static str {
    match action.phase {
        Phase::Fetching => "fetching",
        Phase::Fetched => "fetched",
        Phase::Ready(_) => "waiting",
        Phase::Installing(..) => "installing",
        Phase::Trying(..) => "trying",
    }
}
