#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes, of $GOOD/update.raucb and of the release itself, bundles that a unit must refuse, in $PLACE.
# Runs in the builder.
set -eu

rm -rf --one-file-system "$PLACE" && mkdir -p "$PLACE"
cd "$PLACE"

flip() { # file, offset: its lowest bit
    byte=$(dd if="$1" bs=1 skip="$2" count=1 status=none | od -An -tu1 | tr -d ' ')
    # shellcheck disable=SC2059 # the byte is the format
    printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
cp "$GOOD/update.raucb" payload.raucb
flip payload.raucb $((64 << 20))

# The manifest stands in the signature at the end.
cp "$GOOD/update.raucb" manifest.raucb
size=$(stat -c %s manifest.raucb)
from=$((size - 65536))
at=$(dd if=manifest.raucb bs=65536 iflag=skip_bytes skip="$from" status=none | grep -abo 'version=' | head -n 1 | cut -d: -f1)
flip manifest.raucb $((from + at + 8))

again() { # name: the release's own payload in a bundle of its own
    mkdir "$1.d"
    for part in root.img uki-a.efi uki-b.efi root.hash; do ln "$OUT/$part" "$1.d/"; done
    ln -s "$OUT/root" "$1.d/root"
    (cd /src && OUT="$PLACE/$1.d" sh deploy/steps/bundle.sh)
    mv "$1.d/update.raucb" "$1.raucb"
    rm -rf "$1.d"
}
VERSION=0.0.9 again older
VERSION=9.9.9 KEYS="$OTHER" again other-key
