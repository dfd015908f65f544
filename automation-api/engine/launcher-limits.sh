#!/bin/sh
# Becomes a program whose memory is never written to a disk, and which cannot fill the machine with processes.
# The limit of processes is each user's own, and does not hold for the superuser.
# Arguments: the program, its arguments.
# Beyond POSIX, but dash, bash and busybox all have it.
# shellcheck disable=SC3045
ulimit -c 0
# Shells differ in the letter; one that knows neither leaves the limit as it is.
# shellcheck disable=SC3045
ulimit -u 4096 2>/dev/null || ulimit -p 4096 2>/dev/null || :
umask 022
exec "$@"
