using System.Collections.Concurrent;
using Google.Protobuf;
using Quern.Admin.V1;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <content>Requests of clients that are for an agent.</content>
internal sealed partial class AdminConnection
{
    /// <summary>Requests that were brought here and wait for the agent's answer, by who asked and the request's number.</summary>
    private readonly ConcurrentDictionary<(int From, int Id), TaskCompletionSource<int?>> _brought = new();

    /// <summary>Brings a request to the agent that it is for, if the caller may ask that of the agent's group. Administration protocol, "Routing".</summary>
    private async Task<AdminAnswer> BringAsync(AdminRequest request)
    {
        var rule = AdminRules.Of(request.Type);
        var target = room.Find(request.Envelope.To);
        // Whether there is such an agent is for those to know who may ask it something.
        if (target is null || target.Agent.Length == 0 || await desk.GroupOfAsync(request, target.Agent) is not { } group ||
            !rule.Rights.All(right => request.Who.May(right, group)))
        {
            room.Gate.Denied(request.Who, request.Type.Name, rule.Rights[0]);
            return AdminAnswers.Denied(request.Type, $"There is no such agent, or this needs the right '{rule.Rights[0]}' in its group.");
        }
        int? code = await target.AskForAsync(request);
        return code is null
            ? AdminAnswers.Of(RS_ChangePowerState.ChangePowerStateFailed, AdminAnswers.Detail("The agent did not take it, or did not answer."))
            : new AdminAnswer.Result(Math.Clamp(code.Value, 0, request.Type.Answer!.Results.Count - 1));
    }

    /// <summary>Asks the agent here what a client asked; null when it did not answer.</summary>
    private async Task<int?> AskForAsync(AdminRequest request)
    {
        var peer = _peer!;
        var answer = new TaskCompletionSource<int?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var key = (request.Peer.Sid, request.Envelope.Id);
        if (!_brought.TryAdd(key, answer)) return null;
        try
        {
            var answered = answer.Task.WaitAsync(_options.AgentPatience, _time);
            var payload = (IMessage)((AdminBody.Message)request.Envelope.Body).Value;
            if (!_outgoing.Writer.TryWrite(AdminMessage.Of(payload, key.Id, peer.Set, peer.Sid, key.Sid))) return null;
            // Agents of the inherited protocol had no answer to give.
            if (!peer.IsQuerns) return 0;
            return await answered;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _brought.TryRemove(key, out _);
        }
    }
}
