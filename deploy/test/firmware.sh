#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes $PLACE/vars.fd, what a new unit's firmware remembers: Secure Boot is on, and the vendor's
# certificate is the only one in it. Runs in the builder.
set -eu

owner=6b696f73-6b00-4000-8000-000000000001
virt-fw-vars --loglevel warning --input /usr/share/OVMF/OVMF_VARS_4M.fd --output "$PLACE/vars.fd" \
    --set-pk "$owner" /keys/secure-boot.crt --add-kek "$owner" /keys/secure-boot.crt \
    --add-db "$owner" /keys/secure-boot.crt --secure-boot
