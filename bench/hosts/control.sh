#!/bin/sh
# Makes a test host one that Ansible runs on, for root on a server on 127.0.0.1.
# usage: sh -s KNOWN_HOSTS PRIVATE_KEY PORT
set -eu

umask 077
mkdir -p /root/.ssh
printf '%s' "$1" >/root/.ssh/known_hosts
printf '%s' "$2" >/root/key
printf '127.0.0.1 ansible_port=%s ansible_user=root ansible_ssh_private_key_file=/root/key\n' "$3" >/root/inventory
