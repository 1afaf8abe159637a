#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Changes one byte of the kernel's command line in both ESPs of $PLACE/disk.img, which does no harm: it
# would start, if nobody looked. With one of them changed the firmware would start the other. Runs in the
# builder.
set -eu

cd "$PLACE"
for part in 1 2; do
    first=$(sgdisk --info=$part disk.img | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
    esp=disk.img@@$((first * 512))
    mcopy -n -o -i "$esp" ::EFI/BOOT/BOOTX64.EFI kernel.efi
    at=$(grep -abo 'loglevel=3 systemd.show_status' kernel.efi | head -n 1 | cut -d: -f1)
    printf 4 | dd of=kernel.efi bs=1 seek=$((at + 9)) conv=notrunc status=none
    mcopy -n -o -i "$esp" kernel.efi ::EFI/BOOT/BOOTX64.EFI
done
rm kernel.efi
echo 'in both kernels loglevel=3 is loglevel=4'
