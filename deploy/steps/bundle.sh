#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes $OUT/update.raucb, the signed update: the root for the other slot, and both slots' kernels,
# of which deploy/bundle-hook.sh leaves the right one. Runs in the builder.
set -eu

keys=${KEYS:-/keys}
. deploy/steps/signing.sh
content=$OUT/bundle
rm -rf "$content" "$OUT/update.raucb" && mkdir -p "$content" "$OUT/esp/EFI/BOOT"
ln "$OUT/root.img" "$content/root.img"
cp "$OUT/uki-a.efi" "$OUT/uki-b.efi" "$OUT/esp/EFI/BOOT/"
tar -C "$OUT/esp" --sort=name --owner=0 --group=0 --mtime="@$EPOCH" -cf "$content/esp.tar" EFI
rm -rf "$OUT/esp"
install -m 0755 /src/deploy/bundle-hook.sh "$content/hook.sh"
sh deploy/steps/bundle-manifest.sh >"$content/manifest.raucm"
find_key bundle
quietly rauc bundle --cert="$keys/bundle.crt" --key="$key" "$content" "$OUT/update.raucb"
rm -rf "$content"
cat >/tmp/rauc.conf <<END
[system]
compatible=signature-pin-kiosk
bootloader=noop

[keyring]
path=$keys/bundle-ca.crt
check-purpose=codesign
END
rauc --conf=/tmp/rauc.conf info "$OUT/update.raucb" >/dev/null 2>&1 || {
    echo 'bundle-ca.crt does not vouch for bundle.crt, or it is not for code signing' >&2
    exit 1
}
