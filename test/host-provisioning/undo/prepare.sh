#!/bin/sh
# Makes a test host's sync end the script that calls it, at the call that DIES_AT counts: each state of the journal is
# one call. At the state that WAITS_AT or /run/waits-at names it waits for /run/go. And puts down a file that is hard to name, with everything that a file can have.
set -eu

mv /usr/bin/sync /usr/bin/sync.real
cat >/usr/bin/sync <<'END'
#!/bin/sh
echo >>/run/calls
if [ "$(wc -l </run/calls)" = "${DIES_AT:-0}" ]; then kill -9 "$PPID"; fi
case $1 in */journal)
  case $(tail -n 1 "$1") in "${WAITS_AT:-$(cat /run/waits-at 2>/dev/null || echo no state)}"*)
    : >/run/waits
    until [ -e /run/go ]; do sleep 0.05; done ;;
  esac ;;
esac
exec sync.real "$@"
END
chmod 755 /usr/bin/sync

mkdir -m 2750 /srv/data
cd /srv/data
name="old file
'\$(touch ran)'"
echo kept >"$name"
chown 1:2 "$name"
setfattr -n user.note -v seen -- "$name"
touch -d '2020-02-02 02:02:02.123456789' -- "$name"
