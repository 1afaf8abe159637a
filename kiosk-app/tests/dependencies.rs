// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the process that knows a PIN is not linked with: a network, a runtime,
//! TLS, and anything that lets a test touch its screens.
#![expect(clippy::expect_used, reason = "a test may stop at what it cannot start")]

use std::process::Command;

/// How the kiosk is built for development, and for a unit (deploy/README.md).
const BUILDS: [&[&str]; 2] = [&[], &["--no-default-features", "--features", "device"]];

/// Every package of the binary that is built so, one a line: name, version, features.
fn packages(build: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "kiosk-app", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p} {f}", "--offline", "--locked"])
        .args(build)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree: {complaint}");
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

#[test]
fn there_is_no_network_in_the_kiosk() {
    for tree in BUILDS.map(packages) {
        let names: Vec<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(names.contains(&"kiosk-session") && names.contains(&"card-io"), "{tree}");
        for network in
            ["h2", "hyper", "native-tls", "openssl", "reqwest", "ring", "rustls", "tokio"]
        {
            assert!(!names.contains(&network), "{network} in\n{tree}");
        }
    }
}

#[test]
fn nothing_that_plays_the_screens_is_in_the_released_kiosk() {
    for tree in BUILDS.map(packages) {
        assert!(tree.contains("kiosk-app"), "{tree}");
        for line in tree.lines() {
            for control in ["backend-testing", "headless", "mcp", "system-testing", "live-preview"]
            {
                assert!(!line.contains(control), "{control} in {line}");
            }
        }
    }
}

#[test]
fn the_kiosk_of_a_unit_draws_without_a_window_system() {
    let tree = packages(BUILDS[1]);
    assert!(tree.contains("i-slint-backend-linuxkms"), "{tree}");
    for desktop in ["winit", "x11", "wayland-client"] {
        let is_desktop =
            |line: &str| line.starts_with(desktop) || line.contains(&format!("-{desktop} "));
        assert!(!tree.lines().any(is_desktop), "{desktop} in\n{tree}");
    }
}
