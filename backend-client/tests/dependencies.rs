// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kiosk's half has no network in it: neither a runtime nor TLS nor HTTP is linked.

use std::process::Command;

#[test]
fn without_the_feature_link_there_is_no_network_in_the_dependencies() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "backend-client", "--no-default-features"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree: {complaint}");
    let names = tree.lines().filter_map(|line| line.split(' ').next()).collect::<Vec<_>>();
    assert!(names.contains(&"backend-client") && names.contains(&"serde_json"), "{tree}");
    for network in ["h2", "hyper", "mio", "reqwest", "ring", "rustls", "socket2", "tokio"] {
        assert!(!names.contains(&network), "{network} in\n{tree}");
    }
}
