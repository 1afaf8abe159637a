#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A time server with NTS on its usual ports; it leaves the host's clock alone. Runs in the builder.
set -eu

cd "$PLACE/time"
cat >server.conf <<END
local stratum 3
allow
ntsserverkey $PLACE/time/server.key
ntsservercert $PLACE/time/server.pem
ntsdumpdir $PLACE/time
cmdport 0
pidfile $PLACE/time/chronyd.pid
bindcmdaddress /
END
rm -f chronyd.pid
exec chronyd -d -x -u root -f "$PLACE/time/server.conf"
