#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Fills the data partition of $PLACE/disk.img but for a few blocks, as a unit's own files never could.
# Runs in the builder.
set -eu

. deploy/test/data.sh
take_data
free=$(dumpe2fs -h data.img 2>/dev/null | sed -n 's/^Free blocks: *//p')
block=$(dumpe2fs -h data.img 2>/dev/null | sed -n 's/^Block size: *//p')
dd if=/dev/urandom of=fill bs="$block" count=$((free - 8)) status=none
debugfs -w -R 'write fill fill' data.img >/dev/null 2>&1
e2fsck -p data.img >/dev/null || [ $? -le 1 ]
left=$(dumpe2fs -h data.img 2>/dev/null | sed -n 's/^Free blocks: *//p')
give_data
rm fill
echo "$left blocks of $block bytes were free"
