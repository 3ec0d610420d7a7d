using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

/// <content>Agents made to order, and the links that they are fetched by. Their files are the master's.</content>
public sealed partial class FarmStore
{
    private const string AgentBuildSelect = """
        SELECT id, shelf, team, team_name, platform, format, ordered_by, ordered_from, ordered_door, ordered_at, tags, addresses, slots, target,
            step, percent, message, attempts, enrolment_key, file_name, file_bytes, file_sha256, kept_until
        FROM agent_builds
        """;

    /// <summary>After this long nobody looks after a build: its master is gone for good, or it would have ended.</summary>
    private static readonly TimeSpan s_buildsKept = TimeSpan.FromDays(8);

    /// <summary>Keeps an order.</summary>
    public Task SaveAgentBuildAsync(StoredAgentBuild build, CancellationToken cancellationToken) =>
        WriteAsync(async w => await w.Sql.ExecuteAsync("""
            INSERT INTO agent_builds (id, shelf, team, team_name, platform, format, ordered_by, ordered_from, ordered_door, ordered_at, tags, addresses, slots, target,
                step, percent, message, attempts, enrolment_key)
            VALUES (@id, @shelf, @team, @team_name, @platform, @format, @by, @from, @door, @ordered_at, @tags, @addresses, @slots, @target,
                @step, @percent, @message, @attempts, @key)
            """,
            ("id", build.Id), ("shelf", build.Shelf), ("team", build.Team), ("team_name", build.Group), ("platform", build.Platform), ("format", build.Format),
            ("by", build.By.Name), ("from", build.By.Address), ("door", build.By.Door), ("ordered_at", UnixMicroseconds.From(build.OrderedAt)),
            ("tags", StorageJson.Write(build.Tags)), ("addresses", StorageJson.Write(build.Addresses)), ("slots", (long)build.Slots), ("target", build.Target),
            ("step", build.Standing.Step), ("percent", (long)build.Standing.Percent), ("message", build.Standing.Message),
            ("attempts", (long)build.Standing.Attempts), ("key", build.Standing.EnrolmentKey)), cancellationToken);

    /// <summary>Keeps how far a build is, and in the same transaction what the journal says of it.</summary>
    /// <param name="note">Null for a step that the journal says nothing of.</param>
    /// <returns>False when there is no such build.</returns>
    public Task<bool> SaveAgentBuildStandingAsync(string id, AgentBuildStanding standing, AgentBuildNote? note, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            int changed = await w.Sql.ExecuteAsync("""
                UPDATE agent_builds SET step = @step, percent = @percent, message = @message, attempts = @attempts, enrolment_key = @key,
                    file_name = @name, file_bytes = @bytes, file_sha256 = @sha256, kept_until = @until
                WHERE id = @id
                """,
                ("id", id), ("step", standing.Step), ("percent", (long)standing.Percent), ("message", standing.Message), ("attempts", (long)standing.Attempts),
                ("key", standing.EnrolmentKey), ("name", standing.File?.Name), ("bytes", standing.File?.Bytes), ("sha256", standing.File?.Sha256.Hex),
                ("until", UnixMicroseconds.From(standing.KeptUntil)));
            if (changed == 0) return false;
            if (note is not null && await ReadAgentBuildAsync(w.Sql, id) is { } build)
                EmitOf(w, note.Kind, build.Group, build.By, [("build", id), .. note.Facts, ("platform", build.Platform), ("format", build.Format), ("target", build.Target)]);
            return true;
        }, cancellationToken);

    /// <summary>Builds that are not over, newest first.</summary>
    /// <param name="shelf">Those of one master alone; empty for all.</param>
    public async Task<ImmutableArray<StoredAgentBuild>> ListAgentBuildsAsync(string shelf, CancellationToken cancellationToken)
    {
        var all = await ReadAsync(session => shelf.Length == 0
            ? ListAsync(session, AgentBuildOf, AgentBuildSelect + " ORDER BY ordered_at DESC, id DESC")
            : ListAsync(session, AgentBuildOf, AgentBuildSelect + " WHERE shelf = @shelf ORDER BY ordered_at DESC, id DESC", ("shelf", shelf)), cancellationToken);
        var now = _time.GetUtcNow();
        return [.. all.Where(b => !(b.Standing.KeptUntil <= now))];
    }

    /// <summary>The build of this id; null when there is none, or it is over.</summary>
    public async Task<StoredAgentBuild?> FindAgentBuildAsync(string id, CancellationToken cancellationToken) =>
        await ReadAsync(session => ReadAgentBuildAsync(session, id), cancellationToken) is { } build && !(build.Standing.KeptUntil <= _time.GetUtcNow()) ? build : null;

    /// <summary>Forgets a master's builds that are over, the oldest above a limit, and all whose master has long been gone; with their links.</summary>
    /// <param name="mostKept">Ended builds of the shelf that stay.</param>
    /// <returns>The ids of those of the shelf: their files are to go.</returns>
    public Task<ImmutableArray<string>> ForgetAgentBuildsAsync(string shelf, int mostKept, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            await w.Sql.ExecuteAsync("DELETE FROM agent_builds WHERE ordered_at < @before", ("before", UnixMicroseconds.From(w.Now - s_buildsKept)));
            var ended = await ListAsync(w.Sql, r => (Id: r.GetString(0), KeptUntil: r.GetInt64(1)),
                "SELECT id, kept_until FROM agent_builds WHERE shelf = @shelf AND kept_until IS NOT NULL ORDER BY kept_until DESC, id DESC", ("shelf", shelf));
            ImmutableArray<string> due = [.. ended.Where((b, i) => b.KeptUntil <= w.Time || i >= mostKept).Select(b => b.Id)];
            foreach (string id in due) await w.Sql.ExecuteAsync("DELETE FROM agent_builds WHERE id = @id", ("id", id));
            await w.Sql.ExecuteAsync("DELETE FROM agent_links WHERE expires_at <= @now OR build NOT IN (SELECT id FROM agent_builds)", ("now", w.Time));
            return due;
        }, cancellationToken);

    /// <summary>Keeps a link by which a build can be fetched, once.</summary>
    /// <param name="mostOfGroup">How many may be open to builds of the same group, so that one group does not use up those of all.</param>
    /// <param name="mostOpen">Over the whole farm.</param>
    public Task<AgentLinkResult> SaveAgentLinkAsync(
        Sha256Hash secret, string build, DateTimeOffset expiresAt, int mostOfGroup, int mostOpen, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            await w.Sql.ExecuteAsync("DELETE FROM agent_links WHERE expires_at <= @now", ("now", w.Time));
            if (await w.Sql.ScalarAsync<string>("SELECT team FROM agent_builds WHERE id = @id" + _dialect.ForShare, ("id", build)) is not { } team) return AgentLinkResult.NoBuild;
            long ofGroup = await w.Sql.ScalarAsync<long>("SELECT COUNT(*) FROM agent_links WHERE build IN (SELECT id FROM agent_builds WHERE team = @team)", ("team", team));
            if (ofGroup >= mostOfGroup) return AgentLinkResult.GroupFull;
            if (await w.Sql.ScalarAsync<long>("SELECT COUNT(*) FROM agent_links") >= mostOpen) return AgentLinkResult.FarmFull;
            await w.Sql.ExecuteAsync("INSERT INTO agent_links (secret_sha256, build, expires_at) VALUES (@secret, @build, @expires)",
                ("secret", secret.Hex), ("build", build), ("expires", UnixMicroseconds.From(expiresAt)));
            return AgentLinkResult.Saved;
        }, cancellationToken);

    /// <summary>
    /// Uses a link up. It is used when this returns, whatever becomes of the answer: nobody gets a file twice by it. A link to a file that
    /// lies with another master stays good.
    /// </summary>
    /// <returns>The build; null when the link opens none here.</returns>
    public Task<StoredAgentBuild?> TakeAgentLinkAsync(Sha256Hash secret, string shelf, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            string? id = await w.Sql.ScalarAsync<string>("SELECT build FROM agent_links WHERE secret_sha256 = @secret", ("secret", secret.Hex));
            if (id is null || await ReadAgentBuildAsync(w.Sql, id) is not { } build || build.Shelf != shelf) return null;
            // The database decides who wins: two at once see the link, and one of them deletes it.
            int taken = await w.Sql.ExecuteAsync("DELETE FROM agent_links WHERE secret_sha256 = @secret AND expires_at > @now", ("secret", secret.Hex), ("now", w.Time));
            return taken == 1 && !(build.Standing.KeptUntil <= w.Now) ? build : null;
        }, cancellationToken);

    /// <summary>Notes who fetched a build.</summary>
    /// <param name="key">The id of the enrolment key inside.</param>
    public Task SaveAgentFetchedAsync(string build, string group, string key, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(w =>
        {
            EmitOf(w, EventKinds.AgentFetched, group, actor, [("build", build), ("key", key)]);
            return ValueTask.FromResult(true);
        }, cancellationToken);

    private static void EmitOf(WriteSession w, string kind, string group, Actor actor, ImmutableArray<(string Name, string Value)> facts) =>
        w.Emit(kind, group, actor.Name, EventData.By(actor, [.. facts.Where(f => f.Value.Length > 0).Select(f => (f.Name, (object?)f.Value))]));

    private static async Task<StoredAgentBuild?> ReadAgentBuildAsync(Session session, string id)
    {
        await using var reader = await session.QueryAsync(AgentBuildSelect + " WHERE id = @id", ("id", id));
        return await reader.ReadAsync() ? AgentBuildOf(reader) : null;
    }

    private static StoredAgentBuild AgentBuildOf(DbDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5),
        new Actor(r.GetString(6)) { Address = r.GetString(7), Door = r.GetString(8) }, UnixMicroseconds.ToTime(r.GetInt64(9)))
    {
        Tags = StorageJson.Read<ImmutableArray<string>>(r.GetString(10)),
        Addresses = StorageJson.Read<ImmutableArray<string>>(r.GetString(11)),
        Slots = (int)r.GetInt64(12),
        Target = r.GetString(13),
        Standing = new AgentBuildStanding(r.GetString(14), (int)r.GetInt64(15), r.GetString(16))
        {
            Attempts = (int)r.GetInt64(17),
            EnrolmentKey = r.GetString(18),
            File = r.IsDBNull(19) ? null : new AgentBuildFile(r.GetString(19), r.GetInt64(20), HashOf(r.GetString(21))),
            KeptUntil = TimeOrNull(r, 22),
        },
    };
}
