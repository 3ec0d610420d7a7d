using System.Collections.Immutable;
using Quern.Protocols.Buildbot.Perspective;
using Quern.Protocols.Perspective;

namespace Quern.WorkerHost;

/// <summary>
/// The object a worker shows its master at the login: what the worker is, and the builders it works for. The names of the
/// <c>buildslave</c> era are answered too. Calls come one after the other. buildbot-pb.md sections 8.2 and 9.2.
/// </summary>
internal sealed class Bot(WorkerSession session, PerspectiveConnection connection, BuilderFolders folders) : ILocalObject
{
    private readonly Dictionary<string, Builder> _builders = new(StringComparer.Ordinal);

    public ValueTask CallAsync(IncomingCall call)
    {
        switch (call.Method)
        {
            case PerspectiveNames.Print:
                session.Print(PrintedText.Of(call));
                call.Answer(JellyValue.None.Value);
                break;
            case PerspectiveNames.GetWorkerInfo:
                call.Answer(JellyWire.Write(session.Facts.ToWire()));
                break;
            case PerspectiveNames.GetSlaveInfo:
                call.Answer(JellyWire.Write(session.Facts.ToOldWire()));
                break;
            case PerspectiveNames.GetCommands:
                call.Answer(JellyWire.Write(WorkerFacts.CommandsToWire()));
                break;
            case PerspectiveNames.GetVersion:
                call.Answer(WorkerFacts.Version);
                break;
            case PerspectiveNames.SetBuilderList:
                SetBuilders(call);
                break;
            case PerspectiveNames.Shutdown:
                call.Answer(JellyValue.None.Value);
                session.ShutDown();
                break;
            default:
                call.Fail(CopiedFailure.NoSuchMethod(call.Method));
                break;
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Always the whole list: builders that are new get a folder, those that are gone lose what they run. The answer has the names as they
    /// came, bytes or text, each with a reference.
    /// </summary>
    private void SetBuilders(IncomingCall call)
    {
        if (call.Arguments is not [JellyValue.Sequence list] || Wanted(list) is not { } wanted)
        {
            call.Fail(CopiedFailure.Of("builtins.TypeError", "setBuilderList takes one list of (name, folder)"));
            return;
        }
        var answer = ImmutableArray.CreateBuilder<KeyValuePair<JellyValue, JellyValue>>(wanted.Count);
        foreach (var (key, name, folder) in wanted)
        {
            if (folders.TryMake(folder, out string path) is { } problem)
            {
                call.Fail(CopiedFailure.Of("builtins.OSError", problem));
                return;
            }
            if (!_builders.TryGetValue(name, out var builder)) _builders.Add(name, builder = new Builder(session, connection, name));
            builder.Folder = path;
            answer.Add(new(key, new JellyValue.Remote(connection.Export(builder))));
        }
        DropAllBut(wanted.Select(w => w.Name).ToHashSet(StringComparer.Ordinal));
        folders.Sweep(_builders.Values.Select(b => b.Folder));
        call.Answer(new JellyValue.Dictionary(answer.ToImmutable()));
    }

    private void DropAllBut(HashSet<string> names)
    {
        foreach (string gone in _builders.Keys.Where(name => !names.Contains(name)).ToList())
        {
            _builders[gone].Drop();
            _builders.Remove(gone);
        }
    }

    private static List<(JellyValue Key, string Name, string Folder)>? Wanted(JellyValue.Sequence list)
    {
        var result = new List<(JellyValue, string, string)>(list.Items.Length);
        foreach (var item in list.Items)
        {
            if (item is not JellyValue.Sequence { Items: [var key, var folder] }) return null;
            if (!key.TryGetText(out string? name) || !folder.TryGetText(out string? path)) return null;
            result.Add((key, name, path));
        }
        return result;
    }
}
