# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: the recovery console: what a record holds, and the way back to it, without a network
# args: [--root DIR] status | rollback [keep|replace] | forget | unless-confirmed SECONDS
# needs: root; from a rescue shell `--root` names where the host's root is mounted
# undo: see restore.sh

main() {
  folder=$(cd "${0%/*}" && pwd -P)
  set -- "${folder##*/}" "$@"
  if [ "${2:-}" = --root ]; then
    place "$1" "${3%/}"
    shift 3
  else
    place "$1"
    shift
  fi
  case ${1:-status} in
    status)
      say state "$(reached)"
      if [ -f "$record/after" ]; then
        say touched "$(differing "$record/before" "$record/after" | tr -cd '\0' | wc -c)"
      fi
      ;;
    rollback)
      on_change=${2:-stop}
      lock 60
      restore_all
      ;;
    # Gives the room of the record back; then nothing takes the action back any more.
    forget)
      lock 60
      case $(reached) in
        committed)
          if [ -e "$record/watch" ] && [ ! -e "$record/confirmed" ]; then refuse 75 'It waits to be confirmed.'; fi
          ;;
        undone) ;;
        *) refuse 75 "It is in the middle: $(reached). Roll it back first." ;;
      esac
      rm -rf "$record"
      say state forgotten
      ;;
    # What a change that could lock everybody out leaves running: nobody logged in again and confirmed, so it goes back.
    unless-confirmed)
      sleep "${2:-120}"
      lock 600
      if [ ! -e "$record/confirmed" ] && [ "$(reached)" != undone ]; then
        on_change=replace
        restore_all
      else
        unwatch
      fi
      ;;
    *) refuse 64 "recover [--root DIR] status | rollback [keep|replace] | forget" ;;
  esac
}

