# summary: tells the aliases that shell files define, and what each of them hides
# args: the files, read in this order
# needs: zsh, started with -f; it runs the files, so they must be the caller's own
# undo: nothing is changed, unless a file does so
unalias -m '*'
exec {_roost_out}>&1 >/dev/null 2>&1 </dev/null
_roost_tell() {
  emulate -L zsh
  # Lengths are in bytes, so that a reader needs no separator: an alias may hold any character.
  setopt no_multibyte
  local kind=$1 name=$2 text=$3 hidden=
  if [[ $kind == regular ]]; then
    if (( ${+builtins[$name]} )); then hidden=builtin
    elif (( ${+functions[$name]} )); then hidden=function
    elif (( ${+commands[$name]} )); then hidden="command $commands[$name]"; fi
  fi
  print -rnu $_roost_out -- "$kind $#name $#text $#hidden $name$text$hidden"
}
# Also when a file ends the shell.
zshexit() {
  emulate -L zsh
  local name
  for name in ${(ko)aliases}; do _roost_tell regular "$name" "$aliases[$name]"; done
  for name in ${(ko)galiases}; do _roost_tell global "$name" "$galiases[$name]"; done
  for name in ${(ko)saliases}; do _roost_tell suffix "$name" "$saliases[$name]"; done
  print -rnu $_roost_out -- "end 0 0 0 "
}
for _roost_file in "$@"; do source $_roost_file; done
exit 0
