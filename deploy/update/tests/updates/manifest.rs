// SPDX-License-Identifier: MIT OR Apache-2.0
//! The manifest of a vendor's bundle, as the image's build writes it (deploy/steps).

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use crate::unit::Unit;

/// The manifest for an image with these lines in `[install]`.
fn manifest(install: &str) -> String {
    let unit = Unit::with(install);
    for folder in ["root/usr/bin", "root/etc/kiosk-update"] {
        fs::create_dir_all(unit.path(folder)).unwrap();
    }
    let program = unit.path("root/usr/bin/kiosk-update");
    unit.write(
        "root/usr/bin/kiosk-update",
        format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_kiosk-update")),
    );
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(unit.path("update.toml"), unit.path("root/etc/kiosk-update/update.toml")).unwrap();
    unit.write("root.hash", "abc\n");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../steps/bundle-manifest.sh");
    let mut command = Command::new("sh");
    let output = command.arg(script).env("OUT", unit.path("")).env("VERSION", "1.2.0").output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_minimum_version_of_the_image_goes_with_its_bundle() {
    let manifest = manifest("minimum_version = \"1.1.0\"");
    assert!(manifest.contains("\nversion=1.2.0\n"), "{manifest}");
    assert!(manifest.ends_with("\n[meta.kiosk]\nminimum-version=1.1.0\n"), "{manifest}");
}

#[test]
fn an_image_without_a_minimum_raises_none() {
    let manifest = manifest("");
    assert!(!manifest.contains("meta") && !manifest.contains("minimum"), "{manifest}");
}
