# summary: checks and compiles a generated configuration, and makes its completion dump
# args: the generated file
# needs: zsh, started with -f
# undo: remove the files that lie beside it
[[ -r ${1-} ]] || { print -ru2 -- "usage: zsh -f provision.zsh <generated file>"; exit 64 }
zsh -n -f $1 && zcompile -U -R $1 || exit 1
typeset -g _roost_folder=${1:h}
