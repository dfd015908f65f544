#!/bin/sh
# Starts a program that outlives whoever asked for it and holds none of their files.
# Arguments: a file for what it prints when it cannot work, the program, its arguments.
log=$1
shift
umask 077
"$@" </dev/null >/dev/null 2>>"$log" &
