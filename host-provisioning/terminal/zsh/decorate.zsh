# What draws on the line that is being typed, and completion, are loaded when the first prompt is on the screen and
# before the first key is read: no key ever meets another binding than its own. A line that was typed whole before the
# first prompt, of nothing but characters, needs none of it: it runs at once, and the next line loads.
typeset -gi _roost_typed=0
() {
  local -a reply
  # Until the line editor begins, the terminal offers whole lines alone.
  zmodload zsh/zselect && zselect -t 0 -r 0 && _roost_typed=1
}
_roost_first_line() {
  local typed= key
  while (( _roost_typed && PENDING )) && read -k key; do
    typed+=$key
    [[ $key == [[:print:]] ]] || break
  done
  _roost_typed=0
  zle -U -- "$typed"
  [[ $typed == *[$'\n\r'] ]] && return
  zle -D zle-line-init
  unfunction _roost_first_line
  _roost_decorate
  unfunction _roost_decorate
  (( ${+widgets[zle-line-init]} )) && zle zle-line-init
  return 0
}
zle -N zle-line-init _roost_first_line
