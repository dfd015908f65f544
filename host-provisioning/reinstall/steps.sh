# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: the steps and the health checks of a reinstallation
# args: none; stands behind record.sh and steps.sh of undo, in the action and in its rehearsal
# needs: root, apt, dpkg
# undo: see restore.sh

# Archives are kept in memory, and no cache is left behind.
apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -o Dir::Cache::archives="$packages" -o Dir::Cache::pkgcache= \
    -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}

# fetch_packages ARGUMENT...: a rehearsal has no network, and finds what was fetched before it.
fetch_packages() {
  if [ "${rehearsing:-}" = yes ]; then return 0; fi
  mkdir -p "$packages/partial" && apt_get --download-only "$@"
}

# install_packages ARGUMENT...: all in one transaction of the package manager, from what was fetched.
install_packages() {
  apt_get "$@" || return 1
  if [ "${rehearsing:-}" != yes ]; then rm -rf "$packages"; fi
}

# hold_packages hold|unhold NAME...
hold_packages() { apt-mark "$@"; }

# goal_version PACKAGE VERSION
goal_version() {
  found=$(dpkg-query -W -f '${db:Status-Status} ${Version}' -- "$1" 2>/dev/null || :)
  if [ "$found" = "installed $2" ]; then return 0; fi
  printf '%s is %s, and was to be installed %s.\n' "$1" "$found" "$2" >&2
  return 1
}

# goal_intact PACKAGE: its files are as packaged; what people may change in its configuration is not looked at.
goal_intact() {
  found=$(dpkg --verify -- "$1" | grep -v '^......... c ' || :)
  if [ -z "$found" ]; then return 0; fi
  printf '%s is not as packaged: %s\n' "$1" "$found" >&2
  return 1
}

# goal_listens PROTOCOL PORT: somebody does, or comes to within ten seconds.
goal_listens() {
  hex=$(printf '%04X' "$2")
  state=0A
  if [ "$1" = udp ]; then state=07; fi
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if cat "/proc/net/$1" "/proc/net/${1}6" 2>/dev/null |
      awk -v hex=":$hex" -v state="$state" '$4 == state && substr($2, length($2) - 4) == hex { found = 1 } END { exit !found }'; then
      return 0
    fi
    sleep 1
  done
  printf 'Nobody listens at %s %s.\n' "$1" "$2" >&2
  return 1
}

# goal_valid PROGRAM ARGUMENT...: the program takes its own configuration.
goal_valid() { validate "$@" >/dev/null; }
