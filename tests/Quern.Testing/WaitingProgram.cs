using System.Diagnostics;

namespace Quern.Testing;

/// <summary>
/// A program of this machine that stands in for an agent: it writes its user and its arguments to the file <c>started</c> in the folder that its last
/// argument names, and then waits for a signal.
/// </summary>
public static class WaitingProgram
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

    public static byte[] Bytes => Compiled.Value;

    private static byte[] Compile()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["agent.c"], Source);
        using var compiler = Process.Start("gcc", ["-o", folder["agent"], folder["agent.c"]]);
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? File.ReadAllBytes(folder["agent"]) : throw new InvalidOperationException("gcc could not compile the waiting program.");
    }
}
