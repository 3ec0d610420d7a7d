namespace Quern.Interop.StockMaster;

[Trait("Speed", "Slow")]
public sealed class QuernWorkerOnStockMasterTests(FourWorkers farm, ITestOutputHelper output) : IClassFixture<FourWorkers>
{
    // Steps and files that both workers must have after the build of every step; more is fine, fewer means that something did not run.
    [Theory]
    [InlineData("pb", 146)]
    [InlineData("msgpack", 146)]
    public void Every_step_and_file_is_as_with_the_stock_worker(string protocol, int known)
    {
        output.WriteLine(farm.Peers);
        var expected = farm.Cases[$"stock-{protocol}"];
        var actual = farm.Cases[$"quern-{protocol}"];

        var differences = Differences(expected, actual).ToList();

        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.True(actual.Count >= known, $"{actual.Count} cases ran over {protocol}, {known} are known");
        output.WriteLine($"{actual.Count} cases over {protocol}; allowed differences:");
        foreach (var (name, field, _) in differences.Where(d => IsAllowed(protocol, d.Case, d.Field))) output.WriteLine($"  {name}: {field}");
        string bad = string.Join('\n', differences.Where(d => !IsAllowed(protocol, d.Case, d.Field)).Select(d => d.Text));
        Assert.True(bad.Length == 0, bad);
    }

    [Theory]
    [InlineData("pb")]
    [InlineData("msgpack")]
    public void An_allowed_difference_is_one(string protocol)
    {
        var found = Differences(farm.Cases[$"stock-{protocol}"], farm.Cases[$"quern-{protocol}"]).ToList();

        foreach (var allowed in AllowedDifference.All.Where(a => a.Protocol == "*" || a.Protocol == protocol))
            Assert.Contains(found, d => d.Case == allowed.Case && d.Field == allowed.Field);
    }

    [Fact]
    public void A_worker_that_lost_its_connection_under_a_command_comes_back_and_builds_again()
    {
        const string retryThenSuccess = "5 0";

        Assert.All(FourWorkers.Names, name => Assert.Equal(retryThenSuccess, farm.DropResults[name]));
    }

    [Fact]
    public void A_worker_that_the_master_ends_exits_with_0() =>
        Assert.All(FourWorkers.Names, name => Assert.Equal(0, farm.ExitCodes[name]));

    [Fact]
    public void Allowed_differences_are_named_in_the_documentation()
    {
        string page = File.ReadAllText(StockMaster.Beside("interop.md"));

        Assert.All(AllowedDifference.All, a =>
        {
            Assert.Contains($"`{a.Case}`", page, StringComparison.Ordinal);
            Assert.Contains(a.Why, page, StringComparison.Ordinal);
        });
    }

    private static bool IsAllowed(string protocol, string name, string field) =>
        AllowedDifference.All.Any(a => a.Covers(protocol, name, field));

    private static IEnumerable<(string Case, string Field, string Text)> Differences(
        Dictionary<string, Dictionary<string, string>> expected, Dictionary<string, Dictionary<string, string>> actual)
    {
        foreach (string name in expected.Keys.Intersect(actual.Keys).Order(StringComparer.Ordinal))
            foreach (string field in expected[name].Keys.Union(actual[name].Keys).Order(StringComparer.Ordinal))
            {
                string stock = expected[name].GetValueOrDefault(field, "(absent)"), ours = actual[name].GetValueOrDefault(field, "(absent)");
                if (stock != ours) yield return (name, field, $"{name}: {field}: stock '{stock}', ours '{ours}'");
            }
    }
}
