# How long the last command took, in the prompt's second slot.
typeset -gF SECONDS
typeset -gF _roost_started=-1
_roost_duration_start() { _roost_started=$SECONDS }
_roost_duration_end() {
  psvar[2]=
  if (( _roost_started >= 0 )); then
    local -i took=$(( SECONDS - _roost_started ))
    (( took >= _roost_duration_from )) && psvar[2]="$(( took / 60 ))m$(( took % 60 ))s" && psvar[2]=${psvar[2]#0m}
  fi
  _roost_started=-1
}
preexec_functions+=(_roost_duration_start)
precmd_functions+=(_roost_duration_end)
