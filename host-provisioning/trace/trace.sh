#!/bin/sh
# summary: one probe of the running kernel for some seconds, by the host's own bpftrace
# args: none; `program`, one of ours, and `seconds` are assigned in front of this text
# needs: root, bpftrace, and a kernel that takes BPF and describes itself (BTF)
# undo: nothing is changed; the probe is gone with its process, and so is a mount that it alone sees
set -eu
program=${program:-}
seconds=${seconds:-5}

refuse() {
  printf '%s\n' "$1" >&2
  exit 69
}

main() {
  if [ "$(id -u)" != 0 ]; then refuse 'Probes of the kernel need root.'; fi
  if ! command -v bpftrace >/dev/null 2>&1; then refuse 'bpftrace is not on this host.'; fi
  if [ ! -r /sys/kernel/btf/vmlinux ]; then refuse 'This kernel does not describe itself (BTF).'; fi
  # It ends by itself; the limit is for one that does not.
  set -- timeout -k 5 "$((seconds + 20))" bpftrace -f json -e "$program"
  if [ -d /sys/kernel/tracing/events ] || [ -d /sys/kernel/debug/tracing/events ]; then exec "$@"; fi
  if unshare --mount mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; then
    # shellcheck disable=SC2016 # a text for the inner shell
    exec unshare --mount sh -c 'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"' sh "$@"
  fi
  refuse 'The trace points of this kernel cannot be mounted (tracefs).'
}

main "$@" </dev/null
