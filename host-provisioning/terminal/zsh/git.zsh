# Branch and state of the work tree, in the prompt's first slot. git starts when the prompt is on the screen, and runs
# beside it: what it says is shown when it is there, and until then what was known before. Its text is data, which the
# prompt never evaluates.
typeset -g _roost_git_root= _roost_git_fd=
_roost_git_find() {
  local folder=$PWD
  while [[ ! -e $folder/.git ]]; do
    [[ $folder == / || -z $folder ]] && return 1
    folder=${folder:h}
  done
  REPLY=$folder
}
_roost_git_start() {
  [[ -n $_roost_git_fd ]] && { zle -F $_roost_git_fd 2>/dev/null; exec {_roost_git_fd}<&-; _roost_git_fd= }
  local REPLY=
  _roost_git_find || { _roost_git_root= psvar[1]=; return }
  [[ $REPLY == $_roost_git_root ]] || psvar[1]=
  _roost_git_root=$REPLY
  # Always readable: the line editor comes to it as soon as it waits for a key.
  exec {_roost_git_fd}</dev/null
  zle -F $_roost_git_fd _roost_git_ask
}
_roost_git_ask() {
  zle -F $1
  exec {_roost_git_fd}<&-
  exec {_roost_git_fd}< <(GIT_OPTIONAL_LOCKS=0 exec git status --porcelain=v2 --branch --ignore-submodules=dirty 2>/dev/null)
  zle -F $_roost_git_fd _roost_git_read
}
_roost_git_read() {
  emulate -L zsh
  local fd=$1 line branch= mark= text= chunk ahead behind
  while sysread -i $fd chunk; do text+=$chunk; done
  zle -F $fd
  exec {fd}<&-
  _roost_git_fd=
  for line in "${(@f)text}"; do
    case $line in
      '# branch.oid '*) branch=${${line#'# branch.oid '}[1,8]} ;;
      '# branch.head (detached)') ;;
      '# branch.head '*) branch=${line#'# branch.head '} ;;
      '# branch.ab '*)
        ahead=${${line#'# branch.ab '}% *} behind=${line##* }
        [[ $ahead == +0 ]] || mark+=$ahead
        [[ $behind == -0 ]] || mark+=$behind
        ;;
      [12u?]*) mark="*$mark"; break ;;
    esac
  done
  text=$branch$mark
  [[ $text == "${psvar[1]-}" ]] && return
  psvar[1]=$text
  zle && zle .reset-prompt
}
zmodload zsh/system
precmd_functions+=(_roost_git_start)
