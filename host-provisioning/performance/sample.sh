#!/bin/sh
# summary: how busy a machine is: counters of the kernel since its start, and what is in use now
# args: none; `mark`, letters and digits that nothing on the host can foresee, is assigned in front of this text
# needs: sh, grep; `df` for how full the root file system is
# undo: nothing is changed
#
# Output: sections as quick.sh has them. files: lines `PATH:LINE`; disks: names of whole disks; root: what df says.
set -eu
LC_ALL=C
export LC_ALL
mark=${mark:-}

section() { printf '== %s %s\n' "$mark" "$1"; }
picked() { grep -asHE "$@" || :; }

main() {
  section self
  section files
  picked '^(cpu|btime) ' /proc/stat
  picked '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
  picked '^some ' /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory
  picked '' /proc/diskstats
  section disks
  for path in /sys/block/*/device; do
    if [ -e "$path" ]; then
      path=${path%/device}
      printf '%s\n' "${path##*/}"
    fi
  done
  section root
  df -P -k / 2>/dev/null || :
  section end
}

main "$@" </dev/null
