using System.Collections.Immutable;
using Quern.Agents;

namespace Quern.MasterHost.Agents.Deployment;

/// <summary>What a machine said of itself; none of it is believed beyond what it can do to its own agent.</summary>
/// <param name="IsRoot">Whether the user is root, or becomes it by <c>sudo</c> without a password.</param>
/// <param name="Sudo">Whether that takes <c>sudo</c>.</param>
internal sealed record RemoteMachine(string System, string Processor, bool HasLoader, bool IsRoot, bool Sudo, bool HasSystemd, long FreeKibibytes, string Missing)
{
    /// <summary>Asks; the arguments are a folder there, the loader that the program needs, and the programs that installing needs.</summary>
    public const string Script = """
        set -u
        folder=$1 loader=$2
        shift 2
        root=no sudo=no
        if [ "$(id -u)" = 0 ]; then root=yes
        elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then root=yes sudo=yes
        fi
        missing=
        for program in "$@"; do command -v "$program" >/dev/null 2>&1 || missing="$missing$program,"; done
        printf 'system=%s\n' "$(uname -s)"
        printf 'processor=%s\n' "$(uname -m)"
        printf 'loader=%s\n' "$([ -e "$loader" ] && echo yes || echo no)"
        printf 'root=%s\nsudo=%s\nmissing=%s\n' "$root" "$sudo" "$missing"
        printf 'systemd=%s\n' "$([ -d /run/systemd/system ] && echo yes || echo no)"
        printf 'free=%s\n' "$(df -Pk "$folder" | tail -n 1 | tr -s ' ' | cut -d' ' -f4)"
        """;

    /// <summary>Null when it is not what the script says.</summary>
    public static RemoteMachine? Read(string output)
    {
        var said = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (string line in output.Split('\n'))
            if (line.Split('=', 2) is [var name, var value]) said[name] = value;
        string Of(string name) => said.GetValueOrDefault(name, "");
        if (Of("system").Length == 0) return null;
        return new RemoteMachine(
            Shown(Of("system")), Shown(Of("processor")), Of("loader") == "yes", Of("root") == "yes", Of("sudo") == "yes", Of("systemd") == "yes",
            long.TryParse(Of("free"), out long free) ? free : long.MaxValue, Shown(Of("missing").TrimEnd(',')));
    }

    /// <summary>Why an agent cannot run there; null when it can.</summary>
    public string? Problem(AgentPlatform platform, long bytes)
    {
        if (System != "Linux") return $"the machine runs {System}, and the agent is for Linux";
        if (!platform.Uname.Contains(Processor)) return $"the machine is {Processor}, and the agent is for {platform} ({string.Join(", ", platform.Uname)}). Build one for its platform";
        if (!HasLoader) return $"the machine has no {platform.Loader}, and the agent is for {platform}. Build one for its C library";
        if (Missing.Length > 0) return $"the machine has no {Missing}, which installing needs";
        // The archive, what it unpacks to, and the program in its place.
        long needed = bytes / 1024 * 5;
        return FreeKibibytes < needed ? $"the machine has {FreeKibibytes} KiB free in /tmp, and {needed} KiB are needed" : null;
    }

    private static string Shown(string text) => string.Concat(text.Take(64).Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ',' ? c : '?'));
}
