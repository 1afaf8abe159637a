// SPDX-License-Identifier: MIT OR Apache-2.0
//! What may not be in a released program, read from cargo's own trees of packages and features.
//!
//! The process that knows a PIN has no network code in it at all, and no released program opens
//! a door for tests.

use crate::command::{Failure, cargo, output};

/// A package that is released, how it is built, and what its trees must not hold.
struct Rule {
    package: &'static str,
    /// The features of each build that somebody runs, as cargo is told them.
    builds: &'static [&'static [&'static str]],
    forbidden: &'static [&'static str],
    reason: &'static str,
}

/// The kiosk's features on a unit (deploy/README.md).
pub(crate) const DEVICE: &[&str] = &["--no-default-features", "--features", "device"];

/// The kiosk for development, and as a unit has it.
const KIOSK: &[&[&str]] = &[&[], DEVICE];

const RULES: &[Rule] = &[
    Rule {
        package: "kiosk-app",
        builds: KIOSK,
        forbidden: &["tokio", "reqwest", "rustls", "hyper", "h2", "ring", "openssl", "native-tls"],
        reason: "the process that knows a PIN has no network",
    },
    Rule {
        package: "kiosk-app",
        builds: KIOSK,
        forbidden: &[
            "i-slint-backend-testing",
            "slint feature \"mcp\"",
            "slint feature \"system-testing\"",
            "slint feature \"live-preview\"",
            "i-slint-backend-selector feature \"mcp\"",
            "i-slint-backend-selector feature \"system-testing\"",
        ],
        reason: "a released kiosk opens no control port and takes no scripted touches",
    },
    Rule {
        package: "backend-client",
        builds: &[&[]],
        forbidden: &["pcsc", "card-io", "slint"],
        reason: "the process that has the network has no card and no screen",
    },
    Rule {
        package: "kiosk-update",
        builds: &[&[]],
        forbidden: &["pcsc", "card-io", "slint", "kiosk-app", "kiosk-session"],
        reason: "the update client has no card, no screen and no session",
    },
];

/// The kiosk's own feature for screens in memory, scripted touches and the probe beside the driver.
const HEADLESS: &str = "headless";

/// Refuses a tree that breaks a rule, with the rule's reason.
pub(crate) fn check() -> Result<(), Failure> {
    // A tree names the features of dependencies alone.
    let own = output(cargo().args([
        "tree",
        "--quiet",
        "--package",
        "kiosk-app",
        "--edges",
        "normal",
        "--depth",
        "0",
        "--format",
        "{f}",
    ]))?;
    if own.trim().split(',').any(|feature| feature == HEADLESS) {
        return Err(Failure::refuted(format!(
            "a released kiosk has its feature {HEADLESS}, but takes no scripted touches"
        )));
    }
    for rule in RULES {
        for build in rule.builds {
            judge(rule, build, &tree(rule.package, build)?)?;
        }
    }
    Ok(())
}

fn tree(package: &str, build: &[&str]) -> Result<String, Failure> {
    let mut command = cargo();
    command.args(["tree", "--quiet", "--package", package]).args(build);
    output(command.args(["--edges", "normal,features", "--prefix", "none"]))
}

fn judge(rule: &Rule, build: &[&str], tree: &str) -> Result<(), Failure> {
    let breaks = |forbidden: &&&str| tree.lines().any(|line| names(line, forbidden));
    let Some(forbidden) = rule.forbidden.iter().find(breaks) else { return Ok(()) };
    let built = [&[rule.package], build].concat().join(" ");
    Err(Failure::refuted(format!("{built} depends on {forbidden}, but {}", rule.reason)))
}

/// Whether this line of a tree is the forbidden package, or the forbidden feature of one.
fn names(line: &str, forbidden: &str) -> bool {
    line.strip_prefix(forbidden).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::{DEVICE, KIOSK, RULES, judge, names, tree};

    #[test]
    fn the_tree_of_a_unit_is_the_one_with_the_device_and_without_a_desktop() {
        let [desktop, device] = KIOSK else { panic!("another list") };
        let has = |build: &[&str], name: &str| {
            let tree = tree("kiosk-app", build).unwrap_or_else(|failure| panic!("{failure}"));
            tree.lines().any(|line| names(line, name))
        };
        let backends = ["i-slint-backend-winit", "i-slint-backend-linuxkms"];
        assert_eq!(backends.map(|backend| has(desktop, backend)), [true, false]);
        assert_eq!(backends.map(|backend| has(device, backend)), [false, true]);
    }

    #[test]
    fn a_refused_tree_is_named_with_how_it_was_built() {
        let refused = judge(&RULES[0], DEVICE, "kiosk-app v0.1.0\nrustls v0.23.46\n");
        let told = refused.map_err(|failure| failure.to_string()).err();
        assert!(told.is_some_and(|told| told.contains("device depends on rustls")));
    }

    #[test]
    fn a_package_is_matched_by_its_whole_name() {
        assert!(names("rustls v0.23.46", "rustls"));
        assert!(names("rustls feature \"std\"", "rustls"));
        assert!(!names("rustls-pki-types v1.0.0", "rustls"));
    }

    #[test]
    fn a_feature_is_matched_whole() {
        assert!(names("slint feature \"mcp\"", "slint feature \"mcp\""));
        assert!(!names("slint feature \"std\"", "slint feature \"mcp\""));
    }
}
