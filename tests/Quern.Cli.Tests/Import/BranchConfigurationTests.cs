using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Quern.Cli.Import.Branch;
using Quern.MasterHost.Configuration;
using Quern.Testing;

namespace Quern.Cli.Tests.Import;

/// <summary>Configuration files of Branch programs.</summary>
public sealed class BranchConfigurationTests
{
    private const string Rust = "[master]\n# api server\naddr = \"farm.example\"\nport = 27016\nauthkey = \"s3cret-key\"\n\n[client]\nname = \"my-client\"\ntype = \"CONTROLLER\"\nloglevel = \"INFO\"\neditor = \"vim\"\nprotver = 0\n";
    private const string Python = "[Connection]\nServerAddress = 192.0.2.7\nServerPort=27017\nAuthKey=s3cret-key\nIdentifier=a-branch-client\n\n[Logger]\nEnableDebugLog=False\n";

    [Fact]
    public void Both_controllers_files_say_where_who_and_with_which_key()
    {
        Assert.True(ClientFile.TryParse("rranch.toml", Rust, out var rust, out _));
        Assert.True(ClientFile.TryParse("client.conf", Python, out var python, out _));

        Assert.Equal(new ClientFile("rranch", "farm.example", 27016, "s3cret-key", "my-client"), rust);
        Assert.Equal(new ClientFile("branchclient", "192.0.2.7", 27017, "s3cret-key", "a-branch-client"), python);
    }

    [Theory]
    [InlineData("rranch.toml", "[master]\naddr = \"a\"\nauthkey = \"\"\n", "localhost", 27015, "a-rranch-client")]
    [InlineData("client.conf", "[connection]\nserveraddress=a\nAUTHKEY=NONE\n", "127.0.0.1", 27015, "a-branch-client")]
    [InlineData("client.conf", "; flat\nserveraddress=a\n", "127.0.0.1", 27015, "a-branch-client")]
    public void What_does_not_stand_there_is_the_programs_own_default(string file, string text, string defaultAddress, int port, string name)
    {
        Assert.True(ClientFile.TryParse(file, text, out var client, out string? problem), problem);
        Assert.Equal(("a", port, null, name), (client.Address, client.Port, client.Key, client.Name));
        Assert.True(ClientFile.TryParse(file, text.Replace("addr = \"a\"", "port = 27015", StringComparison.Ordinal).Replace("serveraddress=a", "serverport=27015", StringComparison.Ordinal), out client, out _));
        Assert.Equal(defaultAddress, client.Address);
    }

    [Theory]
    [InlineData("rranch.toml", "[client]\nname = \"x\"\n", "none of the keys addr, port and authkey")]
    [InlineData("client.conf", "[Logger]\nEnableDebugLog=False\n", "none of the keys ServerAddress")]
    [InlineData("rranch.toml", "[master]\nport = 70000\n", "the port '70000' is no number")]
    [InlineData("rranch.toml", "[master]\nport = [1]\n", "2: port: lists and tables")]
    [InlineData("client.conf", "[Connection]\nnonsense\n", "2: this is neither")]
    [InlineData("client.conf", "[Connection]\nServerPort=1\nserverport=2\n", "3: 'serverport' stands twice")]
    public void A_file_of_something_else_is_refused(string file, string text, string problem)
    {
        Assert.False(ClientFile.TryParse(file, text, out _, out string? found));
        Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_shows_everything_but_the_key_and_writes_what_the_farm_needs()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["rranch.toml"], Rust);

        var shown = await CliFarm.RunAsync($"import branch-client {folder["rranch.toml"]}");
        var open = await CliFarm.RunAsync($"import branch-client {folder["rranch.toml"]} --show-key");
        var json = await CliFarm.RunAsync($"import branch-client {folder["rranch.toml"]} --json");
        var written = await CliFarm.RunAsync($"import branch-client {folder["rranch.toml"]} -o {folder["quern.yaml"]}");
        var twice = await CliFarm.RunAsync($"import branch-client {folder["rranch.toml"]} -o {folder["quern.yaml"]}");

        Assert.Equal((0, 0, 0, 0, 1), (shown.Code, open.Code, json.Code, written.Code, twice.Code));
        Assert.StartsWith("program  rranch\nmaster   farm.example:27016\nname     my-client\nkey      10 characters, not shown; --show-key shows it\n", shown.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", shown.Output + shown.Error + json.Output + written.Output + written.Error + twice.Error, StringComparison.Ordinal);
        Assert.Contains("key      s3cret-key", open.Output, StringComparison.Ordinal);
        Assert.Equal(("farm.example", true, null), (JsonNode.Parse(json.Output)!["address"]!.ToString(), JsonNode.Parse(json.Output)!["has_key"]!.GetValue<bool>(), JsonNode.Parse(json.Output)!["key"]));
        Assert.Contains("is there already and stays as it is", twice.Error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["quern.yaml"]));
        var farm = Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Load(folder["quern.yaml"])).Configuration;
        Assert.Equal([new BranchKeySetting("s3cret-key", "branch")], farm.Branch.Keys);
        Assert.Equal(("branch", 27016), (Assert.Single(farm.Listeners).Protocol, farm.Listeners[0].Port));
        Assert.Empty(Directory.GetFiles(folder.Path, "*.part"));
    }

    [Fact]
    public async Task A_link_to_a_clients_file_is_followed_and_a_bad_line_is_named()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["real.toml"], "[master]\naddr = { x = 1 }\n");
        File.CreateSymbolicLink(folder["rranch.toml"], folder["real.toml"]);

        var (code, output, error) = await CliFarm.RunAsync($"import branch-client {folder["rranch.toml"]}");

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("rranch.toml:2: addr: lists and tables in a line are not read here.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_says_whether_the_farm_lets_the_controller_in()
    {
        using var folder = new ScratchFolder();
        var branch = new BranchSettings { Keys = [new BranchKeySetting("s3cret-key", "branch")] };
        await using var farm = await CliFarm.StartAsync(folder.Path, FarmConfiguration.Empty with { Branch = branch }, ListenerProtocols.Branch);
        int port = IPEndPoint.Parse(farm.Listening.Single().EndPoint).Port;
        async Task<(int Code, string Output, string Error)> CheckAsync(string text)
        {
            await File.WriteAllTextAsync(folder["client.conf"], text.Replace("192.0.2.7", "127.0.0.1", StringComparison.Ordinal));
            return await CliFarm.RunAsync($"import branch-client {folder["client.conf"]} --check");
        }

        var good = await CheckAsync(Python.Replace("27017", $"{port}", StringComparison.Ordinal));
        var wrong = await CheckAsync(Python.Replace("27017", $"{port}", StringComparison.Ordinal).Replace("s3cret-key", "s3cret-other", StringComparison.Ordinal));
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var answering = AnswerAsync(other, "SSH-2.0-OpenSSH\r\n");
        var ssh = await CheckAsync(Python.Replace("27017", $"{((IPEndPoint)other.LocalEndpoint).Port}", StringComparison.Ordinal));
        await answering;
        await farm.DisposeAsync();
        var closed = await CheckAsync(Python.Replace("27017", $"{port}", StringComparison.Ordinal));

        Assert.Equal((0, 3, 3, 3), (good.Code, wrong.Code, ssh.Code, closed.Code));
        Assert.Contains($"127.0.0.1:{port} lets this controller in.", good.Error, StringComparison.Ordinal);
        Assert.Contains("does not let this controller in: Authkey is invalid.", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("what it answers is not the Branch protocol.", ssh.Error, StringComparison.Ordinal);
        Assert.Contains("Connection refused.", closed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", good.Output + good.Error + wrong.Output + wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_masters_configuration_becomes_a_quern_yaml_that_the_farm_takes()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["master.conf"], """
            ; the old master
            [Masterserver]
            ListenAddress=127.0.0.1
            ServerPort=27099
            AuthKeys=[default][s3cret "key" \ ü+]
            UntrustedClients=True
            [HTTPServer]
            HTTPPort=8080
            UserFile=/etc/branch/users.meta
            [Deployment]
            RealrootPackages=[base][gcc]
            HTTPPackageList=http://10.0.0.1:8080/?get=packagelist
            DeployCrosstools=True
            [Strange]
            Key=1
            """);

        var shown = await CliFarm.RunAsync($"import branch-config {folder["master.conf"]} --bots");
        var written = await CliFarm.RunAsync($"import branch-config {folder["master.conf"]} --bots -o {folder["quern.yaml"]}");

        Assert.Equal((0, 0), (shown.Code, written.Code));
        Assert.DoesNotContain("s3cret", shown.Output + shown.Error + written.Output + written.Error, StringComparison.Ordinal);
        Assert.Contains("- {key: NOT-SHOWN, group: branch}", shown.Output, StringComparison.Ordinal);
        Assert.Contains("taken     setting   AuthKeys                      branch.keys: 2; one is the word 'default', which everybody knows", written.Output, StringComparison.Ordinal);
        Assert.Contains("skipped   setting   DeployCrosstools              what builds run in is said under 'environments'", written.Output, StringComparison.Ordinal);
        Assert.Contains("skipped   setting   others                        1 keys that no master of this family knows", written.Output, StringComparison.Ordinal);
        var farm = Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Load(folder["quern.yaml"])).Configuration;
        Assert.Equal(["default", "s3cret \"key\" \\ ü+"], farm.Branch.Keys.Select(k => k.Key));
        Assert.Equal((true, "http://10.0.0.1:8080/?get=packagelist"), (farm.Branch.Untrusted, farm.Branch.PackageListUrl));
        Assert.Equal((["base", "gcc"], ["branch"]), (farm.Branch.RealRootPackages.ToArray(), farm.Branch.Bots.Groups.ToArray()), Pairs);
        Assert.Equal("127.0.0.1:27099", $"{farm.Listeners[0].Address}:{farm.Listeners[0].Port}");
    }

    [Fact]
    public async Task A_configuration_of_the_first_release_and_bad_values_are_read_key_by_key()
    {
        using var folder = new ScratchFolder();
        await File.WriteAllTextAsync(folder["flat.conf"], "listenaddr=0.0.0.0\nport=27015\nauthkeys=one\nuntrustedclients=true\n");
        await File.WriteAllTextAsync(folder["bad.conf"], "[Masterserver]\nListenAddress=here\nServerPort=0\nAuthKeys=[k\u0001]\n[Deployment]\nRealrootPackages=[../x]\nHTTPPackageList=file:///etc\n");

        var flat = await CliFarm.RunAsync($"import branch-config {folder["flat.conf"]} --show-key");
        var bad = await CliFarm.RunAsync($"import branch-config {folder["bad.conf"]}");

        Assert.Equal(0, flat.Code);
        Assert.Contains("- {key: \"one\", group: branch}", flat.Output, StringComparison.Ordinal);
        Assert.Contains("untrusted: false", flat.Output, StringComparison.Ordinal);
        Assert.Equal(1, bad.Code);
        Assert.Contains("setting: 5 refused", bad.Error, StringComparison.Ordinal);
    }

    private static async Task AnswerAsync(TcpListener listener, string text)
    {
        using var client = await listener.AcceptTcpClientAsync();
        // What was sent is read first: closing over unread bytes would reset the connection.
        _ = await client.GetStream().ReadAsync(new byte[4096]);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text));
    }

    private static readonly EqualityComparer<(string[], string[])> Pairs =
        EqualityComparer<(string[] A, string[] B)>.Create((x, y) => x.A.SequenceEqual(y.A) && x.B.SequenceEqual(y.B));
}
