// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why there is no screen, with the remedy first: what Slint and the window system say of it is
//! long, and begins with everything that was tried.

use std::ffi::OsString;

use slint::PlatformError;

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum NoScreen {
    /// Slint is told to do without the shaping of text.
    #[error("{name} is set, which drops Japanese letters; unset it")]
    WithoutShaping {
        /// The environment's variable.
        name: &'static str,
    },
    /// No window system, in a build that draws in its windows.
    #[error(
        "there is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set; start it under a window \
         system, or build it with `--no-default-features --features device` to draw without one"
    )]
    NoWindowSystem(#[source] PlatformError),
    /// There should be one.
    #[error("the screen cannot be opened")]
    Refused(#[source] PlatformError),
}

impl NoScreen {
    pub(super) fn from_platform(error: PlatformError) -> Self {
        let needs_window_system = cfg!(feature = "desktop") && !cfg!(feature = "device");
        let is_missing = !has_window_system(|name| std::env::var_os(name));
        if needs_window_system && is_missing {
            Self::NoWindowSystem(error)
        } else {
            Self::Refused(error)
        }
    }
}

/// Whether the environment names one; the empty name is none.
fn has_window_system(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
        .iter()
        .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_window_system_is_one_and_an_empty_name_is_none() {
        let environment = |set: &'static str, value: &'static str| {
            move |name: &str| (name == set).then(|| OsString::from(value))
        };
        assert!(has_window_system(environment("DISPLAY", ":0")));
        assert!(has_window_system(environment("WAYLAND_DISPLAY", "wayland-0")));
        assert!(!has_window_system(environment("DISPLAY", "")));
        assert!(!has_window_system(environment("HOME", "/root")));
    }
}
