#!/bin/sh
# Starts and stops the stand-ins, as an agent's control script does: the configuration is tested
# before anything stops, daemons are known by files with their numbers, and status tells of each.
cd "$(dirname "$0")/.." || exit 1
generation=$(basename "$0" -control)
daemons="modulesd logcollector syscheckd agentd execd"

alive() { for pid in $(cat var/run/"$1"-*.pid 2>/dev/null); do kill -0 "$pid" 2>/dev/null && return 0; done; return 1; }

each() { for part in $daemons; do "$@" "$generation-$part" || return 1; done; }

tested() { bin/"$1" -t || { echo "$1: Configuration error. Exiting"; return 1; }; }

stopped() {
  for pid in $(cat var/run/"$1"-*.pid 2>/dev/null); do
    echo "Killing $1..."
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  done
  rm -f var/run/"$1"-*.pid
}

started() {
  bin/"$1" || { echo "$1 did not start"; return 1; }
  tries=0
  until alive "$1"; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || { echo "$1 did not start"; return 1; }
    sleep 0.05
  done
  echo "Started $1..."
}

told() { if alive "$1"; then echo "$1 is running..."; else echo "$1 not running..."; fi; }

[ -e etc/hang ] && [ "$1" != status ] && sleep 600
echo "$1" >> var/asked
case "$1" in
  start) each started ;;
  stop) each stopped ;;
  restart) each tested && each stopped && each started && echo Completed. ;;
  reload) daemons="modulesd logcollector syscheckd agentd"; each stopped && each started && echo Completed. ;;
  status) each told ;;
  *) exit 1 ;;
esac
status=$?
echo "end of $1" >> var/asked
exit $status
