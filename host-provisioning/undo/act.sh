# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: the verbs of every action on a host: apply, rehearse, verify, confirm, status, rollback
# args: VERB; behind record.sh and restore.sh. The plan gives undo_id, expected, recovery, rehearsal, steps_planned,
#   confirm_seconds (0: nobody has to confirm) and the functions plan_prepare, plan_scope, plan_units, plan_steps,
#   plan_goals
# needs: root
# undo: rollback

main() {
  umask 077
  if [ "$(id -u)" != 0 ]; then refuse 77 'This needs root.'; fi
  place "$undo_id"
  case ${1:-} in
    apply) apply ;;
    rehearse) rehearse ;;
    verify)
      # A goal is free to fail: that is what was asked.
      if verify; then say holds yes; else say holds no; fi
      say state "$(reached)"
      ;;
    confirm) confirm ;;
    # Of actions that are measured: ../benchmark/measure.sh.
    measure) measure "${2:-10}" ;;
    status) status ;;
    rollback)
      lock 60
      on_change=${2:-stop}
      restore_all
      ;;
    *) refuse 64 'A verb is one of apply, rehearse, verify, confirm, measure, status, rollback.' ;;
  esac
}

apply() {
  # What was cancelled just now is put back first.
  lock 60
  case $(reached) in
    '') ;;
    committed)
      say state committed
      say reason already-so
      return
      ;;
    undone) refuse 75 'This plan was taken back; it needs a new one.' ;;
    *)
      restore_all
      refuse 70 'It had been interrupted, and was put back as it was before.'
      ;;
  esac
  open_record
  # Whatever ends this before the record is whole, the disk that is full too, leaves nothing and has stopped nothing.
  trap abandon EXIT
  plan_scope
  sort -zu -o "$record/scope" "$record/scope"
  if [ "$(state_of "$record/scope")" != "$expected" ]; then
    refuse 75 'The host is no longer as it was when this was planned; nothing was changed.'
  fi
  check_room
  mark planned
  stop_running
  keep_before
  trap - EXIT
  watch_over
  open_log
  steps_done=0
  # A function in a condition goes on after an error of its own, so that each step is a condition itself.
  if ! plan_steps || ! verify 2>&7; then
    close_log
    tail -n 6 "$record/log" | grep -v '^end of step ' >&2 || :
    on_change=replace
    restore_all
    refuse 71 "Step $steps_done failed, and everything was put back; the host is as it was before."
  fi
  close_log
  survey after
  live_now >"$record/live.after"
  differing "$record/before" "$record/after" >"$record/touched"
  keep_shared
  sync "$record/after" "$record/live.after"
  mark committed
  say_host_keys "$record/touched"
  say state committed
  say touched "$(tr -cd '\0' <"$record/touched" | wc -c)"
}

# What the steps say goes through a pipe to whoever follows and into the record, at most a mebibyte of it.
open_log() {
  # Not `:`, whose failure would end the shell.
  if ! { true >&3; } 2>/dev/null; then exec 3>/dev/null; fi
  mkfifo "$record/pipe"
  { dd bs=4096 iflag=count_bytes count=1048576 status=none | tee -a "$record/log" >&3 || :; cat >/dev/null; } <"$record/pipe" 9>&- &
  exec 7>"$record/pipe"
  rm "$record/pipe"
}

# Waits for what was said to be in the record; what a step has left running may still hold the pipe.
close_log() {
  end="end of step $steps_done"
  printf '%s\n' "$end" >&7
  exec 7>&-
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if tail -n 1 "$record/log" 2>/dev/null | grep -qF "$end"; then break; fi
    sleep 0.1
  done
}

abandon() {
  code=$?
  start_units || :
  rm -rf "$record"
  trap - EXIT
  exit "$code"
}

# What runs and will be stopped is stopped first, so that what it writes at its end is saved too.
stop_running() {
  if ! has_units; then return 0; fi
  running_units >"$record/units"
  sync "$record/units"
  mark quiesced
  plan_units
}
stop_unit() { systemctl stop -- "$1" 2>/dev/null || :; }

step() {
  steps_done=$((steps_done + 1))
  mark "executing $steps_done/$steps_planned"
  tell "  $1"
  # A step that refuses is one that failed, and no end of everything.
  ("$@") >&7 2>&1 </dev/null
}

verify() { plan_goals; }

# Under the lock, so that it does not come between a way back and its first word in the journal.
confirm() {
  if [ ! -d "$record" ]; then refuse 79 "There is no record $undo_id."; fi
  lock 60
  if [ "$(reached)" != committed ]; then refuse 75 "There is nothing to confirm: $(reached)."; fi
  : >"$record/confirmed"
  sync "$record/confirmed" "$record"
  unwatch
  say state confirmed
}

status() {
  if [ ! -d "$record" ]; then refuse 79 "There is no record $undo_id."; fi
  say state "$(reached)"
  if [ -f "$record/before.tar" ]; then say bytes "$(stat -c %s "$record/before.tar")"; fi
}

# rehearse: the same steps on a copy of the host that nobody sees, in memory, without network and other processes.
rehearse() {
  work=$(mktemp -d /run/roost-rehearsal-XXXXXXXX)
  trap 'rm -rf "$work"' EXIT
  printf '%s' "$rehearsal" >"$work/rehearsal"
  packages=$work/packages
  if ! plan_prepare >"$work/log" 2>&1; then
    tail -n 5 "$work/log" >&2
    refuse 71 'What the rehearsal needs could not be had; nothing was changed.'
  fi
  code=0
  unshare --mount --propagation private --pid --fork --ipc --uts --net /bin/sh "$work/rehearsal" "$work" ||
    code=$?
  rm -rf "$work"
  trap - EXIT
  exit "$code"
}
