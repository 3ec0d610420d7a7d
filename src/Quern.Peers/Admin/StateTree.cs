using System.Collections.Immutable;
using System.Globalization;
using Quern.Admin.V1;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.Peers.Admin;

/// <summary>
/// The parts of the inherited state tree that Quern has, made from what the desks show a caller: <c>/user</c>, <c>/group</c> and
/// <c>/listener</c>, each with its things by id and their attributes. Nothing secret is in it.
/// </summary>
internal sealed class StateTree(AdminDesks desks)
{
    private const int PageSize = 1000;

    /// <summary>Things of one kind in a stream; a farm with more has list requests.</summary>
    private const int MaxThings = 10_000;

    /// <summary>The right that a subtree needs; null for one that there is not.</summary>
    public static string? RightOf(string root) => root.Split('/', 4) switch
    {
        ["", "user", ..] => Right.UserList,
        ["", "group", ..] => Right.GroupList,
        ["", "listener", ..] => Right.ListenerList,
        _ => null,
    };

    /// <summary>What is at and below a root, by path relative to it.</summary>
    public async Task<ImmutableSortedDictionary<string, EV_STStreamData>> ReadAsync(Caller who, string root, CancellationToken cancellationToken)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<string, EV_STStreamData>(StringComparer.Ordinal);
        void Add(string thing, string attribute, EV_STStreamData value)
        {
            string path = $"{thing}/{attribute}";
            if (path.StartsWith(root + "/", StringComparison.Ordinal)) all[path[(root.Length + 1)..]] = value;
            else if (path == root) all[""] = value;
        }

        switch (RightOf(root))
        {
            case Right.UserList:
                await foreach (var user in AllAsync(after => desks.Users.ListAsync(who, "", after, PageSize, cancellationToken)))
                {
                    string thing = $"/user/{user.Id}";
                    Add(thing, "username", Text(user.Name));
                    Add(thing, "email", Text(user.Email));
                    Add(thing, "expiration", Moment(user.ExpiresAt));
                }
                break;
            case Right.GroupList:
                await foreach (var group in AllAsync(after => desks.Groups.ListAsync(who, "", after, PageSize, cancellationToken)))
                {
                    string thing = $"/group/{group.Id}";
                    Add(thing, "name", Text(group.Name));
                    Add(thing, "owner", Text(group.Owner));
                    Add(thing, "members", Texts(group.Members.Select(m => m.User)));
                }
                break;
            case Right.ListenerList:
                foreach (var listener in desks.Listeners.List(who) ?? [])
                {
                    string thing = string.Create(CultureInfo.InvariantCulture, $"/listener/{listener.Id}");
                    Add(thing, "name", Text(listener.Name));
                    Add(thing, "address", Text(listener.Address));
                    Add(thing, "port", new EV_STStreamData { ValueType = EV_STStreamData.Types.ValueType.Integer, Integer = listener.Open?.Port ?? listener.Port });
                    Add(thing, "enabled", Flag(listener.Enabled));
                    Add(thing, "active", Flag(listener.State == Estate.ListenerState.Listening));
                }
                break;
        }
        return all.ToImmutable();
    }

    private static async IAsyncEnumerable<T> AllAsync<T>(Func<string, Task<Page<T>>> read)
    {
        int count = 0;
        for (string after = ""; ;)
        {
            var page = await read(after);
            foreach (var item in page.Items)
            {
                if (++count > MaxThings) yield break;
                yield return item;
            }
            if (page.Next.Length == 0 || page.Items.IsEmpty) yield break;
            after = page.Next;
        }
    }

    private static EV_STStreamData Text(string text) => new() { ValueType = EV_STStreamData.Types.ValueType.String, String = text };

    private static EV_STStreamData Texts(IEnumerable<string> texts) => new() { ValueType = EV_STStreamData.Types.ValueType.StringArray, StringArray = { texts } };

    private static EV_STStreamData Flag(bool flag) => new() { ValueType = EV_STStreamData.Types.ValueType.Boolean, Boolean = flag };

    private static EV_STStreamData Moment(DateTimeOffset? moment) => new() { ValueType = EV_STStreamData.Types.ValueType.Long, Long = Times.Of(moment) };
}
