#!/bin/sh
# Shows folders to users who cannot reach them, in a view of the file system that only this process and its children
# have. To be started by `unshare --mount`.
# Arguments: an empty folder to work in, pairs of `cover PATH` and `bind PATH` (folders above come first), `--`,
# the program to become, its arguments.
set -eu
umask 022
staging=$1
shift
mount -t tmpfs -o mode=0700 tmpfs "$staging"

# Everything that is needed is held fast first: the covers are about to hide it.
number=0
verb=
for word in "$@"; do
  if [ "$word" = -- ] && [ -z "$verb" ]; then break; fi
  if [ -z "$verb" ]; then
    verb=$word
    continue
  fi
  number=$((number + 1))
  if [ "$verb" = bind ]; then
    if [ -d "$word" ]; then mkdir "$staging/$number"; else : >"$staging/$number"; fi
    mount --rbind "$word" "$staging/$number"
  fi
  verb=
done

number=0
while [ "$1" != -- ]; do
  number=$((number + 1))
  if [ "$1" = cover ]; then
    mkdir -p "$2"
    mount -t tmpfs -o mode=0755 tmpfs "$2"
  else
    if [ -d "$staging/$number" ]; then
      mkdir -p "$2"
    else
      mkdir -p "${2%/*}"
      : >"$2"
    fi
    mount --rbind "$staging/$number" "$2"
  fi
  shift 2
done
shift
umount --lazy "$staging"
exec "$@"
