#!/bin/sh
# summary: a job of attach.sh: runs its script to the end, and puts back what it had begun when it is cancelled
# args: VERB WORD..., those of the script; lies in the folder of the job, whose lock is open as 8
# needs: root; setsid
# undo: the script's own
set -u

again() { /bin/sh ./script "$@" </dev/null >out 2>err 3>>lines 8>&-; }

main() {
  umask 077
  cd "${0%/*}" || exit 1
  code=130
  if [ ! -e cancel ]; then
    # Leads a group of its own, which a cancel ends; the lock is not for what its steps leave running.
    setsid /bin/sh ./script "$@" </dev/null >out 2>err 3>>lines 8>&- &
    echo "$!" >pid
    # Somebody may have looked for the group before there was one.
    if [ -e cancel ]; then kill -KILL "-$!" 2>/dev/null; fi
    wait "$!"
    code=$?
  fi
  if [ -e cancel ] && [ "$code" -gt 128 ]; then
    echo 'cancelled: what was begun is put back' >>lines
    again rollback replace
    echo 'It was cancelled, and the host is as it was before.' >>err
    code=130
  elif [ "$code" -gt 128 ]; then
    # Its own rule for what was interrupted: put back, or done already.
    again "$@"
    code=$?
  fi
  rm -f script runner
  echo "$code" >rc.part
  mv rc.part rc
}

main "$@"
