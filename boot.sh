#!/bin/sh
# Makes ./configure from configure.ac (after a checkout; releases have it).
set -e
cd "$(dirname "$0")"
mkdir -p m4
exec autoreconf --install --force
