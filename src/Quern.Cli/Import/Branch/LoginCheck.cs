using System.Buffers;
using System.Net.Sockets;
using Quern.Protocols;
using Quern.Protocols.Branch;

namespace Quern.Cli.Import.Branch;

/// <summary>Logs in at a Branch listener as a controller would, and leaves again.</summary>
internal static class LoginCheck
{
    /// <summary>The newest version of the protocol, which a farm takes from every controller.</summary>
    private const int Version = 1;

    private const int MaxAnswer = 64 << 10;

    /// <summary>A farm holds the answer to a wrong key back for a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Why the listener does not let the controller in, as the end of a sentence; null when it does.</summary>
    public static async Task<string?> RefusalAsync(ClientFile client, TimeProvider time, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        try
        {
            using var connection = new TcpClient { NoDelay = true };
            await connection.ConnectAsync(client.Address, client.Port, both.Token);
            await using var stream = connection.GetStream();
            // In one write: the original takes what a first read brings as the beginning of one frame.
            await stream.WriteAsync(Request(client), both.Token);
            return await ReadAsync(stream, both.Token) switch
            {
                BranchAnswer.LoggedOn => null,
                BranchAnswer.Reply reply => Worded(reply),
                _ => "what it answers is not the Branch protocol",
            };
        }
        catch (SocketException e)
        {
            return e.Message.TrimEnd('.');
        }
        catch (IOException e)
        {
            return e.Message.TrimEnd('.');
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return $"no answer within {Patience.TotalSeconds:0} seconds";
        }
    }

    private static string Worded(BranchAnswer.Reply reply) =>
        BranchTexts.Of(reply.Code).V2?.Replace(BranchText.Gap, reply.Argument, StringComparison.Ordinal).TrimEnd('.') ?? reply.Code.ToString();

    private static ReadOnlyMemory<byte> Request(ClientFile client)
    {
        var frame = new ArrayBufferWriter<byte>();
        BranchV2.WriteRequest(new BranchRequest.LogOn(client.Name, "CONTROLLER", client.Key ?? "", Version, ""), frame);
        return frame.WrittenMemory;
    }

    private static async Task<BranchAnswer?> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxAnswer + BranchLimits.MaxCountDigits + 1];
        int filled = 0;
        while (true)
        {
            var input = new ReadOnlySequence<byte>(buffer, 0, filled);
            var status = BranchFraming.TryRead(ref input, MaxAnswer, out var body);
            if (status == DecodeStatus.Success) return BranchV2.TryReadAnswer(body.ToArray(), BranchCommand.LogOn, out var answer) ? answer : null;
            if (status != DecodeStatus.NeedMore || filled == buffer.Length) return null;
            int read = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            if (read == 0) return null;
            filled += read;
        }
    }
}
