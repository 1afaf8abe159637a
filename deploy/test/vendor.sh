#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes the keys of the test's vendor in /keys, whose overlay is there, and signs the unit's site files;
# makes those of the time server in $PLACE. The vendor's own go to a token (SoftHSM) and stay nowhere
# else. Runs in the builder.
set -eu

[ -e /keys/bundle.crt ] || WHOSE=TEST sh deploy/steps/keys.sh
if [ ! -e /keys/pkcs11.env ]; then
    rm -rf /keys/tokens
    mkdir -m 0700 /keys/tokens
    echo 'directories.tokendir = /keys/tokens' >/keys/softhsm2.conf
    export SOFTHSM2_CONF=/keys/softhsm2.conf
    pin=$(cat /run/pin/pin)
    # A test's PIN may stand on a command line.
    softhsm2-util --init-token --free --label vendor --so-pin "$pin" --pin "$pin" >/dev/null
    for name in secure-boot bundle; do
        softhsm2-util --import /keys/$name.key --token vendor --label $name --pin "$pin" \
            --id "$(printf %s $name | od -An -tx1 | tr -d ' \n')" >/dev/null
        echo "pkcs11:token=vendor;object=$name;type=private" >/keys/$name.uri
    done
    printf 'PKCS11_MODULE_PATH=%s\nSOFTHSM2_CONF=%s\n' /usr/lib/softhsm/libsofthsm2.so "$SOFTHSM2_CONF" >/keys/pkcs11.env
fi
rm -f /keys/secure-boot.key /keys/bundle.key
# Another vendor's, whose updates must be refused.
if [ ! -e "$PLACE/other/bundle.crt" ]; then
    mkdir -p "$PLACE/other"
    cd "$PLACE/other"
    openssl req -x509 -newkey rsa:3072 -nodes -keyout bundle.key -subj '/CN=ANOTHER vendor' -days 3650 \
        -addext extendedKeyUsage=codeSigning -out bundle.crt 2>/dev/null
    cp bundle.crt bundle-ca.crt
fi
# Who signs site files; the unit's own, and one that orders it to hand out what it has.
if [ ! -e "$PLACE/site.key" ]; then
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$PLACE/site.key"
fi
openssl ec -in "$PLACE/site.key" -pubout -out /keys/overlay/etc/kiosk-link/site-key.pem 2>/dev/null
for site in "$PLACE/unit/site.toml" "$PLACE/order/site.toml"; do
    openssl dgst -sha256 -sign "$PLACE/site.key" -out "$site.sig" "$site"
done
time=$PLACE/time
[ ! -e "$time/server.pem" ] || exit 0
mkdir -p "$time" /keys/overlay/etc/chrony
cd "$time"
ec='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
# shellcheck disable=SC2086 # several words
openssl req -x509 $ec -keyout ca.key -subj '/CN=TEST time' -days 3650 -out ca.pem 2>/dev/null
# shellcheck disable=SC2086
openssl req -new $ec -keyout server.key -subj '/CN=time.test' -out server.csr 2>/dev/null
printf 'subjectAltName=DNS:time.test\n' >server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 3650 -extfile server.ext -out server.pem 2>/dev/null
cp ca.pem /keys/overlay/etc/chrony/time-ca.pem
