using Microsoft.AspNetCore.Http;
using Quern.MasterHost.Api;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Access;

/// <summary>Whether whoever asks over HTTP must prove again to be the account behind the session: for the gate, before anything was done.</summary>
internal sealed class ProofGate(ProofRule rule, TokenBook tokens, RefusalBook refusals)
{
    /// <summary>True: the caller is to be told so. It stands in the journal like every refusal.</summary>
    public async ValueTask<bool> AsksAsync(HttpContext context, EstateAct act)
    {
        var caller = context.Caller();
        if (!rule.Asks(caller.Principal)) return false;
        // What is remembered may be a moment older than a proof that another process of the farm took.
        if (await tokens.AgainAsync(caller.Principal.TokenId, context.RequestAborted) is { } now && !rule.Asks(now)) return false;
        await refusals.NoteAsync(caller.Actor, act.Word, "", ProofRule.Code, context.RequestAborted);
        return true;
    }
}
