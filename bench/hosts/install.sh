#!/bin/sh
# Installs packages of Debian's archive in a test host.
# usage: sh -s RESOLV_CONF PACKAGE...
set -eu

printf '%s' "$1" >/etc/resolv.conf
shift
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y update
apt-get -q -y --no-install-recommends install "$@"
