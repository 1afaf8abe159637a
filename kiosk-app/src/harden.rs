// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the process gives up before it knows any PIN: core dumps, being traced
//! by its own user, and new privileges. And what it refuses to start with:
//! variables of the environment that would quietly cripple the screens.

use std::{ffi::OsString, io};

use rustix::{
    process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit},
    thread::set_no_new_privs,
};

use crate::{contained::is_contained, exit::Exit};

/// Hardens the process; call it before any other thread runs.
///
/// # Errors
///
/// [`HardenError`]: the process must not go on.
pub(crate) fn harden() -> Result<(), HardenError> {
    refuse_environment(|name| std::env::var_os(name))?;
    let no_core = Rlimit { current: Some(0), maximum: Some(0) };
    let failed =
        |what| move |errno: rustix::io::Errno| HardenError::Kernel { what, source: errno.into() };
    setrlimit(Resource::Core, no_core).map_err(failed("switching core dumps off"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(failed("closing the process to tracers"))?;
    set_no_new_privs(true).map_err(failed("giving up new privileges"))?;
    end_on_panic();
    Ok(())
}

/// Why the process may not know a PIN.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HardenError {
    /// The kernel refused.
    #[error("{what}")]
    Kernel {
        /// What was being done.
        what: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The environment would cripple the screens.
    #[error("the environment variable {name} is set: {harm}; unset it")]
    Environment {
        /// The variable.
        name: &'static str,
        /// What it would do.
        harm: &'static str,
    },
}

fn refuse_environment(value: impl Fn(&str) -> Option<OsString>) -> Result<(), HardenError> {
    for variable in REFUSED {
        let is_harmful = match (value(variable.name), variable.only_as) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(value), Some(harmful)) => value == harmful,
        };
        if is_harmful {
            return Err(HardenError::Environment { name: variable.name, harm: variable.harm });
        }
    }
    Ok(())
}

/// A panic in any thread ends the process with its code. The message is not
/// printed, because it may quote what a variable held; the place is enough to find it.
fn end_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        if is_contained() {
            return;
        }
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(code = "panic", place, "fault in the program");
        std::process::exit(Exit::Panic.code().into());
    }));
}

struct Refused {
    name: &'static str,
    /// The value that does the harm; none: any value does.
    only_as: Option<&'static str>,
    harm: &'static str,
}

/// Read in Slint 1.18.1's sources.
const REFUSED: &[Refused] = &[
    Refused {
        name: "SLINT_SOFTWARE_RENDERER_PARLEY_DISABLED",
        only_as: None,
        harm: "letters outside ASCII would vanish without an error",
    },
    Refused {
        name: "SLINT_DRM_MODE",
        only_as: Some("list"),
        harm: "the display modes would be listed and the process ended",
    },
    Refused {
        name: "SLINT_DRM_OUTPUT",
        only_as: Some("list"),
        harm: "the display outputs would be listed and the process ended",
    },
    Refused {
        name: "SLINT_DEFAULT_FONT",
        only_as: None,
        harm: "the screens would be drawn in a font they were never checked with",
    },
    Refused {
        name: "SLINT_FONT_PATH",
        only_as: None,
        harm: "the screens would be drawn in a font they were never checked with",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_cripples_the_screens_is_named() {
        let set = |name: &str| (name == REFUSED[0].name).then(|| "1".into());
        let message = refuse_environment(set).unwrap_err().to_string();
        assert!(message.contains("SLINT_SOFTWARE_RENDERER_PARLEY_DISABLED"), "{message}");
        assert!(message.contains("unset it"), "{message}");
    }

    #[test]
    fn a_display_that_is_chosen_is_no_harm_but_a_list_is() {
        let set_to = |value: &'static str| {
            move |name: &str| (name == "SLINT_DRM_OUTPUT").then(|| value.into())
        };
        assert!(refuse_environment(set_to("HDMI-A-1")).is_ok());
        assert!(refuse_environment(set_to("list")).is_err());
    }
}
