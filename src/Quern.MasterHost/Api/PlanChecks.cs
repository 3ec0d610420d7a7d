using System.Globalization;
using Quern.Model;
using Quern.Peers.Secrets;
using Quern.Pipelines;

namespace Quern.MasterHost.Api;

/// <summary>What is looked at in an explicit plan before it is taken.</summary>
internal static class PlanChecks
{
    /// <summary>Null when a step can be run; else a sentence.</summary>
    public static string? Refuse(PlanStep? step)
    {
        if (step is null) return "a step is null.";
        if (step.Name.Length is 0 or > 200) return "a step's name must have 1 to 200 characters.";
        return step.Command switch
        {
            _ when step.TimeLimit <= TimeSpan.Zero => $"step '{step.Name}' has a time limit that is not above 0.",
            RemoteCommand.Shell shell when shell.Command.IsDefaultOrEmpty && shell.Script is null => $"step '{step.Name}' has neither 'command' nor 'script'.",
            RemoteCommand.Shell { Command.IsDefaultOrEmpty: false, Script: not null } => $"step '{step.Name}' has both 'command' and 'script'.",
            RemoteCommand.Shell shell when !IsArguments(shell) => $"step '{step.Name}' has a word of its command, script or environment that is null or holds a NUL; no program can be given that.",
            RemoteCommand.UploadFile { BlockSize: <= 0 } or RemoteCommand.UploadDirectory { BlockSize: <= 0 } or RemoteCommand.DownloadFile { BlockSize: <= 0 } =>
                $"step '{step.Name}' has a block size that is not above 0.",
            _ => null,
        };
    }

    private static bool IsArguments(RemoteCommand.Shell shell) =>
        (shell.Command.IsDefault || shell.Command.All(IsArgument)) && (shell.Script is null || IsArgument(shell.Script)) &&
        IsArgument(shell.WorkingDirectory) && shell.Environment.All(v => IsArgument(v.Key) && (v.Value is null || IsArgument(v.Value))) &&
        shell.LogFiles.All(l => IsArgument(l.Key) && IsArgument(l.Value));

    // JSON may bring a null where the type allows none.
    private static bool IsArgument(string? text) => text is not null && !text.Contains('\0', StringComparison.Ordinal);

    /// <summary>Null when the plan as a whole can be taken from anybody who may run plans; else a sentence.</summary>
    public static string? Refuse(Plan plan)
    {
        if (plan.Builder.Length > 0) return "'plan.builder' is for plans that the farm compiles itself; run a builder by POST /api/v1/builders/NAME/runs.";
        // Who writes the configuration decides which commands see a secret.
        if (!SecretFiles.NamesIn(plan).IsEmpty) return "an explicit plan gets no secrets; a builder of the configuration does.";
        return PlanConditions.Refuse(plan) is var (step, problem)
            ? string.Create(CultureInfo.InvariantCulture, $"step '{plan.Steps[step].Name}': 'if', column {problem.Offset + 1}: {problem.Message}")
            : null;
    }

    /// <summary>Files and folders of the master that a plan would read or write.</summary>
    public static IEnumerable<string> MasterPathsOf(Plan plan)
    {
        foreach (var step in plan.Steps)
        {
            switch (step.Command)
            {
                case RemoteCommand.UploadFile { Target: MasterTarget.Path path }:
                    yield return path.AbsolutePath;
                    break;
                case RemoteCommand.UploadDirectory { Target: MasterTarget.Path path }:
                    yield return path.AbsolutePath;
                    break;
                case RemoteCommand.DownloadFile { Source: MasterSource.File file }:
                    yield return file.Path;
                    break;
            }
        }
    }
}
