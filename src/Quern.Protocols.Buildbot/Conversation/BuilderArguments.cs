using System.Collections.Immutable;
using Quern.Protocols.Buildbot.Perspective;

namespace Quern.Protocols.Buildbot;

/// <summary>
/// Over Perspective Broker and in revision v1 of MessagePack a master names paths relative to the builder's folder and the worker joins
/// them; in v7 they arrive complete. This turns the first kind of arguments into the second. Pure. buildbot-commands.md section 1.3,
/// buildbot-msgpack.md section 13.3.
/// </summary>
public static class BuilderArguments
{
    /// <summary>The arguments with complete paths under the names of v7; those of other commands as they are.</summary>
    /// <param name="command">Its name in either spelling, such as <c>uploadFile</c> or <c>upload_file</c>.</param>
    /// <param name="arguments">As the master sent them.</param>
    /// <param name="folder">The builder's own folder, absolute.</param>
    /// <param name="home">What a leading <c>~</c> stands for.</param>
    /// <param name="problem">What is wrong when the answer is null.</param>
    public static WireValue.Map? TryComplete(
        string command, WireValue.Map arguments, string folder, string home, out BuilderArgumentProblem problem)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(arguments);
        var result = new Completion(arguments, folder, home);
        switch (command)
        {
            case BuildbotNames.MakeDirectory:
                result.Set("paths", new WireValue.List([result.Path("dir")]), "dir");
                break;
            case BuildbotNames.RemoveDirectory:
                result.Set("paths", new WireValue.List(result.Paths("dir")), "dir");
                break;
            case BuildbotNames.CopyDirectory:
                result.Set("from_path", result.Path("fromdir"), "fromdir");
                result.Set("to_path", result.Path("todir"), "todir");
                break;
            case BuildbotNames.Stat:
                result.Set("path", result.Below("workdir", "file"), "file");
                break;
            case BuildbotNames.ListDirectory:
                result.Set("path", result.Path("dir"), "dir");
                break;
            case BuildbotNames.Glob:
                result.Set("path", result.Path("path"), "path");
                break;
            case BuildbotNames.RemoveFile:
                result.Set("path", result.PathOrHome("path"), "path");
                break;
            case BuildbotNames.Shell:
                result.Set("workdir", result.Path("workdir"), "workdir");
                break;
            case PerspectiveNames.UploadFile or BuildbotNames.UploadFile:
                result.Set("path", result.Transferred("workersrc", "slavesrc"), "workdir");
                break;
            case PerspectiveNames.UploadDirectory or BuildbotNames.UploadDirectory:
                // The last is the name in the description of v1; nobody else has it.
                result.Set("path", result.Transferred("workersrc", "slavesrc", "workersource"), "workdir");
                break;
            case PerspectiveNames.DownloadFile or BuildbotNames.DownloadFile:
                result.Set("path", result.Transferred("workerdest", "slavedest"), "workdir");
                break;
        }
        problem = result.Problem;
        return problem.Argument.Length == 0 ? result.ToMap() : null;
    }

    /// <summary>As Python's <c>os.path.join</c> on POSIX: an absolute later part wins.</summary>
    private static string Join(string first, string second) =>
        second.StartsWith('/') || first.Length == 0 ? second
        : first.EndsWith('/') ? first + second
        : $"{first}/{second}";

    /// <summary>One set of arguments on its way; the first problem is kept.</summary>
    private sealed class Completion(WireValue.Map arguments, string folder, string home)
    {
        private readonly List<KeyValuePair<string, WireValue>> _entries = [.. arguments.Entries];

        public BuilderArgumentProblem Problem { get; private set; } = new("", IsMissing: false);

        public WireValue.Map ToMap() => new([.. _entries]);

        public void Set(string name, WireValue value, string instead)
        {
            _entries.RemoveAll(e => e.Key == instead || e.Key == name);
            _entries.Add(new(name, value));
        }

        public WireValue Path(string name) => Join(folder, Text(name, optional: false));

        /// <summary>The worker's home is known to transfers, and to <c>rmfile</c> since 3.8.</summary>
        public WireValue PathOrHome(string name) => Join(folder, InHome(Text(name, optional: false)));

        public WireValue Below(string parent, string name) => Join(Join(folder, Text(parent, optional: true)), Text(name, optional: false));

        /// <param name="name">Of the argument.</param>
        /// <param name="others">Its names at other masters, for instance those of 0.8; the first that is there counts.</param>
        public WireValue Transferred(string name, params ReadOnlySpan<string> others)
        {
            string directory = Join(folder, Text("workdir", optional: false));
            string given = name;
            if (arguments[name] is null)
                foreach (string other in others)
                    if (given == name && arguments[other] is not null) given = other;
            return Join(directory, InHome(Text(given, optional: false)));
        }

        public ImmutableArray<WireValue> Paths(string name)
        {
            if (arguments[name] is not WireValue.List list) return [Path(name)];
            var paths = ImmutableArray.CreateBuilder<WireValue>(list.Items.Length);
            foreach (var item in list.Items)
            {
                if (TextOf(item) is { } path) paths.Add(Join(folder, path));
                else Complain(name, isMissing: false);
            }
            return paths.ToImmutable();
        }

        private string InHome(string path) =>
            path == "~" ? home : path.StartsWith("~/", StringComparison.Ordinal) ? Join(home, path[2..]) : path;

        private string Text(string name, bool optional)
        {
            var value = arguments[name];
            if (value is null && optional) return "";
            if (value is not null && TextOf(value) is { } text) return text;
            Complain(name, isMissing: value is null);
            return "";
        }

        private static string? TextOf(WireValue value) => value switch
        {
            WireValue.Text text => text.Value,
            WireValue.Binary bytes => System.Text.Encoding.UTF8.GetString(bytes.Value.Span),
            _ => null,
        };

        private void Complain(string name, bool isMissing)
        {
            if (Problem.Argument.Length == 0) Problem = new BuilderArgumentProblem(name, isMissing);
        }
    }
}
