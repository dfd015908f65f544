#!/bin/sh
# Makes a repository of the packages in /srv/pool, and the only one that apt knows of.
set -eu

cd /srv/pool
for file in *.deb; do
  dpkg-deb -f "$file"
  printf 'Filename: ./%s\nSize: %s\n' "$file" "$(stat -c %s "$file")"
  sum=$(sha256sum "$file")
  printf 'SHA256: %s\n\n' "${sum%% *}"
done >Packages
rm -f /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/pool ./' >/etc/apt/sources.list
apt-get -q update
