#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Prints the manifest of the update in $OUT, version $VERSION. The minimum version that the image's
# update.toml sets goes with it: a unit that has kept this release installs nothing older again.
# The program that reads it on the unit reads it here.
set -eu

root=$OUT/root
minimum=$("$root/usr/bin/kiosk-update" --config "$root/etc/kiosk-update/update.toml" minimum)
cat <<END
[update]
compatible=signature-pin-kiosk
version=$VERSION
build=$(cat "$OUT/root.hash")

[bundle]
format=verity

[hooks]
filename=hook.sh

[image.rootfs]
filename=root.img

[image.esp]
filename=esp.tar
hooks=post-install
END
[ -z "$minimum" ] || printf '\n[meta.kiosk]\nminimum-version=%s\n' "$minimum"
