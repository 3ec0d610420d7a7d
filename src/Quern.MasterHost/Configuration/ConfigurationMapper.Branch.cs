using System.Collections.Immutable;
using Quern.MasterHost.Access;
using Quern.Model;

namespace Quern.MasterHost.Configuration;

internal sealed partial class ConfigurationMapper
{
    private BranchSettings Branch(YamlSection top)
    {
        if (top.Section("branch", "keys", "groups", "untrusted", "realroot_packages", "package_list_url", "bots") is not { } branch) return new BranchSettings();
        var packages = branch.Texts("realroot_packages");
        foreach (var (text, at) in packages)
            if (!PackageName.IsValid(text)) problems.Add(at, $"'{text}' is not a package name: {PackageName.Rule}.");
        return new BranchSettings
        {
            Keys = BranchKeys(branch),
            Groups = BranchGroups(branch),
            Untrusted = branch.Flag("untrusted") ?? false,
            RealRootPackages = [.. packages.Select(p => p.Text)],
            PackageListUrl = PackageListUrl(branch),
            Bots = Bots(branch),
        };
    }

    private string PackageListUrl(YamlSection branch)
    {
        string url = branch.Text("package_list_url") ?? "";
        // Bots hand it to their package manager as it is.
        bool good = url.Length == 0 || (url.Length <= 2000 && url.All(c => c is > ' ' and <= '~') &&
            Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https");
        if (!good) problems.Add(branch.At("package_list_url"), $"'{url}' is not an address as http://farm.example:8080/?get=packagelist.");
        return url;
    }

    private BranchBotSettings Bots(YamlSection branch)
    {
        var settings = new BranchBotSettings();
        if (branch.Section("bots", "groups", "tags", "recipes", "max_build") is not { } bots) return settings;
        var tags = Tags(bots);
        return settings with
        {
            Groups = [.. bots.Texts("groups").Select(g => g.Text)],
            Tags = tags,
            TakeAllRecipes = bots.Word("recipes", "any", "bots") == "bots",
            MaxBuild = bots.Time("max_build") ?? settings.MaxBuild,
        };
    }

    private ImmutableArray<BranchKeySetting> BranchKeys(YamlSection branch)
    {
        var keys = ImmutableArray.CreateBuilder<BranchKeySetting>();
        foreach (var section in branch.Sections("keys", "key", "group"))
        {
            string? key = section.Text("key", required: true), group = section.Text("group", required: true);
            if (key is null || group is null) continue;
            if (keys.Any(k => k.Key == key)) problems.Add(section.At("key"), "this key stands twice in this file.");
            keys.Add(new BranchKeySetting(key, group));
        }
        return keys.ToImmutable();
    }

    private ImmutableArray<BranchGroupSetting> BranchGroups(YamlSection branch)
    {
        var groups = ImmutableArray.CreateBuilder<BranchGroupSetting>();
        foreach (var section in branch.Sections("groups", "name", "rights"))
        {
            string? name = section.Text("name", required: true);
            var rights = section.Texts("rights");
            foreach (var (right, at) in rights)
                if (!Right.Known.Contains(right)) problems.Add(at, $"'{right}' is not a right; there are {string.Join(", ", Right.Known)}.{Suggestion.For(right, Right.Known)}");
            if (name is null) continue;
            if (groups.Any(g => g.Name == name)) problems.Add(section.At("name"), $"the group '{name}' stands twice in this file.");
            groups.Add(new BranchGroupSetting(name, [.. rights.Select(r => r.Text)]));
        }
        return groups.ToImmutable();
    }
}
