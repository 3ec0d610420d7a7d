namespace Quern.WorkerHost.Tests;

public sealed class WorkerArgumentsTests
{
    [Fact]
    public void A_full_command_line_is_understood()
    {
        var arguments = WorkerArguments.TryParse(
            ["--master", "ws://10.0.0.1:9990", "--name=bee", "--password-file", "pw", "--dir", "/tmp/x", "--maxretries", "3"], out string problem);

        Assert.Equal("", problem);
        Assert.Equal("pw", arguments!.PasswordFile);
        Assert.Equal(
            (new MasterAddress(MasterProtocol.MessagePack, new ClientEndpoint.Tcp("10.0.0.1", 9990), "10.0.0.1:9990", "/"), "bee", "/tmp/x", 3),
            (arguments.Options.Master, arguments.Options.Name.Value, arguments.Options.BaseDirectory, arguments.Options.MaxRetries));
    }

    [Fact]
    public void A_proxy_stands_between_the_worker_and_the_masters_certificate()
    {
        var arguments = WorkerArguments.TryParse(
            ["--master", "wss://[::1]:9990/farm", "--name", "bee", "--password-file", "pw", "--proxy-connection-string", "tcp:proxy.example:3128"], out string problem);

        Assert.Equal("", problem);
        Assert.Equal(
            new MasterAddress(
                MasterProtocol.MessagePack,
                new ClientEndpoint.Tls(new ClientEndpoint.Tunnel(new ClientEndpoint.Tcp("proxy.example", 3128), "::1", 9990), "::1"), "[::1]:9990", "/farm"),
            arguments!.Options.Master);
    }

    [Fact]
    public void A_fingerprint_and_a_certificate_belong_to_TLS()
    {
        string[] words = ["--name", "n", "--password-file", "f", "--master-fingerprint", new string('0', 64), "--certificate", "/c.pem"];
        foreach (string master in (string[])["wss://h:1", "pbs://h:1"])
        {
            var arguments = WorkerArguments.TryParse(["--master", master, .. words, "--master-fingerprint", new string('1', 64), "--certificate-key=/k.pem"], out string problem);
            var tls = Assert.IsType<ClientEndpoint.Tls>(arguments!.Options.Master.Endpoint);
            Assert.Equal(("", 2, "/c.pem", "/k.pem"), (problem, tls.Pins.Length, tls.Certificate, tls.PrivateKey));
        }

        foreach (string[] wrong in (string[][])[["--master", "ws://h:1", .. words], ["--master", "branch://h", .. words], ["--master", "wss://h:1", .. words, "--master-fingerprint", "0"],
            ["--master", "wss://h:1", "--name", "n", "--password-file", "f", "--certificate-key", "k"]])
            Assert.Null(WorkerArguments.TryParse(wrong, out _));
    }

    [Theory]
    [InlineData("ws://h:1", "v1", MasterProtocol.MessagePackV1)]
    [InlineData("wss://h:1", "v1", MasterProtocol.MessagePackV1)]
    [InlineData("ws://h:1", "v7", MasterProtocol.MessagePack)]
    internal void A_revision_of_MessagePack_may_be_chosen(string master, string revision, MasterProtocol expected)
    {
        var arguments = WorkerArguments.TryParse(
            ["--master", master, "--name", "n", "--password-file", "f", "--revision", revision], out string problem);

        Assert.Equal("", problem);
        Assert.Equal(expected, arguments!.Options.Master.Protocol);
    }

    [Theory]
    [InlineData("branch://h", null, 27015, null)]
    [InlineData("branch://h:4711", "v2.1", 4711, BranchRevision.V21)]
    [InlineData("branch://h", "v2.0", 27015, BranchRevision.V20)]
    [InlineData("branch://h", "v1b", 27015, BranchRevision.V1b)]
    internal void A_Branch_master_has_a_port_of_its_own_and_revisions(string master, string? revision, int port, BranchRevision? expected)
    {
        string[] words = ["--master", master, "--name", "n", "--password-file", "f", .. revision is null ? (string[])[] : ["--revision", revision]];
        var arguments = WorkerArguments.TryParse(words, out string problem);

        Assert.Equal("", problem);
        Assert.Equal(
            (new MasterAddress(MasterProtocol.Branch, new ClientEndpoint.Tcp("h", port), $"h:{port}", "/"), expected, false),
            (arguments!.Options.Master, arguments.Options.Revision, arguments.Options.BuildNetwork));
        Assert.True(WorkerArguments.TryParse([.. words, "--build-network", "yes"], out _)!.Options.BuildNetwork);
        Assert.False(WorkerArguments.TryParse([.. words, "--build-network=no"], out _)!.Options.BuildNetwork);
        Assert.True(WorkerArguments.TryParse([.. words, "--private-sources", "yes"], out _)!.Options.PrivateSources);
        Assert.False(arguments.Options.PrivateSources);
    }

    [Theory]
    [InlineData("--build-network: 'perhaps' is neither yes nor no", "branch://h", "perhaps")]
    [InlineData("--build-network belongs to branch://; other masters say themselves what a build may do", "ws://h:1", "yes")]
    [InlineData("--build-network: '' is neither yes nor no", "branch://h", "")]
    public void A_network_that_makes_no_sense_is_refused(string expected, string master, string network)
    {
        Assert.Null(WorkerArguments.TryParse(["--master", master, "--name", "n", "--password-file", "f", "--build-network", network], out string problem));
        Assert.Equal(expected, problem);
    }

    [Theory]
    [InlineData("branch://h", "v7", "--revision: 'v7' is none of v2.1, v2.0 and v1b")]
    [InlineData("pb://h:1", "v1", "--revision belongs to ws://, wss:// and branch://; pb has none")]
    [InlineData("ws://h:1", "v2", "--revision: 'v2' is neither v7 nor v1")]
    public void A_revision_that_is_not_spoken_is_refused(string master, string revision, string expected)
    {
        Assert.Null(WorkerArguments.TryParse(
            ["--master", master, "--name", "n", "--password-file", "f", "--revision", revision], out string problem));
        Assert.Equal(expected, problem);
    }

    [Theory]
    [InlineData("pb://h", "names no port")]
    [InlineData("gopher://h:1", "unknown scheme 'gopher'")]
    [InlineData("ws://h", "names no port")]
    [InlineData("nonsense", "is not an address")]
    public void A_master_it_cannot_reach_is_refused_in_plain_words(string master, string expected)
    {
        var options = WorkerArguments.TryParse(["--master", master, "--name", "n", "--password-file", "f"], out string problem);

        Assert.Null(options);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--name is missing", "--master", "ws://h:1")]
    [InlineData("unknown option '--nmae'", "--nmae", "x")]
    [InlineData("--dir needs a value", "--dir")]
    public void A_wrong_command_line_names_the_option(string expected, params string[] arguments)
    {
        Assert.Null(WorkerArguments.TryParse(arguments, out string problem));
        Assert.Equal(expected, problem);
    }
}
