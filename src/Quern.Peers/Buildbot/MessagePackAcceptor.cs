using System.Collections.Immutable;
using System.Net.WebSockets;
using Quern.Model;
using Quern.Protocols;
using Quern.Protocols.Buildbot;

namespace Quern.Peers.Buildbot;

/// <summary>Leads a connection from its first byte to a link that takes work, and to its end.</summary>
/// <param name="certificates">
/// Where the peer shows a client certificate within TLS: whose it is. Then it decides alone, whatever name and password the peer gives.
/// Null: certificates mean nothing.
/// </param>
public sealed class MessagePackAcceptor(
    IWorkerGate gate, LinkRegistry registry, MessagePackOptions options, TimeProvider time, ICertificateGate? certificates = null) : IWorkerAcceptor
{
    /// <summary>Why a connection ends whose login still waited for its check when the same worker came by another one.</summary>
    internal const string CameAgain = "the same worker came again before its login was checked";

    private const int FirstRead = 1024;

    /// <summary>The same for a listener that speaks other revisions.</summary>
    public MessagePackAcceptor Speaking(ImmutableArray<BuildbotRevision> revisions) =>
        new(gate, registry, options with { Revisions = revisions }, time, certificates);

    /// <inheritdoc/>
    public async Task ServeAsync(Stream stream, string remote, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        await using (stream)
        {
            using var clock = new LoginClock(options, time);
            var shown = new ShownCertificate(stream, certificates);
            (WorkerName? name, string reason) = await LoginAsync(stream, shown, remote, clock, cancellationToken);
            if (reason.Length == 0) (name, reason) = await WorkAsync(stream, name, shown, remote, clock, cancellationToken);
            gate.Ended(name, remote, reason);
        }
    }

    /// <summary>
    /// The HTTP part. The reason is empty when the worker is in, or, without a name, when it may log in by its first message.
    /// </summary>
    private async Task<(WorkerName? Name, string Reason)> LoginAsync(
        Stream stream, ShownCertificate shown, string remote, LoginClock clock, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Late, cancellationToken);
        WorkerName? name = null;
        try
        {
            (ServerHandshakeResult? result, string problem) = await ReadRequestAsync(stream, either.Token);
            if (result is ServerHandshakeResult.Accept or ServerHandshakeResult.WithoutLogin && shown.IsStrange)
            {
                certificates!.Refused(shown.Bytes, remote);
                await stream.WriteAsync(ServerHandshake.Unauthorized, either.Token);
                return (null, "a certificate that nobody is known by");
            }

            if (result is ServerHandshakeResult.WithoutLogin open)
            {
                bool v1 = options.Revisions.Contains(BuildbotRevision.V1);
                await stream.WriteAsync(v1 ? open.Response : ServerHandshake.Unauthorized, either.Token);
                return (null, v1 ? "" : "no login in the request");
            }

            if (result is ServerHandshakeResult.Reject reject)
            {
                await stream.WriteAsync(reject.Response, either.Token);
                return (null, reject.Reason);
            }

            if (result is not ServerHandshakeResult.Accept accept) return (null, problem);
            if (shown.Worker is { } certified)
            {
                name = certified.Name;
                await stream.WriteAsync(certified.RenewalAskedAt is null ? accept.Response : ServerHandshake.AskForRenewal(accept.Response), either.Token);
                return (name, "");
            }

            bool named = WorkerName.TryParse(accept.User, out WorkerName claimed);
            clock.Asked();
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
            if (clock.Late.IsCancellationRequested) return (name, clock.Reason);
            return (name, error is OperationCanceledException ? CameAgain : "the connection broke before the login");
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
            if (status is DecodeStatus.Success && consumed < length
                && result is ServerHandshakeResult.Accept or ServerHandshakeResult.WithoutLogin)
                return (null, "the peer sent frames before its request was answered");
            if (status is not DecodeStatus.NeedMore) return (result, "");
            if (length == received.Length)
                Array.Resize(ref received, Math.Min(received.Length * 4, ServerHandshake.MaxRequestBytes));
        }
    }

    /// <summary>The WebSocket part; answers whose connection it was and why it ended.</summary>
    /// <param name="stream">The connection after the handshake.</param>
    /// <param name="name">Null for a worker that logs in by its first message.</param>
    /// <param name="shown">The certificate that it came with, if any.</param>
    /// <param name="remote">Where it comes from.</param>
    /// <param name="clock">The time that its login has.</param>
    /// <param name="cancellationToken">Closes the connection.</param>
    private async Task<(WorkerName? Name, string Reason)> WorkAsync(
        Stream stream, WorkerName? name, ShownCertificate shown, string remote, LoginClock clock, CancellationToken cancellationToken)
    {
        var complaints = new Complaints(gate, remote) { Name = name };
        using WebSocket socket = WebSocket.CreateFromStream(new GuardedStream(stream), new WebSocketCreationOptions
        {
            IsServer = true,
            KeepAliveInterval = TimeSpan.Zero,
        });
        var connection = name is null
            ? new MessagePackConnection(socket, time, options.MaxAuthMessageBytes, complaints, BuildbotRevision.V1)
            : new MessagePackConnection(socket, time, options.MaxAttachMessageBytes, complaints);
        await using (connection)
        await using (cancellationToken.UnsafeRegister(_ => connection.Close("the master stopped listening"), null))
        {
            var attach = new WorkerAttach(connection, options);
            if (name is null) name = await AuthenticateAsync(connection, shown.Worker, remote, clock);
            else connection.Start();
            return (name, name is { } worker ? await ServeAsync(connection, attach, worker, shown, remote, cancellationToken) : await connection.Closed);
        }
    }

    /// <summary>Begins to read and waits for the login of revision v1; null when it did not come.</summary>
    private async Task<WorkerName?> AuthenticateAsync(MessagePackConnection connection, CertifiedWorker? certified, string remote, LoginClock clock)
    {
        var login = new AuthLogin(gate, certified?.Name, remote, clock, options.MaxAttachMessageBytes);
        connection.Login = login;
        await using (clock.Late.UnsafeRegister(_ => connection.Close(clock.Reason), null))
        {
            connection.Start();
            await Task.WhenAny(login.Accepted, connection.Closed);
        }

        return login.Accepted.IsCompletedSuccessfully ? await login.Accepted : null;
    }

    /// <summary>A worker that is in: attached, then at work; answers why it ended.</summary>
    private async Task<string> ServeAsync(
        MessagePackConnection connection, WorkerAttach attach, WorkerName name, ShownCertificate shown, string remote, CancellationToken cancellationToken)
    {
        connection.Complaints.Name = name;
        ImmutableArray<string> places = gate.PlacesOf(name);
        AttachState state = await AttachAsync(connection, attach, places, cancellationToken);
        if (state is not AttachState.Attached attached)
        {
            connection.Close(state is AttachState.Failed failed ? failed.Reason : "the worker was not attached");
            return await connection.Closed;
        }

        await using var link = new MessagePackLink(connection, name, attached.Info, places, options, time);
        registry.Take(link);
        if (shown.Worker is { } certified) await certificates!.CameAsync(link, certified, shown.Bytes, remote);
        await gate.AttachedAsync(link);
        string reason = await link.Closed;
        registry.Remove(link);
        return reason;
    }

    private async Task<AttachState> AttachAsync(
        MessagePackConnection connection, WorkerAttach attach, ImmutableArray<string> places, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(options.AttachDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            IAttachSequence sequence = connection.Revision is BuildbotRevision.V1
                ? new BuilderAttachSequence(places)
                : new AttachSequence(places, _ => options.Settings);
            return await attach.RunAsync(sequence, either.Token);
        }
        catch (OperationCanceledException)
        {
            return new AttachState.Failed(late.IsCancellationRequested
                ? $"the worker did not get ready within {options.AttachDeadline.TotalSeconds:0} s"
                : "the master stopped listening");
        }
    }
}
