#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Takes the vendor's key and Secure Boot out of the firmware of $PLACE, as who has the machine can.
# Runs in the builder.
set -eu

cp /usr/share/OVMF/OVMF_VARS_4M.fd "$PLACE/vars.fd"
