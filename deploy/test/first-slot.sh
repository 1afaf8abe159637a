#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Says which slot the firmware of $PLACE starts first, A or B. Runs in the builder.
set -eu

virt-fw-vars --loglevel error --input "$PLACE/vars.fd" --output-json "$PLACE/vars.json"
python3 - "$PLACE/vars.json" <<'END'
import json, struct, sys

variables = {it["name"]: bytes.fromhex(it["data"]) for it in json.load(open(sys.argv[1]))["variables"]}
first = struct.unpack_from("<H", variables["BootOrder"])[0]
# UEFI 3.1.3: attributes, length of the path, then the description in UCS-2.
entry = variables["Boot%04X" % first][6:].decode("utf-16-le", "ignore")
print(entry.split("\0")[0])
END
