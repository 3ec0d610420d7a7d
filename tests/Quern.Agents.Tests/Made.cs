using System.Diagnostics;
using System.Text;
using Quern.Testing;

namespace Quern.Agents.Tests;

/// <summary>Bundles for tests, with a program that says how it was started and then waits.</summary>
internal static class Made
{
    private const string Source = """
        #include <stdio.h>
        #include <unistd.h>
        int main(int count, char **words) {
            char name[4096];
            snprintf(name, sizeof name, "%s/started", words[count - 1]);
            FILE *file = fopen(name, "w");
            if (!file) return 3;
            fprintf(file, "%d", getuid());
            for (int i = 1; i < count; i++) fprintf(file, " %s", words[i]);
            fputs("\n", file);
            fclose(file);
            pause();
            return 0;
        }
        """;

    private static readonly Lazy<byte[]> Compiled = new(Compile);

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
        Bundle(AgentPlatform.Here!.Rid, configuration, minutesLater) with { Program = Compiled.Value };

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

    private static byte[] Compile()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["agent.c"], Source);
        using var compiler = Process.Start("gcc", ["-o", folder["agent"], folder["agent.c"]]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return File.ReadAllBytes(folder["agent"]);
    }
}
