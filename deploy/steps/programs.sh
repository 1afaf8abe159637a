#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds the unit's programs against the image's own libraries, at paths that are the same on every
# machine. Runs in the builder, with the Rust toolchain and the registry of the host.
set -eu

export CARGO_TARGET_DIR=/image/cargo
cargo build --release --locked -p backend-client --bin kiosk-link --bin kiosk-enrol
cargo build --release --locked -p kiosk-update
cargo build --release --locked -p kiosk-app --no-default-features --features device
mkdir -p /image/programs
cd /image/cargo/release
install -m 0755 kiosk kiosk-link kiosk-enrol kiosk-update /image/programs/
