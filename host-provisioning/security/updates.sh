#!/bin/sh
# summary: what the host's own copy of its distribution's security index offers
# args: none; `mark`, letters and digits that nothing on the host can foresee, is assigned in front of this text
# needs: sh, head and grep; stat for when it was fetched; apt's own helper where the index is kept compressed
# undo: nothing is changed
#
# Output: sections as quick.sh has them.
#
#   releases  `PATH:KEY: VALUE` of each source's release file
#   fetched   `SECONDS PATH`, when that file came here
#   offered   `@PATH`, then Package, Version, Architecture and Source lines of a security index
#   unread    indexes that nothing here could unpack
#   end       nothing; without it the output was cut
set -eu
LC_ALL=C
export LC_ALL
mark=${mark:-}
lists=/var/lib/apt/lists
helper=/usr/lib/apt/apt-helper

section() { printf '== %s %s\n' "$mark" "$1"; }

offered() {
  for path in "$lists"/*ecurity*_Packages "$lists"/*ecurity*_Packages.*; do
    if ! [ -f "$path" ]; then continue; fi
    case $path in
      *_Packages) set -- cat "$path" ;;
      *) set -- "$helper" cat-file "$path" ;;
    esac
    if [ "$1" = "$helper" ] && ! [ -x "$helper" ]; then
      unread="$unread$path
"
      continue
    fi
    printf '@%s\n' "$path"
    "$@" 2>/dev/null | grep -aE '^(Package|Version|Architecture|Source): ' || :
  done
}

main() {
  unread=''
  section self
  printf '%s\n' "$$"
  section releases
  grep -asH -m 6 -E '^(Origin|Label|Suite|Codename|Date|Valid-Until): ' "$lists"/*Release || :
  section fetched
  stat -c '%Y %n' "$lists"/*Release 2>/dev/null || :
  section offered
  offered
  section unread
  printf '%s' "$unread"
  section end
}

main "$@" </dev/null
