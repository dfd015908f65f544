# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # texts for inner shells; a part uses names of the parts before
# summary: the steps that give a person a shell's configuration; all of them run as that person
# args: none; stands behind record.sh and steps.sh of undo, in the action and in its rehearsal
# needs: root, setpriv, zsh
# undo: see restore.sh

# as_person USER HOME COMMAND...: with nothing of root's.
as_person() {
  user=$1 home=$2
  shift 2
  setpriv --reuid="$user" --regid="$(id -g -- "$user")" --init-groups --no-new-privs -- \
    env -i HOME="$home" USER="$user" LOGNAME="$user" PATH=/usr/local/bin:/usr/bin:/bin "$@"
}

# put_home USER HOME PATH TEXT: all of a file at once; one with this text already is left alone.
put_home() {
  printf '%s' "$4" | as_person "$1" "$2" /bin/sh -c 'umask 022
    cd -- "$HOME" || exit 1
    if [ "$(pwd -P)" != "$HOME" ] || [ -L "$1" ]; then printf "%s is a link.\n" "$HOME/$1" >&2; exit 1; fi
    case $1 in */*) mkdir -p -- "${1%/*}" || exit 1 ;; esac
    new=$(mktemp "$1.XXXXXXXX") || exit 1
    trap "rm -f -- \"\$new\"" EXIT
    cat >"$new" || exit 1
    if cmp -s -- "$new" "$1"; then exit 0; fi
    chmod 0644 "$new" && sync "$new" && mv -f -- "$new" "$1"' put "$3"
}

# provision_shell USER HOME PATH SCRIPT: zsh itself checks and compiles it.
provision_shell() {
  if ! command -v zsh >/dev/null 2>&1; then
    printf 'zsh is not on this host.\n' >&2
    return 1
  fi
  printf '%s' "$4" | as_person "$1" "$2" zsh -f -s "$2/$3"
}
