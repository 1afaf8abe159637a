#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Whether the data partition of $PLACE/disk.img was unmounted: nothing of it waits to be replayed. Runs in
# the builder.
set -eu

cd "$PLACE"
first=$(sgdisk --info=6 disk.img | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
# The superblock is in the first blocks, and it alone is read.
dd if=disk.img of=head.img bs=512 skip="$first" count=65536 conv=sparse status=none
said=$(dumpe2fs -h head.img 2>/dev/null | sed -n 's/^Filesystem \(features\|state\): *//p')
rm head.img
case $said in
'' | *needs_recovery*)
    echo "the data partition was not unmounted: ${said:-its superblock cannot be read}" >&2
    exit 1
    ;;
esac
