#!/bin/sh
# Says which of the files given cannot be read, or which of the folders cannot be entered, by the user who runs this.
for path in "$@"; do
  [ -r "$path" ] || { echo "$path"; exit 1; }
  [ ! -d "$path" ] || [ -x "$path" ] || { echo "$path"; exit 1; }
done
