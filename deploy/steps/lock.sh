#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Says which packages, in which version and with which hash, packages.list comes to today.
# Runs in the builder; prints what apt would fetch, one package a line.
set -eu

apt-get update --quiet=2
# What lies in the cache is not named again.
apt-get clean
: >/tmp/no-status
# shellcheck disable=SC2046 # one word a package
apt-get --print-uris --yes --quiet=2 \
    -o Dir::State::status=/tmp/no-status \
    -o APT::Install-Recommends=false \
    -o Acquire::ForceHash=SHA256 \
    install '?essential' $(sed -e 's/#.*//' /src/deploy/packages.list | awk '{ print $1 }')
