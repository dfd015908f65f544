#!/bin/sh
# summary: what a reset could take away, and what tells why it is there
# args: none; in front of this text `mark`, letters and digits that nothing on the host can foresee, is assigned, and
#   `wanted_paths` calls `wanted` for each path that somebody wants gone
# needs: root; dpkg, findutils
# undo: nothing is changed
#
# Output: records, NUL behind each.
#   list TIME PATH       when each package was first unpacked here, by its file list
#   asked LINE           command lines of apt, oldest first, each behind its `Start-Date`, and what they did
#   unit LIST:PATH       units, desktop files and shells that packages bring
#   kernel RELEASE       the one that runs; login SHELL those of people; self NAME who is logged in
#   file CLASS TYPE SIZE BLOCKS TIME UID PATH
#   owner LIST:PATH      paths of packages where a reset takes files away, or where somebody wants it to
#   other PATH           what a package of another manager is known by: snap, flatpak, pip, pipx, npm
#   template TEMPLATE PATH   a settings file of a person that is otherwise than the system's template
#   person NAME UID HOME     whoever is no account of the system; host-key PATH; machine-id yes
#   conffiles TEXT, sums TEXT, available TEXT   of conffiles.sh, in front of this text, and of apt-cache madison
#   end MARK             without it the output was cut
set -eu
LC_ALL=C
export LC_ALL
mark=${mark:-}

# found CLASS PATH... -- TESTS: what find says of each.
found() {
  class=$1
  shift
  # shellcheck disable=SC2016 # find's own form
  find "$@" -printf "file $class %y %s %b %T@ %U %p\\0" 2>/dev/null || :
}

packages() {
  stat --printf='list %Y %n\0' /var/lib/dpkg/info/*.list
  for log in /var/log/apt/history.log.*.gz; do
    if [ -f "$log" ]; then gzip -dc "$log"; fi
  done | cat - /var/log/apt/history.log 2>/dev/null | grep -aE '^(Start-Date|Commandline|Install|Upgrade|Reinstall):' |
    sed 's/^/asked /' | tr '\n' '\0' || :
  grep -aHE '^(/usr)?(/lib/systemd/system/[^/]+\.(service|socket|timer)|/share/applications/.*\.desktop|/bin/[a-z]*sh)$' \
    /var/lib/dpkg/info/*.list | sed 's/^/unit /' | tr '\n' '\0' || :
  printf 'kernel %s\0' "$(uname -r)"
  printf 'self %s\0' "${SUDO_USER:-$(id -u -n)}"
}

# Folders of the people who can log in, and of root; links among them are not followed.
homes() {
  while IFS=: read -r name _ id _ _ home shell; do
    if [ "$id" -ge 1000 ] && [ "$id" -lt 60000 ]; then printf 'person %s %s %s\0' "$name" "$id" "$home"; fi
    case $shell in */nologin | */false | */sync | '') continue ;; esac
    printf 'login %s\0' "$shell"
    if [ "$id" -ge 1000 ] || [ "$id" = 0 ]; then
      if [ -d "$home" ] && [ ! -L "$home" ] && [ "$home" != / ]; then home_of "$name" "$home"; fi
    fi
  done </etc/passwd
}

home_of() {
  for cache in .cache .npm/_cacache .cargo/registry/cache go/pkg/mod/cache .gradle/caches .m2/repository; do
    if [ -d "$2/$cache" ] && [ ! -L "$2/$cache" ]; then found user-cache "$2/$cache" -xdev -mindepth 1; fi
  done
  for template in /etc/skel/.*; do
    own=$2/${template##*/}
    if [ -f "$template" ] && [ -f "$own" ] && [ ! -L "$own" ] && ! cmp -s "$template" "$own"; then
      printf 'template %s %s\0' "$template" "$own"
    fi
  done
  others_of "$2"
  # What stays is told too, since the folders above it stay with it.
  found home "$2" -xdev -mindepth 1 \( \( -name .ssh -o -name .gnupg -o -name .kube -o -name .aws \) -prune -o -true \)
}

# named PATH...: packages of other managers, by what they are known by; a pattern that fits nothing is no path.
named() {
  for each; do
    if [ -e "$each" ]; then printf 'other %s\0' "$each"; fi
  done
}

# is_there FOLDER: without a link on the way.
is_there() { [ "$(cd -P -- "$1" 2>/dev/null && pwd -P)" = "$1" ]; }

others() {
  named /var/lib/snapd/snaps/*.snap /var/lib/flatpak/app/* /opt/pipx/venvs/* \
    /usr/local/lib/python3*/*-packages/*.dist-info /usr/local/lib/node_modules/[!.@]* /usr/local/lib/node_modules/@*/*
  if is_there /var/lib/flatpak; then found user-package /var/lib/flatpak -xdev -mindepth 1; fi
}

# others_of HOME: with all that belongs to their managers alone.
others_of() {
  own=$1/.local
  named "$own"/share/flatpak/app/* "$own"/share/pipx/venvs/* "$own"/pipx/venvs/* \
    "$own"/lib/python3*/site-packages/*.dist-info "$own"/lib/node_modules/[!.@]* "$own"/lib/node_modules/@*/* \
    "$1"/.npm-global/lib/node_modules/[!.@]* "$1"/.npm-global/lib/node_modules/@*/*
  for folder in "$own"/share/flatpak "$own"/share/pipx "$own"/pipx "$own"/lib/python3*/site-packages \
    "$own"/lib/node_modules "$1"/.npm-global; do
    if is_there "$folder"; then found user-package "$folder" -xdev; fi
  done
  if ! is_there "$own/bin"; then return 0; fi
  found user-package "$own/bin" -xdev -type l \( -lname '*/pipx/venvs/*' -o -lname '*/lib/node_modules/*' \)
  # The programs that pip has noted with its packages.
  for notes in "$own"/lib/python3*/site-packages/*.dist-info/RECORD; do
    if [ -f "$notes" ]; then sed -n 's|^\.\./\.\./\.\./bin/\([^/,]*\),.*|\1|p' "$notes"; fi
  done | while read -r name; do found user-package "$own/bin/$name" -xdev -maxdepth 0 -type f; done
}

# What makes a machine this one.
identity() {
  for key in /etc/ssh/ssh_host_*_key; do
    if [ -f "$key" ] && [ ! -L "$key" ]; then printf 'host-key %s\0' "$key"; fi
  done
  if [ -s /etc/machine-id ]; then printf 'machine-id yes\0'; fi
}

# Settings that are otherwise than packaged, and which packages could be had again.
packaged() {
  listing=$(conffile_listing)
  printf 'conffiles %s\0sums %s\0available ' "$listing" "$(conffile_sums "$listing")"
  if command -v apt-cache >/dev/null; then
    printf '%s\n' "$listing" | awk '/^package / { name = $2 } /^ \// { print name }' | sort -u |
      xargs -r apt-cache -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= madison apt dpkg 2>/dev/null || :
  fi
  printf '\0'
}

files() {
  found apt-cache /var/cache/apt -xdev -type f \( -name '*.deb' -o -name 'pkgcache.bin' -o -name 'srcpkgcache.bin' \)
  found temporary /tmp -xdev -mindepth 1 -mtime +10 -atime +10 ! -type d
  found temporary /var/tmp -xdev -mindepth 1 -mtime +30 -atime +30 ! -type d
  found old-log /var/log -xdev -type f \( -name '*.gz' -o -name '*.xz' -o -name '*.[0-9]' -o -name '*.old' -o -name '*@*.journal' \)
  found live-log /var/log -xdev -type f -size +0 -name '*.log' ! -path '/var/log/apt/*' ! -name dpkg.log
  found coredump /var/lib/systemd/coredump /var/crash -xdev -type f
  found source /etc/apt/sources.list.d -xdev -type f
  for folder in /srv /opt /var/www /usr/local; do
    if [ -d "$folder" ] && [ ! -L "$folder" ]; then found data "$folder" -xdev -mindepth 1; fi
  done
  found schedule /var/spool/cron/crontabs -xdev -type f
  found setting /etc -xdev ! -type d
  owners '^/(etc|opt|srv|var/www|usr/local)/'
}

owners() {
  grep -aHE "$1" /var/lib/dpkg/info/*.list | sed 's/^/owner /' | tr '\n' '\0' || :
  # Configuration that its package no longer brings is its own all the same.
  awk '/^Package:/ { name = $2 } /^ \// { print "owner /var/lib/dpkg/info/" name ".list:" $1 }' /var/lib/dpkg/status |
    tr '\n' '\0'
}

# wanted PATH: with all below; what a link leads to is not there.
wanted() {
  folder=${1%/*}
  if ! is_there "${folder:-/}"; then return 0; fi
  found wanted "$1" -xdev
  wanted=$1 awk 'index($0, ENVIRON["wanted"] "/") == 1 || $0 == ENVIRON["wanted"] { print "owner " FILENAME ":" $0 }' \
    /var/lib/dpkg/info/*.list | tr '\n' '\0'
}

main() {
  packages
  homes
  others
  files
  wanted_paths
  identity
  packaged
  printf 'end %s\0' "$mark"
}

main "$@" </dev/null
