#!/bin/sh
# Makes a test host's sync or tar fill the undo store: to the last byte at the sync that FILLS_AT counts, or, where
# FILLS_AT is "tar", so far that the archive ends in the middle.
set -eu

mv /usr/bin/sync /usr/bin/sync.real
cat >/usr/bin/sync <<'END'
#!/bin/sh
echo >>/run/calls
if [ "$(wc -l </run/calls)" = "${FILLS_AT:-0}" ]; then
  cat /dev/zero >/var/lib/roost/undo/filler 2>/dev/null || :
fi
exec sync.real "$@"
END

mv /usr/bin/tar /usr/bin/tar.real
cat >/usr/bin/tar <<'END'
#!/bin/sh
if [ "${FILLS_AT:-0}" = tar ]; then
  cat /dev/zero >/var/lib/roost/undo/filler 2>/dev/null || :
  truncate -s -1M /var/lib/roost/undo/filler
fi
exec tar.real "$@"
END
chmod 755 /usr/bin/sync /usr/bin/tar
