# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: brings a host back to a record of record.sh
# args: none; sourced behind record.sh. `on_change` says what becomes of what people changed since: stop (default),
#   keep: it stays as it is; replace: it is saved into the record, then replaced
# needs: as record.sh; neither network nor the package manager, and no script of a package runs
# undo: what was replaced is in saved.tar of the record

# restore_all: may be killed and called again at any point; it ends with exactly the files of before.
restore_all() {
  case $(reached) in
    '')
      if [ ! -d "$record" ]; then refuse 79 "There is no record $undo_id."; fi
      rm -rf "$record"
      say state undone
      return
      ;;
    undone)
      unwatch
      say state undone
      say reason already-so
      return
      ;;
    planned | quiesced)
      # The content was not touched yet; units may have been stopped.
      start_units
      mark undone
      unwatch
      say state undone
      return
      ;;
    undoing) ;;
    *) choose ;;
  esac
  put_back
  check_restored
  put_merged
  put_back_live
  start_units
  refresh_units
  mark undone
  drop_content
  unwatch
  say_host_keys "$record/restoring"
  say state undone
}

# What is back where it was need not be kept twice; what was replaced is nowhere else.
drop_content() { rm -f "$record"/before.tar "$record"/after.tar "$record"/merged.*; }

# choose: which paths are put back, written down before the first one is.
choose() {
  for list in conflicts staying named merging; do : >"$record/$list"; done
  if [ -f "$record/after" ]; then
    differing "$record/before" "$record/after" >"$record/touched"
    survey now "$record/touched"
    differing "$record/after" "$record/now" | comm -z -12 - "$record/touched" >"$record/conflicts"
    drop_folders "$record/conflicts"
    drop_caches "$record/conflicts"
    name_entries
    newcomers | sort -zu -o "$record/conflicts" - "$record/conflicts"
  else
    survey now
    differing "$record/before" "$record/now" >"$record/touched"
  fi
  cp "$record/touched" "$record/restoring"
  # Records of older releases have no such lists.
  : >>"$record/live"
  cp "$record/live" "$record/live.restoring"
  live_conflicts >"$record/live.conflicts"
  if [ -s "$record/conflicts" ] || [ -s "$record/live.conflicts" ]; then settle_conflicts; fi
  # To put a file back changes its folder, which otherwise may have been left alone.
  sed -z 's,/[^/]*$,,' "$record/restoring" | sort -zu - "$record/restoring" |
    comm -z -23 - "$record/staying" >"$record/restoring.part"
  mv "$record/restoring.part" "$record/restoring"
  sync "$record/restoring" "$record/live.restoring"
  mark undoing
}

# A folder whose time alone is another is no change of anybody's: something next to our files came or went.
drop_folders() {
  xargs -0 -r -a "$1" sh -c 'for path; do
    if [ -L "$path" ] || [ ! -d "$path" ]; then printf "%s\0" "$path"; fi
  done' sh >"$1.part"
  mv "$1.part" "$1"
}

# What programs make anew beside the lists that people asked them to change is no change of anybody's either.
drop_caches() {
  grep -zvE '^\./(var/cache/apt/(src)?pkgcache\.bin|var/lib/dpkg/(.*-old|lock(-frontend)?|triggers/Lock)|var/cache/debconf/.*-old|var/cache/ldconfig/aux-cache|etc/ld\.so\.cache|etc/(passwd|group|shadow|gshadow|subuid|subgid)-)$' \
    "$1" >"$1.part" || :
  mv "$1.part" "$1"
}

# Files that came since into folders that the action made, and would go with them.
newcomers() {
  comm -z -23 "$record/after.paths" "$record/before.paths" | xargs -0 -r sh -c 'for path; do
    if [ -d "$path" ] && [ ! -L "$path" ]; then find "$path" -xdev ! -type d -print0; fi
  done' sh | sort -zu | comm -z -23 - "$record/after.paths"
}

# What is kept of what was not there before, and the folders that it is in.
staying() {
  xargs -0 -r -a "$record/conflicts" sh -c 'for path; do
    while [ "$path" != . ]; do
      printf "%s\0" "$path"
      path=${path%/*}
    done
  done' sh | sort -zu | comm -z -23 - "$record/before.paths"
}

settle_conflicts() {
  if [ "${on_change:-stop}" != stop ] && [ ! -f "$record/after.tar" ] &&
    grep -qz '^\./var/lib/dpkg/\(status\|info/\)' "$record/conflicts"; then
    refuse 76 'Packages were installed or removed since, which records of that release cannot tell from its own.'
  fi
  case ${on_change:-stop} in
    keep)
      comm -z -23 "$record/touched" "$record/conflicts" >"$record/restoring"
      staying >"$record/staying"
      while read -r path value; do
        if ! grep -qxF "$path" "$record/live.conflicts"; then printf '%s %s\n' "$path" "$value"; fi
      done <"$record/live" >"$record/live.restoring"
      merge keep
      ;;
    replace)
      there "$record/conflicts" >"$record/saving"
      if [ "$(room)" -lt $(($(weigh "$record/saving") + 1048576)) ]; then refuse 74 'No room to save what is replaced.'; fi
      archive "$record/saving" saved || refuse 74 'What is replaced could not be saved; nothing was changed.'
      live_now >"$record/live.saved"
      merge replace
      ;;
    *)
      say state "$(reached)"
      say changed-since "$(($(tr -cd '\0' <"$record/conflicts" | wc -c) + $(wc -l <"$record/live.conflicts")))"
      # As many as a reply holds; all are in the record.
      comm -z -23 "$record/conflicts" "$record/merging" | tr '\n\0' '?\n' | cat "$record/named" - | sed 's/^\.//' |
        cat - "$record/live.conflicts" | sed 's/^/changed /' | head -c 3000
      exit 76
      ;;
  esac
}

# live_now: values of the kernel, in the form of the record.
live_now() {
  while read -r path _; do printf '%s %s\n' "$path" "$(live_value "$path")"; done <"$record/live"
}

# live_conflicts: paths of values that are neither as before nor as the action left them.
live_conflicts() {
  if [ -n "$root" ] || [ ! -f "$record/live.after" ]; then return 0; fi
  live_now >"$record/live.now"
  sort "$record/live" "$record/live.after" | sort -u >"$record/live.known"
  sort -u "$record/live.now" | comm -23 - "$record/live.known" | sed 's/ .*//'
}

# A device that is gone has no value to put back; from a rescue shell the kernel is another one.
put_back_live() {
  if [ -n "$root" ] || [ ! -f "$record/live.restoring" ]; then return 0; fi
  while read -r path value; do
    if [ ! -e "$path" ] || [ "$(live_value "$path")" = "$value" ]; then continue; fi
    printf '%s\n' "$value" >"$path" || :
    if [ "$(live_value "$path")" != "$value" ]; then refuse 77 "$path is not as it was: $value."; fi
  done <"$record/live.restoring"
}

put_back() {
  cd "$root/" || return 1
  # What was not there before goes, the innermost first; then what stands in the way of another kind of file.
  comm -z -23 "$record/restoring" "$record/before.paths" | sed -z '/^\.$/d' | sort -zr >"$record/new"
  stop_gone
  remove_all "$record/new"
  comm -z -12 "$record/restoring" "$record/before.paths" >"$record/old"
  xargs -0 -r -a "$record/old" sh -c 'find "$@" -maxdepth 0 ! -type d -print0 2>/dev/null || :' find |
    xargs -0 -r rm -f --
  if [ ! -s "$record/old" ]; then return; fi
  tar --extract --delay-directory-restore --file "$record/before.tar" --no-recursion --numeric-owner --same-permissions --acls --xattrs \
    --xattrs-include='*' --no-wildcards --null --verbatim-files-from --files-from "$record/old"
}

# A folder goes with what a program that is stopped by now has written into it at its end.
remove_all() { xargs -0 -r -a "$1" rm -rf --one-file-system --; }

# What runs by a unit that was not there before is stopped before its files go.
stop_gone() {
  if ! has_units; then return 0; fi
  sed -zn 's,^\./\(usr/lib\|lib\|etc\)/systemd/system/\([^/]*\.\(service\|socket\|timer\|path\)\)$,\2,p' "$record/new" |
    xargs -0 -r systemctl stop -- 2>/dev/null || :
}

check_restored() {
  survey now "$record/restoring"
  # The root itself is above every path, and in no scope.
  differing "$record/before" "$record/now" | comm -z -12 - "$record/restoring" | sed -z '/^\.$/d' >"$record/wrong"
  if [ -s "$record/wrong" ]; then
    tr '\n\0' '?\n' <"$record/wrong" | head -c 1000 >&2
    refuse 77 'These paths are not as they were.'
  fi
  say restored "$(tr -cd '\0' <"$record/restoring" | wc -c)"
}

start_units() {
  if ! has_units || [ ! -f "$record/units" ]; then return 0; fi
  systemctl daemon-reload
  stopped=$(running_units | comm -23 "$record/units" -)
  IFS='
'
  # One that does not start is told, and keeps nothing else from coming back.
  for unit in $stopped; do systemctl start -- "$unit" 2>/dev/null || say not-started "$unit"; done
  unset IFS
}

# A program that does not take its own former files up is told, and keeps nothing else from coming back.
refresh_units() {
  if [ -n "$root" ] || [ ! -f "$record/refresh" ]; then return 0; fi
  while read -r how unit; do
    refresh_unit "$how" "$unit" 2>/dev/null || say not-refreshed "$unit"
  done <"$record/refresh"
}
