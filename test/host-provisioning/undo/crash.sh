#!/bin/sh
# Makes a test host's sync end everything that runs there, at the call that DIES_AT counts; with DIES=script the script
# that calls it alone. Each state of the journal is counted, and each start and end of dpkg.
set -eu

mv /usr/bin/sync /usr/bin/sync.real
cat >/usr/bin/sync <<'END'
#!/bin/sh
case $* in
  '' | */journal) echo >>/run/calls ;;
  *) exec sync.real "$@" ;;
esac
if [ "$(wc -l </run/calls)" = "${DIES_AT:-0}" ]; then
  if [ "${DIES:-}" = script ]; then kill -9 "$PPID"; else kill -9 -1; fi
fi
exec sync.real "$@"
END
chmod 755 /usr/bin/sync
printf 'pre-invoke=sync\npost-invoke=sync\n' >/etc/dpkg/dpkg.cfg.d/crash
