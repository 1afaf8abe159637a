#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Changes one byte of the kernel's command line in both ESPs of $PLACE/disk.img: another root hash. With
# one of them changed the firmware would start the other. Runs in the builder.
set -eu

cd "$PLACE"
for part in 1 2; do
    first=$(sgdisk --info=$part disk.img | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
    esp=disk.img@@$((first * 512))
    mcopy -n -o -i "$esp" ::EFI/BOOT/BOOTX64.EFI kernel.efi
    at=$(grep -abo roothash= kernel.efi | head -n 1 | cut -d: -f1)
    byte=$(dd if=kernel.efi bs=1 skip=$((at + 9)) count=1 status=none)
    [ "$byte" = 0 ] && new=1 || new=0
    printf %s "$new" | dd of=kernel.efi bs=1 seek=$((at + 9)) conv=notrunc status=none
    mcopy -n -o -i "$esp" kernel.efi ::EFI/BOOT/BOOTX64.EFI
done
rm kernel.efi
echo "in both kernels the first digit of the root hash was $byte and is $new"
