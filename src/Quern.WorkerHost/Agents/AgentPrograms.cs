using System.Security.Cryptography;
using Quern.Execution;

namespace Quern.WorkerHost;

/// <summary>
/// Programs that the farm gave an agent in the place of the installed one. A new one is on trial until it has joined the farm; one that does
/// not, however it fails, is left for the one before, and that is the installed one in the end.
/// </summary>
/// <param name="state">The agent's folder.</param>
internal sealed class AgentPrograms(string state)
{
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _folder = Path.Combine(state, "program");

    /// <summary>A link to the program to run; missing while that is the installed one.</summary>
    private string Current => Path.Combine(_folder, "current");

    /// <summary>A link to the one before, while the current one is on trial; missing when that is the installed one.</summary>
    private string Previous => Path.Combine(_folder, "previous");

    /// <summary>How often the program on trial was begun.</summary>
    private string Trial => Path.Combine(_folder, "trial");

    /// <summary>SHA-256 of the program that the farm gave, in lower-case hexadecimal; null while the installed one is to run.</summary>
    public string? CurrentSha256 => Target(Current);

    public bool IsOnTrial => File.Exists(Trial);

    /// <summary>Takes a program in and puts it on trial from the next start on; the file is moved.</summary>
    /// <exception cref="IOException">It cannot be moved or stored.</exception>
    public void Adopt(string program)
    {
        Directory.CreateDirectory(_folder, Executable);
        string name = HashOf(program), path = Path.Combine(_folder, name);
        File.SetUnixFileMode(program, Executable);
        // Not opened for writing: it is this very program, and it runs.
        using (var file = File.OpenHandle(program)) RandomAccess.FlushToDisk(file);
        File.Move(program, path, overwrite: true);
        if (!IsOnTrial)
        {
            File.Delete(Previous);
            if (Target(Current) is { } before) File.CreateSymbolicLink(Previous, before);
        }
        DurableFile.Write(Trial, "0\n"u8);
        Point(Current, name);
    }

    /// <summary>The program to run; null for the installed one. One that was on trial before and is still counts as failed.</summary>
    public string? Next()
    {
        if (IsOnTrial)
        {
            if (File.ReadAllText(Trial).Trim() != "0") GoBack();
            else DurableFile.Write(Trial, "1\n"u8);
        }
        return Target(Current) is { } name && File.Exists(Path.Combine(_folder, name)) ? Path.Combine(_folder, name) : null;
    }

    /// <summary>The program on trial has joined the farm: it stays, and those before it go.</summary>
    public void Confirm()
    {
        if (!IsOnTrial) return;
        DurableFile.Delete(Trial);
        File.Delete(Previous);
        string? current = Target(Current);
        foreach (string file in Directory.EnumerateFiles(_folder).Where(f => Path.GetFileName(f) is { Length: 64 } name && name != current)) File.Delete(file);
    }

    /// <summary>Leaves the program on trial for the one before.</summary>
    public void GoBack()
    {
        if (!IsOnTrial) return;
        if (Target(Previous) is { } before) Point(Current, before);
        else File.Delete(Current);
        File.Delete(Previous);
        DurableFile.Delete(Trial);
    }

    private static void Point(string link, string name)
    {
        string draft = link + ".new";
        File.Delete(draft);
        File.CreateSymbolicLink(draft, name);
        File.Move(draft, link, overwrite: true);
    }

    private static string? Target(string link) => new FileInfo(link).LinkTarget;

    /// <summary>In lower-case hexadecimal.</summary>
    public static string HashOf(string program)
    {
        using var file = File.OpenRead(program);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
