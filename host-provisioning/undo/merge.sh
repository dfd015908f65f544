# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: lists that an action and whatever came after it both write: what is in them is put back entry by entry
# args: none; behind record.sh, in the action and in the recovery script
# needs: awk, which each Debian has
# undo: see restore.sh
#
# Without it the way back of one action would have to take the database of packages and the lists of accounts back as a
# whole, and with them what was installed since, whose files are there and stay there.

shared_lists='./etc/group ./etc/gshadow ./etc/passwd ./etc/shadow ./etc/subgid ./etc/subuid
  ./var/cache/debconf/config.dat ./var/cache/debconf/templates.dat ./var/lib/apt/extended_states ./var/lib/dpkg/status
  ./var/lib/dpkg/triggers/File'

# keep_shared: as the action left them, so that its own entries are told from those that came since.
keep_shared() {
  cd "$root/" || return 1
  # shellcheck disable=SC2086 # a list of names
  printf '%s\0' $shared_lists | sort -z | comm -z -12 - "$record/touched" >"$record/shared"
  there "$record/shared" >"$record/shared.there"
  tar --create --file "$record/after.tar" --no-recursion --null --verbatim-files-from --files-from "$record/shared.there"
  sync "$record/after.tar"
}

# three_way PATH HOW: keep: what came since stays as it is; replace: what the action changed is as before, whatever came
# since; names: of the entries that came since.
three_way() {
  case $1 in
    ./etc/*) kind=field ;;
    */File) kind=line ;;
    *) kind=stanza ;;
  esac
  tar --extract --to-stdout --file "$record/before.tar" "$1" >"$record/was" 2>/dev/null || :
  tar --extract --to-stdout --file "$record/after.tar" "$1" >"$record/left" 2>/dev/null || :
  awk -v kind="$kind" -v how="$2" '
    function key_of(entry) {
      if (kind == "line") return entry
      if (kind == "field") return substr(entry, 1, index(entry, ":") - 1)
      architecture = match(entry, /\nArchitecture: [^\n]*/) ? substr(entry, RSTART, RLENGTH) : ""
      return substr(entry, 1, index(entry "\n", "\n") - 1) architecture
    }
    BEGIN { between = "\n"; if (kind == "stanza") { RS = ""; between = "\n\n" } }
    { key = key_of($0); entry[file, key] = $0; if (!(key in known)) { known[key]; keys[++count] = key } }
    END {
      for (at = 1; at <= count; at++) {
        key = keys[at]
        was = entry[1, key]; left = entry[2, key]; now = entry[3, key]
        if (how == "names") {
          name = key
          sub(/\n.*/, "", name)
          sub(/^[A-Z][a-z]*: /, "", name)
          if (now != left) printf " %s", name
          continue
        }
        if (how == "keep") chosen = now == left ? was : now
        else chosen = was == left ? now : was
        if (chosen != "") printf "%s%s", chosen, between
      }
    }' file=1 "$record/was" file=2 "$record/left" file=3 "$1"
}

# mergeable: those of the conflicts that are such lists; none in records of older releases.
mergeable() {
  if [ ! -f "$record/after.tar" ]; then return 0; fi
  comm -z -12 "$record/shared" "$record/conflicts" | tr '\0' '\n' | while read -r path; do
    if [ -f "$path" ] && [ ! -L "$path" ]; then printf '%s\n' "$path"; fi
  done
}

# name_entries: drops lists from the conflicts in which only the time is another, and says of the others what came.
name_entries() {
  : >"$record/named"
  mergeable | while read -r path; do
    names=$(three_way "$path" names)
    if [ -n "$names" ]; then
      printf '%s\0' "$path"
      printf '%s:%.300s\n' "$path" "$names" >>"$record/named"
    fi
  done >"$record/merging"
  mergeable | tr '\n' '\0' | sort -zu | comm -z -23 - "$record/merging" | comm -z -13 - "$record/conflicts" \
    >"$record/conflicts.part"
  mv "$record/conflicts.part" "$record/conflicts"
}

# merge HOW: what the lists will be is written down before the first path is put back.
merge() {
  tr '\0' '\n' <"$record/merging" | while read -r path; do
    three_way "$path" "$1" >"$record/merged.$(basename "$path")" || exit 1
    sync "$record/merged.$(basename "$path")"
  done
  comm -z -23 "$record/restoring" "$record/merging" >"$record/restoring.part"
  mv "$record/restoring.part" "$record/restoring"
  sync "$record/merging"
}

# put_merged: with owner, mode and attributes that they have. Libraries are looked up anew, since they are other ones.
put_merged() {
  if [ ! -s "$record/merging" ]; then return 0; fi
  tr '\0' '\n' <"$record/merging" | while read -r path; do
    cp --preserve=all --attributes-only -- "$path" "$path.roost-new"
    cat "$record/merged.$(basename "$path")" >"$path.roost-new"
    sync "$path.roost-new"
    mv -f -- "$path.roost-new" "$path"
    say merged "${path#.}"
  done
  if command -v ldconfig >/dev/null; then ldconfig ${root:+-r "$root"} || :; fi
}
