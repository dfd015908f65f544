#!/bin/sh
# summary: what is only known by asking more than files: how full disks are, who may log in, what is scheduled, what failed
# args: none; `mark`, letters and digits that nothing on the host can foresee, is assigned in front of this text
# needs: sh and grep; asks stat, ls, who, readlink, systemctl, ip, lvs and od where they are
# undo: nothing is changed
#
# Output: sections as quick.sh has them. No value of an option and no argument of a command is read out: they hold
# passwords.
#
#   filesystems  `BLOCK-SIZE BLOCKS FREE AVAILABLE FILES FREE-FILES POINT` of what is mounted from this machine
#   links        listings of /dev/disk/by-*
#   files        lines `PATH:LINE`: places of partitions, RAID, limits of a login, public host keys, versions in
#                package.json, profiles of AppArmor, flags of interfaces
#   paths        paths that exist, whose names say something
#   graphics     `PATH:LINE` of what NVIDIA's driver tells
#   volumes      `group|`, `logical|` and `physical|` lines of LVM, sizes in bytes
#   keys         `PATH:TYPE KEY COMMENT` of who may log in by a key
#   logins       lines of who
#   cron         `FILE|USER|WHEN|PROGRAM`
#   units        lines of systemctl list-units
#   neighbours   lines of ip for IPv6, which no file tells
#   zone         where /etc/localtime leads
#   secure-boot  the variable's bytes
#   end          nothing; without it the output was cut
set -eu
LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/sbin:/sbin
mark=${mark:-}
newline='
'

section() { printf '== %s %s\n' "$mark" "$1"; }
has() { command -v "$1" >/dev/null 2>&1; }
existing() {
  for path in "$@"; do
    if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\n' "$path"; fi
  done
}

# A server that is gone would be waited for: only what lies on this machine is asked.
points() {
  # shellcheck disable=SC2034 # columns that nobody asks for
  while IFS=' ' read -r id parent device root point rest; do
    type=${rest##* - }
    case ${type%% *} in
      ext[234] | xfs | btrfs | zfs | overlay | f2fs | jfs | reiserfs | bcachefs | vfat | exfat | ntfs* | tmpfs | squashfs | iso9660)
        # Blanks and backslashes are written as octal digits.
        printf '%b\n' "$point"
        ;;
    esac
  done </proc/self/mountinfo
}

filesystems() {
  if ! has stat; then return; fi
  set -f
  # shellcheck disable=SC2046 # a path a line
  set -- $(points)
  set +f
  if [ $# -gt 0 ]; then stat -f -c '%S %b %f %a %c %d %n' "$@" 2>/dev/null || :; fi
}

volumes() {
  if ! has lvs; then return; fi
  asked='--readonly --noheadings --nosuffix --units b --separator |'
  IFS=' '
  # shellcheck disable=SC2086 # words
  {
    vgs $asked -o vg_name,vg_size,vg_free 2>/dev/null | while read -r line; do printf 'group|%s\n' "$line"; done
    lvs $asked -o vg_name,lv_name,lv_size,lv_attr 2>/dev/null | while read -r line; do printf 'logical|%s\n' "$line"; done
    pvs $asked -o pv_name,vg_name,pv_size,pv_free 2>/dev/null | while read -r line; do printf 'physical|%s\n' "$line"; done
  }
  IFS=$newline
}

# Options stand in front of a key, may hold commands, and are left there.
keys() {
  set --
  # shellcheck disable=SC2034 # columns that nobody asks for
  while IFS=: read -r name secret user group comment home shell; do
    case $home in
      / | '') ;;
      /*) set -- "$@" "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2" ;;
    esac
  done </etc/passwd
  grep -asHoE '(ssh|ecdsa|sk)-[a-z0-9@.-]+ AAAA[A-Za-z0-9+/]+=*( [^"]*)?$' "$@" || :
}

# Of what is run the first path that is not only looked for, else the first word.
program_of() {
  set -f
  IFS=' '
  program='' before=''
  for word in $1; do
    case "$before $word" in
      -[de]' /'* | *' /') ;;
      *' /'*)
        program=$word
        break
        ;;
    esac
    if [ -z "$program" ]; then program=$word; fi
    before=$word
  done
  IFS=$newline
  set +f
}

# A table of one person has no column for who runs it.
table() {
  while IFS=' 	' read -r minute hour day month weekday rest || [ -n "$minute" ]; do
    case $minute in
      @*)
        when=$minute
        rest="$hour $day $month $weekday $rest"
        ;;
      [0-9*]*) when="$minute $hour $day $month $weekday" ;;
      *) continue ;;
    esac
    case $1 in
      /var/spool/*) user=${1##*/} ;;
      *)
        user=${rest%%[ 	]*}
        rest=${rest#"$user"}
        ;;
    esac
    program_of "$rest"
    printf '%s|%s|%s|%s\n' "$1" "$user" "$when" "$program"
    minute=''
  done
}

cron() {
  for path in /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/* /var/spool/cron/*; do
    if [ -f "$path" ] && [ -r "$path" ]; then grep -a '' "$path" | table "$path"; fi
  done
}

main() {
  IFS=$newline
  section self
  printf '%s\n' "$$"
  section filesystems
  filesystems
  section links
  ls -l /dev/disk/by-uuid /dev/disk/by-label /dev/disk/by-partuuid /dev/disk/by-partlabel /dev/disk/by-id 2>/dev/null || :
  section files
  grep -asH '' /sys/class/block/*/start /proc/mdstat /proc/self/limits /proc/sys/crypto/fips_enabled \
    /etc/ssh/ssh_host_*_key.pub /etc/nvme/hostnqn /sys/class/net/*/flags /sys/kernel/security/apparmor/profiles || :
  grep -asHE '^InitiatorName=' /etc/iscsi/initiatorname.iscsi || :
  grep -asHm 1 -E '^ *"version": *"' /usr/lib/node_modules/*/package.json /usr/lib/node_modules/@*/*/package.json \
    /usr/local/lib/node_modules/*/package.json /usr/local/lib/node_modules/@*/*/package.json || :
  section paths
  existing /sys/class/block/*/holders/* /etc/cron.hourly/* /etc/cron.daily/* /etc/cron.weekly/* /etc/cron.monthly/* \
    /usr/local/lib/python3*/dist-packages/*.dist-info /usr/local/lib/python3*/site-packages/*.dist-info \
    /opt/*/lib/python3*/site-packages/*.dist-info /root/.local/lib/python3*/site-packages/*.dist-info \
    /home/*/.local/lib/python3*/site-packages/*.dist-info /var/lib/gems/*/specifications/*.gemspec \
    /usr/local/share/gems/specifications/*.gemspec /var/lib/snapd/snaps/*.snap /var/lib/flatpak/app/*
  section graphics
  grep -asHE '^(Model|GPU UUID|Video BIOS|NVRM version):' /proc/driver/nvidia/version \
    /proc/driver/nvidia/gpus/*/information || :
  section volumes
  volumes
  section keys
  keys
  section logins
  if has who; then who 2>/dev/null || :; fi
  section cron
  cron
  section units
  if [ -d /run/systemd/system ] && has systemctl; then
    systemctl list-units --all --plain --full --no-legend --no-pager 2>/dev/null || :
  fi
  section neighbours
  if has ip; then ip -6 neighbour show 2>/dev/null || :; fi
  section zone
  if has readlink; then readlink /etc/localtime 2>/dev/null || :; fi
  section secure-boot
  for path in /sys/firmware/efi/efivars/SecureBoot-*; do
    if [ -r "$path" ] && has od; then od -An -t u1 "$path" 2>/dev/null || :; fi
  done
  section end
}

main "$@" </dev/null
