using System.Globalization;
using System.Net.Sockets;
using Perspective.Sample;
using Quern.Protocols.Perspective;

// Talks to calculator.py, a Perspective Broker server on Twisted that stands beside this file:
//
//     python3 samples/perspective/calculator.py        prints its port
//     dotnet run --project samples/perspective -- 127.0.0.1 PORT
if (args is not [var host, var port] || !int.TryParse(port, CultureInfo.InvariantCulture, out int number))
{
    Console.Error.WriteLine("usage: Perspective.Sample HOST PORT");
    return 2;
}

using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
await socket.ConnectAsync(host, number);
await using var connection = PerspectiveConnection.Client(new NetworkStream(socket), new PerspectiveOptions(), TimeProvider.System);
var running = connection.RunAsync(CancellationToken.None);

// Logging in gives the server our mind, which it may call, and us an avatar, which we may.
var login = await PerspectiveLogin.LoginAsync(connection, "ada", "lovelace"u8.ToArray(), new Mind());
if (login is not LoginResult.Accepted(var avatar))
{
    Console.Error.WriteLine($"not let in: {login}");
    return 1;
}

Print("add(2, 3)", await connection.CallAsync(avatar, "add", [2L, 3L]));
Print("add('2', '3')", await connection.CallAsync(avatar, "add", ["2", "3"]));
Print("divide(1, by=0)", await connection.CallAsync(avatar, "divide", [1L], [KeyValuePair.Create<string, JellyValue>("by", 0L)]));

// An object of ours, sent along: the server calls it before it answers, and lets go of it.
var counter = new Counter();
Print("countdown(3)", await connection.CallAsync(avatar, "countdown", [new JellyValue.Remote(connection.Export(counter)), 3L]));
await counter.LetGo;
Console.WriteLine($"objects that the server still holds: {connection.LiveExports}");

connection.Close("done");
Console.WriteLine(await running);
return 0;

static void Print(string call, CallResult result) => Console.WriteLine(result switch
{
    CallResult.Answered { Value: JellyValue.Integer i } => $"{call} = {i.Value}",
    CallResult.Answered(var value) when value.TryGetText(out string? text) => $"{call} = '{text}'",
    CallResult.Answered(var value) => $"{call} = {value}",
    CallResult.Failed(var failure) => $"{call} raised {failure.Type}: {failure.Message}",
    CallResult.Lost(var reason) => $"{call} was lost: {reason}",
    _ => throw new System.Diagnostics.UnreachableException(),
});
