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
#   files       /proc, /sys and /etc by path; of a process its status and control group, the first file that it has
#               mapped, which is its program, and the arguments of interpreters (NUL between them)
#   sockets     what listens: `FDINFO-mnt_id:NUMBER` and `FDINFO:ino:NUMBER`, or lines of `ls -l /proc/PID/fd`
#   dpkg apk    lines of the package database, as they are there
#   rpm         a line for each package, tab between its fields
#   owners      `LIST:PATH` of dpkg; or `PATH`, and behind `==` in the same order what rpm says
#   links       paths: what is enabled
#   present     paths that exist, of runtimes and containers
#   end         nothing; without it the output was cut
#
# What it costs is processes, files and walks through the kernel's tables: few greps read many files each, and which
# line belongs to what is told from the path by whoever reads the output.
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

# What runs: the programs, each once, and where the arguments of interpreters are, which name a script.
programs() {
  maps=$(grep -asH -m 1 / /proc/[0-9]*/maps) || :
  printf '%s\n' "$maps"
  known=$newline arguments=''
  set -f
  for line in $maps; do
    path=/${line#* /}
    path=${path%' (deleted)'}
    case $known in
      *"$newline$path$newline"*) ;;
      *) known=$known$path$newline ;;
    esac
    case ${path##*/} in
      python* | perl* | ruby* | node* | php* | java* | bash* | sh | dash* | lua*)
        arguments=$arguments${line%%/maps:*}/cmdline$newline
        ;;
    esac
  done
  set +f
}

# Limits of this session's control group and of each above it.
control_group() {
  limits=''
  if ! [ -r /proc/self/cgroup ]; then return; fi
  unified='' processor='' memory=''
  while read -r line; do
    path=${line#*:}
    case $path in
      :*) unified=${path#:} ;;
      cpu:* | cpu,*) processor=${path#*:} ;;
      memory:*) memory=${path#*:} ;;
    esac
  done </proc/self/cgroup
  # Paths may be of a namespace that is not ours; then only the topmost exists.
  for path in "unified$unified" "cpu$processor" "memory$memory"; do
    case $path in
      unified*) root=/sys/fs/cgroup names='cpu.max cpuset.cpus.effective memory.max memory.high memory.swap.max pids.max' ;;
      cpu*) root=/sys/fs/cgroup/cpu names='cpu.cfs_quota_us cpu.cfs_period_us' ;;
      *) root=/sys/fs/cgroup/memory names='memory.limit_in_bytes' ;;
    esac
    if ! [ -d "$root" ]; then continue; fi
    path=/${path#*/}
    while :; do
      path=${path%/}
      # In words of the line above.
      IFS=' '
      for name in $names; do limits=$limits$root$path/$name$newline; done
      IFS=$newline
      case $path in */*) path=${path%/*} ;; *) break ;; esac
    done
  done
}

# Files of one value, or of few lines.
values() {
  set -f
  # shellcheck disable=SC2086 # a path a line
  set -- $arguments $limits
  set +f
  # The first processors tell what all are, and to list each takes long on large machines. How a loop device queues
  # is a matter of what it lies on; whether it takes discards is told of it too.
  grep -asH -m 64 '' "$@" /proc/cpuinfo /proc/[0-9]*/cgroup /proc/loadavg /proc/uptime /proc/cmdline \
    /proc/pressure/* /proc/sys/kernel/* /proc/sys/vm/[!s]* /proc/sys/vm/swappiness /proc/sys/fs/* \
    /proc/sys/fs/inotify/* /proc/sys/kernel/yama/* /proc/sys/user/* /proc/sys/net/core/* /proc/sys/net/ipv4/[!r]* \
    /proc/sys/net/ipv4/conf/all/* /proc/sys/net/ipv4/conf/default/accept_* \
    /proc/sys/net/ipv4/conf/default/se*_redirects /proc/sys/net/ipv4/conf/default/rp_filter \
    /proc/sys/net/ipv4/conf/default/log_martians /proc/sys/net/ipv6/conf/all/* \
    /proc/sys/net/ipv6/conf/default/accept_* /proc/sys/net/ipv6/conf/default/forwarding \
    /proc/sys/net/ipv6/conf/default/disable_ipv6 /proc/sys/net/netfilter/nf_conntrack_max \
    /proc/sys/net/netfilter/nf_conntrack_count /sys/class/dmi/id/* /sys/hypervisor/type \
    /sys/devices/system/cpu/online /sys/devices/system/cpu/cpu[0-9]*/topology/physical_package_id \
    /sys/devices/system/cpu/cpu[0-9]*/topology/core_id /sys/devices/system/cpu/smt/* \
    /sys/devices/system/cpu/vulnerabilities/* /sys/devices/system/cpu/cpu0/cache/index*/[ltw]* \
    /sys/devices/system/cpu/cpu0/cache/index*/size /sys/devices/system/cpu/cpu0/cache/index*/coherency_line_size \
    /sys/devices/system/cpu/cpu0/cache/index*/shared_cpu_list /sys/devices/system/cpu/cpu0/cpufreq/scaling_* \
    /sys/devices/system/node/node*/cpulist /sys/devices/system/node/node*/meminfo \
    /sys/kernel/mm/transparent_hugepage/[!hk]* /sys/kernel/security/lsm /sys/kernel/security/lockdown \
    /sys/class/tpm/tpm*/tpm_version_major /sys/class/hwmon/hwmon*/name /sys/class/hwmon/hwmon*/*_input \
    /sys/class/hwmon/hwmon*/*_label /sys/class/thermal/thermal_zone*/type /sys/class/thermal/thermal_zone*/temp \
    /sys/class/power_supply/*/uevent /sys/bus/pci/devices/*/uevent /sys/bus/usb/devices/*/idVendor \
    /sys/bus/usb/devices/*/idProduct /sys/bus/usb/devices/*/manufacturer /sys/bus/usb/devices/*/product \
    /sys/bus/usb/devices/*/speed /sys/class/block/*/size /sys/class/block/*/ro /sys/class/block/[!l]*/removable \
    /sys/class/block/*/dev /sys/class/block/*/partition /sys/class/block/[!l]*/queue/rotational \
    /sys/class/block/[!l]*/queue/scheduler /sys/class/block/[!l]*/queue/logical_block_size \
    /sys/class/block/[!l]*/queue/physical_block_size /sys/class/block/[!l]*/queue/read_ahead_kb \
    /sys/class/block/[!l]*/queue/nr_requests /sys/class/block/[!l]*/queue/write_cache \
    /sys/class/block/*/queue/discard_max_bytes /sys/class/block/*/device/model /sys/class/block/*/device/vendor \
    /sys/class/block/*/device/serial /sys/class/block/*/device/rev /sys/class/block/*/device/firmware_rev \
    /sys/class/block/*/wwid /sys/class/block/*/dm/name /sys/class/block/*/md/level /sys/class/net/*/address \
    /sys/class/net/*/mtu /sys/class/net/*/operstate /sys/class/net/*/speed /sys/class/net/*/duplex \
    /sys/class/net/*/carrier /sys/class/net/*/type /sys/class/net/*/tx_queue_len /sys/class/net/*/ifalias \
    /sys/class/net/*/uevent /sys/class/net/*/device/uevent /sys/class/net/*/bridge/bridge_id \
    /sys/class/net/*/tun_flags /etc/os-release /etc/timezone /etc/debian_version /etc/machine-id \
    /var/run/reboot-required /run/systemd/container /var/lib/postgresql/*/*/PG_VERSION \
    /var/lib/pgsql/data/PG_VERSION || :
}

# Files of as many lines as there are things.
tables() {
  lines /proc/meminfo /proc/vmstat /proc/stat /proc/swaps /proc/modules /proc/filesystems /proc/self/mountinfo \
    /proc/diskstats /proc/net/dev /proc/net/route /proc/net/ipv6_route /proc/net/if_inet6 /proc/net/fib_trie \
    /proc/net/arp /proc/net/sockstat /etc/passwd /etc/group /etc/shells /etc/apt/sources.list \
    /etc/apt/sources.list.d/* /etc/apk/repositories /etc/apk/world /etc/yum.repos.d/* /etc/resolv.conf /etc/hosts
}

# Of longer files the lines that say something: processes, units, programs of supervisord, what apt installed by itself.
excerpts() {
  set -- /usr/lib/systemd/system /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system
  if ! [ -L /lib ]; then set -- /lib/systemd/system "$@"; fi
  units=''
  for folder in "$@"; do
    if [ -d "$folder" ]; then units="$units$folder/*.service$newline$folder/*.socket$newline$folder/*.timer$newline"; fi
  done
  # shellcheck disable=SC2086 # patterns, a line each
  picked '^(Name|State|PPid|Uid|Threads|VmRSS|VmSwap|Package|Auto-Installed):|^(Description|ExecStart|User|ListenStream)=|^\[program:|^command' \
    /proc/[0-9]*/status $units /var/lib/apt/extended_states /etc/supervisord.conf /etc/supervisor/supervisord.conf \
    /etc/supervisor/conf.d/*.conf /etc/supervisord.d/*.ini
  # Where systemd is the first process, it has told in /run/systemd/container.
  if ! [ -d /run/systemd/system ]; then grep -asoHE 'container=[a-z0-9-]+' /proc/1/environ || :; fi
}

# The tables of protocols that have a socket: in vain too the kernel goes through hundreds of thousands of places.
socket_tables() {
  unused=''
  for path in /proc/net/sockstat /proc/net/sockstat6; do
    if ! [ -r "$path" ]; then continue; fi
    while IFS=' ' read -r protocol _ count _; do
      if [ "$count" = 0 ]; then unused="$unused$protocol"; fi
    done <"$path"
  done
  used=''
  for path in TCP:/proc/net/tcp TCP6:/proc/net/tcp6 UDP:/proc/net/udp UDP6:/proc/net/udp6; do
    case :$unused in *:"${path%%/*}"*) ;; *) used=$used${path#*:}$newline ;; esac
  done
}

# A socket's number is in fdinfo since Linux 5.14; before, only a listing of descriptors tells it.
sockets() {
  socket_tables
  if [ -z "$used" ]; then return; fi
  # Established and listening ones; a busy host has thousands that only wait to be forgotten.
  # shellcheck disable=SC2086 # a path a line
  rows=$(grep -asHE '^ *[0-9]+: [0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4} (01|07|0A) ' $used) || :
  printf '%s\n' "$rows"
  set -f
  wanted=''
  for line in $rows; do
    case $line in *00000000:0000' 0'[A7]' '*) ;; *) continue ;; esac
    IFS=' '
    # shellcheck disable=SC2086 # a table's row is split into its columns
    set -- ${line#*/net/*:}
    IFS=$newline
    wanted="$wanted|${10:-0}"
  done
  set +f
  if [ -z "$wanted" ]; then return; fi
  section sockets
  numbered=''
  while read -r line; do
    case $line in ino:*) numbered=yes ;; esac
  done </proc/self/fdinfo/0
  if [ -n "$numbered" ]; then
    # The mount stands in the line before the number, which tells a socket from a file of the same number.
    grep -arsH -B 1 -E "^ino:[[:space:]]*(${wanted#|})\$" /proc/[0-9]*/fdinfo || :
  else
    { ls -l /proc/[0-9]*/fd 2>/dev/null || :; } | grep -aE "^/proc/|socket:\\[(${wanted#|})\\]\$" || :
  fi
}

packages() {
  if [ -s /var/lib/dpkg/status ]; then
    section dpkg
    grep -asE '^(Package|Status|Priority|Section|Installed-Size|Maintainer|Architecture|Source|Version|Depends|Pre-Depends|Recommends|Provides|Essential|Protected|Homepage|Description):' \
      /var/lib/dpkg/status || :
    section owners
    set -f
    set --
    # Where /bin is a link to /usr/bin, a list may have either name.
    for path in $known; do set -- "$@" -e "$path" -e "${path#/usr}"; done
    set +f
    if [ $# -gt 0 ]; then grep -asxFH "$@" /var/lib/dpkg/info/*.list || :; fi
  fi
  if [ -s /lib/apk/db/installed ]; then
    section apk
    grep -asE '^[PVAITULoDpkFRm]:' /lib/apk/db/installed || :
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

enabled() {
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
}

main() {
  IFS=$newline
  section self
  printf '%s\n' "$$"
  section files
  programs
  # On both of two processors: what the first of these reads waits in the pipe until the second has printed all.
  {
    section files
    control_group
    values
    tables
    section end
  } | {
    excerpts
    sockets
    packages
    enabled
    present
    cat
  }
}

main "$@" </dev/null
