#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Judges the units, their confinement and the firewall with the image's own programs.
# Runs in the builder.
set -eu

root=$OUT/root
for folder in run tmp var; do mount -t tmpfs tmpfs "$root/$folder"; done
mount -t proc proc "$root/proc"
wrong=0
complain() {
    echo "check: $1" >&2
    wrong=1
}

at_most() { # unit, tenths of systemd's exposure level
    exposure=$(chroot "$root" systemd-analyze security --offline=true --no-pager "$1" |
        sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
    echo "check: $1 is exposed $exposure, at most $(echo "$2" | sed 's/.$/.&/')"
    chroot "$root" systemd-analyze security --offline=true --no-pager --threshold="$2" "$1" >/dev/null ||
        complain "$1 is exposed more than that: see systemd-analyze security --offline=true $1"
}
at_most kiosk.service 10
at_most kiosk-link.service 20
at_most kiosk-key.service 20
at_most kiosk-enrol.service 20
at_most kiosk-renew.service 20
at_most kiosk-certificate.service 20
at_most kiosk-clock.service 10
at_most kiosk-image.service 10
for unit in update confirm stick-update update-reboot; do at_most "kiosk-$unit.service" 20; done
at_most kiosk-site.service 10
at_most kiosk-outcomes.service 10
at_most kiosk-log.service 10
at_most kiosk-report.service 20
at_most kiosk-boot-entries.service 15
# It mounts for all the others, so most of what shuts a unit in is not for it.
at_most kiosk-data.service 50
at_most pcscd.service 40
for wish in reboot power-off usb-window install-now restart-readers; do at_most "kiosk-wish-$wish.service" 20; done

# The image's own systemd reads its own units.
for unit in var.mount kiosk-data.service kiosk-site.service run-provision.mount kiosk-outcomes.service \
    kiosk-report.service kiosk-report.timer kiosk-log.service kiosk.service kiosk-clock.service \
    kiosk-image.service kiosk-link.service pcscd.service pcscd.socket \
    kiosk-key.service kiosk-enrol.service kiosk-enrol.path kiosk-renew.service kiosk-renew.timer \
    kiosk-certificate.service kiosk-certificate.path \
    kiosk-update.service kiosk-confirm.service kiosk-stick-update.service kiosk-boot-entries.service \
    kiosk-wish-reboot.path kiosk-wish-power-off.path kiosk-wish-usb-window.path kiosk-wish-install-now.path \
    kiosk-wish-restart-readers.path; do
    said=$(chroot "$root" systemd-analyze verify --man=no --recursive-errors=no "$unit" 2>&1) || :
    [ -z "$said" ] || complain "systemd-analyze verify $unit: $said"
done
# What is handed out offers its source (GPL), to whoever stands at it.
offered=$(sed -n '/^\[staff\]/,/^\[/s/^source *= *"\(.*\)".*/\1/p' "$root/etc/kiosk/kiosk.toml")
[ "$KIND" = lab ] || [ -n "$offered" ] ||
    complain 'kiosk.toml says nowhere where its source is: set `source = "https://..."` in [staff]'
# So do the other programs theirs, as your overlay may have changed them.
reads() { # file, command
    file=$1
    shift
    said=$(chroot "$root" "$@" 2>&1) || complain "$file is refused: $said"
}
reads kiosk.toml kiosk --check-config --config /etc/kiosk/kiosk.toml
# With a fleet server it also reads what only a unit has: its name there and its token.
grep -q '^\[server' "$root/etc/kiosk-update/update.toml" || reads update.toml kiosk-update check-config
reads usbguard/rules.conf usbguard-rule-parser -f /etc/usbguard/rules.conf
reads chrony.conf chronyd -p -f /etc/chrony/chrony.conf
reads usb-window usbguard-rule-parser "$(sh "$root/usr/lib/kiosk/usb-window" rule)"
chroot "$root" nft --check --file /etc/nftables.conf || complain 'nftables.conf is refused'

# Nobody can log in, and nothing waits for somebody who would.
while IFS= read -r unit; do
    [ "$(readlink "$root/etc/systemd/system/$unit")" = /dev/null ] || complain "$unit is not masked"
done <"$root/usr/lib/kiosk-image/masked"
for program in sshd sudo; do
    [ -z "$(find "$root/usr" -name "$program" -type f)" ] || complain "$program is in the image"
done
awk -F: '$2 !~ /^!/ { print $1 }' "$root/etc/shadow" | grep . && complain 'these users have a password'
setuid=$(find "$root" -xdev -type f -perm /6000)
[ -z "$setuid" ] || complain "set-user or set-group programs: $setuid"

# Whoever's laboratory it was.
for certificate in secure-boot bundle bundle-ca; do
    [ "$KIND" = lab ] || ! openssl x509 -noout -subject -in "/keys/$certificate.crt" | grep -q 'CN *= *LAB ' ||
        complain "$certificate.crt is a laboratory's: a release wants the vendor's own"
done
for slot in a b; do
    sbverify --cert /keys/secure-boot.crt "$OUT/uki-$slot.efi" >/dev/null 2>&1 ||
        complain "uki-$slot.efi is not signed by secure-boot.crt"
done
exit $wrong
