#!/bin/sh
# Installs, upgrades or removes the Quern agent that lies beside this script. Made for @RID@.
set -eu
umask 022

usage() {
    cat <<'EOF'
Installs the Quern agent, or upgrades the one that is there; its identity stays.

  --prefix DIR    where the program goes (default /opt/quern-agent). Who is not root needs it; then the configuration
                  (DIR/etc) and the identity (DIR/state) are there too, and no service is made
  --no-service    makes no systemd service
  --start         where there is no systemd: starts the agent now; it does not come back after the machine was off
  --uninstall     stops and removes the program; the configuration and the identity stay
  --purge         with --uninstall: removes those too
EOF
}
say() { printf 'quern-agent: %s\n' "$*"; }
fail() { printf 'quern-agent: %s\n' "$*" >&2; exit 1; }

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
prefix='' service=yes start=no uninstall=no purge=no
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) [ $# -ge 2 ] || fail "--prefix needs a folder"; prefix=$2; shift ;;
        --prefix=*) prefix=${1#--prefix=} ;;
        --no-service) service=no ;;
        --start) start=yes ;;
        --uninstall) uninstall=yes ;;
        --purge) purge=yes ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; fail "unknown option: $1" ;;
    esac
    shift
done
[ "$purge" = no ] || [ "$uninstall" = yes ] || fail "--purge goes with --uninstall"

user=$(id -u)
case $prefix in
    '') [ "$user" = 0 ] || fail "only root can install into /opt/quern-agent; name a folder of your own with --prefix"; prefix=/opt/quern-agent ;;
    /|/*/../*|/../*|*/..|/*/./*) fail "--prefix: $prefix is not a folder to install into" ;;
    /*) ;;
    *) fail "--prefix must be absolute: $prefix" ;;
esac
prefix=${prefix%/}
if [ "$user" = 0 ]; then
    etc=/etc/quern-agent state=/var/lib/quern-agent
else
    etc=$prefix/etc state=$prefix/state service=no
fi
program=$prefix/quern-worker
unit=/etc/systemd/system/quern-agent.service
pidfile=$prefix/agent.pid

has_systemd() { [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1; }

# The process of the pid file, if it is ours: its number may belong to another one by now.
running() {
    [ -e "$pidfile" ] || return 1
    pid=$(cat "$pidfile")
    case $pid in ''|*[!0-9]*) return 1 ;; esac
    [ "$(readlink "/proc/$pid/exe" 2>/dev/null | sed 's/ (deleted)$//')" = "$program" ]
}

stop_started() {
    running || return 0
    kill "$pid" 2>/dev/null || return 0
    tries=0
    while running && [ $tries -lt 60 ]; do sleep 1; tries=$((tries + 1)); done
    running && kill -9 "$pid" 2>/dev/null
    rm -f "$pidfile"
}

if [ "$uninstall" = yes ]; then
    if [ "$user" = 0 ] && [ -e "$unit" ]; then
        if has_systemd; then systemctl disable --now --quiet quern-agent.service || :; fi
        rm -f "$unit" /etc/systemd/system/multi-user.target.wants/quern-agent.service
        if has_systemd; then systemctl daemon-reload; fi
    fi
    stop_started || :
    rm -f "$program" "$prefix/agent.log"
    if [ "$purge" = yes ]; then
        rm -f "$etc/agent.json" "$etc/agent.json.new" "$etc/.installed.sha256"
        rm -rf "$state"
        rmdir "$etc" 2>/dev/null || :
        say "removed, with its configuration and its identity"
    else
        say "removed; the configuration ($etc) and the identity ($state) stay, --purge removes them too"
    fi
    rmdir "$prefix" 2>/dev/null || :
    exit 0
fi

# Can this machine run it at all?
[ "$(uname -s)" = Linux ] || fail "this agent is for Linux; this machine runs $(uname -s)"
machine=$(uname -m)
case " @MACHINES@ " in
    *" $machine "*) ;;
    *) fail "this agent is for @RID@ (@MACHINES@); this machine is $machine. Build one for its platform: quern agent platforms lists them" ;;
esac
[ -e @LOADER@ ] || fail "this agent is for @RID@, and needs @LOADER@, which this machine does not have. Build one for its C library: quern agent platforms lists them"
for file in quern-worker agent.json quern-agent.service; do
    [ -f "$here/$file" ] || fail "$here/$file is missing; unpack the archive as a whole"
done

if [ "$user" = 0 ] && ! id quern-agent >/dev/null 2>&1; then
    if command -v useradd >/dev/null 2>&1; then
        useradd --system --user-group --home-dir /var/lib/quern-agent --no-create-home --shell /bin/false quern-agent
    else
        addgroup -S quern-agent 2>/dev/null || :
        adduser -S -D -H -h /var/lib/quern-agent -s /bin/false -G quern-agent quern-agent
    fi
fi

# The program: beside its place first, so that there is a whole one at every moment.
mkdir -p "$prefix"
cp "$here/quern-worker" "$program.new"
chmod 0755 "$program.new"
mv -f "$program.new" "$program"

# The configuration: one that somebody changed stays, as a package manager would have it.
mkdir -p "$etc" "$state"
chmod 0700 "$state"
put_configuration() { ( umask 077 && cp "$here/agent.json" "$1" ); }
digest() { sha256sum <"$1" | cut -d' ' -f1; }
if [ ! -e "$etc/agent.json" ] || [ "$(digest "$etc/agent.json")" = "$(cat "$etc/.installed.sha256" 2>/dev/null)" ]; then
    put_configuration "$etc/agent.json.part"
    mv -f "$etc/agent.json.part" "$etc/agent.json"
    rm -f "$etc/agent.json.new"
    digest "$etc/agent.json" >"$etc/.installed.sha256"
elif [ "$(digest "$etc/agent.json")" != "$(digest "$here/agent.json")" ]; then
    put_configuration "$etc/agent.json.new"
    say "$etc/agent.json was changed here and stays; the new one is $etc/agent.json.new"
fi
if [ "$user" = 0 ]; then
    chown root:quern-agent "$etc/agent.json"
    chmod 0640 "$etc/agent.json"
    chown quern-agent:quern-agent "$state"
fi

command_line="$program agent run --config $etc/agent.json --state $state"
if [ "$service" = yes ] && { has_systemd || [ -d /etc/systemd/system ]; }; then
    sed "s|^ExecStart=[^ ]*|ExecStart=$program|" "$here/quern-agent.service" >"$unit"
    if has_systemd; then
        systemctl daemon-reload
        systemctl enable --quiet quern-agent.service
        systemctl restart quern-agent.service
        say "installed in $prefix; the service quern-agent runs"
    else
        mkdir -p /etc/systemd/system/multi-user.target.wants
        ln -sf "$unit" /etc/systemd/system/multi-user.target.wants/quern-agent.service
        say "installed in $prefix; the service quern-agent starts with the machine"
    fi
elif [ "$start" = no ]; then
    say "installed in $prefix; start it with: $command_line"
fi
[ "$start" = yes ] || exit 0
if has_systemd && [ "$service" = yes ]; then exit 0; fi

stop_started || :
# As the user whose the identity is; setpriv is beside mount on Linux of every kind but the smallest.
as_agent=''
if [ "$user" = 0 ]; then
    command -v setpriv >/dev/null 2>&1 || fail "there is neither systemd nor setpriv (util-linux) to start it with; start it by hand: $command_line"
    as_agent='setpriv --reuid=quern-agent --regid=quern-agent --clear-groups --no-new-privs --'
fi
cd "$state"
# shellcheck disable=SC2086
nohup setsid $as_agent "$program" agent run --config "$etc/agent.json" --state "$state" >"$prefix/agent.log" 2>&1 </dev/null &
printf '%s\n' $! >"$pidfile"
sleep 2
running || fail "it was started and ended at once; the end of $prefix/agent.log: $(tail -n 3 "$prefix/agent.log" 2>/dev/null)"
say "installed in $prefix and started; there is no systemd here, so it does not start again with the machine"
