using Quern.Protocols.Buildbot;

namespace Quern.Execution;

/// <summary>
/// Commands that are over at once: what they found, the rc (an error number on failure), and for people a header
/// <c>name: error: path</c>. buildbot-commands.md section 4.
/// </summary>
internal sealed class FileCommand(string name, Func<FileCommand.Answer> act) : IWorkerCommand
{
    /// <param name="Found">What to send before the rc; null for nothing.</param>
    /// <param name="Errno">0 for success.</param>
    /// <param name="Path">What the error is about.</param>
    internal readonly record struct Answer(UpdateEntry? Found, int Errno = 0, string Path = "");

    public async Task RunAsync(CommandContext context)
    {
        var answer = act();
        if (answer.Errno != 0) await context.Output.HeaderAsync($"{name}: {Errno.Message(answer.Errno)}: {answer.Path}");
        if (answer.Found is not null) await context.Output.EntryAsync(answer.Found);
        await context.Output.EntryAsync(new UpdateEntry.ReturnCode(answer.Errno));
    }

    public void Interrupt() { }   // it is over before anybody could
}
