#!/bin/sh
# Installs the system packages that some test suites need: system-packages.sh <package>...
# Does so when it may (root, apt-get, and CI or ROOST_INSTALL_SYSTEM=1); else it says what is missing.
set -eu

[ "$#" -gt 0 ] || exit 0

if [ -z "${CI:-}" ] && [ "${ROOST_INSTALL_SYSTEM:-}" != 1 ]; then
  echo "missing system packages: $*"
  echo "  the test suites that need them are skipped; to install them: ROOST_INSTALL_SYSTEM=1 npm test (as root)"
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  echo "missing system packages: $*"
  echo "  not running as root, so they cannot be installed here: sudo apt-get install $*"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "missing system packages: $*"
  echo "  this system has no apt-get; install what brings these commands by its own means"
  exit 0
fi

echo "installing system packages: $*"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# An update that fails is no reason to stop: the lists that are here may do.
if ! { apt-get update -q || true; apt-get install -y -q --no-install-recommends "$@"; } >"$log" 2>&1; then
  tail -n 15 "$log"
  echo "apt-get could not install them; the suites that need them fail in CI and are skipped elsewhere"
fi
