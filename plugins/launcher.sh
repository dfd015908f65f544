#!/bin/sh
# Runs a plugin with the Node it was installed with: both paths are in the file "<this file>.target".
if ! { IFS= read -r node && IFS= read -r main; } <"$0.target"; then
  echo "$0.target is missing or damaged: install the plugins again" >&2
  exit 1
fi
exec "$node" "$main" "$@"
