#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A unit as a machine without KVM, in its folder $PLACE: firmware with Secure Boot (vars.fd), the disk
# at the NBD socket $DISK, monitor qmp.sock, card reader card.sock; with a TPM where the folder `tpm` is
# there, which is what it remembers. Its network is ours.
# Runs in the builder, until the machine is off.
set -eu

cd "$PLACE"
rm -f card.sock
tpm=
if [ -d tpm ]; then
    rm -f tpm.sock
    swtpm socket --tpm2 --tpmstate dir="$PLACE/tpm" --ctrl type=unixio,path="$PLACE/tpm.sock" --terminate --daemon
    tpm='-chardev socket,id=tpm,path=tpm.sock -tpmdev emulator,id=tpm,chardev=tpm -device tpm-crb,tpmdev=tpm'
fi
# shellcheck disable=SC2086 # several words
exec qemu-system-x86_64 -machine q35,smm=on -accel tcg,thread=multi -cpu max -smp 2 -m 1024 \
    -uuid 6b696f73-6b00-4000-8000-0000000000ff -nodefaults -display none -serial file:serial.log \
    -global driver=cfi.pflash01,property=secure,value=on \
    -drive if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd \
    -drive if=pflash,unit=1,format=raw,file=vars.fd \
    -drive "if=virtio,format=raw,cache=writeback,file=nbd:unix:$DISK" \
    -device virtio-vga,xres=1920,yres=1080 -device virtio-multitouch-pci -device virtio-rng-pci \
    -device qemu-xhci,id=usb -chardev socket,id=card,path=card.sock,server=on,wait=off \
    -device usb-ccid,id=reader,bus=usb.0 -device ccid-card-passthru,chardev=card,bus=reader.0 \
    -device i6300esb -watchdog-action reset -netdev user,id=net -device virtio-net-pci,netdev=net \
    $tpm \
    -qmp unix:qmp.sock,server=on,wait=off
