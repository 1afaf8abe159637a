#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Changes one byte of the kernel's command line in the first ESP of $PLACE/disk.img: another root
# hash. Runs in the builder.
set -eu

cd "$PLACE"
first=$(sgdisk --info=1 disk.img | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
esp=disk.img@@$((first * 512))
mcopy -n -o -i "$esp" ::EFI/BOOT/BOOTX64.EFI kernel.efi
at=$(grep -abo roothash= kernel.efi | head -n 1 | cut -d: -f1)
byte=$(dd if=kernel.efi bs=1 skip=$((at + 9)) count=1 status=none)
[ "$byte" = 0 ] && new=1 || new=0
printf %s "$new" | dd of=kernel.efi bs=1 seek=$((at + 9)) conv=notrunc status=none
mcopy -n -o -i "$esp" kernel.efi ::EFI/BOOT/BOOTX64.EFI
rm kernel.efi
echo "the first digit of the root hash was $byte and is $new"
