#!/bin/sh
# Everything that can be said of the files of a test host: kind, mode, owner, time, size, links, attributes.
# Their content is compared from outside.
# The undo store is left out; all else counts.
set -eu
cd /
find . -xdev \( -path ./var/lib/roost -o -path ./proc -o -path ./dev -o -path ./run -o -path ./sys \) -prune \
  -o -print0 | LC_ALL=C sort -z >/run/paths
xargs -0 -a /run/paths stat --printf='%n %F %a %u %g %.9Y %s %h\n' | sed 's/\( directory .*\) [0-9]* [0-9]*$/\1/'
# shellcheck disable=SC2016 # for the inner shell
xargs -0 -a /run/paths sh -c 'find "$@" -maxdepth 0 -type l -printf "%p -> %l\n"' find
xargs -0 -a /run/paths getfattr --no-dereference --dump --match=- -- 2>/dev/null
