#!/bin/sh
# A recording double of systemctl: it knows one unit, the agent's, whose start command is the control
# script of the home that is filled in here, and runs that script in the place of systemd.
home=@HOME@
echo "$*" >> "$home/var/systemctl"
case "$*" in
  show*)
    for word; do
      case "$word" in
        wazuh-agent.service)
          echo "ExecStart={ path=/usr/bin/env ; argv[]=/usr/bin/env $home/bin/wazuh-control start ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }"
          printf 'Id=%s\nLoadState=loaded\nActiveState=%s\nCanReload=yes\n\n' "$word" "$(cat "$home/var/state")"
          ;;
        *.service) printf 'Id=%s\nLoadState=not-found\nActiveState=inactive\nCanReload=no\n\n' "$word" ;;
      esac
    done
    ;;
  --no-block*restart*) setsid "$home/bin/wazuh-control" restart > /dev/null 2>&1 < /dev/null & ;;
  # What systemd starts has nothing of whoever asked for it.
  *restart*) "$home/bin/wazuh-control" restart > /dev/null 2>&1 < /dev/null ;;
  *) exit 1 ;;
esac
