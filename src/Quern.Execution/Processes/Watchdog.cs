using System.Runtime.InteropServices;
using System.Text;

namespace Quern.Execution;

/// <summary>
/// A small shell beside this process that ends the commands when this process is killed and cannot do it itself: a signal for the
/// parent's death would hang on the thread that started a command, and those come and go. It reads from a pipe which sessions there
/// are; the end of the pipe is the end of us. Then it finds what <see cref="ProcessTree"/> would find. Started with the first command.
/// </summary>
internal sealed class Watchdog(string run) : IDisposable
{
    // Plain sh and grep, since the machine may have no memory left for more when a process is killed. Only built-ins in the loops.
    private const string Script =
        """
        # Ends the commands of a quern-worker that was killed.
        trap '' HUP INT TERM
        worker=$1 running=' ' awaited=' '
        while read -r sign session; do
          case $sign in
            +) running="$running$session " ;;
            -) case $running in *" $session "*) running="${running%%" $session "*} ${running#*" $session "}" ;; esac ;;
            \?) awaited="$awaited$session " ;;
            !) case $awaited in *" $session "*) awaited="${awaited%%" $session "*} ${awaited#*" $session "}" ;; esac ;;
          esac
        done
        known=' ' round=0
        while [ $round -lt 50 ]; do
          round=$((round + 1)) mine=' ' table=''
          for file in $(grep -lF "QUERN_COMMAND=$worker." /proc/[0-9]*/environ 2>/dev/null); do
            file=${file%/environ} mine="$mine${file#/proc/} "
          done
          # What was being started: whoever has its output has begun before we heard of it.
          if [ "$awaited" != ' ' ]; then
            holder=''
            for word in $(ls -l /proc/[0-9]*/fd/[012] 2>/dev/null); do
              case $word in /proc/[0-9]*/fd/[012]) holder=${word#/proc/} holder=${holder%%/*} ;; esac
              case $awaited in *" $word "*) mine="$mine$holder " ;; esac
            done
          fi
          for folder in /proc/[0-9]*; do
            id=${folder#/proc/} text=''
            { while read -r line; do text="$text$line "; done < "$folder/stat"; } 2>/dev/null
            set -- ${text##*) }
            case ${1:-Z} in Z | X) continue ;; esac
            [ "$id" = $$ ] && continue
            case $running in *" $4 "* | *" $3 "*) mine="$mine$id " ;; esac
            case $known in *" $id.${20} "*) mine="$mine$id " ;; esac
            table="$table $id:$2:$id.${20}"
          done
          before=''
          while [ "$before" != "$mine" ]; do
            before=$mine
            for entry in $table; do
              id=${entry%%:*} parent=${entry#*:} parent=${parent%:*}
              case $mine in *" $id "*) continue ;; *" $parent "*) mine="$mine$id " ;; esac
            done
          done
          left=no fresh=no
          for entry in $table; do
            case $mine in *" ${entry%%:*} "*) left=yes ;; *) continue ;; esac
            case $known in *" ${entry##*:} "*) continue ;; esac
            fresh=yes known="$known${entry##*:} "
            kill -STOP "${entry%%:*}" 2>/dev/null
          done
          [ $left = no ] && exit
          # What is stopped starts nothing that would be lost to us; what starts faster than we look is killed every tenth time.
          [ $fresh = yes ] && [ $((round % 10)) -ne 0 ] && continue
          for entry in $table; do
            case $mine in *" ${entry%%:*} "*) kill -9 "${entry%%:*}" 2>/dev/null ;; esac
          done
        done
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly HashSet<int> _sessions = [];   // of the running commands
    private int _id;                                // of the shell; 0 while there is none
    private int _pipe;                              // our end, while there is one
    private bool _disposed;

    /// <summary>Before a command is started: starting the shell takes long enough for a command to shed its mark.</summary>
    public void Prepare()
    {
        lock (_lock)
            if (_id == 0) Start();
    }

    /// <summary>
    /// A command is about to be started, and this is where its output will go: until <see cref="Add"/> or <see cref="Settle"/>, whoever has
    /// that open is of the command. A command can have shed its mark before its starter runs again to say which session it is.
    /// </summary>
    /// <param name="output">Its end of a pipe, or the path of its terminal.</param>
    /// <returns>What to settle; empty when nobody could be told.</returns>
    public string Expect(string output)
    {
        // Not for long: whoever restarts the shell waits for those who start commands.
        if (!_lock.TryEnter(s_patience)) return "";
        try
        {
            return _id != 0 && TryWrite('?', output) ? output : "";
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>A command runs, as the leader of a session.</summary>
    /// <param name="expected">From <see cref="Expect"/>.</param>
    public void Add(int session, string expected)
    {
        lock (_lock)
        {
            _sessions.Add(session);
            if (_id == 0) Start();
            else Tell('+', session);
            Settle(expected);
        }
    }

    /// <summary>Nothing is expected there any more.</summary>
    public void Settle(string expected)
    {
        lock (_lock)
            if (expected.Length > 0 && _id != 0) _ = TryWrite('!', expected);
    }

    /// <summary>It has ended; called while it still holds its number.</summary>
    public void Remove(int session)
    {
        lock (_lock)
        {
            _sessions.Remove(session);
            if (_id != 0) Tell('-', session);
        }
    }

    /// <summary>Ends the shell, and nothing that a command has left running on purpose.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Stop();
        }
    }

    /// <summary>A shell that somebody ended is replaced by one that hears of all sessions.</summary>
    private void Tell(char sign, int session)
    {
        if (TryWrite(sign, $"{session}")) return;
        Stop();
        Start();
    }

    /// <summary>Without one, when there is no more room for a process, the marks of the commands are what the next start has.</summary>
    private unsafe void Start()
    {
        int* ends = stackalloc int[2];
        if (_disposed || Libc.pipe2(ends, Libc.O_CLOEXEC) != 0) return;
        int read = ends[0];
        _pipe = ends[1];
        _id = OrphanReaper.Launch(() => Spawn(read));
        _ = Libc.close(read);
        if (_id == 0) _ = Libc.close(_pipe);
        else if (!_sessions.All(s => TryWrite('+', $"{s}"))) Stop();
    }

    // It is no command: no mark in its environment, and a folder that anybody may remove.
    private int Spawn(int read) => SpawnCall.Run(
        "/bin/sh", ["sh", "-c", Script, "quern-watchdog", run], ["PATH=/usr/bin:/bin", "LC_ALL=C"], "/", out int id, actions =>
        {
            SpawnCall.Duplicate(actions, read, 0);
            SpawnCall.Open(actions, 1, "/dev/null");
            SpawnCall.Open(actions, 2, "/dev/null");
        }) == 0 ? id : 0;

    private unsafe bool TryWrite(char sign, string what)
    {
        Span<byte> line = stackalloc byte[64];
        if (!Encoding.ASCII.TryGetBytes($"{sign} {what}\n", line, out int length)) return false;
        fixed (byte* start = line)
        {
            nint written;
            do written = Libc.write(_pipe, start, length);
            while (written < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
            return written == length;   // so short a text goes into a pipe whole or not at all
        }
    }

    /// <summary>By a kill, before it can see the end of the pipe.</summary>
    private void Stop()
    {
        if (_id == 0) return;
        _ = Libc.kill(_id, Libc.SIGKILL);
        ChildProcess.WaitFor(_id);
        OrphanReaper.Forget(_id);
        _ = Libc.close(_pipe);
        _id = 0;
    }
}
