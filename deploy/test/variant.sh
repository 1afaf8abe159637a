#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes $PLACE/update.raucb: the release once more as version $VERSION, whose application is $SICK:
# `no`, or in one of four ways. Runs in the builder.
set -eu

rm -rf --one-file-system "$PLACE" && mkdir -p "$PLACE"
cp -a --reflink=auto "$OUT/root" "$PLACE/root"
root=$PLACE/root
sed -i "s/^IMAGE_VERSION=.*/IMAGE_VERSION=$VERSION/" "$root/usr/lib/os-release"
case $SICK in
no) ;;
wont-start) cp "$root/usr/bin/false" "$root/usr/bin/kiosk" ;;
draws-nothing) printf '#!/bin/sh\nexec sleep infinity\n' >"$root/usr/bin/kiosk" ;;
has-no-reader) sed -i 's/^names = .*/names = ["Such a reader is nowhere"]/' "$root/etc/kiosk/kiosk.toml" ;;
hangs)
    mv "$root/usr/bin/kiosk" "$root/usr/bin/kiosk-that-hangs"
    # One minute of good health would be enough; it stands still before.
    printf '#!/bin/sh\n(sleep 45; kill -STOP $$) &\nexec /usr/bin/kiosk-that-hangs "$@"\n' >"$root/usr/bin/kiosk"
    chmod 0755 "$root/usr/bin/kiosk"
    ;;
*)
    echo "variant.sh knows no application that is $SICK" >&2
    exit 2
    ;;
esac
export OUT="$PLACE"
sh deploy/steps/verity.sh >/dev/null
sh deploy/steps/uki.sh
sh deploy/steps/bundle.sh
rm -rf --one-file-system "$root" "$PLACE"/root.img "$PLACE"/uki-*
