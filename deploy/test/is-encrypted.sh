#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Whether the data partition of $PLACE/disk.img is LUKS, and holds no word of what a unit writes to it.
# Runs in the builder.
set -eu

cd "$PLACE"
sector() { # which: first or last
    sgdisk --info=6 disk.img | sed -n "s/^$1 sector: \([0-9]*\).*/\1/p"
}
first=$(sector First)
dd if=disk.img of=data.img bs=512 skip="$first" count=$(($(sector Last) - first + 1)) conv=sparse status=none
cryptsetup isLuks --type luks2 data.img
# A certificate, the journal's folder, the fleet's name of the unit.
for word in 'BEGIN CERTIFICATE' journal.redb unit-1; do
    found=0
    grep -qaF "$word" data.img || found=$?
    [ "$found" = 1 ] || {
        echo "\`$word\` can be read in the data partition, or it could not be searched" >&2
        exit 1
    }
done
cryptsetup luksDump data.img | sed -n 's/^ *tpm2-hash-pcrs: */PCR /p; s/^ *[0-9]*: \(systemd-tpm2\)/\1/p' | tr '\n' ' '
rm data.img
