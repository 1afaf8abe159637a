#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes room again in the data partition of $PLACE/disk.img. Runs in the builder.
set -eu

. deploy/test/data.sh
take_data
debugfs -w -R 'rm fill' data.img >/dev/null 2>&1
e2fsck -p data.img >/dev/null || [ $? -le 1 ]
give_data
