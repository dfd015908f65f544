#!/bin/sh
# summary: how a machine is set up where that decides how safe it is
# args: none; `mark`, letters and digits that nothing on the host can foresee, is assigned in front of this text
# needs: sh and grep; looks with sshd, stat, modprobe and nft or iptables-save where they are, and names those that are not
# undo: nothing is changed
#
# Output: sections as quick.sh has them. No password's hash leaves the host, only what kind it is of.
#
#   files        lines `PATH:LINE` of settings; of files that may hold secrets the lines that are wanted only
#   sshd         `path:PATH`, then `key value` as `sshd -T` says it, or `failed:REASON`
#   passwords    `NAME:KIND:CHANGED:LEAST:MOST:INACTIVE`, days; the kind is empty, locked, des or the scheme's letters
#   permissions  `MODE UID GID PATH`, the mode in hexadecimal digits, links followed
#   modules      `NAME:WORDS`, what loading it would do
#   firewall     `tool:NAME`, then its rules for what comes in
#   may-read     what a login without root may not
#   missing      programs that would have told more
set -eu
LC_ALL=C
export LC_ALL
PATH=$PATH:/usr/sbin:/sbin
mark=${mark:-}
newline='
'

section() { printf '== %s %s\n' "$mark" "$1"; }
has() { command -v "$1" >/dev/null 2>&1; }
picked() { grep -asHE "$@" || :; }

files() {
  section files
  picked '^[[:space:]]*[^#[:space:]]' /etc/login.defs /etc/security/pwquality.conf /etc/security/pwquality.conf.d/*.conf \
    /etc/security/faillock.conf /etc/systemd/journald.conf /etc/systemd/journald.conf.d/*.conf \
    /etc/dpkg/dpkg.cfg.d/* /sys/module/apparmor/parameters/enabled /sys/fs/selinux/enforce
  picked 'pam_(unix|faillock|tally2|pwquality|pwhistory|wheel)[.]so' /etc/pam.d/*
  picked '^[[:space:]]*(Defaults|@include|#include)|NOPASSWD|!authenticate' /etc/sudoers /etc/sudoers.d/*
  picked -i '^[[:space:]]*(APT::Periodic::|APT::Get::AllowUnauth|Acquire::Allow|Unattended-Upgrade::Allow)' \
    /etc/apt/apt.conf /etc/apt/apt.conf.d/*
  picked -i 'trusted' /etc/apt/sources.list /etc/apt/sources.list.d/*
  section may-read
  for path in /etc/shadow /etc/sudoers; do
    if [ -r "$path" ]; then printf '%s\n' "$path"; fi
  done
}

server() {
  section sshd
  if ! has sshd; then return; fi
  printf 'path:%s\n' "$(command -v sshd)"
  if said=$(sshd -T 2>&1); then
    printf '%s\n' "$said"
  else
    printf 'failed:%s\n' "$(printf '%s\n' "$said" | grep -m 1 . || :)"
  fi
}

passwords() {
  section passwords
  if ! [ -r /etc/shadow ]; then return; fi
  # shellcheck disable=SC2034 # columns that nobody asks for
  while IFS=: read -r name secret changed least most warn inactive rest || [ -n "$name" ]; do
    case $secret in
      '') kind=empty ;;
      '!'* | '*'*) kind=locked ;;
      '$'*'$'*)
        kind=${secret#?}
        kind=${kind%%\$*}
        ;;
      ?????????????) kind=des ;;
      *) kind=locked ;;
    esac
    printf '%s:%s:%s:%s:%s:%s\n' "$name" "$kind" "$changed" "$least" "$most" "$inactive"
    name=''
  done </etc/shadow
}

permissions() {
  section permissions
  if ! has stat; then return; fi
  set -- /etc/passwd /etc/passwd- /etc/group /etc/group- /etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- \
    /etc/shells /etc/security/opasswd /etc/crontab /etc/cron.hourly /etc/cron.daily /etc/cron.weekly \
    /etc/cron.monthly /etc/cron.d /etc/ssh/sshd_config /etc/ssh/ssh_host_*_key /etc/sudoers /etc/sudoers.d/* \
    /boot/grub/grub.cfg /boot/grub2/grub.cfg /etc/motd /etc/issue /etc/issue.net /tmp /var/tmp /dev/shm /root \
    /run/docker.sock /var/log/journal /root/.ssh /root/.ssh/authorized_keys
  # shellcheck disable=SC2034 # as above
  while IFS=: read -r name secret user group comment home shell; do
    case $user in
      [1-9][0-9][0-9][0-9] | [1-5][0-9][0-9][0-9][0-9])
        case $home in
          /?*) set -- "$@" "$home" "$home/.ssh" "$home/.ssh/authorized_keys" "$home/.rhosts" "$home/.netrc" ;;
        esac
        ;;
    esac
  done </etc/passwd
  stat -L -c '%f %u %g %n' "$@" 2>/dev/null || :
}

modules() {
  section modules
  if ! has modprobe; then return; fi
  for name in cramfs freevxfs hfs hfsplus jffs2 udf usb_storage dccp tipc rds sctp; do
    if said=$(modprobe -n -v "$name" 2>&1); then
      printf '%s:%s\n' "$name" "$(printf '%s' "$said" | grep -m 1 . || :)"
    else
      printf '%s:none\n' "$name"
    fi
  done
}

firewall() {
  section firewall
  if has nft && said=$(nft list ruleset 2>/dev/null); then
    printf 'tool:nft\n'
    printf '%s\n' "$said" | grep -E 'hook input|policy' || :
  fi
  for name in iptables-save ip6tables-save; do
    if has "$name" && said=$("$name" -t filter 2>/dev/null); then
      printf 'tool:%s\n' "$name"
      printf '%s\n' "$said" | grep -E '^(:INPUT|-A INPUT)' || :
    fi
  done
}

missing() {
  section missing
  for name in stat find modprobe; do has "$name" || printf '%s\n' "$name"; done
  has nft || has iptables-save || printf 'nft\n'
}

main() {
  IFS=$newline
  section self
  printf '%s\n' "$$"
  files
  server
  passwords
  permissions
  modules
  firewall
  missing
  section end
}

main "$@" </dev/null
