#!/bin/sh
# Runs a program in a test host, in namespaces that end with it.
# usage: inside.sh BASE HOST PROGRAM [ARGUMENT...]
set -eu

if [ "${INSIDE:-}" != 1 ]; then
  INSIDE=1 exec unshare --mount --propagation private --pid --fork --kill-child --uts --ipc /bin/sh "$0" "$@"
fi
base=$1 host=$2
shift 2
root=$host/root
mount -t overlay -o "lowerdir=$base,upperdir=$host/upper,workdir=$host/work" test-host "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs test-host "$root/run"
mount --rbind /dev "$root/dev"
unset INSIDE
# Not the first process of its namespace, which no signal from within ends.
code=0
chroot "$root" "$@" || code=$?
exit "$code"
