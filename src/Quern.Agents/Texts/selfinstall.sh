#!/bin/sh
# Quern agent @VERSION@ for @RID@. Installs itself:  sh THIS-FILE [--help]
# It holds a key that lets one machine join the farm, once: keep it from others until it is installed.
set -eu
umask 077
sha256=@SHA256@
[ -f "$0" ] || { echo "quern-agent: save this to a file and run that: sh FILE" >&2; exit 1; }
for program in tail tar gzip sha256sum cut mktemp; do
    command -v $program >/dev/null 2>&1 || { echo "quern-agent: the program $program is missing on this machine" >&2; exit 1; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/quern-agent.XXXXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tail -n +@FIRST@ "$0" >"$work/payload.tar.gz"
found=$(sha256sum <"$work/payload.tar.gz" | cut -d' ' -f1)
if [ "$found" != "$sha256" ]; then
    echo "quern-agent: this file was damaged on its way (SHA-256 $found, not $sha256); fetch it again. Nothing was installed." >&2
    exit 1
fi
tar -xzf "$work/payload.tar.gz" -C "$work"
rm -f "$work/payload.tar.gz"
code=0
sh "$work/quern-agent/install.sh" "$@" || code=$?
exit "$code"
