using System.Collections.Immutable;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost;

/// <summary>
/// What a master lends for one command: the step, and for a transfer its writer or reader. Released when the command is over: a
/// connection that never releases ends after about a thousand commands. buildbot-pb.md section 6.
/// </summary>
internal sealed class StepReferences(PerspectiveConnection connection, RemoteReference step, RemoteReference? writer, RemoteReference? reader)
{
    public RemoteReference Step => step;

    /// <exception cref="InvalidOperationException">The command has none; it is refused before it starts then.</exception>
    public RemoteReference Writer => writer ?? throw new InvalidOperationException("the command has no writer");

    /// <exception cref="InvalidOperationException">The command has none; it is refused before it starts then.</exception>
    public RemoteReference Reader => reader ?? throw new InvalidOperationException("the command has no reader");

    public void Release()
    {
        foreach (var reference in ImmutableArray.Create(step, writer, reader))
            if (reference is not null) connection.Release(reference);
    }
}
