#!/bin/sh
# Stands for a policy pack that another process serves: tells the engine its port, which "<this file>.port" holds,
# and stays for as long as the engine holds the other end of its input.
if ! IFS= read -r port <"$0.port"; then
  echo "$0.port is missing" >&2
  exit 1
fi
echo "$port"
exec cat >/dev/null
