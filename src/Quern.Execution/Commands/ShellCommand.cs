namespace Quern.Execution;

/// <summary><c>shell</c></summary>
internal sealed class ShellCommand(ShellArguments arguments) : IWorkerCommand
{
    private readonly Lock _lock = new();
    private ProcessRun? _run;
    private bool _interrupted;

    public async Task RunAsync(CommandContext context)
    {
        var run = new ProcessRun(arguments, context, saysReturnCode: true);
        lock (_lock)
        {
            _run = run;
            if (_interrupted) run.Interrupt();
        }
        await run.RunAsync();
    }

    public void Interrupt()
    {
        lock (_lock)
        {
            _interrupted = true;
            _run?.Interrupt();
        }
    }
}
