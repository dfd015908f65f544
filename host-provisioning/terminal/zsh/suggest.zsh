# A suggestion is looked for in this process, when the key that was typed is on the screen. The plugin itself starts a
# process for each key, before the key is shown.
typeset -g _roost_suggest_fd= _roost_unknown=
_roost_suggest() {
  [[ -n $_roost_suggest_fd ]] && return
  # Always readable: the line editor comes to it as soon as it waits for a key.
  exec {_roost_suggest_fd}</dev/null
  zle -F -w $_roost_suggest_fd _roost_suggest_now
}
_roost_suggest_now() {
  zle -F $_roost_suggest_fd
  exec {_roost_suggest_fd}<&-
  _roost_suggest_fd=
  # What nothing begins with, nothing longer does: the whole history is gone through once for each line at most.
  (( $#BUFFER )) && [[ -z $_roost_unknown || "$HISTCMD $BUFFER" != "$_roost_unknown"* ]] || return 0
  local suggestion
  _zsh_autosuggest_fetch_suggestion "$BUFFER"
  [[ -n ${suggestion-} ]] || _roost_unknown="$HISTCMD $BUFFER"
  zle autosuggest-suggest -- "${suggestion-}"
}
zle -N _roost_suggest_now
