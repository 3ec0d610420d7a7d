using System.Net.Security;
using System.Threading.Channels;
using Quern.Peers.Buildbot;
using Quern.Peers.Ports;
using Xunit;

namespace Quern.Peers.Tests.Ports;

/// <summary>Tells the test of each connection, answers one byte, and keeps it until the peer or the listener ends it.</summary>
internal sealed class RecordingAcceptor : IWorkerAcceptor
{
    private readonly Channel<AcceptedConnection> _came = Channel.CreateUnbounded<AcceptedConnection>();
    private readonly Channel<string> _ended = Channel.CreateUnbounded<string>();

    public async Task<AcceptedConnection> NextAsync() => await _came.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Why the next one ended: <c>peer</c> or <c>closed</c>.</summary>
    public async Task<string> NextEndAsync() => await _ended.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Whether nobody came who was not waited for.</summary>
    public bool IsQuiet => !_came.Reader.TryPeek(out _);

    public Task ServeAsync(Stream stream, string remote, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task ServeAsync(AcceptedConnection connection, CancellationToken cancellationToken)
    {
        string end = "peer";
        await using (connection.Stream)
        {
            try
            {
                _came.Writer.TryWrite(connection);
                await connection.Stream.WriteAsync("!"u8.ToArray(), cancellationToken);
                byte[] byOne = new byte[1];
                while (await connection.Stream.ReadAsync(byOne, cancellationToken) > 0) await connection.Stream.WriteAsync(byOne, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                end = "closed";
            }
            catch (IOException)
            {
                end = "peer";
            }
        }
        _ended.Writer.TryWrite(end);
    }
}
