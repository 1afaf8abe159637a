#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Starts $OUT/disk.img in a machine without KVM, on a disk with room for the data partition; what is
# written is lost.
# Log of the serial line: $OUT/boot/serial.log; QEMU's monitor: $OUT/boot/qmp.sock.
# Runs in the builder, until the machine is off.
set -eu

boot=$OUT/boot
cd "$OUT" # where the monitor writes pictures to
cp /usr/share/OVMF/OVMF_VARS_4M.fd "$boot/vars.fd"
cp --sparse=always disk.img "$boot/disk.img"
truncate -s +512M "$boot/disk.img"
exec qemu-system-x86_64 -machine q35 -accel tcg -cpu max -smp 2 -m 1024 \
    -uuid 6b696f73-6b00-4000-8000-0000000000ff -nodefaults -no-reboot -display none \
    -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
    -drive if=pflash,format=raw,file="$boot/vars.fd" \
    -drive if=virtio,format=raw,file="$boot/disk.img" \
    -device virtio-vga,xres=1920,yres=1080 -device virtio-multitouch-pci -device virtio-rng-pci \
    -device qemu-xhci -device usb-kbd -device usb-mouse -device usb-ccid -device i6300esb -netdev user,id=net,restrict=on \
    -device virtio-net-pci,netdev=net \
    -serial "file:$boot/serial.log" -qmp "unix:$boot/qmp.sock,server=on,wait=off"
