# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced, with $keys: signs with a key that is a file of that folder, or one of a token that stays there
# (PKCS#11). Then NAME.uri stands in the place of NAME.key, and pkcs11.env is the environment of the
# token's module. xtask has put the PIN where nobody but this run sees it, without a newline.
pin=/run/pin/pin
if [ -e "$keys/pkcs11.env" ]; then
    set -a
    . "$keys/pkcs11.env"
    set +a
fi

# Sets $key, as sbsign and rauc take it, and $engine, sbsign's words for where it is. Without a PIN the
# token's engine asks for it.
key=
engine=
find_key() { # name
    key=$keys/$1.key
    engine=
    [ -e "$keys/$1.uri" ] || return 0
    key=$(cat "$keys/$1.uri")
    engine='--engine pkcs11'
    [ ! -e "$pin" ] || key="$key?pin-source=file:$pin"
}

quietly() { # command: what it says is told if it fails
    "$@" 2>"$OUT/said" || {
        cat "$OUT/said" >&2
        return 1
    }
    rm "$OUT/said"
}
