namespace Quern.WorkerHost.Tests.Branch;

/// <summary>What a build sees and leaves.</summary>
public sealed class IsolationTests(SmallRoot root) : ReadyBot(root)
{
    [Fact]
    public async Task Where_there_is_no_overlay_the_root_is_a_copy()
    {
        var master = await ReadyAsync(limits: Limits with { MayOverlay = false });

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", "touch /usr/bin/bash /spoilt", "touch $PKG_INSTALL_DIR/x")));
        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", "ls /", "touch $PKG_INSTALL_DIR/x")));

        Assert.DoesNotContain("spoilt", master.Log);
        Assert.Contains("zlib-1.2.13/data/x", (await master.MembersAsync()).Keys);
        Assert.False(Directory.Exists(Path.Combine(Root, "branch", "build")));
    }

    [Fact]
    public async Task What_a_build_writes_is_gone_with_its_root()
    {
        var master = await ReadyAsync();

        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", "touch /spoilt", "rm /usr/bin/cat", "mkdir -m 000 /deep", "touch $PKG_INSTALL_DIR/x")));
        Assert.NotEmpty(master.Package);
        Assert.True(await master.BuildAsync(MasterScript.Recipe("zlib", "ls /", "echo found | cat")));

        Assert.DoesNotContain("spoilt", master.Log);
        Assert.Contains("found", master.Log);
    }

    [Fact]
    public async Task A_build_sees_nothing_of_the_machine()
    {
        var master = await ReadyAsync();

        Assert.True(await master.BuildAsync(MasterScript.Recipe("x", $"ls {Root} || echo no folder", "for p in /proc/[0-9]*; do echo $p; done", "cat /proc/net/dev", "(echo > /dev/tcp/127.0.0.1/" + Master.Port + ") || echo no network")));

        Assert.Contains("no folder", master.Log);
        Assert.Contains("no network", master.Log);
        Assert.InRange(master.Log.Count(l => l.StartsWith("/proc/", StringComparison.Ordinal)), 1, 4);
        Assert.DoesNotContain(master.Log, l => l.Contains("eth0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_build_reaches_the_network_where_the_administrator_says_so()
    {
        var master = await ReadyAsync(adjust: o => o with { BuildNetwork = true });

        Assert.True(await master.BuildAsync(MasterScript.Recipe("x", $"exec 3<>/dev/tcp/127.0.0.1/{new Uri(Small.Repository.Web.Url).Port}", "echo connected")));

        Assert.Contains("connected", master.Log);
    }
}
