using Quern.Execution;
using Quern.Protocols.Buildbot;

namespace Quern.WorkerHost;

/// <summary>
/// A master of <c>msgpack_experimental_v1</c>, Buildbot 3.5 alone: the login is a message, which such a master answers only after it has
/// asked what the worker is and told it its builders; commands run below the folder of a builder. buildbot-msgpack.md section 13.
/// </summary>
internal sealed class MessagePackV1Master(MessagePackConnection connection, WorkerOptions options, string password)
    : MessagePackMaster(connection)
{
    // A master that attaches many workers at once takes them one after the other, and answers each when it is through.
    private static readonly TimeSpan LoginTimeout = TimeSpan.FromMinutes(2);

    // All but the login by the connection's reader alone.
    private readonly Dictionary<string, Place> _builders = new(StringComparer.Ordinal);

    public override async Task<LinkEnd> ServeAsync(WorkerSession session, CancellationToken cancellationToken)
    {
        var login = Connection.RequestAsync(n => new BuildbotMessage.Auth(n, options.Name.Value, password));
        var reading = Connection.RunAsync(message => Handle(session, message), cancellationToken);
        if (await LogInAsync(login, session.Time) is { } refusal) Connection.Close(refusal);
        else session.Joined();
        return new LinkEnd.Lost(await reading);
    }

    protected override void HandleOwn(WorkerSession session, BuildbotMessage message)
    {
        if (message is BuildbotMessage.SetBuilderList list) SetBuilders(session, list);
    }

    protected override void Start(WorkerSession session, BuildbotMessage.StartCommand start)
    {
        if (!_builders.TryGetValue(start.BuilderName ?? "", out var place))
        {
            Refuse(start, $"no builder '{start.BuilderName}' was named by set_builder_list");
            return;
        }
        if (BuilderArguments.TryComplete(start.CommandName, start.Arguments, place.Folder, WorkerFacts.Home, out var problem) is not { } arguments)
        {
            Refuse(start, problem.IsMissing
                ? $"{start.CommandName} is missing args: {problem.Argument}"
                : $"{start.CommandName}: argument '{problem.Argument}' must be text");
            return;
        }
        if (Start(session, start, arguments, WorkerSettings.Buildbot) is not { } command) return;
        place.Commands.RemoveAll(c => c.Completion.IsCompleted);
        place.Commands.Add(command);
    }

    /// <summary>Null when the master accepted the worker; else why it did not, for people.</summary>
    private static async Task<string?> LogInAsync(Task<WireValue> login, TimeProvider time)
    {
        try
        {
            return await login.WaitAsync(LoginTimeout, time) switch
            {
                WireValue.Boolean { Value: true } => null,
                WireValue.Boolean => "the master does not accept this name and password",
                _ => "the master answered the login with neither yes nor no",
            };
        }
        catch (MasterRefusedException e)
        {
            return $"the master refused the worker: {e.Message}";
        }
        catch (TimeoutException)
        {
            return $"the master did not finish the login within {LoginTimeout.TotalMinutes:0} minutes";
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    /// <summary>Always the whole list: builders that are new get a folder, those that are gone lose what they run.</summary>
    private void SetBuilders(WorkerSession session, BuildbotMessage.SetBuilderList list)
    {
        var folders = new BuilderFolders(options.BaseDirectory, options.DeleteLeftoverDirs, session.Log);
        foreach (var (name, directory) in list.Builders)
        {
            if (folders.TryMake(directory, out string path) is { } problem)
            {
                Refuse(list, problem);
                return;
            }
            if (_builders.TryGetValue(name, out var place)) place.Folder = path;
            else _builders.Add(name, new Place(path));
        }
        foreach (string gone in _builders.Keys.Except(list.Builders.Select(b => b.Name)).ToList())
        {
            foreach (var command in _builders[gone].Commands) command.Abandon();
            _builders.Remove(gone);
        }
        folders.Sweep(_builders.Values.Select(p => p.Folder));
        Respond(list, new WireValue.List([.. _builders.Keys.Select(name => (WireValue)name)]));
    }

    /// <summary>One builder: its folder, absolute, and what runs there.</summary>
    private sealed class Place(string folder)
    {
        public string Folder { get; set; } = folder;

        public List<RunningCommand> Commands { get; } = [];
    }
}
