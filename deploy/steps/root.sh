#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes $OUT/root: the base, the programs, the overlays; then enables, masks and cleans.
# Runs in the builder.
set -eu

root=$OUT/root
deploy=/src/deploy
rm -rf --one-file-system "$root"
cp -a --reflink=auto /image/base "$root"
for program in kiosk kiosk-link kiosk-enrol kiosk-update; do
    install -m 0755 "/image/programs/$program" "$root/usr/bin/"
done

overlay() { # folder: its files go over the root's, owned by root, readable, as executable as they are
    tar -C "$1" --dereference --owner=0 --group=0 --mode=u=rwX,go=rX -c . | tar -C "$root" --keep-directory-symlink -x
}
overlay "$deploy/overlay/common"
install -D -m 0644 "$deploy/kiosk.toml" "$root/etc/kiosk/kiosk.toml"
install -D -m 0644 "$deploy/link.toml" "$root/etc/kiosk-link/link.toml"
install -D -m 0644 "$deploy/update.toml" "$root/etc/kiosk-update/update.toml"
[ "$KIND" != lab ] || overlay "$deploy/overlay/lab"
[ ! -d /keys/overlay ] || overlay /keys/overlay
install -m 0644 /keys/bundle-ca.crt "$root/etc/rauc/keyring.pem"
chmod 0600 "$root"/etc/usbguard/rules.conf "$root"/etc/usbguard/usbguard-daemon.conf
printf 'IMAGE_ID=signature-pin-kiosk\nIMAGE_VERSION=%s\n' "$VERSION" >>"$root/usr/lib/os-release"

# No clock starts before this: what systemd takes for the least time that it can be.
touch -d "@$EPOCH" "$root/usr/lib/clock-epoch"

systemd-sysusers --root="$root"
systemctl --quiet --root="$root" preset-all
# shellcheck disable=SC2046 # one word a unit
systemctl --quiet --root="$root" mask $(cat "$root/usr/lib/kiosk-image/masked")
systemctl --quiet --root="$root" set-default multi-user.target

# The machine's number comes from its firmware (cmdline); the file is what it is mounted over.
: >"$root/etc/machine-id"
echo kiosk >"$root/etc/hostname"
[ -e /keys/overlay/etc/hosts ] || printf '127.0.0.1 localhost kiosk\n::1 localhost\n' >"$root/etc/hosts"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
sed -i 's/^\([^:]*\):[^:]*:[^:]*:/\1:!*:20000:/' "$root/etc/shadow"

# Nobody logs in, so nobody needs to become somebody else.
find "$root" -xdev -type f -perm /6000 -exec chmod ug-s {} +

# What the packages were is told by the SBOM; a unit installs none. /var is the data partition's, and
# new from here at a unit's first start.
cp "$root/var/lib/dpkg/status" "$OUT/dpkg-status"
rm -rf "$root"/var/lib/dpkg "$root"/var/lib/apt "$root"/var/cache "$root"/var/log "$root"/etc/apt \
    "$root"/etc/*- "$root"/etc/.pwd.lock "$root"/boot/initrd* "$root"/run "$root"/tmp "$root"/root/.[a-z]*
mkdir -m 0755 "$root/run" "$root/var/cache" "$root/var/log"
mkdir -m 1777 "$root/tmp"
rm -rf "$root/usr/share/factory/var"
mkdir -p "$root/usr/share/factory"
mv "$root/var" "$root/usr/share/factory/var"
mkdir -m 0755 "$root/var"
