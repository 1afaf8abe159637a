#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes $PLACE/unit.img of $OUT/disk.img: what an installer has written to a unit's disk, with the
# unit's files in the partition `provision`. Runs in the builder.
set -eu

cd "$PLACE"
cp --sparse=always "$OUT/disk.img" unit.img
# The unit makes its data partition of what is left.
truncate -s +512M unit.img
rm -rf provision && mkdir provision
cp site.toml site.toml.sig controller token provision/
cd - >/dev/null
disk=unit.img . deploy/test/provision.sh
