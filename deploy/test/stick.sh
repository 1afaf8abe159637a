#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes $PLACE/stick.img, a FAT stick as people buy them, with the update of the folder $FROM beside
# $PLACE. Runs in the builder.
set -eu

cd "$PLACE"
rm -f stick.img && truncate -s 512M stick.img
mkfs.vfat -F 32 -n STICK stick.img >/dev/null
mcopy -i stick.img "../$FROM/update.raucb" ::update.raucb
