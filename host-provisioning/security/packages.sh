#!/bin/sh
# summary: installed files that are otherwise than their packages have them
# args: none; `mark`, letters and digits that nothing on the host can foresee, is assigned in front of this text
# needs: sh, and dpkg, rpm or apk
# undo: nothing is changed
#
# Output: sections as quick.sh has them.
#
#   verified  the package manager's name, then its own lines; no name: there is none that can tell
#   excluded  patterns of paths that dpkg was told not to install
#   end       nothing; without it the output was cut
set -eu
LC_ALL=C
export LC_ALL
mark=${mark:-}

section() { printf '== %s %s\n' "$mark" "$1"; }
has() { command -v "$1" >/dev/null 2>&1; }

verify() {
  # Their exit code tells that something differs, which the lines do too.
  if [ -s /var/lib/dpkg/status ] && has dpkg; then
    printf 'dpkg\n'
    dpkg --verify 2>/dev/null || :
  elif { [ -d /var/lib/rpm ] || [ -d /usr/lib/sysimage/rpm ]; } && has rpm; then
    printf 'rpm\n'
    rpm -Va --nomtime --nordev 2>/dev/null || :
  elif [ -s /lib/apk/db/installed ] && has apk; then
    printf 'apk\n'
    apk audit --system 2>/dev/null || :
  fi
}

main() {
  section self
  printf '%s\n' "$$"
  section excluded
  grep -ashE '^path-(exclude|include)' /etc/dpkg/dpkg.cfg /etc/dpkg/dpkg.cfg.d/* || :
  section verified
  verify | head -c 4000000
  printf '\n'
  section end
}

main "$@" </dev/null
