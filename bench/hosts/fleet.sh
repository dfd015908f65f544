#!/bin/sh
# Starts OpenSSH servers with OpenSSH's default limits in a test host; they end with it.
# usage: sh -s PORT HOST_KEY AUTHORIZED ADDRESS...
set -eu

mkdir -p /run/sshd
umask 077
mkdir /run/fleet
port=$1
printf '%s' "$2" >/run/fleet/key
printf '%s' "$3" >/run/fleet/authorized
shift 3
# Machines do not see each other's processes.
for address; do
  unshare --mount --pid --fork --kill-child --mount-proc /usr/sbin/sshd -D -f /dev/null \
    -o ListenAddress="$address:$port" -o HostKey=/run/fleet/key -o PidFile=none \
    -o AuthorizedKeysFile=/run/fleet/authorized -o PermitRootLogin=prohibit-password -o UsePAM=no -o StrictModes=no \
    </dev/null >/dev/null 2>&1 &
done
listening=$(printf ':%04X 00000000:0000 0A' "$port")
until [ "$(grep -c "$listening" /proc/net/tcp)" -ge $# ]; do sleep 0.1; done
