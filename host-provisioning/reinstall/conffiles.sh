# shellcheck shell=sh disable=SC2016 # dpkg's own form
# summary: configuration files of packages, and what they are now
# args: none; stands in front of a survey
# needs: dpkg
# undo: nothing is changed

# `package NAME`, then ` PATH SUM` for each of its files.
conffile_listing() { dpkg-query -W -f 'package ${Package}\n${Conffiles}\n'; }

# conffile_sums LISTING: md5sum of those that are there.
conffile_sums() {
  printf '%s\n' "$1" | sed -n 's/^ \(\/.*\) [0-9a-f]\{32\}$/\1/p' | tr '\n' '\0' | xargs -0 -r md5sum 2>/dev/null || :
}
