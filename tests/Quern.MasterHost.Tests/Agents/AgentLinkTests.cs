using Quern.MasterHost.Agents;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>Secrets that open a build once. What is kept of them, and for how long, is the store's contract.</summary>
public sealed class AgentLinkTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_opens_its_build_once_and_within_an_hour()
    {
        await using var farm = await BuildFarm.StartAsync();
        string build = (await farm.BuildAsync(BuildFarm.Order()))[0].Build;
        var links = farm.Builds.Links;
        var (_, first, expires) = await links.CreateAsync(build, Cancellation);
        var (_, second, _) = await links.CreateAsync(build, Cancellation);

        Assert.Equal((43, farm.Time.GetUtcNow() + AgentLinks.Lifetime), (first.Length, expires));
        Assert.NotEqual(first, second);
        Assert.Equal(build, (await links.TakeAsync(first, Cancellation))?.Id);
        Assert.Null(await links.TakeAsync(first, Cancellation));
        farm.Time.Advance(AgentLinks.Lifetime);
        Assert.Null(await links.TakeAsync(second, Cancellation));
    }

    [Theory, Trait("CWE", "400")]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("0123456789012345678901234567890123456789012")]
    [InlineData("01234567890123456789012345678901234567890123456789")]
    public async Task What_is_no_secret_opens_nothing(string secret)
    {
        await using var farm = await BuildFarm.StartAsync();

        Assert.Null(await farm.Builds.Links.TakeAsync(secret, Cancellation));
    }

    [Fact, Trait("CWE", "522")]
    public async Task The_database_has_no_secret()
    {
        await using var farm = await BuildFarm.StartAsync();
        string build = (await farm.BuildAsync(BuildFarm.Order()))[0].Build;

        var (_, secret, _) = await farm.Builds.Links.CreateAsync(build, Cancellation);

        foreach (string file in Directory.GetFiles(farm[""], "farm.db*"))
            Assert.DoesNotContain(secret, System.Text.Encoding.Latin1.GetString(await BuildFarm.ReadAsync(file)), StringComparison.Ordinal);
    }
}
