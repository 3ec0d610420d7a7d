using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Quern.Model;
using Quern.Peers.Secrets;
using Quern.Protocols.Buildbot;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quern.MasterHost.Configuration;

/// <summary>Turns the node tree of a file into a configuration. What is wrong goes to the problem log and the rest is still read.</summary>
internal sealed partial class ConfigurationMapper(string file, ProblemLog problems)
{
    private const int MaxSlots = 1024;
    private const int MaxLock = 10_000;

    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? "/";

    public FarmConfiguration Map(YamlNode root)
    {
        var top = YamlSection.Read(root, "", problems,
            "data", "store", "http", "listeners", "workers", "branch", "leaf", "environments", "plans", "sources", "limits", "accounts", "retention", "locks", "secrets", "builders");
        if (top is null) return FarmConfiguration.Empty;
        var environments = top.Section("environments", "release", "cross");
        var sources = top.Section("sources", "file_folders", "allow_private_addresses");
        var workers = Workers(top);
        var locks = Locks(top);
        var secrets = Secrets(top);
        return new FarmConfiguration
        {
            File = Path.GetFullPath(file),
            DataFolder = top.Text("data") is { } data ? FullPath(data) : null,
            Store = Store(top),
            Http = Http(top),
            Listeners = Listeners(top),
            Workers = workers,
            Branch = Branch(top),
            Leaf = Leaf(top),
            Release = environments?.Section("release", "root", "isolation", "network", "enabled") is { } release ? Environment(release, cross: false) : null,
            Cross = environments?.Section("cross", "root", "isolation", "network", "enabled", "target", "tools") is { } cross ? Environment(cross, cross: true) : null,
            PlanFolders = Folders(top.Section("plans", "folders"), "folders"),
            SourceFolders = Folders(sources, "file_folders"),
            AllowPrivateAddresses = sources?.Flag("allow_private_addresses") ?? false,
            Limits = Limits(top.Section("limits", "log_bytes", "package_bytes", "source_bytes", "request_bytes", "batch_jobs")),
            Accounts = Accounts(top.Section("accounts", "require_totp", "session_idle", "session_max", "token_max", "step_up_minutes", "oldest_clients")),
            Retention = Retention(top.Section("retention", "logs", "failed_logs")),
            Locks = locks,
            Secrets = secrets,
            Builders = new BuilderMapper(problems, new BuilderMapper.Farm(workers, locks.Keys.ToList(), secrets.Keys.ToList(), FullPath)).Map(top),
        };
    }

    private string? Store(YamlSection top)
    {
        if (top.Text("store") is not { } store) return null;
        if (store.StartsWith("postgres:", StringComparison.Ordinal) && store.Length > "postgres:".Length) return store;
        if (store.StartsWith("sqlite:", StringComparison.Ordinal) && store.Length > "sqlite:".Length) return "sqlite:" + FullPath(store["sqlite:".Length..]);
        problems.Add(top.At("store"), "'store' must be sqlite:FILE or postgres:CONNECTION-STRING.");
        return null;
    }

    private IPEndPoint? Http(YamlSection top)
    {
        if (top.Text("http") is not { } text) return null;
        if (EndPoints.TryParse(text, out var endPoint)) return endPoint;
        problems.Add(top.At("http"), $"'http' must be ADDRESS:PORT with a port from 0 to 65535, not '{text}'.");
        return null;
    }

    private ImmutableArray<WorkerSetting> Workers(YamlSection top)
    {
        var workers = ImmutableArray.CreateBuilder<WorkerSetting>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in top.Sections("workers", "name", "password", "password_file", "slots", "tags"))
        {
            string? text = section.Text("name", required: true);
            if (text is not null && !WorkerName.IsValid(text))
            {
                problems.Add(section.At("name"), $"'{text}' is not a worker name: {WorkerName.Rule}.");
                text = null;
            }
            else if (text is not null && ReservedUserNames.Contains(text))
            {
                problems.Add(section.At("name"), $"no worker can be named '{text}': Buildbot's masters give that name to something else.");
                text = null;
            }
            else if (text is not null && !names.Add(text))
            {
                problems.Add(section.At("name"), $"the worker '{text}' stands twice in this file.");
            }
            string? password = Password(section);
            int slots = section.Number("slots", 1, MaxSlots) ?? 1;
            var tags = Tags(section);
            if (text is not null && password is not null) workers.Add(new WorkerSetting(new WorkerName(text), password, slots, tags));
        }
        return workers.ToImmutable();
    }

    private ImmutableArray<string> Tags(YamlSection section)
    {
        var tags = section.Texts("tags");
        foreach (var (tag, at) in tags)
            if (tag.Length > 64 || tag.Any(c => c is <= ' ' or > '~' or '|' or ';')) problems.Add(at, $"'{tag}' is not a tag: 1 to 64 printable characters without blank, | and ;.");
        return [.. tags.Select(t => t.Text)];
    }

    private string? Password(YamlSection worker)
    {
        if (worker.Has("password") == worker.Has("password_file"))
        {
            problems.Add(worker.Start, "a worker needs either 'password' or 'password_file'.");
            return null;
        }
        if (worker.Has("password")) return worker.Text("password");
        if (worker.Text("password_file") is not { } name) return null;
        string? password = PasswordFile.TryRead(FullPath(name), out string why);
        if (password is null) problems.Add(worker.At("password_file"), why);
        return password;
    }

    private ImmutableSortedDictionary<string, int> Locks(YamlSection top)
    {
        var locks = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var (name, at, value) in top.Entries("locks"))
        {
            if (!IsName(name, "_-.")) problems.Add(at, $"'{name}' is not a lock's name: letters, digits, '_', '-' and '.', beginning with a letter or digit.");
            else if (!int.TryParse((value as YamlScalarNode)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int most) || most is < 1 or > MaxLock)
                problems.Add(value.Start, $"the lock '{name}' must say how many jobs may hold it at once, from 1 to {MaxLock}: with 0 none of its jobs would ever run.");
            else locks[name] = most;
        }
        return locks.ToImmutable();
    }

    private ImmutableSortedDictionary<string, string> Secrets(YamlSection top)
    {
        var secrets = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, at, value) in top.Entries("secrets"))
        {
            if (!IsName(name, "_-.")) problems.Add(at, $"'{name}' is not a secret's name: letters, digits, '_', '-' and '.', beginning with a letter or digit.");
            else if (value is not YamlScalarNode { Value: { Length: > 0 } path }) problems.Add(value.Start, $"the secret '{name}' needs the path of a file; values do not stand in this file.");
            else if (SecretFiles.TryReadFile(FullPath(path), out string why) is null) problems.Add(value.Start, $"the secret '{name}': {why}");
            else secrets[name] = FullPath(path);
        }
        return secrets.ToImmutable();
    }

    private ImmutableArray<string> Folders(YamlSection? section, string key)
    {
        var folders = ImmutableArray.CreateBuilder<string>();
        foreach (var (text, at) in section?.Texts(key) ?? [])
        {
            string folder = FullPath(text);
            if (folder == "/") problems.Add(at, "the whole file system cannot be given away; name a folder.");
            else folders.Add(folder);
        }
        return folders.ToImmutable();
    }

    private string FullPath(string path) => Path.GetFullPath(path, _folder);

    private static LimitSettings Limits(YamlSection? section)
    {
        var limits = new LimitSettings();
        return section is null ? limits : limits with
        {
            LogBytes = section.Size("log_bytes") ?? limits.LogBytes,
            PackageBytes = section.Size("package_bytes") ?? limits.PackageBytes,
            SourceBytes = section.Size("source_bytes") ?? limits.SourceBytes,
            RequestBytes = section.Size("request_bytes") ?? limits.RequestBytes,
            BatchJobs = section.Number("batch_jobs", 1, 100_000) ?? limits.BatchJobs,
        };
    }

    /// <summary>Past a day it would never be asked for.</summary>
    private const int MaxStepUpMinutes = 24 * 60;

    private static AccountSettings Accounts(YamlSection? section)
    {
        var accounts = new AccountSettings();
        return section is null ? accounts : accounts with
        {
            RequireTotp = section.Flag("require_totp") ?? accounts.RequireTotp,
            OldestClients = section.Flag("oldest_clients") ?? accounts.OldestClients,
            SessionIdle = section.Time("session_idle") ?? accounts.SessionIdle,
            SessionMax = section.Time("session_max") ?? accounts.SessionMax,
            TokenMax = section.Time("token_max") ?? accounts.TokenMax,
            StepUp = section.Number("step_up_minutes", 0, MaxStepUpMinutes) is { } minutes ? TimeSpan.FromMinutes(minutes) : accounts.StepUp,
        };
    }

    private static RetentionSettings Retention(YamlSection? section) => section is null
        ? new RetentionSettings()
        : new RetentionSettings { Logs = section.Span("logs"), FailedLogs = section.Span("failed_logs") };
}
