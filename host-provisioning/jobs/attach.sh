# shellcheck shell=sh disable=SC2154 # what the plan gives is assigned in front of this text
# summary: runs a script as a job of the host's own, which outlives the login; who asks for the same job again gets to it
# args: VERB WORD..., those of the script. In front: `job`, the name; `script` and `runner`, the texts of it and of run.sh
# needs: root; flock and setsid of util-linux; systemd-run where systemd is
# undo: the script's own
#
# A job is a folder of /run/roost-jobs, so that none outlasts a start of the machine:
#   lock     held as long as the job runs       script   its text, until it has ended
#   pid      of the script, which leads a group of processes        cancel   somebody wants it ended
#   lines    how far it is and what its steps say; out, err: what it prints; rc: its exit code, once it has ended

LC_ALL=C
export LC_ALL

# Of what its steps say; all that is kept of it is in the undo record.
most_shown=65536

main() {
  umask 077
  if [ "$(id -u)" != 0 ]; then
    printf 'This needs root.\n' >&2
    exit 77
  fi
  folder=/run/roost-jobs/$job
  sweep
  mkdir -p "$folder"
  starts=1 shown=0
  start_if_free "$@"
  trap 'cancel' INT TERM
  until [ -f "$folder/rc" ]; do
    show
    # Killed, with nobody left to say so: started again, the script puts back what it had begun.
    if flock -n "$folder/lock" [ ! -f "$folder/rc" ]; then
      if [ "$starts" = 3 ]; then
        printf 'The job is ended from outside each time: ask for it again, and it is put back.\n' >&2
        exit 70
      fi
      starts=$((starts + 1))
      start_if_free "$@"
    fi
    # Waited for, so that an interrupt is heard at once.
    sleep 0.2 &
    wait "$!" || :
  done
  show
  cat "$folder/err" >&2
  cat "$folder/out"
  exit "$(cat "$folder/rc")"
}

# Jobs that ended a day ago have nobody who asks for them.
sweep() {
  find /run/roost-jobs -mindepth 2 -maxdepth 2 -name rc -mmin +1440 2>/dev/null | while read -r old; do
    rm -rf "${old%/rc}"
  done
}

start_if_free() {
  exec 8>>"$folder/lock"
  if flock -n 8 && [ ! -f "$folder/rc" ]; then start "$@"; fi
  exec 8>&-
}

# The lock goes over to the job; nothing of the login's is left to it.
start() {
  printf '%s' "$script" >"$folder/script"
  printf '%s' "$runner" >"$folder/runner"
  : >"$folder/lines"
  shown=0
  set -- setsid /bin/sh "$folder/runner" "$@"
  # A login's own unit may be ended with it. What a killed job has left running keeps its unit, and its name.
  if [ -d /run/systemd/system ]; then
    set -- systemd-run --scope --quiet --collect --unit="roost-job-$job-$$-$starts" "$@"
  fi
  "$@" </dev/null >/dev/null 2>&1 &
}

# What has come since; all of it on standard error, which is shown while it runs.
show() {
  size=$(stat -c %s "$folder/lines" 2>/dev/null || echo 0)
  if [ "$size" -gt "$most_shown" ]; then size=$most_shown; fi
  if [ "$size" -gt "$shown" ]; then
    tail -c "+$((shown + 1))" "$folder/lines" | head -c "$((size - shown))" >&2
    shown=$size
  fi
}

# Ended by whoever watches it: what it has begun is put back by the job itself.
cancel() {
  : >"$folder/cancel"
  if [ -f "$folder/pid" ]; then kill -KILL "-$(cat "$folder/pid")" 2>/dev/null || :; fi
}
