using System.Collections.Immutable;
using Quern.Packaging.Planning;
using YamlDotNet.Core;

namespace Quern.MasterHost.Configuration;

internal sealed partial class ConfigurationMapper
{
    private EnvironmentSettings? Environment(YamlSection section, bool cross)
    {
        var isolation = section.Word("isolation", "sandbox", "host") == "host" ? Isolation.Host : Isolation.Sandbox;
        bool rootless = isolation == Isolation.Host && !section.Has("root");
        var root = rootless ? null : Root(section);
        bool network = section.Flag("network") ?? false, enabled = section.Flag("enabled") ?? true;
        string? target = cross ? section.Text("target", required: true) : null;
        var tools = cross ? Packages(section.Texts("tools")) : [];
        if (target is not null && !IsName(target, "_-")) problems.Add(section.At("target"), $"'{target}' is not a target such as aarch64-linux-gnu.");
        if (root is null && !rootless) return null;
        return new EnvironmentSettings
        {
            Root = root,
            Isolation = isolation,
            Network = network,
            Enabled = enabled,
            Target = target,
            Tools = tools,
        };
    }

    private RootSettings? Root(YamlSection environment)
    {
        if (!environment.Has("root"))
        {
            problems.Add(environment.Start, "an environment needs the key 'root': {suite, packages} or {directory}.");
            return null;
        }
        if (environment.Section("root", "suite", "packages", "directory") is not { } root) return null;
        if (root.Has("suite") == root.Has("directory"))
        {
            problems.Add(root.Start, "'root' needs either 'suite' (with 'packages') or 'directory'.");
            return null;
        }
        if (root.Has("directory"))
        {
            if (root.Has("packages")) problems.Add(root.At("packages"), "'packages' belongs to 'suite'; a directory is used as it is.");
            return root.Text("directory") is { } path ? new RootSettings.Folder(FullPath(path)) : null;
        }
        string? suite = root.Text("suite");
        // Suite and packages become arguments of a program: a closed alphabet, never a leading dash.
        if (suite is not null && !IsName(suite, "-"))
        {
            problems.Add(root.At("suite"), $"'{suite}' is not a suite such as bookworm.");
            suite = null;
        }
        return suite is null ? null : new RootSettings.Debian(suite, Packages(root.Texts("packages")));
    }

    private ImmutableArray<string> Packages(ImmutableArray<(string Text, Mark At)> packages)
    {
        foreach (var (text, at) in packages)
            if (!IsName(text, "+-.:")) problems.Add(at, $"'{text}' is not the name of a Debian package.");
        return [.. packages.Select(p => p.Text)];
    }

    private static bool IsName(string text, string also) =>
        text.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || also.Contains(c));
}
