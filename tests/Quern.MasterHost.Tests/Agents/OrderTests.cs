using System.Text;
using Quern.MasterHost.Agents;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Tests.Agents;

/// <summary>What an order may say, and who may give one.</summary>
public sealed class OrderTests
{
    private static readonly string HostKey = $"SHA256:{new string('A', 43)}";

    private static readonly SshTarget Target = new("192.0.2.9", 22, "root", HostKey) { Password = "s3cret" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", EstateCode.Denied)]
    [InlineData("agent:list", EstateCode.Denied)]
    [InlineData("agent:build@others", EstateCode.Denied)]
    [InlineData("agent:build", EstateCode.Accepted)]
    [InlineData("agent:build@LAB machines", EstateCode.Accepted)]
    [InlineData("*@lab machines", EstateCode.Accepted)]
    public async Task Building_needs_the_right_in_the_group(string right, EstateCode code)
    {
        await using var farm = await BuildFarm.StartAsync();
        var who = right.Length == 0 ? BuildFarm.Caller() : BuildFarm.Caller(right);

        var answer = await farm.Builds.BuildAsync(who, BuildFarm.Order(), _ => { }, Cancellation);

        Assert.Equal(code, answer.Code);
    }

    [Theory]
    [InlineData("agent:build", EstateCode.Denied)]
    [InlineData("agent:build agent:deploy@others", EstateCode.Denied)]
    [InlineData("agent:build agent:deploy", EstateCode.Accepted)]
    public async Task Deploying_needs_a_right_of_its_own(string rights, EstateCode code)
    {
        await using var farm = await BuildFarm.StartAsync(withProgram: false);

        var answer = await farm.Builds.BuildAsync(BuildFarm.Caller(rights.Split(' ')), BuildFarm.Order("sh") with { Deploy = Target }, _ => { }, Cancellation);

        Assert.Equal(code, answer.Code);
    }

    [Fact]
    public async Task A_group_that_is_not_there_is_told_to_those_who_may_know()
    {
        await using var farm = await BuildFarm.StartAsync();
        var order = BuildFarm.Order() with { Group = "nobody's" };

        Assert.Equal(EstateCode.UnknownGroup, (await farm.Builds.BuildAsync(BuildFarm.Caller(Right.AgentBuild), order, _ => { }, Cancellation)).Code);
        Assert.Equal(EstateCode.Denied, (await farm.Builds.BuildAsync(BuildFarm.Owner, order, _ => { }, Cancellation)).Code);
        Assert.Equal(EstateCode.Accepted, (await farm.Builds.BuildAsync(BuildFarm.Owner, order with { Group = "g-1" }, _ => { }, Cancellation)).Code);
    }

    [Fact]
    public async Task Builds_of_other_groups_are_not_there()
    {
        await using var farm = await BuildFarm.StartAsync();
        var steps = await farm.BuildAsync(BuildFarm.Order());
        var other = BuildFarm.Caller("*@others");

        Assert.Null(await farm.Builds.FetchAsync(other, steps[0].Build, 0, 100, Cancellation));
        Assert.Null(await farm.Builds.FindAsync(other, steps[0].Build, Cancellation));
        Assert.Empty(await farm.Builds.ListAsync(other, Cancellation));
        Assert.NotNull(await farm.Builds.FindAsync(BuildFarm.Caller(Right.AgentBuild), steps[0].Build, Cancellation));
    }

    [Theory]
    [InlineData("vanilla")]
    [InlineData("micro")]
    [InlineData("")]
    public void Inherited_payloads_are_the_farms_own_program(string platform) =>
        Assert.Equal(Quern.Agents.AgentPlatform.Here, OrderRules.Check(BuildFarm.Order(platform: platform), "g-1", "g").Order!.Platform);

    [Theory]
    [InlineData("elf", "linux-x64", "format")]
    [InlineData("", "linux-x64", "format")]
    [InlineData("DEB", "linux-x64", "format")]
    [InlineData("deb", "linux-musl-x64", "format")]
    [InlineData("sh", "windows-x64", "platform")]
    [InlineData("sh", "linux-x64\n", "platform")]
    [InlineData("sh", "../linux-x64", "platform")]
    public void Wrong_formats_and_platforms_are_told_with_the_right_ones(string format, string platform, string field)
    {
        var (_, problem) = OrderRules.Check(BuildFarm.Order(format, platform), "g-1", "g");

        Assert.Equal((EstateCode.InvalidOptions, field), (problem!.Code, problem.Field));
        if (field == "format" && format != "deb") Assert.Contains("Formats are tar.gz, sh, deb, rpm, oci; platforms are linux-x64, linux-arm64", problem.Detail, StringComparison.Ordinal);
        if (field == "platform") Assert.Contains("Payloads are vanilla, micro (the farm's own platform) and linux-x64", problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Detail);
    }

    [Theory, Trait("CWE", "20")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("two words")]
    [InlineData("line\nend")]
    [InlineData("bell\u0007")]
    [InlineData("pipe|")]
    [InlineData("semi;colon")]
    [InlineData("ünicode")]
    public void Tags_have_no_blanks_and_no_signs_that_split_them(string tag) =>
        Assert.Equal("tags", OrderRules.Check(BuildFarm.Order() with { Tags = [tag] }, "g-1", "g").Problem!.Field);

    [Fact]
    public void Tags_are_limited_in_number_and_length()
    {
        Assert.Null(OrderRules.Check(BuildFarm.Order() with { Tags = [.. Enumerable.Repeat(new string('x', 64), 32)] }, "g-1", "g").Problem);
        Assert.NotNull(OrderRules.Check(BuildFarm.Order() with { Tags = [.. Enumerable.Repeat("x", 33)] }, "g-1", "g").Problem);
        Assert.NotNull(OrderRules.Check(BuildFarm.Order() with { Tags = [new string('x', 65)] }, "g-1", "g").Problem);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    public void Slots_are_limited(int slots, bool good) =>
        Assert.Equal(good, OrderRules.Check(BuildFarm.Order() with { Slots = slots }, "g-1", "g").Problem is null);

    [Theory]
    [InlineData("farm.example.org:8768", true)]
    [InlineData("192.0.2.1:1", true)]
    [InlineData("[2001:db8::1]:8768", true)]
    [InlineData("2001:db8::1:8768", false)]
    [InlineData("farm", false)]
    [InlineData("farm:0", false)]
    [InlineData("farm:65536", false)]
    [InlineData("farm:+8768", false)]
    [InlineData("-farm:8768", false)]
    [InlineData("farm\n:8768", false)]
    [InlineData("https://farm:8768", false)]
    [InlineData("[farm]:8768", false)]
    [InlineData("[::1]:80]:8768", false)]
    [InlineData("[[::1]]:8768", false)]
    [InlineData("[::1\n]:8768", false)]
    [InlineData("$(id):8768", false)]
    [InlineData("\"farm\":8768", false)]
    public void Addresses_are_a_host_and_a_port(string address, bool good) =>
        Assert.Equal(good, OrderRules.Check(BuildFarm.Order() with { Addresses = [address] }, "g-1", "g").Problem is null);

    [Theory, Trait("CWE", "88")]
    [InlineData("-oProxyCommand=touch /tmp/x", "deploy.host")]
    [InlineData("host name", "deploy.host")]
    [InlineData("host\nother", "deploy.host")]
    [InlineData("user@host", "deploy.host")]
    [InlineData("fe80::1%eth0", "deploy.host")]
    [InlineData("-p22", "deploy.host")]
    [InlineData("$(id)", "deploy.host")]
    [InlineData("`id`", "deploy.host")]
    [InlineData("host\0", "deploy.host")]
    [InlineData("host\n", "deploy.host")]
    [InlineData("::1\n", "deploy.host")]
    [InlineData("::1 -oProxyCommand=id", "deploy.host")]
    [InlineData("[::1]", "deploy.host")]
    [InlineData("[::1]:22", "deploy.host")]
    [InlineData("", "deploy.host")]
    [InlineData("build-1.example.org", null)]
    [InlineData("2001:db8::1", null)]
    public void Hosts_are_names_and_addresses_alone(string host, string? field) => AssertTarget(Target with { Host = host }, field);

    [Theory, Trait("CWE", "88")]
    [InlineData("-l", "deploy.user")]
    [InlineData("a b", "deploy.user")]
    [InlineData("root;id", "deploy.user")]
    [InlineData("root\n", "deploy.user")]
    [InlineData("", "deploy.user")]
    [InlineData("build_1.x-y", null)]
    public void Users_are_plain_names(string user, string? field) => AssertTarget(Target with { User = user }, field);

    [Theory]
    [InlineData("")]
    [InlineData("MD5:00:11:22")]
    [InlineData("SHA256:short")]
    [InlineData("SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")]
    public void The_host_key_is_not_to_be_left_out(string hostKey) => AssertTarget(Target with { HostKeySha256 = hostKey }, "deploy.host_key");

    [Theory, Trait("CWE", "78")]
    [InlineData("relative/path", "deploy.install_path")]
    [InlineData("/", "deploy.install_path")]
    [InlineData("/opt", "deploy.install_path")]
    [InlineData("/opt/../etc", "deploy.install_path")]
    [InlineData("/opt/$(id)", "deploy.install_path")]
    [InlineData("/opt/a b", "deploy.install_path")]
    [InlineData("/opt/x'", "deploy.install_path")]
    [InlineData("/opt/x\n", "deploy.install_path")]
    [InlineData("/opt//x", "deploy.install_path")]
    [InlineData("/srv/farm/agent-1", null)]
    public void Install_paths_are_plain_and_deep_enough(string path, string? field) => AssertTarget(Target with { InstallPath = path }, field);

    [Fact]
    public void One_secret_is_given_and_no_more()
    {
        byte[] key = Encoding.ASCII.GetBytes("-----BEGIN OPENSSH PRIVATE KEY-----\n");
        AssertTarget(Target with { Password = "" }, "deploy");
        AssertTarget(Target with { PrivateKey = key }, "deploy");
        AssertTarget(Target with { Password = "", PrivateKey = key }, null);
        AssertTarget(Target with { Password = "", PrivateKey = new byte[] { 1, 2, 3 } }, "deploy.private_key");
        AssertTarget(Target with { Password = "", PrivateKey = new byte[(64 << 10) + 1] }, "deploy.private_key");
        AssertTarget(Target with { Password = "two\nlines" }, "deploy.password");
        AssertTarget(Target with { Password = new string('x', 1025) }, "deploy.password");
        AssertTarget(Target with { Password = "", PrivateKey = key, Passphrase = "nul\0" }, "deploy.passphrase");
        AssertTarget(Target with { Port = 0 }, "deploy.port");
        AssertTarget(Target with { Port = 65536 }, "deploy.port");
    }

    [Fact]
    public void An_image_is_not_deployed_and_a_package_has_its_own_place()
    {
        Assert.Equal("format", OrderRules.Check(BuildFarm.Order("oci") with { Deploy = Target }, "g-1", "g").Problem!.Field);
        Assert.Equal("deploy.install_path", OrderRules.Check(BuildFarm.Order("deb") with { Deploy = Target with { InstallPath = "/opt/here" } }, "g-1", "g").Problem!.Field);
    }

    [Fact]
    public void What_is_printed_of_an_order_has_no_secret()
    {
        var order = OrderRules.Check(BuildFarm.Order("sh") with { Deploy = Target with { Passphrase = "pass" } }, "g-1", "g").Order!;

        Assert.Equal("sh for linux-x64, group g, to root@192.0.2.9:22", order.ToString());
        Assert.Equal("root@192.0.2.9:22", Target.ToString());
    }

    private static void AssertTarget(SshTarget target, string? field) =>
        Assert.Equal(field, OrderRules.Check(BuildFarm.Order("sh") with { Deploy = target }, "g-1", "g").Problem?.Field);
}
