using Quern.MasterHost.Agents;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Agents;

public sealed class AgentLinkTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_link_is_good_once()
    {
        var links = new AgentLinks(_time);
        string secret = links.Create("build")!.Value.Secret;

        Assert.Equal(("build", null), (links.Take(secret), links.Take(secret)));
    }

    [Fact]
    public void A_link_is_good_for_an_hour()
    {
        var links = new AgentLinks(_time);
        var (early, expires) = links.Create("build")!.Value;
        string late = links.Create("build")!.Value.Secret;

        Assert.Equal(_time.GetUtcNow().AddHours(1), expires);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal("build", links.Take(early));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(links.Take(late));
    }

    [Fact]
    public void There_is_an_end_to_open_links_and_old_ones_make_room()
    {
        var links = new AgentLinks(_time);
        for (int i = 0; i < 1000; i++) Assert.NotNull(links.Create("build"));

        Assert.Null(links.Create("build"));
        _time.Advance(AgentLinks.Lifetime);
        Assert.NotNull(links.Create("build"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Other_words_open_nothing(string secret)
    {
        var links = new AgentLinks(_time);
        links.Create("build");

        Assert.Null(links.Take(secret));
        Assert.Null(links.Take(new string('x', 1_000_000)));
    }
}
