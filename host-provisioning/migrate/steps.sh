# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: the steps and goals that make a host like another one
# args: none; stands behind record.sh and steps.sh of undo and behind stage.sh, in the action and in its rehearsal
# needs: root, apt, dpkg, passwd; systemctl for units
# undo: see restore.sh

# fetch_migrated lists|packages ARGUMENT...: into memory, with the sources that are staged or in place by now. A
# rehearsal has no network, and finds what was fetched before it.
fetch_migrated() {
  if [ "${rehearsing:-}" = yes ]; then return 0; fi
  if [ "$1" = lists ]; then renew_lists || return 1; fi
  shift
  mkdir -p "$packages/partial" && apt_staged --download-only "$@"
}

# install_migrated ARGUMENT...: all in one transaction of the package manager.
install_migrated() { apt_staged "$@"; }

drop_fetched() { if [ "${rehearsing:-}" != yes ]; then rm -rf "$packages"; fi; }

# mark_packages hold|unhold|auto|manual NAME...
mark_packages() { apt-mark "$@"; }

# put_file PATH MODE OWNER GROUP BASE64: with this owner and mode, whatever is there.
put_file() (
  forbid "$1"
  name=${1##*/}
  new_beside "${1%/*}" "$name"
  printf '%s' "$5" | base64 -d >"$new" && chown -- "$3:$4" "$new" && chmod "$2" "$new" || exit 1
  if [ "$(stat -c '%a %U %G' "./$name" 2>/dev/null)" = "$2 $3 $4" ] && cmp -s -- "$new" "./$name"; then exit 0; fi
  swap_in "$name"
)

# add_group NAME GID: with this number where nobody has it.
add_group() {
  # A package may have brought it by now.
  if getent group -- "$1" >/dev/null; then return 0; fi
  if getent group -- "$2" >/dev/null; then groupadd -- "$1"; else groupadd --gid "$2" -- "$1"; fi
}

# add_user NAME UID GROUP COMMENT HOME SHELL GROUPS: with this number where nobody has it, and nobody can log in with a
# password until one is set.
add_user() {
  name=$1 groups=$7
  if getent passwd -- "$2" >/dev/null; then number=''; else number="--uid=$2"; fi
  set -- --gid "$3" --comment "$4" --home-dir "$5" --create-home --shell "$6"
  if [ -n "$groups" ]; then set -- "$@" --groups "$groups"; fi
  useradd ${number:+"$number"} "$@" -- "$name"
}

# set_user NAME COMMENT SHELL GROUPS: groups beside those that are there.
set_user() {
  usermod --comment "$2" --shell "$3" -- "$1" || return 1
  if [ -n "$4" ]; then usermod --append --groups "$4" -- "$1"; fi
}

# set_password NAME HASH
set_password() { printf '%s:%s\n' "$1" "$2" | chpasswd --encrypted; }

# set_unit UNIT enabled|disabled|masked: for the next start.
set_unit() {
  case $2 in
    enabled | disabled)
      if [ "$(systemctl is-enabled -- "$1" 2>/dev/null)" = masked ]; then systemctl --no-reload unmask -- "$1" || return 1; fi
      systemctl --no-reload "${2%d}" -- "$1"
      ;;
    masked) systemctl --no-reload mask -- "$1" ;;
    *) refuse 78 "$2 is no state of a unit." ;;
  esac
}

# run_unit UNIT: it takes its files up, whether it ran before or not.
run_unit() {
  if ! has_units; then return 0; fi
  systemctl daemon-reload && systemctl restart -- "$1"
}

# goal_package PACKAGE VERSION
goal_package() {
  found=$(dpkg-query -W -f '${db:Status-Status} ${Version}' -- "$1" 2>/dev/null || :)
  if [ "$found" = "installed $2" ]; then return 0; fi
  printf '%s is %s, and was to be installed %s.\n' "$1" "$found" "$2" >&2
  return 1
}

# goal_file PATH MODE OWNER GROUP SHA256
goal_file() {
  found=$(stat -c '%F %a %U %G' -- "$1" 2>/dev/null || :)
  sum=$(sha256sum <"$1" 2>/dev/null || :)
  case $found in
    "regular file $2 $3 $4" | "regular empty file $2 $3 $4") if [ "${sum%% *}" = "$5" ]; then return 0; fi ;;
  esac
  printf '%s is not as it was in the archive.\n' "$1" >&2
  return 1
}

# goal_user NAME SHELL
goal_user() {
  found=$(getent passwd -- "$1" | cut -d : -f 7)
  if [ "$found" = "$2" ]; then return 0; fi
  printf '%s is not there with the shell %s.\n' "$1" "$2" >&2
  return 1
}

# goal_stay_active UNIT...: they run, and have not ended a moment later.
goal_stay_active() {
  if ! has_units; then return 0; fi
  for unit in "$@"; do goal_active "$unit" || return 1; done
  sleep 2
  for unit in "$@"; do
    if systemctl is-active --quiet -- "$unit"; then continue; fi
    printf '%s ended soon after its start.\n' "$unit" >&2
    return 1
  done
}
