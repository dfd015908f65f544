# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: what takes a change back by itself unless somebody confirms it in time, also after a restart of the host
# args: none; behind record.sh, in the action and in the recovery script
# needs: root; systemd. Without it a process waits, and where cron runs it starts that again after a restart
# undo: unwatch
#
# The record has `watch`: paths that were made for it. They lie outside of what an action keeps, and leave the times
# of the folders above them alone, so that neither a record nor a way back ever sees them.

# A change that could lock everybody out goes back by itself unless somebody logs in again and confirms it. After a
# restart the time begins anew: whoever has to confirm has to log in first.
watch_over() {
  if [ "$confirm_seconds" = 0 ]; then return 0; fi
  name=roost-undo-$undo_id
  wait="/bin/sh $record/recover unless-confirmed"
  : >"$record/watch"
  if has_units; then
    units=/usr/local/lib/systemd/system
    for folder in /usr/local/lib /usr/local/lib/systemd "$units" "$units/timers.target.wants"; do
      if [ ! -d "$folder" ]; then unseen "$folder" mkdir -m 0755 "$folder"; fi
    done
    unseen "$units/$name.service" put "$units/$name.service" \
      "[Unit]\nDescription=Take back a change that nobody confirmed\n[Service]\nType=oneshot\nExecStart=$wait 0\n"
    unseen "$units/$name.timer" put "$units/$name.timer" \
      "[Unit]\nDescription=A change waits to be confirmed\n[Timer]\nOnActiveSec=${confirm_seconds}s\nAccuracySec=1s\n"
    unseen "$units/timers.target.wants/$name.timer" ln -s "../$name.timer" "$units/timers.target.wants/$name.timer"
    sync "$units" "$units/timers.target.wants"
    systemctl daemon-reload
    systemctl start "$name.timer"
    return
  fi
  if [ -d /etc/cron.d ] && [ -e /run/crond.pid ]; then
    unseen "/etc/cron.d/$name" put "/etc/cron.d/$name" "@reboot root $wait $confirm_seconds\n"
    sync /etc/cron.d
  else
    say watch until-restart
  fi
  setsid /bin/sh "$record/recover" unless-confirmed "$confirm_seconds" </dev/null >/dev/null 2>&1 9>&- &
}

# put PATH TEXT, on the disk.
put() {
  (umask 022 && printf '%b' "$2" >"$1")
  sync "$1"
}

# unseen PATH COMMAND...: makes a path that is noted first, and leaves the time of its folder as it was.
unseen() {
  made=$1
  shift
  printf '%s\n' "$made" >>"$record/watch"
  sync "$record/watch"
  time_before=$(stat -c %y "${made%/*}")
  "$@"
  touch -d "$time_before" "${made%/*}"
}

# unwatch: nothing waits any more. From a rescue shell too; once more when it was interrupted.
unwatch() {
  if [ ! -s "$record/watch" ]; then return 0; fi
  if has_units; then systemctl stop "roost-undo-$undo_id.timer" 2>/dev/null || :; fi
  # The innermost first; a folder that others use by now stays.
  sort -r "$record/watch" | while read -r made; do
    made=$root$made
    time_before=$(stat -c %y "${made%/*}" 2>/dev/null) || continue
    if [ -d "$made" ] && [ ! -L "$made" ]; then rmdir "$made" 2>/dev/null || continue; else rm -f "$made"; fi
    touch -d "$time_before" "${made%/*}"
  done
  rm -f "$record/watch"
  if has_units; then systemctl daemon-reload; fi
}
