# Keys that terminals send for Home, End, Delete and the like, by what terminfo says of this terminal. It says what they
# send in application mode; outside of that, which costs no word to the terminal at each prompt, [ stands for the O.
zmodload zsh/terminfo 2>/dev/null && () {
  local key widget
  for key widget in khome beginning-of-line kend end-of-line kdch1 delete-char \
    kcuu1 up-line-or-search kcud1 down-line-or-search kcbt reverse-menu-complete; do
    [[ -n ${terminfo[$key]-} ]] || continue
    bindkey -- "$terminfo[$key]" "$widget" ${terminfo[$key]/#$'\eO'/$'\e['} "$widget"
  done
}
