using System.Net.WebSockets;
using Quern.Model;
using Quern.Protocols;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>Leads a connection from its first byte to a link that takes work, and to its end.</summary>
public sealed class MessagePackAcceptor(
    IMessagePackGate gate, LinkRegistry registry, MessagePackOptions options, TimeProvider time)
{
    private const int FirstRead = 1024;

    /// <summary>Serves one connection until it ends; the gate is told why. Never throws for what the peer does.</summary>
    /// <param name="stream">The accepted connection; disposed at the end.</param>
    /// <param name="remote">Where it came from, for people.</param>
    /// <param name="cancellationToken">Closes the connection.</param>
    public async Task ServeAsync(Stream stream, string remote, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        await using (stream)
        {
            (WorkerName? name, string reason) = await LoginAsync(stream, remote, cancellationToken);
            if (name is { } worker && reason.Length == 0) reason = await WorkAsync(stream, worker, cancellationToken);
            gate.Ended(name, remote, reason);
        }
    }

    /// <summary>The HTTP part. The reason is empty when the worker is in.</summary>
    private async Task<(WorkerName? Name, string Reason)> LoginAsync(Stream stream, string remote, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(options.LoginDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        WorkerName? name = null;
        try
        {
            (ServerHandshakeResult? result, string problem) = await ReadRequestAsync(stream, either.Token);
            if (result is ServerHandshakeResult.Reject reject)
            {
                await stream.WriteAsync(reject.Response, either.Token);
                return (null, reject.Reason);
            }

            if (result is not ServerHandshakeResult.Accept accept) return (null, problem);
            bool named = WorkerName.TryParse(accept.User, out WorkerName claimed);
            if (!named || !await gate.CheckAsync(claimed, accept.Password, either.Token))
            {
                if (named) gate.Refused(claimed, remote);
                await stream.WriteAsync(ServerHandshake.Unauthorized, either.Token);
                return (null, "an unknown name or a wrong password");
            }

            name = claimed;
            await stream.WriteAsync(accept.Response, either.Token);
            return (name, "");
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException)
        {
            if (cancellationToken.IsCancellationRequested) return (name, "the master stopped listening");
            return (name, late.IsCancellationRequested
                ? $"no login within {options.LoginDeadline.TotalSeconds:0} s"
                : "the connection broke before the login");
        }
    }

    private async Task<(ServerHandshakeResult? Result, string Problem)> ReadRequestAsync(
        Stream stream, CancellationToken cancellationToken)
    {
        byte[] received = new byte[FirstRead];
        int length = 0;
        while (true)
        {
            int read = await stream.ReadAsync(received.AsMemory(length), cancellationToken);
            if (read == 0) return (null, length == 0 ? "the peer said nothing" : "the peer left in the middle of its request");
            length += read;
            DecodeStatus status = ServerHandshake.TryRead(
                received.AsSpan(0, length), options.ServerName, out int consumed, out ServerHandshakeResult? result);
            if (status is DecodeStatus.Success && consumed < length && result is ServerHandshakeResult.Accept)
                return (null, "the peer sent frames before its request was answered");
            if (status is not DecodeStatus.NeedMore) return (result, "");
            if (length == received.Length)
                Array.Resize(ref received, Math.Min(received.Length * 4, ServerHandshake.MaxRequestBytes));
        }
    }

    /// <summary>The WebSocket part; answers why it ended.</summary>
    private async Task<string> WorkAsync(Stream stream, WorkerName name, CancellationToken cancellationToken)
    {
        using WebSocket socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions
        {
            IsServer = true,
            KeepAliveInterval = TimeSpan.Zero,
        });
        var connection = new MessagePackConnection(socket, time, options.MaxAttachMessageBytes);
        await using (connection)
        await using (cancellationToken.UnsafeRegister(_ => connection.Close("the master stopped listening"), null))
        {
            connection.Start();
            AttachState state = await AttachAsync(connection, name, cancellationToken);
            if (state is not AttachState.Attached attached)
            {
                connection.Close(state is AttachState.Failed failed ? failed.Reason : "the worker was not attached");
                return await connection.Closed;
            }

            await using var link = new MessagePackLink(connection, name, attached.Info, options, time);
            registry.Take(link);
            await gate.AttachedAsync(link);
            string reason = await link.Closed;
            registry.Remove(link);
            return reason;
        }
    }

    private async Task<AttachState> AttachAsync(
        MessagePackConnection connection, WorkerName name, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(options.AttachDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            var sequence = new AttachSequence(gate.PlacesOf(name), _ => options.Settings);
            return await new WorkerAttach(connection, options).RunAsync(sequence, either.Token);
        }
        catch (OperationCanceledException)
        {
            return new AttachState.Failed(late.IsCancellationRequested
                ? $"the worker did not get ready within {options.AttachDeadline.TotalSeconds:0} s"
                : "the master stopped listening");
        }
    }
}
