#!/bin/sh
# Runs on a remote host, through the connection whose other commands are to end: each of them is, like this
# shell, a child of the process that OpenSSH keeps for one connection, and leads a process group of its own.
# Interrupts them, and kills what is left of them a second and a half later, also when the connection is cut meanwhile: on a
# busy machine a command needs a moment to hear of it.

# Arguments: the process of that connection and the one of it that runs this; by default the parent and this shell.

session=${1:-$PPID}
own=${2:-$$}
trap '' HUP PIPE

# Another server may run everybody's sessions from one process, and an orphan's parent is init: hands off there.
case $(ps -o args= -p "$session") in
  sshd*:*@*) ;;
  *) exit 0 ;;
esac

others() {
  ps -A -o pid= -o ppid= | while read -r pid parent; do
    if [ "$parent" = "$session" ] && [ "$pid" != "$own" ]; then echo "$pid"; fi
  done
}

groups=$(others)
for group in $groups; do kill -INT "-$group" 2>/dev/null; done
for _ in 1 2 3 4 5; do
  left=
  for group in $groups; do if kill -0 "-$group" 2>/dev/null; then left=yes; fi; done
  if [ -z "$left" ]; then exit 0; fi
  sleep 0.3 2>/dev/null || sleep 1
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
exit 0
