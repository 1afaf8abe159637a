#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes $OUT/disk.img, what a new unit's disk is written with: two ESPs, two roots, and a small FAT for
# the installer's files. The unit makes the data partition itself, in the room that is left.
# No mount and no loop device: every filesystem is made as a file and put in its place.
# Runs in the builder.
set -eu

export SOURCE_DATE_EPOCH="$EPOCH"
disk=$OUT/disk.img
esp_mib=96 root_mib=256 provision_mib=16
guid() { printf '6b696f73-6b00-4000-8000-00000000000%s' "$1"; }

[ "$(stat -c %s "$OUT/root.img")" -le $((root_mib << 20)) ] || { echo "root.img is over $root_mib MiB: raise root_mib" >&2; exit 1; }
rm -f "$disk"
truncate -s $(((1 + 2 * esp_mib + 2 * root_mib + provision_mib + 1) << 20)) "$disk"
sgdisk --clear --disk-guid="$(guid 0)" \
    --new=1:0:+${esp_mib}M --typecode=1:ef00 --change-name=1:esp-a --partition-guid=1:"$(guid 1)" \
    --new=2:0:+${esp_mib}M --typecode=2:ef00 --change-name=2:esp-b --partition-guid=2:"$(guid 2)" \
    --new=3:0:+${root_mib}M --typecode=3:8304 --change-name=3:root-a --partition-guid=3:"$(guid 3)" \
    --new=4:0:+${root_mib}M --typecode=4:8304 --change-name=4:root-b --partition-guid=4:"$(guid 4)" \
    --new=5:0:+${provision_mib}M --typecode=5:0700 --change-name=5:provision --partition-guid=5:"$(guid 5)" \
    "$disk" >/dev/null

place() { # file, first MiB, whether it ends with zeroes that need no writing
    dd if="$1" of="$disk" bs=1M seek="$2" conv=notrunc,sparse status=none
}
part=$OUT/part.img
at=1
number=1
for slot in a b; do
    rm -f "$part" && truncate -s "${esp_mib}M" "$part"
    mkfs.vfat --invariant -F 32 -n "ESP-$(printf %s $slot | tr ab AB)" -i "6b696f0$number" "$part" >/dev/null
    touch -d "@$EPOCH" "$OUT/uki-$slot.efi"
    mmd -i "$part" ::EFI ::EFI/BOOT
    mcopy -m -i "$part" "$OUT/uki-$slot.efi" ::EFI/BOOT/BOOTX64.EFI
    place "$part" $at
    at=$((at + esp_mib)) number=$((number + 1))
done
for _ in a b; do
    place "$OUT/root.img" $at
    at=$((at + root_mib))
done
rm -f "$part" && truncate -s "${provision_mib}M" "$part"
mkfs.vfat --invariant -n PROVISION -i 6b696f03 "$part" >/dev/null
place "$part" $at
rm -f "$part"
[ "$(sgdisk --print "$disk" | grep -cE '^ +[1-5] ')" = 5 ] || { echo 'the disk has not its five partitions' >&2; exit 1; }
