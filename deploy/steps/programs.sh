#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds kiosk, kiosk-link and kiosk-enrol against the image's own libraries, at paths that are the same on every
# machine. Runs in the builder, with the Rust toolchain and the registry of the host.
set -eu

export CARGO_TARGET_DIR=/image/cargo
cargo build --release --locked -p backend-client --bin kiosk-link --bin kiosk-enrol
cargo build --release --locked -p kiosk-app --no-default-features --features device
mkdir -p /image/programs
install -m 0755 /image/cargo/release/kiosk /image/cargo/release/kiosk-link /image/cargo/release/kiosk-enrol \
    /image/programs/
