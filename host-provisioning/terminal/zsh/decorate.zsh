# What draws on the line that is being typed, and completion, are loaded when the first prompt is on the screen and
# before the first key is read: no key ever meets another binding than its own.
_roost_first_line() {
  zle -D zle-line-init
  unfunction _roost_first_line
  _roost_decorate
  unfunction _roost_decorate
  (( ${+widgets[zle-line-init]} )) && zle zle-line-init
  return 0
}
zle -N zle-line-init _roost_first_line
