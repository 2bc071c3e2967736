#!/bin/sh
# The same as peer.c for a machine without a compiler; slower to start, so the result says which it was.
note() { printf '%s %s: %s\n' "$(date '+%Y/%m/%d %H:%M:%S')" "$self" "$1" >> logs/active-responses.log; }
self=$0
note Starting
IFS= read -r line || exit 255
note "$line"
rest=${line#*\"srcip\":\"}
address=${rest%%\"*}
verb=-D
case $line in
*'"command":"add"'*)
	verb=-I
	keys="{\"version\":1,\"origin\":{\"name\":\"${0##*/}\",\"module\":\"active-response\"},\"command\":\"check_keys\",\"parameters\":{\"keys\":[\"$address\"]}}"
	note "$keys"
	printf '%s\n' "$keys"
	IFS= read -r line || exit 255
	note "$line"
	case $line in *'"command":"continue"'*) ;; *) exit 0 ;; esac
	;;
esac
mkdir active-response/bin/peer-lock || exit 255
iptables "$verb" INPUT -s "$address" -j DROP
iptables "$verb" FORWARD -s "$address" -j DROP
rmdir active-response/bin/peer-lock
note Ended
