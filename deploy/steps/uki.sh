#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes one signed kernel image (UKI) a slot: kernel, initrd and command line under one signature.
# The unsigned ones stay beside them, to be compared and to be signed elsewhere.
# Runs in the builder.
set -eu

export SOURCE_DATE_EPOCH="$EPOCH"
keys=/keys
. deploy/steps/signing.sh
rm -f "$OUT"/uki-*.efi
hash=$(cat "$OUT/root.hash")
offset=$(cat "$OUT/root.hash-offset")
common=$(cat "$OUT"/root/usr/lib/kiosk-image/cmdline* | tr '\n' ' ')
find_key secure-boot
for slot in a b; do
    name=$(printf %s "$slot" | tr ab AB)
    # disk.sh's guid of root-a and root-b.
    root=/dev/disk/by-partuuid/6b696f73-6b00-4000-8000-00000000000$(printf %s "$slot" | tr ab 34)
    ukify build --linux=/image/vmlinuz --initrd=/image/initrd.img \
        --uname="$(cat /image/kernel-version)" --os-release="@$OUT/root/usr/lib/os-release" \
        --cmdline="roothash=$hash systemd.verity_root_data=$root systemd.verity_root_hash=$root systemd.verity_root_options=hash-offset=$offset,panic-on-corruption rauc.slot=$name $common" \
        --output="$OUT/uki-$slot.unsigned.efi" >/dev/null
    # shellcheck disable=SC2086 # two words or none
    quietly sbsign $engine --key "$key" --cert /keys/secure-boot.crt \
        --output "$OUT/uki-$slot.efi" "$OUT/uki-$slot.unsigned.efi"
    sbverify --cert /keys/secure-boot.crt "$OUT/uki-$slot.efi" >/dev/null
done
