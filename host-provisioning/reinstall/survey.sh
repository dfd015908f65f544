#!/bin/sh
# summary: what apt would do with packages, and how their configuration files are beside what the packages brought
# args: none; `mark`, letters and digits that nothing on the host can foresee, and the functions `simulate`, which calls
#   apt with the arguments of the plan, and `versions`, which calls `each` for each name, are given in front of this
#   text, behind conffiles.sh
# needs: apt, dpkg; root only for locks, which a simulation does not take
# undo: nothing is changed
#
# Output: records, NUL behind each: `simulation CODE` and what apt said; `versions NAME` and rows of apt-cache madison;
# `conffiles` and the listing of dpkg-query; `sums` and those of md5sum; `end MARK` last.
set -eu
LC_ALL=C
export LC_ALL

# No cache is left behind.
simulated() { apt-get -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= --simulate "$@" 2>&1; }

each() {
  printf 'versions %s\0' "$1"
  apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= madison -- "$1" 2>/dev/null || :
  printf '\0'
}

main() {
  code=0
  said=$(simulate) || code=$?
  printf 'simulation %s\0%s\0' "$code" "$said"
  versions
  printf 'conffiles\0'
  listing=$(conffile_listing)
  printf '%s\0sums\0' "$listing"
  conffile_sums "$listing"
  printf '\0end %s\0' "${mark:-}"
}

main "$@" </dev/null
