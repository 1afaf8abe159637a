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

key_of() { # name: the key as sbsign and rauc take it; without a PIN the token's engine asks for it
    if [ ! -e "$keys/$1.uri" ]; then
        echo "$keys/$1.key"
    elif [ -e "$pin" ]; then
        echo "$(cat "$keys/$1.uri")?pin-source=file:$pin"
    else
        cat "$keys/$1.uri"
    fi
}

engine_of() { # name: sbsign's words for where that key is
    [ ! -e "$keys/$1.uri" ] || echo --engine pkcs11
}

quietly() { # command: what it says is told if it fails
    "$@" 2>"$OUT/said" || {
        cat "$OUT/said" >&2
        return 1
    }
    rm "$OUT/said"
}
