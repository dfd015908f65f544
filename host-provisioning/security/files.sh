#!/bin/sh
# summary: files that give rights: setuid and setgid, writable for everybody, owned by nobody
# args: none; `mark`, letters and digits that nothing on the host can foresee, is assigned in front of this text
# needs: sh, head and find of GNU; of busybox with stat
# undo: nothing is changed
#
# Output: sections as quick.sh has them. Searched are local file systems, each once; what container engines store is not.
#
#   mounts    `search POINT` or `skip POINT TYPE` for each local file system
#   found     each ended by NUL: `TYPE:MODE:UID:GID:USER:GROUP:PATH`; by busybox a line each, the type and mode together
#             as `x` and hexadecimal digits, and without what nobody owns
#   owners    the package manager's name, then `LIST:PATH` of dpkg or `PACKAGE:PATH` for programs with more rights
#   missing   programs without which nothing was searched
#   end       nothing; without it the output was cut
set -eu
LC_ALL=C
export LC_ALL
mark=${mark:-}
# No more is read of it: a host where everybody may write everywhere has a million lines to tell.
most=4000000

section() { printf '== %s %s\n' "$mark" "$1"; }

# Each file system once, however often it is bound.
mounts() {
  seen=' '
  # shellcheck disable=SC2034 # columns that nobody asks for
  while read -r id parent device root point rest; do
    type=${rest##* - }
    type=${type%% *}
    # What is one file system bound at several places differs in neither of these.
    case $seen in *" $device$root "*) continue ;; esac
    seen="$seen$device$root "
    case $type:$point in
      *:*\\* | *:/var/lib/docker/* | *:/var/lib/containers/* | *:/var/lib/containerd/*) printf 'skip %s %s\n' "$point" "$type" ;;
      ext[234]:* | xfs:* | btrfs:* | zfs:* | overlay:* | f2fs:* | jfs:* | reiserfs:* | bcachefs:*) printf 'search %s\n' "$point" ;;
      tmpfs:/sys/*) ;;
      tmpfs:* | vfat:* | exfat:*) printf 'search %s\n' "$point" ;;
      squashfs:* | iso9660:* | nfs*:* | cifs:* | smb*:* | fuse*:* | 9p:* | virtiofs:* | ceph:*) printf 'skip %s %s\n' "$point" "$type" ;;
    esac
  done </proc/self/mountinfo
}

# Prints what was found; its arguments are where to look.
walk() {
  stored='-path /var/lib/docker -o -path /var/lib/containers -o -path /var/lib/containerd'
  nobodys='-nouser -o -nogroup'
  how='-printf %y:%m:%U:%G:%u:%g:%p\0'
  if ! find / -maxdepth 0 -printf '' 2>/dev/null; then
    nobodys='-perm -4000'
    how='-exec stat -c x%f:%u:%g:%U:%G:%n {} +'
  fi
  # shellcheck disable=SC2086 # words of find
  find "$@" -xdev \( $stored \) -prune -o \( \
    -type f \( -perm -4000 -o -perm -2000 -o -perm -0002 -o $nobodys \) -o \
    -type d \( -perm -0002 ! -perm -1000 -o $nobodys \) \) $how 2>/dev/null
}

# Which packages the programs with more rights belong to; where /bin is a link, a list may have either name.
owners() {
  if [ -d /var/lib/dpkg/info ]; then
    printf 'dpkg\n'
    set --
    while read -r path; do
      set -- "$@" -e "$path" -e "${path#/usr}"
    done
    if [ $# -gt 0 ]; then grep -asxFH "$@" /var/lib/dpkg/info/*.list || :; fi
  elif command -v rpm >/dev/null 2>&1; then
    printf 'rpm\n'
    while read -r path; do
      if name=$(rpm -qf --qf '%{NAME}' "$path" 2>/dev/null); then printf '%s:%s\n' "$name" "$path"; fi
    done
  fi
}

privileged() {
  find "$@" -xdev \( -path /var/lib/docker -o -path /var/lib/containers -o -path /var/lib/containerd \) -prune -o \
    -type f \( -perm -4000 -o -perm -2000 \) -print 2>/dev/null | head -n 500
}

main() {
  section self
  printf '%s\n' "$$"
  section mounts
  known=$(mounts)
  printf '%s\n' "$known"
  section missing
  if ! command -v find >/dev/null 2>&1; then
    printf 'find\n'
    section end
    return
  fi
  set --
  while read -r verb point; do
    if [ "$verb" = search ]; then set -- "$@" "$point"; fi
  done <<LIST
$known
LIST
  section found
  { walk "$@" || :; } | head -c "$most"
  printf '\n'
  section owners
  privileged "$@" | owners
  section end
}

main "$@" </dev/null
