using System.Diagnostics;
using System.Text;
using Quern.Model;
using Quern.Packaging.Planning;

namespace Quern.Packaging.Tests;

/// <summary>Runs the commands of a plan in one working place of this machine, as the simplest worker would.</summary>
internal sealed class LocalRunner(string place, FolderBlobs blobs)
{
    public StringBuilder Log { get; } = new();

    /// <summary>Bytes taken by the plan's upload; null when it did not get that far.</summary>
    public byte[]? Package { get; private set; }

    /// <returns>The step that failed with its exit code; null when all went well.</returns>
    public async Task<(string Step, int Code)?> RunAsync(Plan plan)
    {
        Directory.CreateDirectory(place);
        (string, int)? failed = null;
        foreach (var step in plan.Steps)
        {
            if (failed is not null && !step.Always) continue;
            if (step.UnlessExists is { } path && File.Exists(Path.Combine(place, path))) continue;
            int code = await RunAsync(step.Command);
            if (code != 0 && !step.Always) failed ??= (step.Name, code);
        }
        return failed;
    }

    private async Task<int> RunAsync(RemoteCommand command)
    {
        switch (command)
        {
            case RemoteCommand.RemoveDirectory remove:
                foreach (string path in remove.Paths)
                    if (Directory.Exists(At(path))) Directory.Delete(At(path), recursive: true);
                return 0;
            case RemoteCommand.MakeDirectory make:
                foreach (string path in make.Paths) Directory.CreateDirectory(At(path));
                return 0;
            case RemoteCommand.DownloadFile { Source: MasterSource.Text text } download:
                await File.WriteAllTextAsync(At(download.WorkerPath), text.Content);
                return 0;
            case RemoteCommand.DownloadFile { Source: MasterSource.Blob blob } download:
                Assert(Sha256Hash.TryParse(blob.Sha256, out var hash));
                File.Copy(blobs.PathOf(hash), At(download.WorkerPath));
                return 0;
            case RemoteCommand.UploadFile upload:
                if (!File.Exists(At(upload.WorkerPath))) return 1;
                Package = await File.ReadAllBytesAsync(At(upload.WorkerPath));
                return 0;
            case RemoteCommand.Shell shell:
                var start = new ProcessStartInfo(shell.Command[0]) { WorkingDirectory = At(shell.WorkingDirectory), RedirectStandardOutput = true, RedirectStandardError = true };
                foreach (string argument in shell.Command.Skip(1)) start.ArgumentList.Add(argument);
                using (var process = new Process { StartInfo = start })
                {
                    process.OutputDataReceived += (_, line) => Append(line.Data);
                    process.ErrorDataReceived += (_, line) => Append(line.Data);
                    process.Start();
                    process.BeginOutputReadLine();
                    process.BeginErrorReadLine();
                    await process.WaitForExitAsync();
                    return process.ExitCode;
                }
            default:
                throw new UnreachableException($"{command} is not a command of a plan.");
        }
    }

    private void Append(string? line)
    {
        lock (Log) Log.AppendLine(line);
    }

    private string At(string path) => Path.Combine(place, path);

    private static void Assert(bool holds) => Xunit.Assert.True(holds);
}
