# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: mount options, for the next start and now, timers of units, and trim
# args: none; behind the steps that all actions share
# needs: root; findmnt and mount of util-linux, systemd for timers
# undo: /etc/fstab and links of units come back with the record; `remount` and `stop` of the record's list do the rest.
#   Blocks that were trimmed held nothing, and stay so

# write_fstab TEXT: the whole table, if findmnt finds no fault in it. A table with a fault may keep a host from starting.
write_fstab() (
  new_beside /etc fstab
  fill_new fstab 0644 "$1"
  findmnt --verify --tab-file "$new" || exit 1
  swap_in fstab
)

# enable_unit UNIT: from the next start on, and now.
enable_unit() {
  systemctl enable --quiet -- "$1" || return 1
  if [ "${rehearsing:-}" != yes ] && has_units; then systemctl start -- "$1"; fi
}

# trim POINT: as the timer does it; a filesystem that cannot tell its disk is passed over.
trim() {
  if [ "${rehearsing:-}" = yes ]; then return 0; fi
  fstrim --verbose --quiet-unsupported -- "$1"
}

# goal_mounted POINT OPTION is|not: what is in force.
goal_mounted() {
  case ,$(findmnt --noheadings --output OPTIONS --mountpoint "$1"), in
    *,"$2",*) found=is ;;
    *) found=not ;;
  esac
  if [ "$found" = "$3" ]; then return 0; fi
  printf '%s: the option %s %s in force.\n' "$1" "$2" "$(if [ "$found" = is ]; then echo is; else echo 'is not'; fi)" >&2
  return 1
}
