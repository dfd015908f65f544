#!/bin/sh
# summary: what can be tuned on a machine, to the letter, and which files set it when it starts
# args: none; `mark`, letters and digits that nothing on the host can foresee, is assigned in front of this text
# needs: sh, cat and grep of GNU, busybox or toybox
# undo: nothing is changed
#
# Output: sections as those of a quick scan.
#
#   self        process id of this script
#   files       /proc/sys, /sys, and files that set either, by path
#   modules     paths of kernel modules, loaded or not, that schedule disks or send packets
#   present     programs and timers that exist
#   end         nothing; without it the output was cut
set -eu
LC_ALL=C
export LC_ALL
mark=${mark:-}

section() { printf '== %s %s\n' "$mark" "$1"; }
lines() { grep -asH '' "$@" || :; }

tunable() {
  section files
  lines /proc/sys/vm/swappiness /proc/sys/vm/dirty_* /proc/sys/vm/overcommit_memory /proc/sys/vm/min_free_kbytes \
    /proc/sys/vm/vfs_cache_pressure /proc/sys/vm/max_map_count /proc/sys/fs/file-max /proc/sys/fs/nr_open \
    /proc/sys/fs/aio-max-nr /proc/sys/fs/inotify/* /proc/sys/net/core/[!b]* /proc/sys/net/ipv4/tcp_* \
    /proc/sys/net/ipv4/ip_local_port_range \
    /sys/block/*/queue/scheduler /sys/block/*/queue/read_ahead_kb /sys/block/*/queue/discard_max_bytes \
    /sys/devices/system/cpu/cpufreq/policy*/scaling_governor \
    /sys/devices/system/cpu/cpufreq/policy*/energy_performance_preference \
    /sys/devices/system/cpu/cpufreq/boost /sys/devices/system/cpu/intel_pstate/no_turbo \
    /sys/kernel/mm/transparent_hugepage/enabled /sys/firmware/acpi/platform_profile \
    /sys/firmware/acpi/platform_profile_choices
}

persistent() {
  lines /usr/lib/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /run/sysctl.d/*.conf /etc/sysctl.d/*.conf \
    /etc/sysctl.conf /etc/udev/rules.d/*.rules /etc/tmpfiles.d/*.conf /etc/fstab
}

modules() {
  section modules
  read -r release </proc/sys/kernel/osrelease || release=none
  for folder in /lib/modules /usr/lib/modules; do
    grep -ahsoE '[^ :]*/(tcp_bbr|tcp_cubic|sch_fq|bfq|kyber-iosched|mq-deadline)\.ko' \
      "$folder/$release/modules.dep" "$folder/$release/modules.builtin" || :
  done
}

present() {
  section present
  for path in /run/systemd/system /usr/bin/bpftrace /sys/kernel/btf/vmlinux /etc/systemd/system/timers.target.wants/fstrim.timer \
    /usr/lib/systemd/system/fstrim.timer /lib/systemd/system/fstrim.timer; do
    if [ -e "$path" ]; then printf '%s\n' "$path"; fi
  done
}

main() {
  section self
  printf '%s\n' "$$"
  tunable
  persistent
  modules
  present
  section end
}

main "$@" </dev/null
