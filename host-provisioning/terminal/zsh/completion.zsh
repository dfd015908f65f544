# Completion from a dump that was made at provisioning time. One look at the times of the folders in fpath tells
# whether it still holds; if not it is made again, once.
zmodload -F zsh/stat b:zstat
autoload -Uz compinit
() {
  local dump=$_roost_folder/completions-$ZSH_VERSION stamp=
  local -a now
  zstat -A now +mtime -- $fpath 2>/dev/null
  [[ -r $dump.stamp ]] && stamp=$(<$dump.stamp)
  if [[ -r $dump && $stamp == "$fpath $now" ]]; then
    compinit -C -d $dump
  else
    compinit -i -d $dump
    print -r -- "$fpath $now" >|$dump.stamp
    zcompile -R $dump 2>/dev/null
  fi
}
