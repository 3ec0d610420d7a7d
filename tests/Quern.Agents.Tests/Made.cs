using System.Text;
using Quern.Testing;

namespace Quern.Agents.Tests;

/// <summary>Bundles for tests, with a program that is none or one that waits.</summary>
internal static class Made
{
    public static DateTimeOffset Time { get; } = new(2026, 11, 29, 4, 51, 0, TimeSpan.Zero);

    public static AgentPlatform Platform(string rid) => AgentPlatform.Find(rid)!;

    /// <summary>A bundle whose program is a text, for what only looks at archives.</summary>
    public static AgentBundle Bundle(string rid = "linux-x64", string configuration = """{"version":1,"key":"secret"}""", int minutesLater = 0) =>
        new(Platform(rid), new Version(0, 1, 0), Time.AddMinutes(minutesLater))
        {
            Program = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a program of some length\n", 4000))),
            Configuration = Encoding.UTF8.GetBytes(configuration),
        };

    /// <summary>One that runs on this machine.</summary>
    public static AgentBundle Runnable(string configuration = """{"version":1,"key":"secret"}""", int minutesLater = 0) =>
        Bundle(AgentPlatform.Here!.Rid, configuration, minutesLater) with { Program = WaitingProgram.Bytes };

    /// <summary>Writes a bundle into a folder under the name that its format gives it.</summary>
    public static string Write(this ScratchFolder folder, AgentBundle bundle, string format, string? name = null)
    {
        var packager = AgentPackagers.Find(format)!;
        string path = folder[name ?? packager.FileNameOf(bundle)];
        using var file = File.Create(path);
        packager.Write(bundle, file);
        return path;
    }

    public static byte[] Bytes(AgentBundle bundle, string format)
    {
        var bytes = new MemoryStream();
        AgentPackagers.Find(format)!.Write(bundle, bytes);
        return bytes.ToArray();
    }
}
