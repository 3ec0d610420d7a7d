using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch.Packages;

/// <summary>
/// The package list that a master serves over HTTP, as the package manager reads it.
/// <code>
/// {"status": "SUCCESS", "response_code": 200, "payload": [{"name": "zlib", "real_version": "2", "version": "1.2.13", …}]}
/// </code>
/// Branch protocol, "Package list object".
/// </summary>
public sealed class LeafPackageList
{
    /// <summary>Entries that a list may have.</summary>
    public const int MaxPackages = 100_000;

    /// <summary>Dependencies that an entry may have.</summary>
    private const int MaxDependencies = 4096;

    private const int MaxUrl = 2048;

    private readonly FrozenDictionary<string, LeafPackage> _packages;

    private LeafPackageList(Dictionary<string, LeafPackage> packages, ImmutableArray<string> passedOver) =>
        (_packages, PassedOver) = (packages.ToFrozenDictionary(StringComparer.Ordinal), passedOver);

    public static LeafPackageList Empty { get; } = new([], []);

    public int Count => _packages.Count;

    public IEnumerable<LeafPackage> Packages => _packages.Values;

    /// <summary>Entries that cannot be used, each with its reason; at most twenty of them.</summary>
    public ImmutableArray<string> PassedOver { get; }

    /// <summary>The package of a name; null when the list has none that can be used.</summary>
    public LeafPackage? Find(string name) => _packages.GetValueOrDefault(name);

    /// <summary>Reads the body of the answer. One bad entry does not make the others useless.</summary>
    /// <param name="problem">Why there is no list; empty on success.</param>
    public static LeafPackageList? TryRead(ReadOnlyMemory<byte> body, out string problem)
    {
        problem = "the package list is no JSON text";
        if (!BranchJsonText.TryOpen(body, out var document)) return null;
        using (document)
        {
            var root = document.RootElement;
            if (BranchJsonText.WholeOf(BranchJsonText.Get(root, "response_code")) is not 200)
            {
                problem = "the master answers the package list with an error: " + Shown(BranchShapeReader.Text(root, BranchKeys.Payload) ?? "no reason given");
                return null;
            }
            var payload = BranchJsonText.Get(root, BranchKeys.Payload);
            problem = "the package list is no array";
            if (payload.ValueKind != JsonValueKind.Array) return null;
            problem = $"the package list has more than {MaxPackages} entries";
            if (payload.GetArrayLength() > MaxPackages) return null;
            problem = "";
            return Read(payload);
        }
    }

    private static LeafPackageList Read(JsonElement payload)
    {
        const int maxNamed = 20;
        var packages = new Dictionary<string, LeafPackage>(StringComparer.Ordinal);
        var passedOver = ImmutableArray.CreateBuilder<string>();
        foreach (var element in payload.EnumerateArray())
        {
            var (package, problem) = ReadOne(element);
            if (package is not null && !packages.TryAdd(package.Name, package)) problem = $"{package.Name} stands there twice";
            if (problem is not null && passedOver.Count < maxNamed) passedOver.Add(problem);
        }
        return new LeafPackageList(packages, passedOver.ToImmutable());
    }

    private static (LeafPackage?, string?) ReadOne(JsonElement element)
    {
        string name = BranchShapeReader.Text(element, RecipeKeys.Name) ?? "";
        if (!RecipeText.IsName(name)) return (null, $"'{Shown(name)}' is not a package name");
        string version = BranchShapeReader.Text(element, RecipeKeys.Version) ?? "";
        if (!RecipeText.IsVersion(version)) return (null, $"{name}: '{Shown(version)}' is not a version");
        // The older package manager takes a text alone, the younger one a number too.
        string real = BranchJsonText.WholeOf(BranchJsonText.Get(element, RecipeKeys.RealVersion)) is { } number ? number.ToString(System.Globalization.CultureInfo.InvariantCulture) : "";
        if (real.Length == 0) return (null, $"{name}: real_version is no number");
        if (Dependencies(BranchJsonText.Get(element, RecipeKeys.Dependencies)) is not { } dependencies) return (null, $"{name}: its dependencies are no list of package names");
        string description = BranchShapeReader.Text(element, RecipeKeys.Description) ?? "";
        string url = BranchShapeReader.Text(element, "url") ?? "", hash = BranchShapeReader.Text(element, "hash") ?? "";
        if (url.Length == 0) return (new LeafPackage(name, real, version, description, dependencies, "", ""), null);
        if (url.Length > MaxUrl || RecipeSourceForms.Of(url) != RecipeSourceForm.Web) return (null, $"{name}: '{Shown(url)}' is no http address");
        if (hash.Length != 32 || !hash.All(char.IsAsciiHexDigitLower)) return (null, $"{name}: '{Shown(hash)}' is no MD5");
        return (new LeafPackage(name, real, version, description, dependencies, hash, url), null);
    }

    // V1a has them as one bracket text.
    private static ImmutableArray<string>? Dependencies(JsonElement element)
    {
        var names = element.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => [],
            JsonValueKind.String => RecipeList.Read(BranchJsonText.TextOf(element) ?? "", MaxDependencies),
            _ => BranchJsonText.TextsOf(element)?.ToImmutableArray(),
        };
        return names is { } all && all.Length <= MaxDependencies && all.All(n => RecipeText.IsName(n)) ? all : null;
    }

    private static string Shown(string text) => string.Concat(text.Take(80).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
