# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: what an action has to keep before it changes a host: a record from which each file comes back as it was
# args: none; stands in front of a script that acts
# needs: root; coreutils 8.25, findutils, GNU sed and tar, flock: what each Debian has
# undo: restore.sh
#
# A record is a folder of the undo store, /var/lib/roost/undo/ID:
#   journal   states that were reached, one a line, each on the disk before what follows it begins
#   scope     paths that the action may touch, NUL behind each; trees: those of which everything below belongs to it
#   before    manifest of the scope; before.tar its content, owners, modes, times and extended attributes
#   after     manifest once the action was done; after.tar of those lists that others write too: merge.sh
#   units     what ran
#   live      values of the kernel before, PATH VALUE a line; live.after once the action was done
#   refresh   what reads its files again after a way back, HOW UNIT a line
#   watch     what takes the action back unless it is confirmed: watch.sh
#   log       what the steps said, at most a mebibyte
#   recover   a script that restores this record by itself, from a rescue shell too
# A manifest has records PATH, newline, attributes or checksum, NUL. Paths are relative: ./etc/passwd.
# Exit codes: 73 busy, 74 no room, 75 not the host that was planned for, 76 changed since, 77 not exactly restored,
# 78 refused by a guard, 79 no such record.

LC_ALL=C
export LC_ALL

# place ID [ROOT]: which record, and where the host's root is.
place() {
  case $1 in '' | *[!A-Za-z0-9_]*) refuse 64 'That is no name of a record.' ;; esac
  undo_id=$1
  root=${2:-}
  store=$root/var/lib/roost/undo
  record=$store/$undo_id
  # Where archives are kept while they are needed: in memory.
  packages=/run/roost-packages-$undo_id
}

say() { printf '%s %s\n' "$1" "$2"; }
refuse() {
  code=$1
  shift
  printf '%s\n' "$*" >&2
  exit "$code"
}

# The state that was reached last; nothing: no such record.
reached() { tail -n 1 "$record/journal" 2>/dev/null || :; }

mark() {
  printf '%s\n' "$1" >>"$record/journal"
  sync "$record/journal"
  tell "$1"
}

# tell TEXT: a line for whoever follows a job, which has it open as 3.
tell() { { printf '%s\n' "$1" >&3; } 2>/dev/null || :; }

# One change at a time; what a killed script has left running still holds the lock.
lock() {
  mkdir -p "$store"
  chmod 0700 "$root/var/lib/roost" "$store"
  exec 9>>"$store/lock"
  flock -w "${1:-0}" 9 || refuse 73 'Another change of this host is under way.'
}

# Is a system manager there that units can be asked of?
has_units() { [ -z "$root" ] && [ -d /run/systemd/system ]; }
running_units() {
  systemctl list-units --no-legend --plain --full --state=active --type=service,socket,timer,path |
    sed 's/ .*//' | sort
}

# there LIST: paths of the list that exist.
there() { xargs -0 -r -a "$1" sh -c 'find "$@" -maxdepth 0 -print0 2>/dev/null || :' find; }

# Paths of the scope that exist, with all that is below the trees. Sorted, so that a folder comes before its content.
existing() {
  {
    there "$record/scope"
    # What waits for a confirmation is no part of the host.
    xargs -0 -r -a "$record/trees" sh -c 'find "$@" -xdev ! -name "roost-undo-*" -print0 2>/dev/null || :' find
  } | sort -zu
}

# manifest LIST SCRATCH: records of the paths in the list. A folder's size says nothing, a link's is its target.
manifest() {
  {
    xargs -0 -r -a "$1" stat --printf='%n\n%F %a %u %g %.9Y %s\0' |
      sed -z 's/\(\ndirectory [^\n]*\) [0-9]*$/\1/'
    xargs -0 -r -a "$1" sh -c 'find "$@" -maxdepth 0 -type f -print0' find | xargs -0 -r sha256sum -z |
      sed -z 's/^\([0-9a-f]*\)  \(.*\)$/\2\nsha256 \1/'
    xargs -0 -r -a "$1" sh -c 'find "$@" -maxdepth 0 -type l -print0' find >"$2"
    xargs -0 -r -a "$2" readlink -z | paste -z -d '\n' "$2" -
  } | sort -z
}

# survey NAME [LIST]: manifest of the scope as it is now, or of a list of paths.
survey() {
  cd "$root/" || return 1
  if [ $# -gt 1 ]; then there "$2"; else existing; fi >"$record/$1.paths"
  manifest "$record/$1.paths" "$record/links" >"$record/$1.part"
  mv "$record/$1.part" "$record/$1"
}

# say_host_keys LIST: the keys that the host shows from now on, where the list of paths has any of them.
say_host_keys() {
  if ! grep -qz '^\./etc/ssh/ssh_host_[a-z0-9]*_key\.pub$' "$1"; then return 0; fi
  for each in "$root"/etc/ssh/ssh_host_*_key.pub; do
    if [ -f "$each" ]; then say host-key "$(cut -d ' ' -f 1,2 "$each")"; fi
  done
}

# differing OLD NEW: paths of which two manifests say different things.
differing() {
  comm -z -3 "$1" "$2" | sed -z 's/^\t//; s/\n[^\n]*$//' | sort -zu
}

# state_of LIST: one number for what an action was planned on: the files of a list but those that programs write by themselves.
state_of() {
  cd "$root/" || return 1
  {
    grep -zvE '^\./(var/(backups|cache|lib|lock|log|mail|run|spool|tmp)|run|tmp)/|/\.cache/' "$1" || :
    printf './var/lib/dpkg/status\0'
  } | sort -zu |
    xargs -0 -r sh -c 'find "$@" -maxdepth 0 ! -type d -print0 2>/dev/null || :' find >"$1.stable"
  manifest "$1.stable" "$1.links" | sha256sum | cut -c 1-64
  rm -f "$1.stable" "$1.links"
}

# Bytes that the files of a list hold, and a header for each.
weigh() { xargs -0 -r -a "$1" stat --printf='%s %F\n' | awk '/regular/ { n += $1 } { n += 2048 } END { printf "%.0f\n", n }'; }

room() { df -P -B 1 "$store" | awk 'NR == 2 { printf "%.0f\n", $4 }'; }

# open_record: begins a record; `scope` and `trees` are filled next. One that never became whole is swept first.
open_record() {
  for each in "$store"/*/; do
    if [ -d "$each" ] && ! grep -qs . "$each/journal"; then rm -rf "$each"; fi
  done
  if [ -d "$record" ]; then refuse 73 "There is a record $undo_id already: $(reached)."; fi
  mkdir -m 0700 "$record"
  for list in scope trees live refresh; do : >"$record/$list"; done
}

# What is above a path belongs to the scope too: its time changes with its content.
in_scope() {
  path=.$1
  while [ "$path" != . ]; do
    printf '%s\0' "$path"
    path=${path%/*}
  done >>"$record/scope"
}
tree_in_scope() {
  in_scope "$1"
  printf '%s\0' ".$1" >>"$record/trees"
}

# live_value PATH: what is in force: of several choices the one in brackets, blanks as one.
live_value() {
  sed -n '1h;1!H;${x;s/.*\[\([^]]*\)\].*/\1/;s/[[:space:]]\{1,\}/ /g;s/^ //;s/ $//;p}' "$1" 2>/dev/null || :
}

# live_in_scope PATH VALUE: as it was when the action was planned, or nothing is done.
live_in_scope() {
  if [ "$(live_value "$1")" != "$2" ]; then
    refuse 75 "$1 is no longer as it was when this was planned; nothing was changed."
  fi
  printf '%s %s\n' "$1" "$2" >>"$record/live"
}
refresh_in_scope() { printf '%s %s\n' "$1" "$2" >>"$record/refresh"; }

# Before anything is stopped or touched.
check_room() {
  cd "$root/" || return 1
  existing >"$record/before.paths"
  need=$(weigh "$record/before.paths")
  # As much again for what a rollback may have to set aside, and 16 MiB for the lists.
  need=$((need * 2 + 16777216))
  have=$(room)
  if [ "$have" -lt "$need" ]; then refuse 74 "The undo store needs $need bytes and has $have."; fi
}

# keep_before: writes the record, of the files as they are once services have stopped.
keep_before() {
  cd "$root/" || return 1
  existing >"$record/before.paths"
  printf '%s' "$recovery" >"$record/recover"
  sync "$record/recover" "$record/live" "$record/refresh"
  if ! archive "$record/before.paths" before; then
    refuse 74 'The files could not be saved; nothing was changed.'
  fi
  mark snapshotted
}

# archive LIST NAME: NAME.tar and the manifest NAME, which agree. A file that changes meanwhile is read again.
archive() {
  for turn in 1 2 3; do
    manifest "$1" "$record/links" >"$record/$2.part" || return 1
    code=0
    tar --create --file "$record/$2.tar.part" --format=posix --no-recursion --numeric-owner --acls --xattrs \
      --xattrs-include='*' --sparse --null --verbatim-files-from --files-from "$1" 2>"$record/tar.log" || code=$?
    if [ "$code" -gt 1 ]; then
      tail -n 3 "$record/tar.log" >&2
      return 1
    fi
    manifest "$1" "$record/links" >"$record/$2.again" || return 1
    if [ "$code" = 0 ] && cmp -s "$record/$2.part" "$record/$2.again"; then break; fi
    if [ "$turn" = 3 ]; then return 1; fi
  done
  rm -f "$record/$2.again"
  sync "$record/$2.tar.part" "$record/$2.part" || return 1
  mv "$record/$2.tar.part" "$record/$2.tar"
  mv "$record/$2.part" "$record/$2"
  sync "$record" || return 1
}
