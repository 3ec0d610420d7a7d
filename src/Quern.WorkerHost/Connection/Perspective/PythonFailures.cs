using Quern.Execution;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost;

/// <summary>
/// Failures as masters understand them: they test a failure's kind by the names of its class and of all its bases. buildbot-pb.md
/// section 5.4.
/// </summary>
internal static class PythonFailures
{
    public static CopiedFailure Copy(CommandFailure failure) => failure.Type switch
    {
        "builtins.FileNotFoundError" or "builtins.NotADirectoryError" or "builtins.PermissionError" =>
            CopiedFailure.Of(failure.Type, failure.Message, "builtins.OSError"),
        "builtins.KeyError" => CopiedFailure.Of(failure.Type, failure.Message, "builtins.LookupError"),
        "buildbot_worker.base.UnknownCommand" => CopiedFailure.Of(failure.Type, failure.Message, "twisted.spread.pb.Error"),
        _ => CopiedFailure.Of(failure.Type, failure.Message),
    };
}
