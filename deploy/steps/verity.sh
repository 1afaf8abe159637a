#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes $OUT/root.img, the squashfs with its hash tree behind it, and says the root hash.
# Same root, same bytes: times are clamped, salt and number are made from the content.
# Runs in the builder.
set -eu

export SOURCE_DATE_EPOCH="$EPOCH"
rm -f "$OUT/root.img"
mksquashfs "$OUT/root" "$OUT/root.img" -noappend -comp zstd -no-progress -quiet -no-xattrs
size=$(stat -c %s "$OUT/root.img")
offset=$(((size + 4095) / 4096 * 4096))
truncate -s "$offset" "$OUT/root.img"
salt=$(sha256sum <"$OUT/root.img" | cut -d' ' -f1)
uuid=$(printf %s "$salt" | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-4\3-8\4-\5/')
veritysetup format --hash-offset="$offset" --salt="$salt" --uuid="$uuid" \
    --root-hash-file="$OUT/root.hash" "$OUT/root.img" "$OUT/root.img" >/dev/null
printf '%s\n' "$offset" >"$OUT/root.hash-offset"
echo "root hash $(cat "$OUT/root.hash")"
