#!/bin/sh
# Starts a program again that ended without saying "done".
# Standard input is a pipe from that program: its end is the program's end. The program is "$@".
trap '' INT TERM HUP
began=$(date +%s)
read -r word
[ "$word" = "done" ] && exit 0
# A program that ends as soon as it has begun is not started in a tight loop.
[ $(($(date +%s) - began)) -lt 5 ] && sleep 2
trap - INT TERM HUP
exec "$@" </dev/null
