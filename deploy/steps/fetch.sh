#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Downloads the locked packages that are not in /image/debs yet, checks each against the lock's
# hash, and makes of them an archive from which the root is built without the network.
# Runs in the builder.
set -eu

lock=/src/deploy/packages.lock
mkdir -p /image/debs
cd /image/debs

file_of() { # name version -> the .deb, where it is
    find . -maxdepth 1 -name "$1_$(printf %s "$2" | sed 's/:/%3a/')_*.deb"
}

missing=$(grep -v '^#' "$lock" | while IFS='=' read -r name version _; do
    [ -n "$(file_of "$name" "$version")" ] || echo "$name=$version"
done)
if [ -n "$missing" ]; then
    apt-get update --quiet=2
    # shellcheck disable=SC2086 # one word a package
    apt-get download --quiet=2 $missing || {
        echo 'Debian does not offer these versions any more. Put the .deb files into' >&2
        echo 'target/image/debs (from an earlier build, or from snapshot.debian.org), or move to' >&2
        echo "today's versions with: cargo xtask image lock" >&2
        exit 1
    }
fi

rm -rf /image/archive.new && mkdir /image/archive.new
grep -v '^#' "$lock" | while IFS='=' read -r name version sha256; do
    deb=$(file_of "$name" "$version")
    echo "$sha256  $deb" | sha256sum --check --quiet - || {
        echo "target/image/debs/$deb is not the package of packages.lock: remove it" >&2
        exit 1
    }
    ln "$deb" /image/archive.new/
done
cd /image/archive.new
dpkg-scanpackages --multiversion . 2>/dev/null >Packages
# mmdebstrap finds what is essential by the suite's name, which only a Release file has.
cat >Release <<END
Origin: packages.lock
Suite: stable
Codename: trixie
Architectures: amd64 all
Date: $(date -R --utc)
SHA256:
 $(sha256sum <Packages | cut -d' ' -f1) $(stat -c %s Packages) Packages
END
rm -rf /image/archive
mv /image/archive.new /image/archive
