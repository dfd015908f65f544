# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: steps and goals that several actions are made of; a goal that does not hold says why on standard error
# args: none; stands behind record.sh, in the action, in its rehearsal and in the recovery console
# needs: root; coreutils, GNU sed
# undo: restore.sh

# What would lock people out, stop the machine from starting, or take away the way back.
forbid() {
  case $1 in
    / | /bin/* | /sbin/* | /lib/* | /lib32/* | /lib64/* | /libx32/* | /boot/* | /efi/* | /dev/* | /proc/* | /sys/* | /run/* | /usr/lib/modules/*) ;;
    /etc/fstab | /etc/crypttab | /etc/ssh | /etc/ssh/* | /etc/sudoers | /etc/sudoers.d | /etc/sudoers.d/*) ;;
    /etc/passwd | /etc/shadow | /etc/group | /etc/gshadow | /etc/passwd- | /etc/shadow- | /etc/group- | /etc/gshadow-) ;;
    /etc/network | /etc/network/* | /etc/netplan | /etc/netplan/* | /etc/systemd/network | /etc/systemd/network/*) ;;
    /etc/resolv.conf | /etc/pam.d | /etc/pam.d/* | /var/lib/roost | /var/lib/roost/* | /var/lib/dpkg | /var/lib/dpkg/*) ;;
    */.ssh/* | */.ssh | */.gnupg/* | */.gnupg | */.kube/* | */.kube | */.aws/* | */.aws) ;;
    /*/../* | /*/./* | *//* | /*/..) ;;
    /*) return 0 ;;
  esac
  refuse 78 "$1 is not to be touched by an action."
}

# All of a file at once, in three steps of one subshell, which ends early where nothing is to be done:
# new_beside FOLDER NAME: enters the folder and makes `new`, which is gone with the subshell. No link is followed.
new_beside() {
  if [ ! -d "$1" ]; then (umask 022 && mkdir -p -- "$1") || exit 1; fi
  cd -P -- "$1" || exit 1
  if [ "$(pwd -P)" != "$1" ] || [ -L "$2" ] || [ -d "$2" ]; then refuse 78 "$1/$2 is not where it seems to be."; fi
  new=$(mktemp ./.roost-XXXXXXXX) || exit 1
  trap 'rm -f -- "$new"' EXIT
}

# fill_new NAME MODE TEXT: what is there gives its owner, mode and attributes, and stays when its text is this one.
fill_new() {
  if [ -e "$1" ]; then cp --preserve=all --attributes-only -- "./$1" "$new"; else chmod "$2" "$new"; fi || exit 1
  printf '%s' "$3" >"$new" || exit 1
  if cmp -s -- "$new" "./$1"; then exit 0; fi
}

# swap_in NAME: on the disk before it takes the place.
swap_in() { touch -- "$new" && sync "$new" && mv -f -- "$new" "./$1"; }

# write_file FOLDER NAME MODE TEXT
write_file() (
  forbid "$1/$2"
  new_beside "$1" "$2"
  fill_new "$2" "$3" "$4"
  swap_in "$2"
)

# remove_file FOLDER NAME
remove_file() (
  forbid "$1/$2"
  cd -P -- "$1" 2>/dev/null || exit 0
  if [ "$(pwd -P)" != "$1" ] || [ -d "$2" ]; then refuse 78 "$1/$2 is not where it seems to be."; fi
  rm -f -- "./$2"
)

# validate PROGRAM ARGUMENT...: what the program itself says of its configuration.
validate() {
  if ! command -v "$1" >/dev/null 2>&1; then
    printf '%s is not on this host.\n' "$1" >&2
    return 1
  fi
  "$@"
}

# set_live PATH VALUE: in the running kernel, which a rehearsal shares with the host and so leaves alone.
set_live() {
  if [ "${rehearsing:-}" = yes ]; then return 0; fi
  case $1 in
    *..*) refuse 78 "$1 is no value of the kernel." ;;
    /proc/sys/* | /sys/*) printf '%s\n' "$2" >"$1" ;;
    *) refuse 78 "$1 is no value of the kernel." ;;
  esac
}

# refresh_unit HOW UNIT: what runs takes its files up; what does not run is left alone.
refresh_unit() {
  if [ "$1" = remount ]; then
    remount "${2% *}" "${2##* }"
    return
  fi
  if ! has_units; then return 0; fi
  case $1 in
    stop) systemctl stop -- "$2" ;;
    reexec) systemctl daemon-reexec ;;
    reload | restart)
      systemctl daemon-reload
      if systemctl is-active --quiet -- "$2"; then systemctl "$1" -- "$2"; fi
      ;;
    *) refuse 78 "$1 is no way to refresh a unit." ;;
  esac
}

# remount POINT OPTIONS: what is mounted there by now; a rehearsal's copy has nothing mounted.
remount() {
  if [ "${rehearsing:-}" = yes ]; then return 0; fi
  mount -o "remount,$2" -- "$1"
}

# goal_text PATH TEXT: it is a file of its own with this text.
goal_text() {
  if [ ! -L "$1" ] && [ -f "$1" ] && printf '%s' "$2" | cmp -s - "$1"; then return 0; fi
  printf '%s has another text, or is not there.\n' "$1" >&2
  return 1
}

# goal_prints TEXT PROGRAM ARGUMENT...
goal_prints() {
  if ! has_units && [ "$2" = systemctl ]; then return 0; fi
  wanted=$1
  shift
  # From a folder that whoever the program runs as may enter.
  found=$(cd / && "$@" 2>&1) || :
  if [ "$found" = "$wanted" ]; then return 0; fi
  printf '%s says: %s\n' "$1" "$found" >&2
  return 1
}

# goal_still_prints UNIT TEXT PROGRAM ARGUMENT...: as goal_prints, of what ran before.
goal_still_prints() {
  if ! grep -qxF -- "$1" "$record/units" 2>/dev/null; then return 0; fi
  shift
  goal_prints "$@"
}

# goal_live PATH OPERATOR VALUE: what the kernel says now, number by number for atLeast and atMost.
goal_live() {
  found=$(live_value "$1")
  case $2 in
    equal) if [ "$found" = "$3" ]; then return 0; fi ;;
    *)
      set -f
      holds=yes
      wanted=$3
      for number in $found; do
        limit=${wanted%% *}
        wanted=${wanted#* }
        if [ "$2" = atLeast ]; then
          [ "$number" -ge "$limit" ] || holds=no
        else
          [ "$number" -le "$limit" ] || holds=no
        fi
      done
      set +f
      if [ -n "$found" ] && [ "$holds" = yes ]; then return 0; fi
      ;;
  esac
  printf '%s is %s, and was to be %s.\n' "$1" "$found" "$3" >&2
  return 1
}

# goal_unit UNIT STATE: what the next start makes of it.
goal_unit() {
  found=$(systemctl is-enabled -- "$1" 2>/dev/null || :)
  if [ "$found" = "$2" ]; then return 0; fi
  printf '%s is %s, and was to be %s.\n' "$1" "$found" "$2" >&2
  return 1
}

# goal_active UNIT: it runs, or comes to within ten seconds.
goal_active() {
  if ! has_units; then return 0; fi
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if systemctl is-active --quiet -- "$1"; then return 0; fi
    sleep 1
  done
  printf '%s does not run: %s.\n' "$1" "$(systemctl is-active -- "$1")" >&2
  return 1
}

# goal_still_active UNIT: what ran before runs.
goal_still_active() { if grep -qxF -- "$1" "$record/units" 2>/dev/null; then goal_active "$1"; fi; }
