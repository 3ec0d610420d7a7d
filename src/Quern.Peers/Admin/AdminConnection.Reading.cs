using System.IO.Pipelines;
using Quern.Admin.V1;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Protocols;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <content>What the peer sends.</content>
internal sealed partial class AdminConnection
{
    /// <summary>Bytes of a frame that make a sign of life: a peer that drips one now and then is as good as silent.</summary>
    private const int SignOfLife = 1024;

    private int _lastQuestion;

    /// <summary>Number of our question what the agent is; 0 before it was asked.</summary>
    private int _metadataAsked;

    private async Task<string> ReadAsync()
    {
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, minimumReadSize: 1024, leaveOpen: true));
        long kept = 0;
        try
        {
            long heardOf = 0;
            while (true)
            {
                var read = await pipe.ReadAsync(_stop.Token);
                var buffer = read.Buffer;
                DecodeStatus status;
                while ((status = Codec().TryDecode(ref buffer, out var message)) == DecodeStatus.Success)
                {
                    heardOf = 0;
                    await TakeAsync(message!);
                    _stop.Token.ThrowIfCancellationRequested();
                }
                if (buffer.Length - heardOf >= SignOfLife)
                {
                    heardOf = buffer.Length;
                    Change(state => AdminTransitions.Heard(state, Now));
                }
                bool fits = room.Keep(buffer.Length - kept);
                kept = buffer.Length;
                pipe.AdvanceTo(buffer.Start, buffer.End);
                if (!fits) return "too many long messages were on their way";
                if (status == DecodeStatus.Malformed) return "it sent what is no message";
                if (status == DecodeStatus.TooLarge) return $"it announced a message of over {State.MaxFrame} bytes";
                if (read.IsCompleted) return buffer.IsEmpty ? "it closed the connection" : "it closed the connection in the middle of a message";
            }
        }
        finally
        {
            room.Keep(-kept);
            await pipe.CompleteAsync();
        }
    }

    /// <summary>What may come depends on the state, and that on the message before.</summary>
    private AdminCodec Codec() => new(State.MaxFrame, opening: _peer is null);

    private ValueTask TakeAsync(AdminMessage message)
    {
        if (_peer is null) return OpenAsync(message);
        // Where those peers are not taken in, their numbers are nobody's.
        var type = message.Set == NameSet.Outcomes && !_options.TakesOutcomes ? null : message.Type;
        var verdict = Step(state => AdminTransitions.Received(state, type, Now, _options));
        if (verdict == AdminVerdict.Nothing) return ValueTask.CompletedTask;
        if (!type!.IsRequest)
        {
            return HearAsync(message);
        }
        bool forOthers = message.To != 0 && message.To != room.ServerSid;
        // What is for others is brought to them, what is for agents is no use to the server, and nothing else goes past the server.
        if (verdict == AdminVerdict.Deny || forOthers != AdminRules.Of(type).IsRouted) return DenyAsync(message);
        return AnswerAsync(message);
    }

    private async ValueTask OpenAsync(AdminMessage message)
    {
        string problem = "it opened the session with what is no session";
        if (message.Set == NameSet.Outcomes && !_options.TakesOutcomes) problem = "it speaks the protocol of before 2021-11-14, which is switched off here";
        else if (message.Body is AdminBody.Message { Value: RQ_Session session })
            _peer = AdminPeer.TryRead(session, message.Set, _from, (type, flavor) => room.Enter(this, type, flavor), out problem);
        if (_peer is not { } peer)
        {
            Break(problem);
            return;
        }
        Change(state => AdminTransitions.Opened(state, Now));
        if (agent.Length > 0) Apply(new AdminEffect.IsAgent(agent));
        var opened = new RS_Session
        {
            InstanceSid = peer.Sid,
            ServerSid = room.ServerSid,
            ServerUuid = _options.ServerUuid,
            Capability = { peer.Capabilities },
        };
        if (peer.IsQuerns) (opened.MaxFrameBytes, opened.IdleTimeoutSeconds) = ((uint)State.MaxFrame, (uint)_options.Silence.TotalSeconds);
        // It does not know its number before it has read this.
        await SendAsync(AdminMessage.Of(opened, message.Id, message.Set));
        if (agent.Length > 0) await AskWhatItIsAsync();
    }

    /// <summary>Takes an answer to a question of ours, or to one that was brought here.</summary>
    private ValueTask HearAsync(AdminMessage message)
    {
        if (_agent.Length == 0) return ValueTask.CompletedTask;
        if (message.To != 0 && message.To != room.ServerSid)
        {
            if (message.Body is AdminBody.Result result && _brought.TryRemove((message.To, message.Id), out var waiting)) waiting.TrySetResult(result.Code);
        }
        else if (message.Id == _metadataAsked && message.Body is AdminBody.Message { Value: RS_AgentMetadata metadata })
        {
            _metadataAsked = 0;
            return ReportAsync(AgentWords.ReportOf(_agent, metadata, _from));
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>Kept before the next message is read, so that one connection has one report under way.</summary>
    private async ValueTask ReportAsync(AgentReport report)
    {
        room.Gate.Reported(report);
        try
        {
            await desk.Desks.Agents.ReportAsync(report, _stop.Token);
        }
        catch (Exception error) when (!_stop.IsCancellationRequested)
        {
            // It is asked again when it comes again.
            room.Gate.Failed(Name, nameof(RS_AgentMetadata), error);
        }
    }

    private async ValueTask DenyAsync(AdminMessage message)
    {
        await SendAsync(message, AdminAnswers.Denied(message.Type!));
        // Whoever says good-bye goes, whether there was anybody or not.
        if (message.Type!.Name == nameof(RQ_Logout)) Break("it logged out");
    }

    private async ValueTask AnswerAsync(AdminMessage message)
    {
        AdminAnswer answer;
        AdminRequest? request = null;
        try
        {
            // A login of somebody who is logged in proves it again.
            var who = await WhoAsync(AdminRules.Of(message.Type!).Access != AdminAccess.Everybody || message.Type!.Name == nameof(RQ_Login));
            if (who is null && _token.Length > 0 && AdminRules.Of(message.Type!).Access != AdminAccess.Everybody)
            {
                await DenyAsync(message);
                Break("its session is over");
                return;
            }
            request = new AdminRequest(message, _peer!, State, who, _token, _agent, this);
            if (who is not null && AdminRules.Missing(request.Type, who.Principal) is { } right && request.State is AdminState.Active)
            {
                room.Gate.Denied(who, request.Type.Name, right);
                answer = AdminAnswers.Denied(request.Type, $"This needs the right '{right}'.");
            }
            else if (message.Body is not AdminBody.Message)
            {
                answer = AdminAnswers.Failed(request.Type, "The message cannot be read.");
            }
            else if (who is not null && await MustProveAsync(who, message))
            {
                room.Gate.Denied(who, request.Type.Name, ProofRule.Code);
                answer = AdminAnswers.ProveAgain(request.Type);
            }
            else
            {
                var work = AdminRules.Of(request.Type).IsRouted ? BringAsync(request) : desk.AnswerAsync(request);
                Unfinished = work;
                answer = await work.WaitAsync(_stop.Token);
            }
        }
        catch (Exception error) when (!_stop.IsCancellationRequested)
        {
            room.Gate.Failed(Name, message.Type!.Name, error);
            answer = AdminAnswers.Failed(message.Type, "The farm failed on this; its log has why.");
        }
        // Who it is counts before the peer hears of it; what ends a connection comes after the answer.
        if (answer.Then is AdminEffect.SignedIn or AdminEffect.IsAgent) Apply(answer.Then);
        if (answer is not AdminAnswer.Later && (request is null || request.TryTakeAnswer())) await SendAsync(message, answer);
        switch (answer.Then)
        {
            case AdminEffect.Leave leave: Break(leave.Reason); break;
            case AdminEffect.SessionsEnded: await Task.WhenAll(room.All().Select(c => c.RecheckAsync(_stop.Token))); break;
            case AdminEffect.IsAgent: await AskWhatItIsAsync(); break;
            case AdminEffect.Refused or AdminEffect.AgentRevoked: Apply(answer.Then); break;
        }
        if (request?.State is AdminState.Restricted) await ReleaseAsync();
    }

    /// <summary>The account behind the session, with the rights of this moment; null when there is none, or none any more.</summary>
    private async ValueTask<Caller?> WhoAsync(bool needed) =>
        needed && _token.Length > 0 && await desk.Desks.Login.FindAsync(_token, _from, _stop.Token) is { } principal ? new Caller(principal, _from, "admin") : null;

    /// <summary>Whether a request must wait until the session is proved again. Decided here, before any desk sees the request.</summary>
    private async ValueTask<bool> MustProveAsync(Caller who, AdminMessage message) =>
        room.Proofs.Asks(who.Principal) &&
        await AdminGravity.IsGraveAsync(message.Type!, ((AdminBody.Message)message.Body).Value, who, desk.Desks.Tokens, _stop.Token) &&
        // What is remembered may be a moment older than a proof that another process of the farm took.
        (await desk.Desks.Login.PeekAsync(_token, _stop.Token) is not { } now || room.Proofs.Asks(now));

    /// <summary>Lets go of whoever has done what had to be done first.</summary>
    private async ValueTask ReleaseAsync()
    {
        if (await WhoAsync(true) is { Principal.Duty: SignInDuty.None }) Change(state => AdminTransitions.Admitted(state, AdminSide.Client, restricted: false));
    }

    private void Apply(AdminEffect effect)
    {
        switch (effect)
        {
            case AdminEffect.SignedIn signedIn:
                (_token, _name) = (signedIn.Token, signedIn.Principal.Name);
                Change(state => AdminTransitions.Admitted(state, AdminSide.Client, signedIn.Principal.Duty != SignInDuty.None));
                loggedIn();
                break;
            case AdminEffect.IsAgent isAgent:
                (_agent, _name) = (isAgent.Uuid, $"agent:{isAgent.Uuid}");
                Change(state => AdminTransitions.Admitted(state, AdminSide.Agent, restricted: false));
                loggedIn();
                break;
            case AdminEffect.Refused:
                Change(state => AdminTransitions.Failed(state, _options));
                break;
            case AdminEffect.AgentRevoked revoked:
                foreach (var connection in room.All().Where(c => c.Agent == revoked.Uuid)) connection.Break("its certificate does not count any more");
                break;
        }
    }

    private async ValueTask AskWhatItIsAsync()
    {
        var question = Question(new RQ_AgentMetadata());
        _metadataAsked = question.Id;
        await SendAsync(question);
    }
}
