#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes the keys of a laboratory (or of $WHOSE) in /keys: worth nothing, and marked as such.
# Runs in the builder.
set -eu
umask 077
cd /keys
whose=${WHOSE:-LAB}

new() { # name, subject: a key
    openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out "$1.key"
    openssl req -new -key "$1.key" -subj "/CN=$whose $2" -out "$1.csr"
}
new secure-boot 'Secure Boot, not for service'
openssl x509 -req -in secure-boot.csr -key secure-boot.key -days 3650 -out secure-boot.crt 2>/dev/null

printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' >ca.ext
printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n' >leaf.ext
new bundle-ca 'updates, not for service'
openssl x509 -req -in bundle-ca.csr -key bundle-ca.key -days 3650 -extfile ca.ext -out bundle-ca.crt 2>/dev/null
new bundle 'update signer, not for service'
openssl x509 -req -in bundle.csr -CA bundle-ca.crt -CAkey bundle-ca.key -CAcreateserial -days 3650 \
    -extfile leaf.ext -out bundle.crt 2>/dev/null

# What a vendor's own overlay must hold: whose cards are genuine, and whose service.
authority() { # name, subject, where its certificate goes, unless something lies there
    [ ! -e "$3" ] || return 0
    mkdir -p "$(dirname "$3")"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
        -subj "/CN=$whose $2, not for service" -days 3650 -out "$3" 2>/dev/null
}
authority card-ca 'card authority' overlay/etc/kiosk/card-ca.pem
authority service-ca 'central service' overlay/etc/kiosk-link/roots.pem
rm -f ./*.csr ./*.ext ./*.srl
