#!/bin/sh
# keeper.sh SIGNAL COMMAND [ARGUMENT...]
# Runs COMMAND until it ends by itself or until standard input closes.  Whoever starts us holds the other end of that
# pipe and never writes to it, so COMMAND cannot outlive its owner, however the owner ends (Ctrl-C, crash, kill -9).
# SIGNAL asks COMMAND to stop; one that has not stopped within 15 s is killed.
# We are started as the leader of a process group of our own, and end by sweeping up what is left in it.

signal=$1
shift
exec 3<&0 </dev/null

"$@" 3<&- &
child=$!

{
  # read fails at the end of the file: the owner is gone
  while read -r _; do :; done <&3
  kill -s "$signal" "$child" 2>/dev/null
  tenths=0
  while [ $tenths -lt 150 ] && kill -0 "$child" 2>/dev/null; do
    sleep 0.1
    tenths=$((tenths + 1))
  done
  kill -s KILL "$child" 2>/dev/null
} &
exec 3<&-

wait "$child"
status=$?
trap '' TERM
kill -s TERM 0
exit $status
