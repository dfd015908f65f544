# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: the verb of an action that is measured: switches its values of the kernel off and on, between workloads
# args: PAIRS; behind the parts of an action, which gives `workloads_text`, `workload_names` and flip_after
# needs: root, perl-base
# undo: what cannot be measured to its end is put back as a whole

measure() {
  if [ ! -d "$record" ]; then refuse 79 "There is no record $undo_id."; fi
  lock 60
  if [ "$(reached)" != committed ]; then refuse 75 "There is nothing to measure: $(reached)."; fi
  flip_after >"$record/flip.after"
  printf '%s' "$workloads_text" >"$record/workloads"
  # shellcheck disable=SC2086 # names, each a word
  if perl "$record/workloads" "$1" "$record" $workload_names 2>"$record/log"; then return; fi
  tail -n 3 "$record/log" >&2
  on_change=replace
  restore_all
  refuse 71 'It could not be measured to its end, and everything was put back; the host is as it was before.'
}
