#!/bin/sh
# summary: who answers, as whom, and since when
# args: none
# needs: a login
# undo: nothing is changed
set -eu

main() {
  uname -s -r -m
  id -u -n
  cut -d ' ' -f 1 /proc/uptime
}

main "$@" </dev/null
