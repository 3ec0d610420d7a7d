#!/bin/sh
# Builds quern-worker ahead of time, shows that it runs, and prints its size and start-up time.
# .NET 9 carries the only ahead-of-time compiler that can be restored today; the code is the same.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/setup.sh"
need_dotnet
need_apt clang zlib1g-dev
out=$root/artifacts/aot
dotnet publish "$root/src/Quern.WorkerHost/Quern.WorkerHost.csproj" -c Release -r linux-x64 -p:QuernAot=true \
    --artifacts-path "$out" -o "$out/worker" -v quiet -nologo
program=$out/worker/quern-worker
"$program" --version
began=$(date +%s%N)
i=0
while [ $i -lt 20 ]; do "$program" --version >/dev/null; i=$((i + 1)); done
printf 'ahead of time: %s bytes, %s ms from start to end of --version\n' "$(stat -c %s "$program")" "$(( ($(date +%s%N) - began) / 20000000 ))"
