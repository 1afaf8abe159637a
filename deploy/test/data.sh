# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced: takes the data partition of a unit without a TPM out of its disk as data.img, and gives it
# back.
cd "$PLACE"
disk=${disk:-disk.img}

sector() { # which: first or last sector of the data partition
    sgdisk --info=6 "$disk" | sed -n "s/^$1 sector: \([0-9]*\).*/\1/p"
}

take_data() {
    first=$(sector First)
    dd if="$disk" of=data.img bs=512 skip="$first" count=$(($(sector Last) - first + 1)) conv=sparse status=none
    # A journal of a pulled plug is replayed first.
    e2fsck -p data.img >/dev/null || [ $? -le 1 ]
}

give_data() {
    dd if=data.img of="$disk" bs=512 seek="$(sector First)" conv=notrunc status=none
    rm data.img
}
