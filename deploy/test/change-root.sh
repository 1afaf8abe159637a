#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Flips one bit of the first root of $PLACE/disk.img, in the time at which it was made (squashfs's
# superblock, byte 8). Runs in the builder.
set -eu

cd "$PLACE"
first=$(sgdisk --info=3 disk.img | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
at=$((first * 512 + 8))
byte=$(dd if=disk.img bs=1 skip="$at" count=1 status=none | od -An -tu1 | tr -d ' ')
# shellcheck disable=SC2059 # the byte is the format
printf "\\$(printf %03o $((byte ^ 1)))" | dd of=disk.img bs=1 seek="$at" conv=notrunc status=none
echo "one bit of the root's first block was flipped"
