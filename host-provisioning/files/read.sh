#!/bin/sh
# summary: texts of files, as they are now
# args: none; `mark`, letters and digits that nothing on the host can foresee, and `paths`, which calls `each` for each
#   path, are given in front of this text
# needs: sh, cat, wc
# undo: nothing is changed
#
# Output: records, NUL behind each: `none PATH`, `link PATH`, `other PATH` for what is no file or over 1 MiB, or
# `file PATH` and a record that is the text; `end MARK` last.
set -eu

each() {
  if [ -L "$1" ]; then
    printf 'link %s\0' "$1"
  elif [ ! -e "$1" ]; then
    printf 'none %s\0' "$1"
  elif [ -f "$1" ] && [ "$(wc -c <"$1")" -le 1048576 ]; then
    printf 'file %s\0' "$1"
    cat -- "$1"
    printf '\0'
  else
    printf 'other %s\0' "$1"
  fi
}

main() {
  paths
  printf 'end %s\0' "${mark:-}"
}

main "$@" </dev/null
