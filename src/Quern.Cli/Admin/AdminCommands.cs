using System.CommandLine;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Cli.Client;
using Quern.MasterHost.Configuration;
using Quern.Protocols.Admin;

namespace Quern.Cli.Admin;

/// <summary>Speaks the administration protocol, message by message.</summary>
internal static class AdminCommands
{
    private const string DefaultServer = "127.0.0.1";
    private const int MaxInput = 8 * 1024 * 1024;

    private static readonly Option<string> Body = new("--json") { Description = "the message as JSON; '-' reads it from standard input", DefaultValueFactory = _ => "{}", HelpName = "JSON" };
    private static readonly Option<string?> Server = new("--server") { Description = $"the administration listener (default: {DefaultServer}:8768; also: QUERN_ADMIN_SERVER)", HelpName = "HOST:PORT" };
    private static readonly Option<string?> Fingerprint = new("--fingerprint") { Description = "SHA-256 of its certificate or public key; kept for later", HelpName = "HEX" };
    private static readonly Option<bool> AnyCertificate = new("--insecure-any-certificate") { Description = "trusts whoever answers" };
    private static readonly Option<int> To = new("--to") { Description = "the session number of the agent that it is for (RQ_ListAgents)", HelpName = "SID" };

    /// <summary>What is asked before anybody signs in.</summary>
    private static readonly string[] s_open = [nameof(RQ_Ping), nameof(RQ_ServerBanner), nameof(RQ_Login), nameof(RQ_ResumeSession), nameof(RQ_AuthSession)];

    public static Command Make(CommandMaker make)
    {
        var name = new Argument<string>("MESSAGE") { Description = "for instance RQ_ListUsers" };
        var listed = new Argument<string?>("MESSAGE") { Description = "one of them", Arity = ArgumentArity.ZeroOrOne };
        return CommandMaker.Group("admin", "Speaks the administration protocol with a farm",
            make.Make("call", "Sends one message and prints its answer as JSON", (c, stop) => CallAsync(c, c.Result.GetRequiredValue(name), stop),
                name, Body, Server, Fingerprint, AnyCertificate, AdminLogin.User, AdminLogin.Password, AdminLogin.Code, To),
            make.Make("messages", "Lists the messages with their fields and answers", (c, _) => Task.FromResult(List(c, c.Result.GetValue(listed))), listed));
    }

    private static async Task<int> CallAsync(CommandContext c, string name, CancellationToken stop)
    {
        var type = RequestOf(name);
        var request = AdminJson.Read(type, await BodyAsync(c, stop));
        var server = AdminAddress.Parse(c.Result.GetValue(Server) ?? Environment.GetEnvironmentVariable("QUERN_ADMIN_SERVER") ?? DefaultServer);
        int to = c.Result.GetValue(To);
        var pins = new CertificatePins(c.Data, server);
        string? given = c.Result.GetValue(Fingerprint) is { } text ? CertificatePins.Parse(text) : null;
        var events = Channel.CreateUnbounded<IMessage>();   // bounded by what one request brings about
        var options = new AdminClientOptions { Product = "quern", Events = (_, news) => events.Writer.TryWrite(news) };

        await using var client = await AdminDial.OpenAsync(server, pins, given ?? pins.Known(), c.Result.GetValue(AnyCertificate), options, stop);
        if (given is not null) pins.Keep(given);
        if (!s_open.Contains(type.Name)) await AdminLogin.SignInAsync(c, client, server, stop);
        var answer = await client.AskAsync(request, options.Patience, stop, to);
        if (AdminLogin.IsToProve(answer))
        {
            if (!await AdminLogin.ProveAsync(c, client, stop)) throw StepUp.Needed();
            answer = await client.AskAsync(request, options.Patience, stop, to);
        }
        switch (answer)
        {
            case AdminReply.TimedOut: throw new CommandFailedException(ExitCode.Failed, $"{server} did not answer {type} in time.");
            case AdminReply.Lost lost: throw new CommandFailedException(ExitCode.NoAccess, $"{type} has no answer: {lost.Reason}.");
            case var reply:
                c.WriteJson(AdminJson.Of(reply));
                int code = CodeOf(reply);
                return code == ExitCode.Success ? await FollowAsync(c, client, request, reply, events.Reader, stop) : code;
        }
    }

    /// <summary>What a request began goes on: its events, to the end that it has.</summary>
    private static async Task<int> FollowAsync(
        CommandContext c, AdminClient client, IMessage request, AdminReply reply, ChannelReader<IMessage> events, CancellationToken stop)
    {
        switch (request)
        {
            case RQ_BuildAgent { ProgressStreamId: not 0 } when reply is AdminReply.Result { Code: (int)RS_BuildAgent.BuildAgentAccepted }:
                while (await NextAsync(client, events, stop) is { } news)
                {
                    c.WriteJson(AdminJson.Of(news));
                    if (news is EV_BuildProgress { Step: EV_BuildProgress.Types.Step.BuildDone }) return ExitCode.Success;
                    if (news is EV_BuildProgress { Step: EV_BuildProgress.Types.Step.BuildError }) return ExitCode.Failed;
                }
                return ExitCode.Failed;
            case RQ_STStream { Permanent: true }:
                while (await NextAsync(client, events, stop) is { } news) c.WriteJson(AdminJson.Of(news));
                return ExitCode.Success;
            case RQ_STStream:
                // All of it is on the way before the answer to what is asked next.
                await client.PingAsync(stop);
                while (events.TryRead(out var news)) c.WriteJson(AdminJson.Of(news));
                return ExitCode.Success;
            default:
                return ExitCode.Success;
        }
    }

    private static async Task<IMessage?> NextAsync(AdminClient client, ChannelReader<IMessage> events, CancellationToken stop)
    {
        var next = events.ReadAsync(stop).AsTask();
        if (await Task.WhenAny(next, client.Closed) == next) return await next;
        throw new CommandFailedException(ExitCode.NoAccess, $"The connection is over: {await client.Closed}.");
    }

    private static int List(CommandContext c, string? name)
    {
        var requests = name is null ? AdminTypes.All.Where(t => t.IsRequest && t.Answer is not null).OrderBy(t => t.Name, StringComparer.Ordinal).ToList() : [RequestOf(name)];
        if (c.Json || name is not null)
        {
            var all = new JsonArray([.. requests.Select(AdminJson.Describe)]);
            c.WriteJson(name is null ? all : all[0]!.DeepClone());
            return ExitCode.Success;
        }
        c.Terminal.Table(["message", "fields", "answer"],
            [.. requests.Select(r => (string[])[r.Name, string.Join(", ", r.Message!.Fields.InDeclarationOrder().Select(f => f.Name)), r.Answer!.Name])]);
        return ExitCode.Success;
    }

    private static AdminType RequestOf(string name)
    {
        var requests = AdminTypes.All.Where(t => t.IsRequest && t.Answer is not null);
        if (requests.FirstOrDefault(t => t.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } found) return found;
        string? near = Suggestion.Nearest(name, requests.Select(r => r.Name));
        throw new CommandFailedException(ExitCode.Usage,
            $"There is no request '{name}'; 'quern admin messages' lists them.{(near is null ? "" : $" Did you mean '{near}'?")}");
    }

    private static async Task<string> BodyAsync(CommandContext c, CancellationToken stop)
    {
        string text = c.Result.GetRequiredValue(Body);
        if (text != "-") return text;
        await using var input = Console.OpenStandardInput();
        using var bytes = new MemoryStream();
        byte[] piece = new byte[64 * 1024];
        for (int read; (read = await input.ReadAsync(piece, stop)) > 0;)
        {
            bytes.Write(piece, 0, read);
            if (bytes.Length > MaxInput) throw new CommandFailedException(ExitCode.Usage, $"Standard input has over {MaxInput} bytes; no message is that long.");
        }
        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>Scripts see by it whether it was done.</summary>
    private static int CodeOf(AdminReply reply) => reply switch
    {
        AdminReply.Result { Name: var name } when name.EndsWith("ACCESS_DENIED", StringComparison.Ordinal) => ExitCode.NoAccess,
        AdminReply.Result { Name: var name } => name.EndsWith("_OK", StringComparison.Ordinal) || name.EndsWith("_ACCEPTED", StringComparison.Ordinal) ? ExitCode.Success : ExitCode.Failed,
        AdminReply.Message { Value: RS_CreateApiToken { Code: not RS_CreateApiToken.Types.Code.ApiTokenOk } } => ExitCode.Failed,
        AdminReply.Message { Value: RS_CreateEnrolmentToken { Code: not RS_CreateEnrolmentToken.Types.Code.EnrolmentTokenOk } } => ExitCode.Failed,
        AdminReply.Message { Value: RS_ConfirmTotp { Confirmed: false } } => ExitCode.Failed,
        _ => ExitCode.Success,
    };
}
