#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes /image/initrd.img and /image/vmlinuz: the initrd finds the root, checks it, and has no shell
# to fall into (the command line's rd.shell=0). Runs in the builder, with the base's own dracut.
set -eu

export SOURCE_DATE_EPOCH="$EPOCH"
base=/image/base
for folder in tmp var/tmp; do mount -t tmpfs tmpfs "$base/$folder"; done
mount -t proc proc "$base/proc"
mount --rbind /dev "$base/dev"
kernel=$(ls "$base/lib/modules")
chroot "$base" dracut --quiet --no-hostonly --reproducible --gzip --kver "$kernel" \
    --modules 'systemd systemd-initrd base dracut-systemd kernel-modules rootfs-block fs-lib udev-rules dm systemd-veritysetup systemd-udevd systemd-journald' \
    --drivers 'virtio_blk virtio_pci virtio_scsi ahci nvme sd_mod mmc_block sdhci_pci sdhci_acpi dm_verity squashfs ext4 vfat nls_ascii nls_cp437' \
    /tmp/initrd.img
cp "$base/tmp/initrd.img" /image/initrd.img
cp "$base/boot/vmlinuz-$kernel" /image/vmlinuz
printf '%s\n' "$kernel" >/image/kernel-version
