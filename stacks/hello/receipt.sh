#!/bin/sh
# Prints what was deployed and when. Inputs by environment: MESSAGE, VERSION, URLS (separated by spaces).
set -eu
count=0
for _ in $URLS; do count=$((count + 1)); done
printf 'Version %s, "%s", answers at %s: %s (%s UTC)\n' \
  "$VERSION" "$MESSAGE" "$([ "$count" = 1 ] && echo 'one address' || echo "$count addresses")" \
  "$URLS" "$(date -u '+%Y-%m-%d %H:%M:%S')"
