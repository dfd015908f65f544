#!/bin/sh
# Boots a test host's own systemd, in a network that nothing leaves.
# usage: boot.sh BASE HOST
set -eu

if [ "${INSIDE:-}" != 1 ]; then
  INSIDE=1 exec unshare --mount --propagation private /bin/sh "$0" "$@"
fi
unset INSIDE
root=$2/root
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" test-host "$root"
# Its services may start, and its id is its own.
rm -f "$root/usr/sbin/policy-rc.d"
: >"$root/etc/machine-id"
# With anything more a guest could write to this machine's own disks and kernel.
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
exec systemd-nspawn --keep-unit --register=no --quiet --resolv-conf=off --console=pipe --private-network \
  --directory="$root" --boot
