#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Unpacks the locked packages into /image/base, which both kinds of image start from.
# Runs in the builder, without the network.
set -eu

export SOURCE_DATE_EPOCH="$EPOCH"
# No package makes an initrd of its own: initrd.sh does, once, for the image.
export INITRD=No
names=$(grep -v '^#' /src/deploy/packages.lock | cut -d= -f1 | tr '\n' ',')
rm -rf --one-file-system /image/base.new
mmdebstrap --mode=root --variant=essential --quiet --skip=check/empty \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --include="$names" \
    trixie /image/base.new 'deb [trusted=yes] copy:/image/archive ./'

# The lock, the whole lock and nothing but the lock.
grep -v '^#' /src/deploy/packages.lock | cut -d= -f1,2 | sort >/tmp/locked
dpkg-query --admindir=/image/base.new/var/lib/dpkg --show \
    --showformat='${Package}=${Version}\n' | sort >/tmp/installed
diff /tmp/locked /tmp/installed || {
    echo 'the root does not hold exactly what packages.lock says (< locked, > installed)' >&2
    exit 1
}
rm -rf --one-file-system /image/base
mv /image/base.new /image/base
