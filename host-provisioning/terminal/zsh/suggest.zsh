# A suggestion is looked for in this process, when the key that was typed is on the screen. The plugin itself starts a
# process for each key, before the key is shown.
typeset -g _roost_suggest_soon _roost_unknown=
zmodload zsh/system
# Always readable: the line editor comes to it as soon as it waits for a key. Opened once, as each time costs.
sysopen -r -o cloexec -u _roost_suggest_soon /dev/null
_roost_suggest() { zle -F -w $_roost_suggest_soon _roost_suggest_now }
_roost_suggest_now() {
  zle -F $_roost_suggest_soon
  # What nothing begins with, nothing longer does: the whole history is gone through once for each line at most.
  (( $#BUFFER )) && [[ -z $_roost_unknown || "$HISTCMD $BUFFER" != "$_roost_unknown"* ]] || return 0
  local suggestion
  _zsh_autosuggest_fetch_suggestion "$BUFFER"
  [[ -n ${suggestion-} ]] || _roost_unknown="$HISTCMD $BUFFER"
  zle autosuggest-suggest -- "${suggestion-}"
}
zle -N _roost_suggest_now
