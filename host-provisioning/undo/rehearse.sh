# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: what an action would change, found by doing it in a copy of the host: an overlay in memory
# args: WORK, an empty folder; behind record.sh and the steps of the action, in namespaces of its own
# needs: root, overlayfs; all of the system on one file system
# undo: nothing is changed
#
# Output: records, NUL behind each: KIND TYPE SIZE BLOCKS LINKS INODE SIZE-BEFORE BLOCKS-BEFORE PATH, where KIND is
# removed, changed, created, or touched (a folder of which only the time changes), TYPE as find says it, BLOCKS of 512
# bytes; then `expected HASH`.

rehearse() {
  work=$1
  for folder in /etc /usr /var /var/lib /var/cache /var/log; do
    if [ "$(stat -c %d "$folder")" != "$(stat -c %d /)" ]; then
      refuse 69 "$folder is a file system of its own: what would change cannot be rehearsed."
    fi
  done
  place rehearsal
  mkdir "$work/space"
  mount -t tmpfs -o mode=0755 roost "$work/space" || refuse 69 'No file system in memory can be mounted here.'
  copy=$work/space/root
  upper=$work/space/upper
  mkdir "$copy" "$upper" "$work/space/work"
  # The copy's root is this folder's twin: programs of other users have to get past it.
  chmod --reference=/ "$upper"
  chown --reference=/ "$upper"
  mount -t overlay -o "lowerdir=/,upperdir=$upper,workdir=$work/space/work" roost "$copy" ||
    refuse 69 'No overlay can be mounted here: what would change cannot be rehearsed.'
  for folder in run tmp; do mount -t tmpfs roost "$copy/$folder"; done
  if [ -d "$work/packages" ]; then
    mkdir "$copy/run/packages"
    mount --bind "$work/packages" "$copy/run/packages"
  fi
  # A program may ask for addresses that only the host has.
  for family in ipv4 ipv6; do echo 1 2>/dev/null >"/proc/sys/net/$family/ip_nonlocal_bind" || :; done
  mount -t proc proc "$copy/proc"
  # The kernel is the host's own: nothing that runs in the copy sets anything there.
  mount --bind "$copy/proc/sys" "$copy/proc/sys"
  mount -o remount,bind,ro "$copy/proc/sys"
  mount --rbind /dev "$copy/dev"
  # No service is started or stopped by the scripts of packages.
  printf '#!/bin/sh\nexit 101\n' >"$copy/usr/sbin/policy-rc.d"
  chmod 0755 "$copy/usr/sbin/policy-rc.d"
  # Its folder does not change by what is there for the rehearsal alone.
  touch -d "$(stat -c %y /usr/sbin)" "$copy/usr/sbin"
  cat "$work/rehearsal" >"$copy/run/rehearsal"
  chroot "$copy" /bin/sh /run/rehearsal inside >"$work/log" 2>&1 </dev/null || {
    tail -n 5 "$work/log" >&2
    refuse 71 'The rehearsal failed; nothing was changed.'
  }
  changes >"$work/changes"
  cat "$work/changes"
  sed -z 's/^[^/]*/./' "$work/changes" | sort -zu >"$work/paths"
  printf 'expected %s\0' "$(state_of "$work/paths")"
}

form='%y %s %b %n %i %s %b %p\0'

changes() {
  cd /
  export copy upper
  (cd "$upper" && find . -type d -exec sh -c 'for folder; do
    # Folders that were not there before hold nothing that was removed.
    if [ -d "/$folder" ] && [ ! -L "/$folder" ]; then
      for old in "/$folder"/* "/$folder"/.[!.]* "/$folder"/..?*; do
        if [ ! -e "$old" ] && [ ! -L "$old" ]; then continue; fi
        name=${old##*/}
        if [ -e "$copy/$folder/$name" ] || [ -L "$copy/$folder/$name" ]; then continue; fi
        printf "%s\0" "$folder/$name"
      done
    fi
  done' sh {} +) | told removed -xdev
  (cd "$upper" && find . -mindepth 1 ! -path ./usr/sbin/policy-rc.d \( ! -type c -o ! -size 0 -o -links +9999 \) -print0) |
    sort_out
}

# told KIND [OPTIONS]: what find says of the paths that come in, and of all below with -xdev.
told() {
  kind=$1
  depth='-maxdepth 0'
  if [ $# -gt 1 ]; then depth=$2; fi
  depth=$depth form="$kind $form" xargs -0 -r sh -c 'find "$@" $depth -printf "$form"' find | sed -z 's/ \.\//\ \//'
}

# What the copy has of its own: new, other than before, or only a folder above such a thing.
sort_out() {
  xargs -0 -r sh -c 'same() {
    # A backup that programs of accounts write has the time of what it is of, in whole seconds.
    if [ -L "$1" ]; then [ "$(readlink "$1")" = "$(readlink "$copy/$1")" ]; return; fi
    [ ! -f "$1" ] || cmp -s "$1" "$copy/$1"
  }
  for path; do
    if [ -L "$path" ] || [ -e "$path" ]; then
      old=$(stat -c "%F %a %u %g" "$path") new=$(stat -c "%F %a %u %g" "$copy/$path")
      held=$(stat -c "%s %b" "$path")
      if [ "$old" = "$new" ]; then
        # Not even its time: it only stands above something, or was opened.
        if [ "$(stat -c %y "$path")" = "$(stat -c %y "$copy/$path")" ] && same "$path"; then continue; fi
        if [ -d "$path" ] && [ ! -L "$path" ]; then kind=touched; else kind=changed; fi
      else kind=changed; fi
    else kind=created held="0 0"; fi
    if [ -L "$copy/$path" ] || [ -e "$copy/$path" ]; then
      find "$copy/$path" -maxdepth 0 -printf "$kind %y %s %b %n %i $held "
      printf "/%s\0" "${path#./}"
    fi
  done' sh
}

if [ "${1:-}" = inside ]; then
  root=''
  rehearsing=yes
  packages=/run/packages
  step() { "$@"; }
  plan_steps </dev/null
else
  rehearse "$@" </dev/null
fi
