#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Called by RAUC on the unit: the ESP that was written holds both slots' kernels; the firmware starts
# \EFI\BOOT\BOOTX64.EFI, so the slot's own is given that name and the other is removed.
set -eu

[ "$1" = slot-post-install ] || exit 0
boot=$RAUC_SLOT_MOUNT_POINT/EFI/BOOT
case $RAUC_SLOT_NAME in
esp.0) mine=a other=b ;;
esp.1) mine=b other=a ;;
*) exit 0 ;;
esac
mv "$boot/uki-$mine.efi" "$boot/BOOTX64.EFI"
rm "$boot/uki-$other.efi"
