#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Lays the files of $PLACE/provision into the partition of that name of a disk, as an installer does.
# Runs in the builder.
set -eu

cd "$PLACE"
disk=${disk:-disk.img}
first=$(sgdisk --info=5 "$disk" | sed -n 's/^First sector: \([0-9]*\).*/\1/p')
for file in provision/*; do
    mcopy -o -i "$disk@@$((first * 512))" "$file" "::$(basename "$file")"
done
