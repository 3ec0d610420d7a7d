using System.Collections.Immutable;
using System.Globalization;
using Quern.Model;
using Quern.Pipelines;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quern.MasterHost.Configuration;

/// <summary>Reads the steps of one builder.</summary>
/// <param name="problems">Where mistakes go.</param>
/// <param name="farm">What steps may name.</param>
/// <param name="properties">The names of the builder's properties.</param>
internal sealed class StepReader(ProblemLog problems, BuilderMapper.Farm farm, ImmutableArray<string> properties)
{
    /// <summary>Each step has exactly one of these.</summary>
    private static readonly string[] Kinds = ["run", "upload", "upload_directory", "download", "mkdir", "copy", "remove", "list", "stat", "glob"];

    /// <summary>Keys that only some kinds have.</summary>
    private static readonly Dictionary<string, string[]> KindsOf = new(StringComparer.Ordinal)
    {
        ["env"] = ["run"],
        ["silence_timeout"] = ["run"],
        ["pty"] = ["run"],
        ["logfiles"] = ["run"],
        ["stdin"] = ["run"],
        ["secrets"] = ["run"],
        ["stdin_secret"] = ["run"],
        ["to"] = ["upload", "upload_directory", "download", "copy"],
        ["max_bytes"] = ["upload", "upload_directory"],
        ["mode"] = ["download"],
    };

    private static readonly string[] Common =
        ["name", "if", "timeout", "workdir", "always_run", "halt_on_failure", "flunk_on_failure", "warn_on_failure"];

    private static readonly string[] Keys = [.. Kinds, .. KindsOf.Keys, .. Common];

    private readonly ImmutableArray<string> _known = [.. properties, PropertyNames.Builder, PropertyNames.Job];

    public ImmutableArray<BuilderStep> Steps(YamlSection builder)
    {
        var steps = ImmutableArray.CreateBuilder<BuilderStep>();
        var conditions = new List<(int Step, YamlScalarNode Text)>();
        foreach (var section in builder.Sections("steps", Keys))
        {
            if (steps.Count == Builder.MaxSteps)
            {
                problems.Add(section.Start, $"a builder may have {Builder.MaxSteps} steps.");
                break;
            }
            if (section.Scalar("if") is { } condition) conditions.Add((steps.Count, condition));
            steps.Add(Step(section, steps));
        }
        if (steps.Count == 0) problems.Add(builder.At("steps"), "a builder needs at least one step in 'steps'.");
        ImmutableArray<string> names = [.. steps.Select(s => s.Name)];
        foreach (var (step, text) in conditions)
            if (PlanConditions.Refuse(text.Value ?? "", names, step, _known) is { } problem) Add(text, problem);
        return steps.ToImmutable();
    }

    /// <summary>The key <c>env</c> of a builder or a step.</summary>
    public ImmutableSortedDictionary<string, Template?> Environment(YamlSection section)
    {
        var environment = ImmutableSortedDictionary.CreateBuilder<string, Template?>(StringComparer.Ordinal);
        foreach (var (name, at, value) in section.Entries("env"))
        {
            if (!IsVariable(name)) problems.Add(at, $"'{name}' is not the name of an environment variable.");
            else if (value is not YamlScalarNode scalar) problems.Add(value.Start, $"the value of '{name}' must be a text, or null to remove the variable.");
            else environment[name] = YamlSection.IsNull(scalar) ? null : TemplateOf(scalar);
        }
        return environment.ToImmutable();
    }

    private BuilderStep Step(YamlSection section, IReadOnlyCollection<BuilderStep> earlier)
    {
        string kind = KindOf(section);
        string name = section.Text("name") ?? FreeName(kind, earlier);
        if (name.Length > 100 || name.Any(char.IsControl)) problems.Add(section.At("name"), "a step's name has at most 100 characters and no line end.");
        else if (earlier.Any(s => s.Name == name)) problems.Add(section.At("name"), $"another step of this builder already has the name '{name}'.");
        bool warn = section.Flag("warn_on_failure") ?? false;
        bool flunk = section.Flag("flunk_on_failure") ?? !warn;
        if (warn && flunk) problems.Add(section.At("flunk_on_failure"), "'warn_on_failure' and 'flunk_on_failure' exclude each other: a failure either fails the job or is a warning.");
        return new BuilderStep(name, Action(kind, section))
        {
            If = section.Scalar("if")?.Value,
            AlwaysRun = section.Flag("always_run") ?? false,
            OnFailure = warn ? FailureEffect.Warn : flunk ? FailureEffect.Fail : FailureEffect.Ignore,
            HaltOnFailure = section.Flag("halt_on_failure") ?? flunk,
            Timeout = section.Time("timeout"),
            WorkingDirectory = One(section, "workdir") ?? Template.Empty,
        };
    }

    private string KindOf(YamlSection section)
    {
        string[] kinds = [.. Kinds.Where(section.Has)];
        if (kinds.Length != 1)
        {
            problems.Add(section.Start, kinds.Length == 0
                ? $"a step needs one of the keys {string.Join(", ", Kinds)}: what it does."
                : $"a step does one thing; this one has the keys {string.Join(", ", kinds)}.");
        }
        string kind = kinds.FirstOrDefault("run");
        foreach (var (key, of) in KindsOf)
            if (kinds.Length == 1 && section.Has(key) && !of.Contains(kind)) problems.Add(section.At(key), $"'{key}' belongs to {string.Join(", ", of)}, not to '{kind}'.");
        return kind;
    }

    private static string FreeName(string kind, IReadOnlyCollection<BuilderStep> earlier)
    {
        string name = kind;
        for (int i = 2; earlier.Any(s => s.Name == name); i++) name = string.Create(CultureInfo.InvariantCulture, $"{kind}-{i}");
        return name;
    }

    private StepAction Action(string kind, YamlSection section)
    {
        var nothing = Template.Empty;
        return kind switch
        {
            "upload" => new StepAction.Upload(One(section, kind) ?? nothing, MasterPath(section, "to") ?? nothing) { MaxBytes = section.Size("max_bytes") },
            "upload_directory" => new StepAction.UploadDirectory(One(section, kind) ?? nothing, MasterPath(section, "to") ?? nothing) { MaxBytes = section.Size("max_bytes") },
            "download" => new StepAction.Download(Source(section), One(section, "to", required: true) ?? nothing) { Mode = Mode(section) },
            "mkdir" => new StepAction.MakeDirectory(Many(section, kind)),
            "copy" => new StepAction.Copy(One(section, kind) ?? nothing, One(section, "to", required: true) ?? nothing),
            "remove" => new StepAction.Remove(Many(section, kind)),
            "list" => new StepAction.List(One(section, kind) ?? nothing),
            "stat" => new StepAction.Stat(One(section, kind) ?? nothing),
            "glob" => new StepAction.Glob(One(section, kind) ?? nothing),
            _ => Run(section),
        };
    }

    private StepAction.Run Run(YamlSection section)
    {
        var silence = section.Text("silence_timeout") == "never" ? null : section.Time("silence_timeout") ?? new StepAction.Run().SilenceTimeout;
        if (section.Has("stdin") && section.Has("stdin_secret")) problems.Add(section.At("stdin_secret"), "a program has one standard input: either 'stdin' or 'stdin_secret'.");
        bool list = section.IsList("run");
        return new StepAction.Run
        {
            Command = list ? Many(section, "run") : [],
            Script = list || !section.Has("run") ? null : One(section, "run"),
            Environment = Environment(section),
            SilenceTimeout = silence,
            UsePty = section.Flag("pty") ?? false,
            LogFiles = LogFiles(section),
            StandardInput = One(section, "stdin"),
            Secrets = Secrets(section),
            SecretInput = section.Text("stdin_secret") is { } secret ? Secret(secret, section.At("stdin_secret")) : null,
        };
    }

    private ImmutableSortedDictionary<string, Template> LogFiles(YamlSection section)
    {
        var files = ImmutableSortedDictionary.CreateBuilder<string, Template>(StringComparer.Ordinal);
        foreach (var (name, _, value) in section.Entries("logfiles"))
        {
            if (value is not YamlScalarNode { Value.Length: > 0 } scalar) problems.Add(value.Start, $"the log file '{name}' needs a path.");
            else if (TemplateOf(scalar) is { } path) files[name] = path;
        }
        return files.ToImmutable();
    }

    private ImmutableSortedDictionary<string, string> Secrets(YamlSection section)
    {
        var secrets = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (variable, at, value) in section.Entries("secrets"))
        {
            if (!IsVariable(variable)) problems.Add(at, $"'{variable}' is not the name of an environment variable; write VARIABLE: SECRET.");
            else if (value is not YamlScalarNode { Value: { Length: > 0 } name }) problems.Add(value.Start, $"'{variable}' needs the name of a secret.");
            else if (Secret(name, value.Start) is { } secret) secrets[variable] = secret;
        }
        return secrets.ToImmutable();
    }

    private string? Secret(string name, Mark at)
    {
        if (farm.Secrets.Contains(name)) return name;
        problems.Add(at, $"there is no secret '{name}'; the section 'secrets' names those that there are.{Suggestion.For(name, farm.Secrets)}");
        return null;
    }

    private DownloadSource Source(YamlSection section)
    {
        if (section.Scalar("download") is not null) return new DownloadSource.File(MasterPath(section, "download") ?? Template.Empty);
        var nothing = new DownloadSource.Text(Template.Empty);
        if (section.Section("download", "text", "secret") is not { } source) return nothing;
        if (source.Has("text") == source.Has("secret"))
        {
            problems.Add(source.Start, "'download' needs a path of the master, or either 'text' or 'secret'.");
            return nothing;
        }
        if (source.Text("secret") is { } name) return Secret(name, source.At("secret")) is { } secret ? new DownloadSource.Secret(secret) : nothing;
        return source.Scalar("text") is { } text ? new DownloadSource.Text(TemplateOf(text) ?? Template.Empty) : nothing;
    }

    private int? Mode(YamlSection section)
    {
        if (section.Text("mode") is not { } text) return null;
        // As chmod takes it: octal, with or without the zero in front.
        if (text.Length is >= 3 and <= 5 && text.All(c => c is >= '0' and <= '7') && Convert.ToInt32(text, 8) is <= 0xFFF and var mode) return mode;
        problems.Add(section.At("mode"), $"'mode' must be permission bits as chmod takes them, such as 644 or 0755, not '{text}'.");
        return null;
    }

    private Template? MasterPath(YamlSection section, string key)
    {
        if (One(section, key, required: true) is not { } path) return null;
        if (path.Source.StartsWith('/')) return path;
        if (path.Source.StartsWith("${", StringComparison.Ordinal))
        {
            problems.Add(section.At(key), $"'{key}' is a path of the master and must begin with a folder, not with a property.");
            return null;
        }
        // As every other path of the file: from the file's own folder.
        return Template.TryParse(farm.FullPath(path.Source), out var full, out _) ? full : path;
    }

    private Template? One(YamlSection section, string key, bool required = false)
    {
        if (section.Text(key, required) is null || section.Scalar(key) is not { } scalar) return null;
        return TemplateOf(scalar);
    }

    private ImmutableArray<Template> Many(YamlSection section, string key)
    {
        if (!section.IsList(key)) return One(section, key) is { } one ? [one] : [];
        var scalars = section.Scalars(key);
        if (scalars.IsEmpty) problems.Add(section.At(key), $"'{key}' must hold at least one text.");
        return [.. scalars.Select(TemplateOf).OfType<Template>()];
    }

    private Template? TemplateOf(YamlScalarNode node)
    {
        string text = node.Value ?? "";
        if (text.Contains('\0', StringComparison.Ordinal)) problems.Add(node.Start, "a text of a step may not hold a NUL: no program can be given that.");
        if (!Template.TryParse(text, out var template, out var problem))
        {
            Add(node, problem);
            return null;
        }
        foreach (var hole in template.Holes)
        {
            if (_known.Contains(hole.Text)) continue;
            string guess = Suggestion.For(hole.Text, _known);
            Add(node, new TextProblem(hole.Offset, $"the property '{hole.Text}' is never declared; declare it in 'properties', or write '$${{{hole.Text}}}' when a variable of the worker is meant.{guess}"));
        }
        return template;
    }

    private void Add(YamlScalarNode node, TextProblem problem) =>
        problems.Add(problems.Place.Of(node, problem.Offset), $"{problem.Message}{Suggestion.For(problem.Typed, problem.Known)}");

    private static bool IsVariable(string name) => name.Length is > 0 and <= 256 && !name.Contains('=', StringComparison.Ordinal) && !name.Any(c => c is <= ' ' or > '~');
}
