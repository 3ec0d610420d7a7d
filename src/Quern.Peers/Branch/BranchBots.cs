using System.Collections.Immutable;
using Quern.Model;
using Quern.Packaging.Planning;
using Quern.Peers.Dispatch;
using Quern.Storage;

namespace Quern.Peers.Branch;

/// <summary>The build bots that are here, and what all of them need. Safe to call from many connections.</summary>
public sealed class BranchBots(IBranchGate gate, FarmStore store, BlobStore blobs, WorkerPool pool, BuildEnvironments environments, BranchOptions options, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<BranchBot> _bots = [];
    private readonly PackageContents _contents = new(store, blobs);

    /// <summary>Names of bots that take jobs, each once. A name stays until its bot is gone.</summary>
    private readonly Dictionary<WorkerName, BranchBot> _names = [];

    internal PackageContents Contents => _contents;

    internal IBranchGate Gate => gate;

    internal FarmStore Store => store;

    internal BlobStore Blobs => blobs;

    internal BuildEnvironments Environments => environments;

    internal BranchOptions Options => options;

    internal TimeProvider Time => time;

    public void Dispose() => _contents.Dispose();

    /// <summary>What the bots are called, in the order they came.</summary>
    internal ImmutableArray<string> Names()
    {
        lock (_lock) return [.. _bots.Select(b => b.ShownName)];
    }

    /// <summary>The words that bots use for the jobs they have.</summary>
    internal Dictionary<JobId, string> Statuses()
    {
        lock (_lock) return _bots.Select(b => b.Doing).OfType<(JobId Job, string Status)>().DistinctBy(d => d.Job).ToDictionary(d => d.Job, d => d.Status);
    }

    /// <summary>By the name of its worker, or by what it calls itself; null for a stranger.</summary>
    internal BranchBot? Find(string name)
    {
        lock (_lock) return _bots.Find(b => b.ShownName == name) ?? _bots.Find(b => b.Client.Name == name);
    }

    internal BranchBot Welcome(BranchVisit visit, BotTurn turn, Action<string> close)
    {
        var bot = new BranchBot(this, visit, turn, close);
        lock (_lock) _bots.Add(bot);
        return bot;
    }

    /// <summary>Gives a bot that is ready for the first time to the farm. False when the farm takes nobody any more.</summary>
    internal bool Join(BranchBot bot)
    {
        lock (_lock)
        {
            var name = FreeName(bot.Client.Name);
            _names[name] = bot;
            bot.Name(name);
        }
        return gate.Joined(bot);
    }

    internal void Forget(BranchBot bot)
    {
        lock (_lock)
        {
            _bots.Remove(bot);
            if (bot.Worker is { } name) _names.Remove(name);
        }
    }

    /// <summary>
    /// Bots may be called alike, workers may not: the second of a name becomes <c>name-2</c>. A bot never gets the name of a worker's
    /// account, or it could push that worker out.
    /// </summary>
    private WorkerName FreeName(string wanted)
    {
        string plain = string.Concat(wanted.Select(c => c is ' ' or ':' ? '_' : c));
        if (!WorkerName.IsValid(plain)) plain = "bot";
        for (int number = 1; ; number++)
        {
            var name = new WorkerName(number == 1 ? plain : $"{plain}-{number}");
            if (!_names.ContainsKey(name) && pool.Find(name) is null && !gate.IsAccount(name)) return name;
        }
    }
}
