using System.Net;
using Quern.MasterHost.Access;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class LoginLimitsTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.1");

    private readonly ManualTimeProvider _time = new();
    private readonly LoginLimits _limits;

    public LoginLimitsTests() => _limits = new LoginLimits(_time);

    [Fact]
    public void Five_failures_of_a_user_close_the_way_from_that_address_for_a_quarter_of_an_hour()
    {
        Fail("mira", LoginLimits.MaxOfUser - 1);
        Assert.Null(_limits.ClosedFor(Here, "mira"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Fail("mira", 1);

        Assert.Equal(LoginLimits.Window, _limits.ClosedFor(Here, "mira"));
        Assert.Null(_limits.ClosedFor(Here, "noor"));
        Assert.Null(_limits.ClosedFor(IPAddress.Parse("192.0.2.2"), "mira"));
        _time.Advance(LoginLimits.Window - TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), _limits.ClosedFor(Here, "mira"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_limits.ClosedFor(Here, "mira"));
    }

    [Fact]
    public void Failures_that_are_far_apart_do_not_add_up_and_a_success_forgets_them()
    {
        Fail("mira", LoginLimits.MaxOfUser - 1);
        _time.Advance(LoginLimits.Window);
        Fail("mira", LoginLimits.MaxOfUser - 1);
        Assert.Null(_limits.ClosedFor(Here, "mira"));

        _limits.Succeeded(Here, "mira");
        Fail("mira", LoginLimits.MaxOfUser - 1);
        Assert.Null(_limits.ClosedFor(Here, "mira"));
    }

    [Fact]
    public void An_address_that_tries_many_users_is_closed_for_all_of_them()
    {
        for (int i = 0; i < LoginLimits.MaxOfAddress - 1; i++) Fail($"user{i}", 1);
        Assert.Null(_limits.ClosedFor(Here, "mira"));

        Fail("another", 1);

        Assert.NotNull(_limits.ClosedFor(Here, "mira"));
        Assert.NotNull(_limits.ClosedFor(IPAddress.Parse("::ffff:192.0.2.1"), "mira"));
        Assert.Null(_limits.ClosedFor(IPAddress.Parse("192.0.2.2"), "mira"));
    }

    [Fact]
    public void A_network_of_IPv6_is_one_address()
    {
        for (int i = 0; i < LoginLimits.MaxOfUser; i++) _limits.Failed(IPAddress.Parse($"2001:db8:0:1::{i}"), "mira");

        Assert.NotNull(_limits.ClosedFor(IPAddress.Parse("2001:db8:0:1:ffff::9"), "mira"));
        Assert.Null(_limits.ClosedFor(IPAddress.Parse("2001:db8:0:2::1"), "mira"));
    }

    [Fact]
    public void When_many_ways_are_remembered_the_oldest_is_forgotten()
    {
        Fail("mira", LoginLimits.MaxOfUser);
        _time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < LoginLimits.MaxWays / 2; i++) _limits.Failed(new IPAddress((uint)i + 10_000), "x");

        Assert.Null(_limits.ClosedFor(Here, "mira"));
        Assert.Null(_limits.ClosedFor(new IPAddress(10_000), "x"));
    }

    private void Fail(string user, int times)
    {
        for (int i = 0; i < times; i++) _limits.Failed(Here, user);
    }
}
