#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes $PLACE/unit.img of $OUT/disk.img: the disk of a unit that has its key and its certificate
# (key.pem and certificate.pem in $PLACE), and is known to a fleet server (controller and token).
# Runs in the builder.
set -eu

disk=unit.img
. deploy/test/data.sh
cp --sparse=always "$OUT/disk.img" unit.img
take_data
debugfs -w -f - data.img >/dev/null 2>&1 <<END
mkdir lib/kiosk-link
cd lib/kiosk-link
write certificate.pem certificate.pem
write key.pem key.pem
set_inode_field key.pem mode 0100600
cd /lib
mkdir kiosk-update
cd kiosk-update
write controller controller
write token token
set_inode_field token mode 0100600
END
debugfs -R 'ls lib/kiosk-link' data.img 2>/dev/null | grep -q key.pem || {
    echo 'the data partition did not take the key' >&2
    exit 1
}
give_data
