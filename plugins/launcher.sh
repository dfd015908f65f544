#!/bin/sh
# Runs a plugin with the Node it was installed with. The file "<this file>.target" holds, a line each: the path of
# Node, the path of the plugin, and, if the plugin needs one, its first argument.
if ! { IFS= read -r node && IFS= read -r main; } <"$0.target"; then
  echo "$0.target is missing or damaged: install the plugins again" >&2
  exit 1
fi
first=$(sed -n 3p "$0.target")
exec "$node" "$main" ${first:+"$first"} "$@"
