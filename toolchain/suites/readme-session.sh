# shellcheck shell=bash
# Sourced at the head of the README's session (readme.mjs). Needs ROOST_PORT.
set -euo pipefail

server=
server_log=$(mktemp)

end_server() {
  status=$?
  if [ -n "$server" ]; then
    kill -TERM -- "-$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    if [ "$status" != 0 ]; then
      echo "the server said:" >&2
      tail -n 40 "$server_log" >&2
    fi
  fi
  rm -f "$server_log"
  exit "$status"
}
trap end_server EXIT

# Starts the script on stdin in the background and waits until the server is ready, at most three minutes.
start_server() {
  local script deadline
  script=$(cat)
  set -m
  bash -euo pipefail -c "$script" >"$server_log" 2>&1 </dev/null &
  server=$!
  set +m
  deadline=$((SECONDS + 180))
  until curl -fsS -o /dev/null "http://127.0.0.1:$ROOST_PORT/ready" 2>/dev/null; do
    if ! kill -0 "$server" 2>/dev/null; then
      echo "the server ended before it was ready" >&2
      return 1
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "the server was not ready after three minutes" >&2
      return 1
    fi
    sleep 0.2
  done
}
