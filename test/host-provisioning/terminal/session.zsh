# Types lines into an interactive zsh on a pseudo-terminal, and prints all that it shows.
# args: for each step, a text that must be shown first, and what is then typed
zmodload zsh/zpty zsh/datetime
typeset all= chunk
integer from=1
zpty -b shell 'TERM=xterm-256color exec zsh -i'
show() {
  local -F until=$(( EPOCHREALTIME + 30 ))
  while [[ ${all[from,-1]} != *"$1"* ]]; do
    if zpty -r -t shell chunk; then all+=$chunk
    elif (( EPOCHREALTIME > until )); then
      print -r -- "$all"
      print -ru2 -- "never shown: $1"
      exit 1
    else zselect -t 1; fi
  done
  # What is awaited next must come behind what was awaited now.
  local before=${all[from,-1]%%"$1"*}
  (( from += $#before + $#1 ))
}
zmodload zsh/zselect
while (( $# > 1 )); do
  show "$1"
  zpty -w -n shell "$2"
  shift 2
done
(( $# )) && show "$1"
zpty -d shell
print -r -- "$all"
