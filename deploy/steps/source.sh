#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Gathers the corresponding source in /image/source: of each Debian package in the image, in the very
# version, and of the crates; the project itself is added by xtask. What cannot be had is listed in
# /image/source/missing, and xtask says what that means. Runs in the builder.
set -eu

[ -e /image/base.lock ] || { echo 'no base is there: run the step base first' >&2; exit 1; }
mkdir -p /image/source/debian
cd /image/source/debian
for suite in 'debian trixie' 'debian trixie-updates' 'debian-security trixie-security'; do
    echo "deb-src http://deb.debian.org/$suite main"
done >/etc/apt/sources.list.d/source.list
# Without the network what is there already may be all.
apt-get update --quiet=2 || :
# A package whose version says nothing of its source has the source's name and version itself.
dpkg-query --admindir="/image/base/var/lib/dpkg" --show \
    --showformat='${source:Package}=${source:Version}\n' | sort -u >/image/source/debian.list
is_whole() { # .dsc: whether it and every file that it names are there, by their hashes
    [ -f "$1" ] && awk '/^[^ ]/ { on = /^Checksums-Sha256:/; next } on { print $1 "  " $3 }' "$1" |
        sha256sum --check --status - 2>/dev/null
}

: >/image/source/missing
rm -f /image/source/lock
while IFS= read -r source; do
    name=${source%%=*} version=${source#*=}
    # The signed kernel's source is the signature's, 6.12.1+1; what it signs is of linux, 6.12.1-1.
    case $name in linux-signed-*) name=linux version=${version%+*}-${version##*+} ;; esac
    is_whole "${name}_${version#*:}.dsc" ||
        apt-get source --quiet=2 --download-only "$name=$version" >/dev/null 2>&1 ||
        echo "$name=$version" >>/image/source/missing
done </image/source/debian.list
cd /src
CARGO_TARGET_DIR=/image/cargo cargo vendor --quiet --locked /image/source/crates >/dev/null ||
    echo crates >>/image/source/missing
# Of which lock this is told.
cp /image/base.lock /image/source/lock
