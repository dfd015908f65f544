#!/bin/sh
# summary: what a machine is made of, what is installed and what runs, read from files alone
# args: none; `mark`, letters and digits that nothing on the host can foresee, is assigned in front of this text
# needs: sh, cat and grep of GNU, busybox or toybox; `rpm` for what is installed where that is the package manager
# undo: nothing is changed
#
# Output: sections, each opened by a line `== MARK NAME`. Unless said otherwise a section has lines `PATH:LINE`,
# each line of a file behind the file's name, so that no content can pass for another file's. What is not there or
# may not be read has no line. As root all owners of processes and sockets are seen, else one's own.
#
#   self        process id of this script
#   files       /proc, /sys and /etc by path
#   cgroup      limits of this session's control group and of each above it
#   network     /proc/net and what names are resolved by
#   processes   status, argument lists (NUL between them) and control groups
#   maps        the first mapped file of each process: its program
#   sockets     fdinfo of listening sockets, or lines of `ls -l /proc/PID/fd`
#   dpkg apk    lines of the package database, as they are there; auto: of what apt installed by itself
#   rpm         a line for each package, tab between its fields
#   owners      `LIST:PATH` of dpkg; or `PATH`, and behind `==` in the same order what rpm says
#   units       unit files; started names init scripts
#   links       paths: what is enabled
#   present     paths that exist, of runtimes and containers
#   end         nothing; without it the output was cut
set -eu
LC_ALL=C
export LC_ALL
mark=${mark:-}
newline='
'

section() { printf '== %s %s\n' "$mark" "$1"; }

# Each line of the files behind the file's name; what cannot be read is left out.
lines() { grep -asH '' "$@" || :; }
picked() { grep -asHE "$@" || :; }
existing() {
  for path in "$@"; do
    if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\n' "$path"; fi
  done
}

machine() {
  section files
  # The first processors tell what all are; to list each takes long on large machines.
  grep -asH -m 64 '' /proc/cpuinfo || :
  lines /proc/meminfo /proc/vmstat /proc/stat /proc/loadavg /proc/uptime /proc/version /proc/cmdline /proc/swaps \
    /proc/modules /proc/filesystems /proc/self/mountinfo /proc/diskstats /proc/pressure/* /proc/sys/kernel/* \
    /proc/sys/vm/[!s]* /proc/sys/vm/swappiness /proc/sys/fs/* /proc/sys/fs/inotify/* /proc/sys/kernel/yama/* \
    /proc/sys/kernel/random/entropy_avail /proc/sys/user/* /sys/class/dmi/id/* /sys/hypervisor/type \
    /sys/hypervisor/uuid /sys/devices/system/cpu/online /sys/devices/system/cpu/possible \
    /sys/devices/system/cpu/isolated /sys/devices/system/cpu/cpu[0-9]*/topology/physical_package_id \
    /sys/devices/system/cpu/cpu[0-9]*/topology/core_id /sys/devices/system/cpu/smt/* /sys/devices/system/cpu/vulnerabilities/* \
    /sys/devices/system/cpu/cpu0/cache/index*/[!pu]* /sys/devices/system/cpu/cpu0/cpufreq/scaling_* \
    /sys/devices/system/node/node*/cpulist /sys/devices/system/node/node*/meminfo \
    /sys/kernel/mm/transparent_hugepage/[!k]* /sys/kernel/security/lsm /sys/kernel/security/lockdown \
    /sys/class/tpm/tpm*/tpm_version_major /sys/class/hwmon/hwmon*/name /sys/class/hwmon/hwmon*/*_input \
    /sys/class/hwmon/hwmon*/*_label /sys/class/thermal/thermal_zone*/type /sys/class/thermal/thermal_zone*/temp \
    /sys/class/power_supply/*/uevent /sys/firmware/efi/fw_platform_size /sys/class/drm/card*/device/vendor \
    /sys/class/drm/card*/device/device /sys/class/drm/card*/device/mem_info_vram_total \
    /etc/os-release /etc/hostname /etc/timezone /etc/debian_version /etc/redhat-release /etc/alpine-release \
    /etc/passwd /etc/group /etc/shells /etc/machine-id /etc/apt/sources.list /etc/apt/sources.list.d/* \
    /etc/apk/repositories /etc/yum.repos.d/* /var/run/reboot-required /run/systemd/container \
    /var/lib/postgresql/*/*/PG_VERSION /var/lib/pgsql/data/PG_VERSION
  lines /sys/class/block/*/size /sys/class/block/*/ro /sys/class/block/*/removable /sys/class/block/*/dev \
    /sys/class/block/*/partition /sys/class/block/*/queue/[dhlmnprsw]* /sys/class/block/*/device/model \
    /sys/class/block/*/device/vendor /sys/class/block/*/device/serial /sys/class/block/*/device/rev \
    /sys/class/block/*/device/firmware_rev /sys/class/block/*/wwid /sys/class/block/*/dm/name \
    /sys/class/block/*/md/level
  lines /sys/bus/pci/devices/*/uevent /sys/bus/usb/devices/*/idVendor /sys/bus/usb/devices/*/idProduct \
    /sys/bus/usb/devices/*/manufacturer /sys/bus/usb/devices/*/product /sys/bus/usb/devices/*/speed
}

control_group() {
  section cgroup
  unified='' processor='' memory=''
  groups=$(grep -ahs '' /proc/self/cgroup || :)
  for line in $groups; do
    path=${line#*:}
    case $path in
      :*) unified=${path#:} ;;
      cpu:* | cpu,*) processor=${path#*:} ;;
      memory:*) memory=${path#*:} ;;
    esac
  done
  set --
  # Paths may be of a namespace that is not ours; then only the topmost exists.
  for path in "unified$unified" "cpu$processor" "memory$memory"; do
    case $path in
      unified*) root=/sys/fs/cgroup names='cpu.max cpuset.cpus.effective memory.max memory.high memory.swap.max pids.max' ;;
      cpu*) root=/sys/fs/cgroup/cpu names='cpu.cfs_quota_us cpu.cfs_period_us' ;;
      *) root=/sys/fs/cgroup/memory names='memory.limit_in_bytes' ;;
    esac
    path=/${path#*/}
    while :; do
      path=${path%/}
      # In words of the line above.
      IFS=' '
      for name in $names; do set -- "$@" "$root$path/$name"; done
      IFS=$newline
      case $path in */*) path=${path%/*} ;; *) break ;; esac
    done
  done
  lines "$@"
}

network() {
  section network
  lines /proc/net/dev /proc/net/route /proc/net/ipv6_route /proc/net/if_inet6 /proc/net/fib_trie /proc/net/arp \
    /proc/net/snmp /proc/net/sockstat \
    /proc/net/bonding/* /proc/net/vlan/* /proc/sys/net/core/* /proc/sys/net/ipv4/[!r]* \
    /proc/sys/net/ipv4/conf/all/* /proc/sys/net/ipv4/conf/default/* /proc/sys/net/ipv6/conf/all/* \
    /proc/sys/net/ipv6/conf/default/* /proc/sys/net/netfilter/nf_conntrack_max \
    /proc/sys/net/netfilter/nf_conntrack_count /etc/resolv.conf /etc/hosts /etc/nsswitch.conf
  # Established and listening ones; a busy host has thousands that only wait to be forgotten.
  picked '^ *[0-9]+: [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4} (01|07|0A) ' \
    /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6
  lines /sys/class/net/*/address /sys/class/net/*/mtu /sys/class/net/*/operstate /sys/class/net/*/speed \
    /sys/class/net/*/duplex /sys/class/net/*/carrier /sys/class/net/*/carrier_changes /sys/class/net/*/type \
    /sys/class/net/*/flags /sys/class/net/*/ifindex /sys/class/net/*/iflink /sys/class/net/*/tx_queue_len \
    /sys/class/net/*/ifalias /sys/class/net/*/uevent /sys/class/net/*/device/uevent \
    /sys/class/net/*/bridge/bridge_id /sys/class/net/*/brport/state /sys/class/net/*/tun_flags
}

processes() {
  section processes
  picked '^(Name|State|PPid|Uid|Threads|VmRSS|VmSwap):' /proc/[0-9]*/status
  lines /proc/[0-9]*/cmdline /proc/[0-9]*/cgroup
  section maps
  maps=$(grep -asH -m 1 / /proc/[0-9]*/maps || :)
  printf '%s\n' "$maps"
}

# A socket's number is in fdinfo since Linux 5.14; before, only a listing of descriptors tells it.
sockets() {
  section sockets
  set -f
  wanted=''
  rows=$(grep -ahsE '^ *[0-9]+: [0-9A-F]+:[0-9A-F]{4} 0+:0000 0[A7] ' \
    /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 || :)
  for line in $rows; do
    IFS=' '
    # shellcheck disable=SC2086 # a table's row is split into its columns
    set -- $line
    IFS=$newline
    wanted="$wanted|${10:-0}"
  done
  set +f
  if [ -z "$wanted" ]; then return; fi
  if grep -qs '^ino:' /proc/self/fdinfo/0; then
    # shellcheck disable=SC2046 # names of /proc, a line each
    set -- $(grep -arslE "^ino:[[:space:]]*(${wanted#|})\$" /proc/[0-9]*/fdinfo || :)
    if [ $# -gt 0 ]; then lines "$@"; fi
  else
    { ls -l /proc/[0-9]*/fd 2>/dev/null || :; } | grep -aE "^/proc/|socket:\\[(${wanted#|})\\]\$" || :
  fi
}

# The programs of the running processes, each once, as `set --` of the callers needs them.
programs() {
  known=$newline
  set -f
  for line in $maps; do
    path=/${line#* /}
    path=${path%' (deleted)'}
    case $known in
      *"$newline$path$newline"*) ;;
      *) known=$known$path$newline ;;
    esac
  done
  set +f
}

packages() {
  programs
  if [ -s /var/lib/dpkg/status ]; then
    section dpkg
    grep -asE '^(Package|Status|Priority|Section|Installed-Size|Maintainer|Architecture|Multi-Arch|Source|Version|Depends|Pre-Depends|Recommends|Provides|Essential|Protected|Homepage|Description):' \
      /var/lib/dpkg/status || :
    set -f
    set --
    # Where /bin is a link to /usr/bin, a list may have either name.
    for path in $known; do set -- "$@" -e "$path" -e "${path#/usr}"; done
    set +f
    section owners
    if [ $# -gt 0 ]; then grep -asxFH "$@" /var/lib/dpkg/info/*.list || :; fi
    section auto
    grep -ash '' /var/lib/apt/extended_states || :
  fi
  if [ -s /lib/apk/db/installed ]; then
    section apk
    grep -asE '^[PVAITULoDpkFRm]:' /lib/apk/db/installed || :
    section files
    lines /etc/apk/world
  fi
  if { [ -d /var/lib/rpm ] || [ -d /usr/lib/sysimage/rpm ]; } && command -v rpm >/dev/null; then redhat; fi
}

redhat() {
  section rpm
  rpm -qa --qf '%{NAME}\t%{EPOCHNUM}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\t%{SIZE}\t%{VENDOR}\t%{GROUP}\t%{INSTALLTIME}\t%{SOURCERPM}\t%{LICENSE}\t%{URL}\t%{SUMMARY}\t[%{REQUIRENAME} ]\n' \
    2>/dev/null || :
  section owners
  set -f
  set --
  for path in $known; do set -- "$@" "$path"; done
  set +f
  if [ $# -eq 0 ]; then return; fi
  printf '%s\n' "$@" ==
  rpm -qf --qf '%{NAME}\n' "$@" 2>/dev/null || :
}

services() {
  section units
  set -- /usr/lib/systemd/system /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system
  if ! [ -L /lib ]; then set -- /lib/systemd/system "$@"; fi
  for folder in "$@"; do
    if [ -d "$folder" ]; then
      picked '^(Description|ExecStart|User|Type|ListenStream|OnCalendar|WantedBy|Alias)=' \
        "$folder"/*.service "$folder"/*.socket "$folder"/*.timer
    fi
  done
  picked '^\[program:|^command' /etc/supervisord.conf /etc/supervisor/supervisord.conf /etc/supervisor/conf.d/*.conf \
    /etc/supervisord.d/*.ini
  section links
  existing /etc/systemd/system/*.wants/* /etc/rc[S2345].d/S* /etc/init.d/* /etc/runlevels/*/* /run/openrc/started/*
  # A unit that is a link to /dev/null cannot be started.
  for path in /etc/systemd/system/*.service /etc/systemd/system/*.socket /etc/systemd/system/*.timer; do
    if [ -c "$path" ]; then printf 'masked:%s\n' "$path"; fi
  done
}

present() {
  section present
  existing /run/systemd/system /run/openrc /sbin/openrc-run /etc/init.d /dev/kvm /sys/firmware/efi /.dockerenv \
    /run/.containerenv /proc/vz /proc/bc /proc/xen /run/docker.sock /var/run/docker.sock /run/podman/podman.sock \
    /run/containerd/containerd.sock /run/crio/crio.sock /run/k3s/containerd/containerd.sock /run/snapd.socket \
    /run/dbus/system_bus_socket /run/lxd.socket /var/snap/lxd/common/lxd/unix.socket /var/snap/microk8s/current \
    /etc/rancher/k3s/k3s.yaml /etc/rancher/rke2 /var/lib/kubelet/config.yaml /etc/kubernetes/kubelet.conf \
    /etc/kubernetes/manifests/kube-apiserver.yaml /usr/bin/docker /usr/bin/podman /usr/bin/nerdctl /usr/bin/crictl \
    /usr/bin/kubectl /usr/local/bin/k3s /usr/bin/runc /usr/bin/crun /usr/bin/containerd /run/postgresql \
    /run/mysqld/mysqld.sock /run/redis /var/lib/mysql /var/lib/redis /var/lib/mongodb /var/lib/mongo \
    /sys/class/tpm/tpm0 /etc/cloud /run/cloud-init/instance-data.json
  grep -asoHE 'container=[a-z0-9-]+' /proc/1/environ || :
}

main() {
  IFS=$newline
  section self
  printf '%s\n' "$$"
  machine
  control_group
  network
  processes
  sockets
  packages
  services
  present
  section end
}

main "$@" </dev/null
