# Plugins wrap each of the line editor's widgets by a function of its own, which is most of what they cost. What they
# wrapped is kept, compiled; it holds for the same widgets and the same configuration, and else is made again, once.
# args: the plugins' functions that wrap, in their order, then "--" and the parameters that they leave behind
_roost_wrap() {
  emulate -L zsh
  zmodload zsh/zleparameter zsh/parameter
  local kept=$_roost_folder/widgets-$ZSH_VERSION-$#widgets name value
  local now="$_roost_file ${(kv)widgets}"
  if [[ -r $kept && -r $kept.stamp && $(<$kept.stamp) == $now ]]; then
    source $kept
    return
  fi
  local -A before=("${(@kv)widgets}")
  local -aU known=(${(k)functions})
  local -i end=$argv[(i)--]
  for name in $argv[1,end-1]; do $name; done
  [[ -w $_roost_folder ]] || return 0
  {
    functions -- ${${(k)functions}:|known}
    for name value in "${(@kv)widgets}"; do
      [[ ${before[$name]-} == $value ]] && continue
      case $value in
        user:*) print -r -- zle -N -- ${(q)name} ${(q)value#user:} ;;
        completion:*) print -r -- zle -C -- ${(q)name} ${(q)${(@s.:.)value}[2,3]} ;;
      esac
    done
    (( end == $# )) || typeset -p $argv[end+1,-1]
  } >|$kept
  print -r -- "$now" >|$kept.stamp
  zcompile -R $kept
}
