# shellcheck shell=sh disable=SC2154 # a part uses names of the parts before
# summary: which of the packages wanted can be installed here, as the host's own apt says in simulation
# args: none; stands behind stage.sh. Given in front: `mark`, which nothing on the host can foresee; `sources`, yes when
#   they are other ones; and the functions `stage`, which calls stage_file for each of them, and `wants`, which calls `want`
# needs: root, apt
# undo: nothing is changed
#
# Output: records NAME and TEXT, NUL behind each: `sources CODE` and what apt said of the lists; `absent NAME` and why;
# `refused NAME` and what apt said; `chosen` and arguments, one a line; `simulation CODE` and what apt said; `end MARK`.

# want NAME VERSION must|prefer: this version, or with `prefer` another one where this cannot be had.
want() {
  # shellcheck disable=SC2046 # one word a line
  offered=$(staged apt-cache $(apt_options) madison -- "$1" 2>/dev/null | sed 's/^[^|]*| *//; s/ *|.*//')
  if printf '%s\n' "$offered" | grep -qxF -- "$2"; then
    printf '%s=%s\n' "$1" "$2" >>"$packages/wanted"
  elif [ -z "$offered" ]; then
    printf 'absent %s\0no source of this host has it\0' "$1"
  elif [ "$3" = must ]; then
    printf 'absent %s\0its sources have other versions: %s\0' "$1" "$(printf '%s' "$offered" | tr '\n' ' ')"
  else
    printf '%s\n' "$1" >>"$packages/wanted"
  fi
}

# simulate FILE: with the arguments in it, one a line.
# shellcheck disable=SC2046 # names and versions have no blanks
simulate() {
  apt_staged --simulate -y -q --no-remove --no-install-recommends --allow-downgrades --allow-change-held-packages \
    install -- $(cat "$1") 2>&1
}

# All at once; where that cannot be, one after the other, so that each has its own reason.
solve() {
  cp "$packages/wanted" "$packages/chosen"
  code=0
  said=$(simulate "$packages/chosen") || code=$?
  if [ "$code" = 0 ]; then return 0; fi
  : >"$packages/chosen"
  while read -r word; do
    cp "$packages/chosen" "$packages/tried"
    printf '%s\n' "$word" >>"$packages/tried"
    if said=$(simulate "$packages/tried" </dev/null); then
      mv "$packages/tried" "$packages/chosen"
    else
      printf 'refused %s\0%s\0' "${word%%=*}" "$said"
    fi
  done <"$packages/wanted"
  code=0
  said=$(simulate "$packages/chosen") || code=$?
}

main() {
  LC_ALL=C
  export LC_ALL
  packages=$(mktemp -d /run/roost-solve-XXXXXXXX)
  trap 'rm -rf "$packages"' EXIT
  mkdir "$packages/partial"
  : >"$packages/wanted"
  if [ "$sources" = yes ]; then
    stage
    code=0
    said=$(renew_lists 2>&1) || code=$?
    printf 'sources %s\0%s\0' "$code" "$said"
  fi
  wants
  solve
  printf 'chosen\0%s\0simulation %s\0%s\0end %s\0' "$(cat "$packages/chosen")" "$code" "$said" "$mark"
}

main "$@" </dev/null
