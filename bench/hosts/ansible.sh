#!/bin/sh
# Installs ansible-core in a test host, with an inventory of one server on 127.0.0.1.
# usage: sh -s RESOLV_CONF KNOWN_HOSTS PRIVATE_KEY PORT USER
set -eu

printf '%s' "$1" >/etc/resolv.conf
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y update >&2
apt-get -q -y --no-install-recommends install ansible-core >&2
umask 077
mkdir -p /root/.ssh
printf '%s' "$2" >/root/.ssh/known_hosts
printf '%s' "$3" >/root/key
printf '127.0.0.1 ansible_port=%s ansible_user=%s ansible_ssh_private_key_file=/root/key\n' "$4" "$5" >/root/inventory
