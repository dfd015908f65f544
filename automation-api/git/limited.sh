#!/bin/sh
# Usage: limited.sh FILE_BLOCKS CPU_SECONDS COMMAND...
# Runs COMMAND with a limit on the size of each file it writes (in blocks of 512 bytes) and on its CPU time.
# Its standard input becomes descriptor 3, where the credential helper finds the credential.
set -eu
ulimit -f "$1"
# Beyond POSIX, yet in dash, bash and busybox alike.
# shellcheck disable=SC3045
ulimit -t "$2"
shift 2
exec 3<&0 </dev/null
exec "$@"
