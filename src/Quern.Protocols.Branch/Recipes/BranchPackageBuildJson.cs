using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Quern.Protocols.Branch.Recipes;

/// <summary>
/// The JSON form of a recipe between Branch programs (Branch protocol, "pkgbuild JSON"). The reader takes what any dialect
/// sends: lists as arrays or as one bracket text, <c>real_version</c> as text or whole number, missing or null lists as empty,
/// a last script line <c>}</c> (which one controller sends) dropped, unknown keys ignored. The writer writes the newest dialect.
/// </summary>
public static class BranchPackageBuildJson
{
    private const string BuildDependencies = "build_dependencies";
    private const string CrossDependencies = "cross_dependencies";
    private const string BuildScript = "build_script";

    /// <summary>Reads an element of a message.</summary>
    /// <param name="error">What is wrong, naming the key; null on success.</param>
    public static bool TryRead(JsonElement element, RecipeLimits limits, [NotNullWhen(true)] out BranchPackageBuild? build, [NotNullWhen(false)] out string? error)
    {
        build = null;
        if (element.ValueKind != JsonValueKind.Object)
        {
            error = "a recipe is a JSON object.";
            return false;
        }
        var fields = new Fields(element, limits);
        try
        {
            build = new BranchPackageBuild
            {
                Name = fields.Required(RecipeKeys.Name),
                Version = fields.Required(RecipeKeys.Version),
                RealVersion = fields.Required(RecipeKeys.RealVersion),
                Dependencies = fields.List(RecipeKeys.Dependencies),
                BuildDependencies = fields.List(BuildDependencies),
                CrossDependencies = fields.List(CrossDependencies),
                Source = fields.Text(RecipeKeys.Source),
                ExtraSources = fields.List(RecipeKeys.ExtraSources),
                Description = fields.Text(RecipeKeys.Description),
                BuildScript = fields.Script(BuildScript),
            };
        }
        catch (InvalidOperationException)
        {
            // A text with half a surrogate pair (\ud800) cannot be read as a string.
            fields.Fail(fields.Current, "the text is not valid Unicode");
        }
        error = fields.Error;
        if (error is not null) build = null;
        return build is not null;
    }

    /// <summary>The form as one text of ASCII.</summary>
    public static string ToText(BranchPackageBuild build)
    {
        var bytes = new ArrayBufferWriter<byte>();
        Write(new PythonJsonWriter(bytes), build);
        return Encoding.ASCII.GetString(bytes.WrittenSpan);
    }

    /// <summary>Writes it with the keys in the order of the originals.</summary>
    internal static void Write(PythonJsonWriter json, BranchPackageBuild build)
    {
        json.BeginObject();
        json.Member(RecipeKeys.Name, build.Name);
        json.Member(RecipeKeys.Version, build.Version);
        json.Member(RecipeKeys.RealVersion, build.RealVersion);
        json.Member(RecipeKeys.Dependencies, build.Dependencies);
        json.Member(BuildDependencies, build.BuildDependencies);
        json.Member(CrossDependencies, build.CrossDependencies);
        json.Member(RecipeKeys.Source, build.Source);
        json.Member(RecipeKeys.ExtraSources, build.ExtraSources);
        json.Member(RecipeKeys.Description, build.Description);
        json.Member(BuildScript, build.BuildScript);
        json.EndObject();
    }

    /// <summary>Reads the fields of one object and keeps the first error.</summary>
    private sealed class Fields(JsonElement element, RecipeLimits limits)
    {
        public string? Error { get; private set; }

        /// <summary>The key being read, for an error that is found below.</summary>
        public string Current { get; private set; } = "";

        public string Required(string key)
        {
            string text = Text(key);
            if (text.Length == 0) Fail(key, "it is missing or empty");
            return text;
        }

        public string Text(string key)
        {
            var value = Get(key);
            switch (value.ValueKind)
            {
                case JsonValueKind.Undefined or JsonValueKind.Null:
                    return "";
                case JsonValueKind.Number when key == RecipeKeys.RealVersion && value.TryGetInt64(out long number) && number >= 0:
                    return number.ToString(CultureInfo.InvariantCulture);
                case JsonValueKind.String:
                    string text = value.GetString()!;
                    // A recipe file has one line for a text; blanks keep a description of several lines readable.
                    return key == RecipeKeys.Description ? text.Replace("\r\n", " ", StringComparison.Ordinal).Replace('\n', ' ').Replace('\r', ' ') : OneLine(key, text);
                default:
                    Fail(key, "a text is expected");
                    return "";
            }
        }

        public ImmutableArray<string> List(string key)
        {
            var value = Get(key);
            if (value.ValueKind == JsonValueKind.String) return RecipeList.Read(OneLine(key, value.GetString()!), limits.MaxItems);
            var items = Strings(key, value, limits.MaxItems);
            foreach (string item in items)
                if (OneLine(key, item).AsSpan().ContainsAny('[', ']')) Fail(key, "an item holds a bracket");
            return [.. items.Where(i => i.Length > 0)];
        }

        public ImmutableArray<string> Script(string key)
        {
            var value = Get(key);
            var lines = new List<string>();
            foreach (string text in value.ValueKind == JsonValueKind.String ? [value.GetString()!] : Strings(key, value, limits.MaxLines))
                lines.AddRange(text.Split('\n').Select(l => l.TrimEnd('\r')));
            if (lines.Count > limits.MaxLines) Fail(key, $"it has more than {limits.MaxLines} lines");
            if (lines is [.., "}"]) lines.RemoveAt(lines.Count - 1);
            if (lines.Contains("}")) Fail(key, "a line '}' can only be the last one; indent it");
            return [.. lines];
        }

        public void Fail(string key, string what) => Error ??= $"{key}: {what}.";

        private string OneLine(string key, string text)
        {
            if (text.AsSpan().ContainsAny('\n', '\r')) Fail(key, "a text with a line end cannot stand in a recipe");
            return text;
        }

        private ImmutableArray<string> Strings(string key, JsonElement value, int max)
        {
            if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return [];
            if (value.ValueKind != JsonValueKind.Array)
            {
                Fail(key, "a list is expected");
                return [];
            }
            if (value.GetArrayLength() > max)
            {
                Fail(key, $"it has {value.GetArrayLength()} items; at most {max} are taken");
                return [];
            }
            var items = ImmutableArray.CreateBuilder<string>(value.GetArrayLength());
            foreach (var item in value.EnumerateArray())
            {
                if (item.ValueKind == JsonValueKind.String) items.Add(item.GetString()!);
                else Fail(key, "an item is not a text");
            }
            return items.ToImmutable();
        }

        private JsonElement Get(string key)
        {
            Current = key;
            return element.TryGetProperty(key, out var value) ? value : default;
        }
    }
}
