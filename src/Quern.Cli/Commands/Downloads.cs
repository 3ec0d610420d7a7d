using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Spectre.Console;

namespace Quern.Cli.Commands;

/// <summary>Takes what the master has to a file, which appears only when it is whole and has the right hash.</summary>
internal static class Downloads
{
    private const int BufferBytes = 128 << 10;

    /// <summary>A finished package.</summary>
    public static async Task<int> RunAsync(CommandContext c, string name, string environment, string? architecture, string? output, CancellationToken stop)
    {
        using var farm = c.Connect();
        string path = $"/api/v1/packages/{Uri.EscapeDataString(name)}/download?environment={environment}{(architecture is null ? "" : $"&architecture={Uri.EscapeDataString(architecture)}")}";
        return await SaveAsync(c, farm, path, name, output ?? "", $"{name}.lfpkg", stop);
    }

    /// <param name="path">Answered with a file whose SHA-256 is its ETag.</param>
    /// <param name="title">What it is called where something goes wrong.</param>
    /// <param name="output">Empty for the name that the master gives it.</param>
    /// <param name="fallback">Where the master gives none.</param>
    /// <param name="owners">Whether its owner alone may read the file.</param>
    public static async Task<int> SaveAsync(CommandContext c, FarmClient farm, string path, string title, string output, string fallback, CancellationToken stop, bool owners = false)
    {
        using var answer = await farm.OpenAsync(path, stop);
        string expected = answer.Headers.ETag?.Tag.Trim('"') ?? "";
        // The name is the master's, so only its last part counts.
        string target = output.Length > 0 ? output : Path.GetFileName(answer.Content.Headers.ContentDisposition?.FileName?.Trim('"') ?? fallback);
        string partial = $"{target}.part";
        long bytes = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            if (c.Terminal.Interactive && !c.Json)
            {
                await c.Terminal.NewConsole().Progress().AutoClear(true)
                    .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
                    .StartAsync(async bars =>
                    {
                        var bar = bars.AddTask(Markup.Escape(Terminal.Clean(target)), maxValue: answer.Content.Headers.ContentLength ?? 0);
                        bar.IsIndeterminate = answer.Content.Headers.ContentLength is null;
                        bytes = await CopyAsync(answer, partial, owners, hash, read => bar.Increment(read), stop);
                    });
            }
            else
            {
                bytes = await CopyAsync(answer, partial, owners, hash, _ => { }, stop);
            }
            string actual = Convert.ToHexStringLower(hash.GetHashAndReset());
            if (actual != expected) throw new CommandFailedException(ExitCode.Failed, $"'{title}' arrived with SHA-256 {actual} and not {expected}; nothing was written.");
            File.Move(partial, target, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
        if (c.Json) c.WriteJson(new JsonObject { ["file"] = target, ["bytes"] = bytes, ["sha256"] = expected });
        else c.Terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{target}  {bytes} bytes  {expected}"));
        return ExitCode.Success;
    }

    private static async Task<long> CopyAsync(HttpResponseMessage answer, string partial, bool owners, IncrementalHash hash, Action<int> tell, CancellationToken stop)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(stop);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (owners) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(partial, options);
        var buffer = new byte[BufferBytes];
        long bytes = 0;
        int read;
        while ((read = await body.ReadAsync(buffer, stop)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), stop);
            bytes += read;
            tell(read);
        }
        return bytes;
    }
}
