using System.Collections.Concurrent;
using Quern.MasterHost.Access.Accounts;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Peers.Estate;
using Quern.Storage;

namespace Quern.MasterHost.Access;

/// <summary>Keeps in the journal what somebody wanted and was refused, the same thing once in ten minutes. Safe for many calls at once.</summary>
internal sealed class RefusalBook(FarmStore store, TimeProvider time)
{
    /// <summary>What stands for a subject that has no name's form: it may have been a password.</summary>
    public const string NoName = Doorkeeper.NoName;

    private const int MaxActors = 1024;

    private readonly ConcurrentDictionary<string, RefusalNotes> _notes = new(StringComparer.Ordinal);

    /// <param name="action">For instance <c>user.create</c>.</param>
    /// <param name="subject">The form of a name was checked; may be empty.</param>
    public async Task NoteAsync(Actor actor, string action, string subject, string reason, CancellationToken cancellationToken)
    {
        // Each has its own: whoever fills the memory of refusals hides only the own ones.
        if (_notes.Count >= MaxActors) _notes.Clear();
        if (!_notes.GetOrAdd(actor.Name, _ => new RefusalNotes(time)).Take($"{action} {reason} {subject}")) return;
        await store.RefuseEstateAsync(action, subject, reason, actor, cancellationToken);
    }

    /// <summary>Passes an answer of a desk on, and keeps it if it is a refusal.</summary>
    /// <param name="subject">As it came; kept only where it has the form of a name.</param>
    public async Task<EstateAnswer> PassAsync(Caller who, string action, string subject, Task<EstateAnswer> answer, CancellationToken cancellationToken)
    {
        var given = await answer;
        if (!given.Succeeded) await NoteAsync(who.Actor, action, NameIn(action, subject), WordOf(given.Code), cancellationToken);
        return given;
    }

    /// <summary>The code as the API and the journal write it, for instance <c>name-taken</c>.</summary>
    public static string WordOf(EstateCode code) =>
        string.Concat($"{code}".Select((c, i) => char.IsUpper(c) ? $"{(i == 0 ? "" : "-")}{char.ToLowerInvariant(c)}" : $"{c}"));

    private static string NameIn(string action, string subject)
    {
        if (subject.Length == 0 || AccountRules.KnownName(subject) is null) return subject;
        return !action.StartsWith("user.", StringComparison.Ordinal) && AccountRules.GroupName(subject) is null ? subject : NoName;
    }
}
