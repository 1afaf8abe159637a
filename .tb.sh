# $DIR holds disk.img, tpm/, vars.fd
cd $DIR
tpm=
if [ -d tpm ]; then swtpm socket --tpm2 --tpmstate dir=$DIR/tpm --ctrl type=unixio,path=$DIR/tpm.sock --daemon
tpm='-chardev socket,id=tpm,path=tpm.sock -tpmdev emulator,id=tpm,chardev=tpm -device tpm-crb,tpmdev=tpm'; fi
exec timeout $SECS qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 \
    -uuid 6b696f73-6b00-4000-8000-0000000000ff -nodefaults -display none \
    -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
    -drive if=pflash,format=raw,file=vars.fd \
    -drive if=virtio,format=raw,file=disk.img $tpm \
    -device virtio-vga -device virtio-rng-pci -device qemu-xhci -netdev user,id=net,restrict=on -device virtio-net-pci,netdev=net \
    -serial file:serial.log -qmp unix:qmp.sock,server=on,wait=off
