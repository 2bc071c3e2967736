#!/bin/sh
# A stand-in for a daemon: it reads the configuration, says what is wrong, and goes on by itself.
name=$(basename "$0")
cd "$(dirname "$0")/.." || exit 1

if [ -e etc/slow ]; then sleep 1; fi
if grep -q '<broken>' etc/ossec.conf; then
  # As the real ones say it, for a tag that is not closed.
  echo "$(date '+%Y/%m/%d %H:%M:%S') $name: ERROR: (1226): Error reading XML file 'etc/ossec.conf': XMLERR: Element 'broken' not closed. (line 3)." >&2
  echo "$(date '+%Y/%m/%d %H:%M:%S') $name: CRITICAL: (1202): Configuration error at 'etc/ossec.conf'." >&2
  exit 1
fi
[ "$1" = -t ] && exit 0
grep -qs "^$name$" etc/lame && exit 0

case "$name" in
  *-execd)
    # Runs what it is told, one after the other, and waits for each: whoever it runs is its child.
    mkfifo queue/requests 2>/dev/null
    work='while :; do while read -r program message; do printf "%s\n" "$message" | active-response/bin/"$program"; done < queue/requests; done'
    ;;
  *) work='while :; do sleep 1; done' ;;
esac
# A careless one: it keeps the standard output that it was started with.
NAME=$name WORK=$work setsid sh -c '
  { umask; env | grep -vE "^(NAME|WORK|PWD|OLDPWD|_)=" | sort; } > "var/run/$NAME.given"
  echo $$ > "var/run/$NAME-$$.pid"
  eval "$WORK"
' < /dev/null 2> /dev/null &
