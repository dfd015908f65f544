#!/bin/sh
# summary: what makes a host this one: packages, sources, changed configuration, people, units, schedules
# args: none; `mark`, letters and digits that nothing on the host can foresee, and `passwords`, yes or no, are given in
#   front of this text
# needs: root; dpkg, apt, findutils
# undo: nothing is changed
#
# Output: records NAME and TEXT, NUL behind each; `file CLASS TYPE MODE OWNER GROUP SIZE PATH` has an empty text;
# `end MARK` last.
set -eu
LC_ALL=C
export LC_ALL

told() {
  printf '%s\0' "$1"
  shift
  "$@" 2>/dev/null || :
  printf '\0'
}

system() {
  printf 'architecture %s\n' "$(dpkg --print-architecture)"
  # shellcheck disable=SC1091 # the host's own
  (. /etc/os-release && printf 'id %s\ncodename %s\n' "${ID:-}" "${VERSION_CODENAME:-}")
}

# shellcheck disable=SC2016 # dpkg's own forms
packages() {
  told packages dpkg-query -W -f '${Package}\t${Architecture}\t${Version}\t${db:Status-Want}\t${db:Status-Status}\n'
  told manual apt-mark showmanual
  listing=$(dpkg-query -W -f 'package ${Package}\n${Conffiles}\n')
  printf 'conffiles\0%s\0sums\0' "$listing"
  printf '%s\n' "$listing" | sed -n 's/^ \(\/.*\) [0-9a-f]\{32\}$/\1/p' | tr '\n' '\0' | xargs -0 -r md5sum 2>/dev/null || :
  printf '\0'
}

people() {
  told accounts cat /etc/passwd
  told groups cat /etc/group
  if [ "${passwords:-no}" = yes ]; then told shadow cat /etc/shadow; fi
}

units() {
  told units systemctl --root=/ --no-legend --no-pager --full list-unit-files
  if [ -d /run/systemd/system ]; then
    told active systemctl list-units --no-legend --plain --full --state=active --type=service,socket,timer,path
  fi
  told owners grep -aHE '^(/usr)?/lib/systemd/system/[^/]+\.(service|socket|timer|path)$' \
    /var/lib/dpkg/info/*.list
}

# found CLASS PATH... -- TESTS: what find says of each, as a record with an empty text.
found() {
  class=$1
  shift
  find "$@" -printf "file $class %y %m %u %g %s %p\\0\\0" 2>/dev/null || :
}

# All of it but what packages brought.
files() {
  owned=$(mktemp -p /run)
  trap 'rm -f "$owned"' EXIT
  { sort -u /var/lib/dpkg/info/*.list && sed -n 's/^ \(\/[^ ]*\) .*/\1/p' /var/lib/dpkg/status; } | sort -u >"$owned"
  {
    for path in sources.list sources.list.d trusted.gpg trusted.gpg.d keyrings preferences preferences.d; do
      found sources "/etc/apt/$path" -xdev -type f
    done
    found sources /usr/share/keyrings -xdev -type f
    found units /etc/systemd/system -xdev -type f
    for path in crontab cron.d cron.hourly cron.daily cron.weekly cron.monthly; do
      found crontabs "/etc/$path" -xdev -type f
    done
    found crontabs /var/spool/cron/crontabs -xdev -type f
  } | tr '\n\0' '?\n' | awk -v list="$owned" '
    BEGIN { while ((getline path <list) > 0) owned[path] = 1 }
    /./ { path = $0; sub(/^file [^ ]* . [^ ]* [^ ]* [^ ]* [^ ]* /, "", path); if (!(path in owned)) print $0 "\n" }' |
    tr '\n' '\0'
}

main() {
  if [ "$(id -u)" != 0 ]; then
    printf 'This needs root.\n' >&2
    exit 77
  fi
  told system system
  packages
  people
  units
  files
  printf 'end %s\0' "${mark:-}"
}

main "$@" </dev/null
