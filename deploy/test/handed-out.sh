#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Prints $FILE of the partition `provision` of $PLACE/disk.img, as whoever has the disk in a PC reads it;
# nothing where it is not there. Runs in the builder.
set -eu

cd "$PLACE"
first=$(sgdisk --info=5 disk.img | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
mcopy -n -i "disk.img@@$((first * 512))" "::$FILE" - 2>/dev/null || :
