# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: the steps of a reset; each refuses what no reset may touch, whatever the plan says
# args: none; stands behind record.sh and steps.sh of undo, in the action and in its rehearsal
# needs: root, dpkg
# undo: see restore.sh

# Packages of the list all go at once, with their settings: dpkg finds the order, and refuses what others need.
purge_packages() {
  for package; do
    case $package in '' | -* | *[!a-z0-9+.:-]*) refuse 78 "$package is no name of a package." ;; esac
    case $(dpkg-query -W -f '${Essential} ${Protected}' -- "$package" 2>/dev/null || :) in
      *yes*) refuse 78 "$package is essential." ;;
    esac
  done
  DEBIAN_FRONTEND=noninteractive dpkg --no-pager --purge "$@"
}

# leave PATH: what no reset takes away: what `forbid` knows, what packages brought, and what lies at the top.
leave() {
  forbid "$1"
  case $1 in
    /usr/local/?*) ;;
    /usr | /usr/*) refuse 78 "$1 goes with its package alone." ;;
    /*/*) ;;
    *) refuse 78 "$1 belongs to the machine." ;;
  esac
}

# delete_in FOLDER NAME...: files, links and empty folders of a folder. A link on the way there is not followed.
delete_in() (
  folder=$1
  shift
  cd -P -- "$folder" 2>/dev/null || exit 0
  if [ "$(pwd -P)" != "$folder" ]; then refuse 78 "$folder is not where it seems to be."; fi
  tell "    $# of $(printf %s "$folder" | tr '[:cntrl:]' '?')"
  for name; do
    case $name in '' | . | .. | */*) refuse 78 "$name is no name in a folder." ;; esac
    leave "${folder%/}/$name"
    if [ -d "$name" ] && [ ! -L "$name" ]; then rmdir -- "./$name" || exit 1; else rm -f -- "./$name" || exit 1; fi
  done
)

# empty_file FOLDER NAME: a log that a program may have open.
empty_file() (
  forbid "$1/$2"
  cd -P -- "$1" 2>/dev/null || exit 0
  if [ "$(pwd -P)" != "$1" ] || [ -L "$2" ]; then refuse 78 "$1/$2 is not where it seems to be."; fi
  if [ -f "$2" ]; then : >"./$2"; fi
)

# from_template TEMPLATE FOLDER NAME: a settings file as a new user has it, with the owner that it has.
from_template() (
  forbid "$2/$3"
  cd -P -- "$2" 2>/dev/null || exit 0
  if [ "$(pwd -P)" != "$2" ] || [ -L "$3" ]; then refuse 78 "$2/$3 is not where it seems to be."; fi
  if [ -f "$3" ]; then cat -- "$1" >"./$3"; fi
)

# end_processes UID: at once, so that they write nothing more; those of the system manager for the account too.
end_processes() {
  if has_units; then systemctl stop -- "user@$1.service" 2>/dev/null || :; fi
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    found=$(grep -lsE "^Uid:[[:space:]]+$1[[:space:]]" /proc/[0-9]*/status | sed 's|[^0-9]||g')
    if [ -z "$found" ]; then return 0; fi
    # shellcheck disable=SC2086 # numbers
    kill -KILL $found 2>/dev/null || :
    sleep 0.1
  done
}

# remove_user NAME HOME: an account that is none of the system's, and what is left of its folder below /home.
remove_user() {
  case $1 in '' | -* | *[!A-Za-z0-9_.-]*) refuse 78 "$1 is no name of an account." ;; esac
  if [ "$1" = "$(id -un)" ] || [ "$1" = "${SUDO_USER:-}" ] || [ "$(id -u -- "$1")" -lt 1000 ]; then
    refuse 78 "$1 is not to be removed."
  fi
  end_processes "$(id -u -- "$1")"
  userdel -- "$1" || return 1
  case $2 in
    */. | */.. | /home/ | /home/*/*) ;;
    /home/*) if [ -d "$2" ] && [ ! -L "$2" ]; then rm -rf --one-file-system -- "$2"; fi ;;
  esac
}

renew_machine_id() {
  tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id || return 1
  file=/var/lib/dbus/machine-id
  if [ -f "$file" ] && [ ! -L "$file" ]; then cat /etc/machine-id >"$file"; fi
}

# renew_host_keys KEY...: of the same kinds, with the owners and modes that they have.
renew_host_keys() (
  cd -P -- /etc/ssh || exit 1
  for key; do
    name=${key##*/}
    kind=${name#ssh_host_}
    case ${kind%_key} in rsa | ecdsa | ed25519) ;; *) refuse 78 "$key is no host key of a kind that is made here." ;; esac
    new=$(mktemp -d ./.roost-XXXXXXXX) || exit 1
    trap 'rm -rf -- "$new"' EXIT
    ssh-keygen -q -t "${kind%_key}" -N '' -C "root@$(uname -n)" -f "$new/key" || exit 1
    for end in '' .pub; do
      if [ -e "$name$end" ]; then
        chmod --reference="$name$end" "$new/key$end" && chown --reference="$name$end" "$new/key$end" || exit 1
      fi
      sync "$new/key$end" && mv -f -- "$new/key$end" "$name$end" || exit 1
    done
    rmdir -- "$new"
  done
)

# goal_no_user NAME
goal_no_user() { if id -- "$1" >/dev/null 2>&1; then printf '%s still has an account.\n' "$1" >&2 && return 1; fi; }

# goal_gone PACKAGE...
goal_gone() {
  for package; do
    case $(dpkg-query -W -f '${db:Status-Status}' -- "$package" 2>/dev/null || :) in
      '' | not-installed) ;;
      *) printf '%s is still there.\n' "$package" >&2 && return 1 ;;
    esac
  done
}
goal_absent() { if [ -e "$1" ] || [ -L "$1" ]; then printf '%s is still there.\n' "$1" >&2 && return 1; fi; }
