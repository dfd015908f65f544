# Keys that terminals send for Home, End, Delete and the like, by what terminfo says of this terminal.
zmodload zsh/terminfo 2>/dev/null && () {
  local key widget
  for key widget in khome beginning-of-line kend end-of-line kdch1 delete-char \
    kcuu1 up-line-or-search kcud1 down-line-or-search kcbt reverse-menu-complete; do
    [[ -n ${terminfo[$key]-} ]] && bindkey -- "${terminfo[$key]}" "$widget"
  done
}
