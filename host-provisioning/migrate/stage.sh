# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: apt with sources that the host has not yet, and with lists that are kept in memory
# args: none; `packages` names a folder in memory
# needs: root, apt, overlayfs
# undo: nothing on the host is changed: staged files are seen by the calls of apt here alone

# stage_file PATH MODE BASE64
stage_file() {
  to=$packages/stage/new$1
  (umask 022 && mkdir -p -- "${to%/*}") && printf '%s' "$3" | base64 -d >"$to" && chmod "$2" "$to"
}

# staged PROGRAM ARGUMENT...: sees what is staged in its place, in a mount namespace of its own.
staged() {
  if [ "${rehearsing:-}" = yes ] || [ ! -d "$packages/stage" ]; then
    "$@"
    return
  fi
  # apt asks as root, so nobody else has to get past this folder.
  unshare --mount --propagation private /bin/sh -c '
    stage=$1
    shift
    for folder in /etc/apt /usr/share/keyrings; do
      if [ ! -d "$stage/new$folder" ]; then continue; fi
      chmod 755 "$stage/new$folder" && mkdir -p "$stage/work$folder" || exit 1
      mount -t overlay -o "lowerdir=$folder,upperdir=$stage/new$folder,workdir=$stage/work$folder" roost "$folder" ||
        exit 1
    done
    exec "$@"' staged "$packages/stage" "$@"
}

# Lists of its own are used where there are some; no cache is left behind.
apt_options() {
  printf '%s\n' "-oDir::Cache::archives=$packages" -oDir::Cache::pkgcache= -oDir::Cache::srcpkgcache= \
    -oAPT::Sandbox::User=root
  if [ -d "$packages/lists" ]; then printf '%s\n' "-oDir::State::lists=$packages/lists"; fi
}

# apt_staged ARGUMENT...
apt_staged() {
  # shellcheck disable=SC2046 # one word a line, and none has a blank
  staged env DEBIAN_FRONTEND=noninteractive apt-get $(apt_options) "$@"
}

# What the sources offer now, beside the host's own lists, which stay as they are.
renew_lists() { mkdir -p "$packages/lists/partial" && apt_staged update; }
