#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Has the firmware of $PLACE start the first slot, as after a roll-back: its memory (vars.fd) becomes a
# new unit's, which finds the first ESP first. Runs in the builder.
set -eu

cp "$PLACE/../unit/vars.fd" "$PLACE/vars.fd"
