using System.Diagnostics;

namespace Quern.WorkerHost;

/// <summary>The variables of a <c>buildbot.tac</c>, and the calls it may make.</summary>
internal sealed class TacEvaluator(string path, Func<string, string?> environment)
{
    // Twisted's own, when the file names none.
    private const long DefaultRotateBytes = 1_000_000;

    private readonly Dictionary<string, TacValue> _variables = new(StringComparer.Ordinal)
    {
        ["None"] = new TacValue.None(),
        ["True"] = new TacValue.Integer(1),
        ["False"] = new TacValue.Integer(0),
        ["__file__"] = new TacValue.Text(path),
    };

    /// <summary>The worker that was constructed last; null before.</summary>
    public TacFile? Worker { get; private set; }

    /// <summary>What the application was told of its log; null for nothing.</summary>
    public TacLog? Log { get; private set; }

    public void Assign(string name, TacValue value) => _variables[name] = value;

    public TacValue Name(string name) => _variables.GetValueOrDefault(name) switch
    {
        null => new TacValue.Symbol(name),
        TacValue.Unknown => throw new TacSyntaxException($"{name} could not be read", follows: true),
        var value => value,
    };

    public static TacValue Attribute(TacValue value, string name) => value switch
    {
        TacValue.Symbol symbol => new TacValue.Symbol($"{symbol.Path}.{name}"),
        TacValue.Log log when name == "emit" => log,
        TacValue.Opaque when name is "setComponent" or "setServiceParent" => new TacValue.Symbol($"<object>.{name}"),
        TacValue.Text text when name is "strip" or "rstrip" or "lower" => new TacValue.Symbol($"<text>.{name}\0{text.Value}"),
        _ => throw new TacSyntaxException($"{value.Kind} has nothing called '{name}' that is known here"),
    };

    public TacValue Item(TacValue value, TacValue key) => (value, key) switch
    {
        (TacValue.Symbol { Path: "os.environ" or "environ" }, TacValue.Text name) =>
            new TacValue.Text(environment(name.Value) ?? throw new TacSyntaxException($"the environment has no variable {name.Value}")),
        _ => throw new TacSyntaxException($"cannot take a part of {value.Kind}"),
    };

    public TacValue Call(TacValue target, List<TacValue> arguments, Dictionary<string, TacValue> named)
    {
        if (target is not TacValue.Symbol { Path: var function }) throw new TacSyntaxException($"cannot call {target.Kind}");
        if (function.StartsWith("<text>.", StringComparison.Ordinal)) return OfText(function["<text>.".Length..]);
        switch (function[(function.LastIndexOf('.') + 1)..])
        {
            case "Application" when arguments is [TacValue.Text]:
                return new TacValue.Opaque();
            case "Worker" or "BuildSlave":
                bool slave = function.EndsWith("BuildSlave", StringComparison.Ordinal);
                Worker = new TacWorkerCall(arguments, named, slave ? TacWorkerCall.BuildSlaveNames : TacWorkerCall.WorkerNames).ToFile();
                return new TacValue.Opaque();
            case "fromFullPath" when arguments is [TacValue.Text file]:
                return new TacValue.Log(new TacLog.File(
                    file.Value, Number(named, "rotateLength", DefaultRotateBytes), (int?)Number(named, "maxRotatedFiles", null)));
            case "FileLogObserver" or "textFileLogObserver" when arguments is [TacValue.Symbol { Path: "sys.stdout" or "stdout" }]:
                return new TacValue.Log(new TacLog.Stdout());
            case "FileLogObserver" or "textFileLogObserver" when arguments is [TacValue.Log log]:
                return log;
            case "setComponent" when function[0] == '<' && arguments is [TacValue.Symbol, TacValue.Log log]:
                Log = log.Target;
                return new TacValue.Opaque();
            case "setServiceParent" when function[0] == '<' && arguments is [TacValue.Opaque]:
                return new TacValue.Opaque();
        }
        return Plain(function, arguments);
    }

    private TacValue Plain(string function, List<TacValue> arguments) => (function, arguments) switch
    {
        ("os.path.abspath" or "os.path.realpath", [TacValue.Text t]) => new TacValue.Text(Path.GetFullPath(t.Value, Folder)),
        ("os.path.dirname", [TacValue.Text t]) => new TacValue.Text(Path.GetDirectoryName(t.Value) ?? "/"),
        ("os.path.expanduser", [TacValue.Text t]) => new TacValue.Text(
            t.Value == "~" || t.Value.StartsWith("~/", StringComparison.Ordinal) ? environment("HOME") + t.Value[1..] : t.Value),
        ("os.path.join", [TacValue.Text, ..]) => new TacValue.Text(Path.Combine([.. arguments.Select(TextOf)])),
        ("os.getcwd", []) => new TacValue.Text(Folder),
        ("os.environ.get" or "environ.get" or "os.getenv" or "getenv", [TacValue.Text name]) =>
            environment(name.Value) is { } value ? new TacValue.Text(value) : new TacValue.None(),
        ("os.environ.get" or "environ.get" or "os.getenv" or "getenv", [TacValue.Text name, var fallback]) =>
            environment(name.Value) is { } value ? new TacValue.Text(value) : fallback,
        ("int", [TacValue.Integer number]) => number,
        ("int", [TacValue.Text text]) when long.TryParse(text.Value, out long number) => new TacValue.Integer(number),
        ("str", [TacValue.Text text]) => text,
        _ => throw new TacSyntaxException($"cannot evaluate {function}(…)"),
    };

    private string Folder => Path.GetDirectoryName(path)!;

    private static TacValue.Text OfText(string call)
    {
        string[] parts = call.Split('\0', 2);
        return new TacValue.Text(parts[0] switch
        {
            "strip" => parts[1].Trim(),
            "rstrip" => parts[1].TrimEnd(),
            "lower" => parts[1].ToLowerInvariant(),
            _ => throw new UnreachableException(),
        });
    }

    private static string TextOf(TacValue value) =>
        value is TacValue.Text text ? text.Value : throw new TacSyntaxException($"a text is needed, not {value.Kind}");

    private static long? Number(Dictionary<string, TacValue> named, string name, long? fallback) => named.GetValueOrDefault(name) switch
    {
        null => fallback,
        TacValue.None => null,
        TacValue.Integer number and { Value: >= 0 } => number.Value == 0 && name == "rotateLength" ? null : number.Value,
        var other => throw new TacSyntaxException($"{name} must be a number or None, not {other.Kind}"),
    };
}
