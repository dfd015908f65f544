#!/bin/sh
# summary: what files hold, and whose they are
# args: none; `mark`, letters and digits that nothing on the host can foresee, and the function `paths`, which calls
#   `each` for each path, are given in front of this text
# needs: coreutils
# undo: nothing is changed
#
# Output: records, NUL behind each: `none PATH`, `other PATH` (a link, a folder, a file over 1 MiB), or
# `file MODE OWNER GROUP PATH` and its content as base64; `end MARK` last.
set -eu
LC_ALL=C
export LC_ALL

each() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    printf 'none %s\0' "$1"
  elif [ -L "$1" ] || [ ! -f "$1" ] || [ "$(stat -c %s -- "$1")" -gt 1048576 ]; then
    printf 'other %s\0' "$1"
  else
    printf 'file %s %s\0' "$(stat -c '%a %U %G' -- "$1")" "$1"
    base64 -w 0 -- "$1"
    printf '\0'
  fi
}

main() {
  paths
  printf 'end %s\0' "${mark:-}"
}

main "$@" </dev/null
