using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Quern.Peers.Ports;

namespace Quern.MasterHost.Listeners;

/// <summary>A connection of one of our ports as the web server wants it.</summary>
internal sealed class InnerConnection : ConnectionContext, IDuplexPipe, ITlsConnectionFeature
{
    /// <summary>What is read ahead of the server; then the peer has to wait.</summary>
    private const int MaxReadAhead = 1024 * 1024;

    /// <summary>What the server writes ahead of the peer; then the server has to wait.</summary>
    private const int MaxWriteAhead = 64 * 1024;

    private const int Piece = 4096;

    private readonly Stream _stream;
    private readonly Pipe _input = new(Ahead(MaxReadAhead));
    private readonly Pipe _output = new(Ahead(MaxWriteAhead));
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _receiving;
    private readonly Task _sending;

    public InnerConnection(AcceptedConnection connection)
    {
        _stream = connection.Stream;
        (RemoteEndPoint, LocalEndPoint) = (connection.Remote, connection.Local);
        Transport = this;
        ConnectionClosed = _closed.Token;
        // By this feature the server knows that the address begins with https.
        if (_stream is SslStream) Features.Set<ITlsConnectionFeature>(this);
        (_receiving, _sending) = (ReceiveAsync(), SendAsync());
    }

    public override string ConnectionId { get; set; } = Guid.NewGuid().ToString("N");

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    /// <summary>When the server is done with it and everything is closed.</summary>
    public Task Ended => _ended.Task;

    public PipeReader Input => _input.Reader;

    public PipeWriter Output => _output.Writer;

    X509Certificate2? ITlsConnectionFeature.ClientCertificate { get; set; }

    Task<X509Certificate2?> ITlsConnectionFeature.GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult<X509Certificate2?>(null);

    public override void Abort(ConnectionAbortedException abortReason)
    {
        // What reads or writes at the moment fails by that; the server then lets go of the connection.
        _stream.Dispose();
        _input.Writer.CancelPendingFlush();
    }

    public override async ValueTask DisposeAsync()
    {
        await Output.CompleteAsync();
        await _sending;
        await _stream.DisposeAsync();
        await _input.Reader.CompleteAsync();
        await _receiving;
        _closed.Dispose();
        _ended.TrySetResult();
    }

    private async Task ReceiveAsync()
    {
        await Task.Yield();
        Exception? error = null;
        try
        {
            while (true)
            {
                int got = await _stream.ReadAsync(_input.Writer.GetMemory(Piece));
                if (got == 0) break;
                _input.Writer.Advance(got);
                var taken = await _input.Writer.FlushAsync();
                if (taken.IsCompleted || taken.IsCanceled) break;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            error = new ConnectionResetException(e.Message, e);
        }
        await _input.Writer.CompleteAsync(error);
        // After its last bytes: who streams to it learns that nobody is there any more.
        await _closed.CancelAsync();
    }

    private async Task SendAsync()
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                var read = await _output.Reader.ReadAsync();
                foreach (var piece in read.Buffer) await _stream.WriteAsync(piece);
                _output.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled) break;
            }
            // The end and no cut: only then may an answer without a length be taken for whole.
            if (_stream is SslStream secured) await secured.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The peer is gone, which the server learns from the other direction.
        }
        await _output.Reader.CompleteAsync();
    }

    private static PipeOptions Ahead(int most) => new(pauseWriterThreshold: most, resumeWriterThreshold: most / 2, useSynchronizationContext: false);
}
