#!/bin/sh
# Ends the process groups of a parent that died without a word.
# Reads "watch GROUP" and "forget GROUP" lines; when the input ends, the parent is gone, and every group
# that is still watched is killed. Runs in a session of its own, so that killing the parent's group spares it.
trap '' INT TERM HUP
watched=' '
while read -r verb group; do
  case $verb in
    watch) watched="$watched$group " ;;
    forget) watched="${watched%% "$group" *} ${watched#* "$group" }" ;;
  esac
done
for group in $watched; do
  kill -s KILL -- "-$group" 2>/dev/null
done
exit 0
