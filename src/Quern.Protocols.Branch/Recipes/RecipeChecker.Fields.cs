namespace Quern.Protocols.Branch.Recipes;

/// <content>What each key may hold.</content>
internal sealed partial class RecipeChecker
{
    private void CheckRequired()
    {
        foreach (string key in (ReadOnlySpan<string>)[RecipeKeys.Name, RecipeKeys.Version, RecipeKeys.RealVersion])
            if (!_values.ContainsKey(key)) problems.Error(1, 1, $"the key '{key}' is missing.");
        if (_firstBlock == 0)
            problems.Error(1, 1, "the build block is missing; write 'build={', the script on the lines below, and '}' on a line of its own.");
    }

    private void CheckFields()
    {
        if (_values.TryGetValue(RecipeKeys.Name, out var name) && !RecipeText.IsName(name.Value))
            problems.Error(name.Line, name.Column + RecipeText.FirstOutsideName(name.Value), $"name: '{Shown(name.Value)}' is not a name; it has {RecipeText.NameRule}.");
        if (_values.TryGetValue(RecipeKeys.Version, out var version) && !RecipeText.IsVersion(version.Value))
            problems.Error(version.Line, version.Column + RecipeText.FirstOutsideVersion(version.Value), $"version: '{Shown(version.Value)}' is not a version; it has {RecipeText.VersionRule}.");
        if (_values.TryGetValue(RecipeKeys.RealVersion, out var real) && !RecipeText.IsRealVersion(real.Value))
            problems.Error(real.Line, real.Column, $"real_version: '{Shown(real.Value)}' is not a number; it has {RecipeText.RealVersionRule}.");
        if (_values.TryGetValue(RecipeKeys.Network, out var network) && network.Value is not ("yes" or "no" or ""))
            problems.Error(network.Line, network.Column, $"network: '{Shown(network.Value)}' is neither 'yes' nor 'no'.");
        CheckDependencies(RecipeKeys.Dependencies);
        CheckDependencies(RecipeKeys.BuildDependencies);
        CheckDependencies(RecipeKeys.CrossDependencies);
        CheckSources();
        CheckHashes();
        CheckArchitectures();
    }

    private void CheckDependencies(string key)
    {
        if (!_lists.TryGetValue(key, out var items)) return;
        var place = _values[key];
        string self = _values.TryGetValue(RecipeKeys.Name, out var name) ? name.Value : "";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            int column = place.Column + item.Offset;
            if (item.Text.Length == 0)
                problems.Warning(place.Line, column, $"{key}: an empty item is dropped.");
            else if (!RecipeText.IsName(item.Text))
                problems.Error(place.Line, column + RecipeText.FirstOutsideName(item.Text), $"{key}: '{Shown(item.Text)}' is not a package name; it has {RecipeText.NameRule}.");
            else if (item.Text == self)
                problems.Error(place.Line, column, $"{key}: the package names itself.");
            else if (!seen.Add(item.Text))
                problems.Warning(place.Line, column, $"{key}: '{item.Text}' stands there twice.");
        }
    }

    private void CheckSources()
    {
        if (_values.TryGetValue(RecipeKeys.Source, out var source) &&
            RecipeSourceForms.Of(source.Value) is RecipeSourceForm.Unknown or RecipeSourceForm.Managed)
            problems.Error(source.Line, source.Column, $"source: '{Shown(source.Value)}' is none of https://…, http://…, deb-src:NAME, file:/….");
        if (!_lists.TryGetValue(RecipeKeys.ExtraSources, out var items)) return;
        var place = _values[RecipeKeys.ExtraSources];
        foreach (var item in items)
        {
            int column = place.Column + item.Offset;
            if (item.Text.Length == 0)
                problems.Warning(place.Line, column, "extra_sources: an empty item is dropped.");
            else if (RecipeSourceForms.Of(item.Text) == RecipeSourceForm.Unknown)
                problems.Error(place.Line, column, $"extra_sources: '{Shown(item.Text)}' is neither an address (https://…, http://…, deb-src:NAME, file:/…) nor the id of an extra source.");
        }
    }

    private void CheckHashes()
    {
        if (!_lists.TryGetValue(RecipeKeys.Sha256, out var items)) return;
        var place = _values[RecipeKeys.Sha256];
        // Elsewhere text without brackets is only dropped; here that would take away the check that was asked for.
        if (items.Count == 0 && !string.IsNullOrWhiteSpace(place.Value))
            problems.Error(place.Line, place.Column, $"sha256: '{Shown(place.Value.Trim())}' would check nothing; hashes are written [one][two].");
        foreach (var item in items)
        {
            if (item.Text is "" or "-" || RecipeText.IsHash(item.Text)) continue;
            problems.Error(place.Line, place.Column + item.Offset, $"sha256: '{Shown(item.Text)}' is not a hash; it has 64 hexadecimal digits, or is '-' for none.");
        }
        int places = PlacesForHashes();
        if (items.Count > places)
            problems.Error(place.Line, place.Column + items[places].Offset, $"sha256: {items.Count} hashes for {places} sources; the source comes first, then each extra source that is an address.");
        else if (items.Count < places && items.Count > 0)
            problems.Warning(place.Line, place.Column, $"sha256: {items.Count} hashes for {places} sources; the first fetch of the others is trusted and recorded.");
    }

    /// <summary>How many sources take a place in <c>sha256</c>: those that are fetched from an address.</summary>
    private int PlacesForHashes()
    {
        int places = _values.TryGetValue(RecipeKeys.Source, out var source) && source.Value.Length > 0 ? 1 : 0;
        if (_lists.TryGetValue(RecipeKeys.ExtraSources, out var extra)) places += extra.Count(i => RecipeSourceForms.IsAddress(i.Text));
        return places;
    }

    private void CheckArchitectures()
    {
        if (!_lists.TryGetValue(RecipeKeys.Architectures, out var items)) return;
        var place = _values[RecipeKeys.Architectures];
        foreach (var item in items)
            if (item.Text.Length > 0 && !RecipeText.IsArchitecture(item.Text))
                problems.Error(place.Line, place.Column + item.Offset, $"architectures: '{Shown(item.Text)}' is not an architecture; it has {RecipeText.ArchitectureRule}.");
    }
}
