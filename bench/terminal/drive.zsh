# Measures an interactive zsh as a person meets it: on a pseudo-terminal, with what was shown as the only evidence.
# args: what a prompt of this shell ends with; how many commands and keys are measured; how the shell is started
# prints, in milliseconds: first prompt, first command, the medians of a command and of a key; then the processor
# time of the shell up to the first command, and for a key
zmodload zsh/zpty zsh/datetime zsh/zselect zsh/system
emulate -R zsh
typeset -g ready=$1 shown= passed= chunk shell_pid=
typeset -gi rounds=$2

# Waits until the text has been shown, and forgets what came up to it.
await() {
  local -F until=$(( EPOCHREALTIME + 20 ))
  while [[ $shown != *"$1"* ]]; do
    zselect -t 2000 -r $REPLY_FD 2>/dev/null
    if sysread -t 0 -i $REPLY_FD chunk 2>/dev/null; then shown+=$chunk
    elif (( EPOCHREALTIME > until )); then
      print -ru2 -- "never shown: ${(V)1}; shown: ${(V)shown}"
      exit 1
    fi
  done
  passed=${shown%%"$1"*}
  shown=${shown#*"$1"}
}
# Milliseconds that the shell has been on a processor; 0 where the kernel does not count it.
processor() {
  local counted=0
  [[ -r /proc/$shell_pid/schedstat ]] && counted=${$(</proc/$shell_pid/schedstat)[1]}
  print -rn -- $(( counted / 1e6 ))
}
# Until nothing more is shown: what runs beside the prompt has ended.
settle() {
  while zselect -t 15 -r $REPLY_FD 2>/dev/null; do sysread -t 0 -i $REPLY_FD chunk 2>/dev/null || break; done
  shown=
}
median() {
  local -a sorted=(${(n)@})
  print -rn -- $sorted[$#sorted/2+1]
}

typeset -F from=$EPOCHREALTIME
zpty shell "exec $3"
typeset -gi REPLY_FD=$REPLY
# Typed before the shell is there, as one does.
zpty -w shell 'print -r -- first$((20+3))command $$ end'
await "$ready"
typeset -F first_prompt=$(( (EPOCHREALTIME - from) * 1000 ))
await first23command
typeset -F first_command=$(( (EPOCHREALTIME - from) * 1000 ))
await ' end'
shell_pid=${passed##* }
settle
typeset -F first_processor=$(( $(processor) ))

typeset -a laps lags worked
typeset -F before
repeat $rounds; do
  from=$EPOCHREALTIME
  zpty -w -n shell $'\n'
  await "$ready"
  laps+=$(( (EPOCHREALTIME - from) * 1000 ))
  settle
done
repeat $rounds; do
  before=$(processor)
  from=$EPOCHREALTIME
  zpty -w -n shell z
  await z
  lags+=$(( (EPOCHREALTIME - from) * 1000 ))
  settle
  worked+=$(( $(processor) - before ))
  zpty -w -n shell $'\x15'
  settle
done
zpty -d shell
print -r -- $first_prompt $first_command $(median $laps) $(median $lags) $first_processor $(median $worked)
