using Quern.MasterHost.Configuration;
using Quern.Packaging.Planning;
using Quern.Peers.Estate;
using Quern.Testing;

namespace Quern.MasterHost.Tests;

public sealed class ConfigurationTests
{
    public static TheoryData<string, string> Mistakes => new()
    {
        { "listners: []", "quern.yaml:1:1: unknown key 'listners'; allowed: data, store, http, listeners, workers, branch, leaf, environments, plans, sources, limits, accounts, retention, locks, secrets, builders. Did you mean 'listeners'?" },
        { "workers:\n  - name: w\n    pasword: x\n    password: y", "quern.yaml:3:5: unknown key 'pasword' in 'workers[0]'; allowed: name, password, password_file, slots, tags. Did you mean 'password'?" },
        { "workers: {}", "quern.yaml:1:10: 'workers' must be a list." },
        { "workers: [1]", "quern.yaml:1:11: 'workers[0]' must be a mapping; allowed: name, password, password_file, slots, tags." },
        { "workers:\n  - password: x", "quern.yaml:2:5: 'workers[0]' needs the key 'name'." },
        { "workers:\n  - name: a\n    password: x\n    slots: 0", "quern.yaml:4:12: 'workers[0].slots' must be a whole number from 1 to 1024, not '0'." },
        { "workers:\n  - name: a b\n    password: x", "quern.yaml:2:11: 'a b' is not a worker name: 1 to 128 printable ASCII characters without blank, colon, slash or backslash." },
        { "workers:\n  - {name: change, password: x}", "quern.yaml:2:12: no worker can be named 'change': Buildbot's masters give that name to something else." },
        { "workers:\n  - {name: a, password: x}\n  - {name: a, password: y}", "quern.yaml:3:12: the worker 'a' stands twice in this file." },
        { "workers:\n  - name: a", "quern.yaml:2:5: a worker needs either 'password' or 'password_file'." },
        { "listeners:\n  - {protocol: buildbot-msgpck, port: 1}", "quern.yaml:2:16: 'buildbot-msgpck' is not a protocol that this version can listen for; it knows buildbot-msgpack, buildbot-pb, branch, leaf, admin, http. Did you mean 'buildbot-msgpack'?" },
        { "listeners:\n  - {protocol: buildbot-msgpack, port: 70000}", "quern.yaml:2:40: 'listeners[0].port' must be a whole number from 0 to 65535, not '70000'." },
        { "listeners:\n  - {protocol: buildbot-msgpack, port: 1, revisions: [v7, v2]}", "quern.yaml:2:54: 'revisions' must be a list of v7 and v1, not 'v2'. Did you mean 'v7'?" },
        { "listeners:\n  - {protocol: buildbot-msgpack, port: 1, revisions: [v1]}", "quern.yaml:2:54: 'revisions' must hold v7: every worker but those of Buildbot 3.5 speaks it." },
        { "listeners:\n  - {protocol: leaf, name: \"7\"}", "quern.yaml:2:28: '7' is not a name for a listener: 1 to 48 letters, digits, blanks, '.', '_' and '-', beginning with a letter or digit, and not digits alone." },
        { "listeners:\n  - {protocol: leaf, name: shop}\n  - {protocol: branch, name: Shop}", "quern.yaml:3:30: the listener 'Shop' stands twice in this file." },
        { "listeners:\n  - {protocol: leaf, tls: ssl}", "quern.yaml:2:27: 'tls' must be farm, for the farm's own certificate, or {certificate: FILE, key: FILE}, not 'ssl'." },
        { "listeners:\n  - {protocol: leaf, tls: {certificate: /none/a}}", "quern.yaml:2:27: 'listeners[0].tls' needs the key 'key'." },
        { "listeners:\n  - {protocol: leaf, tls: {certificate: /none/a, key: /none/b}}", "quern.yaml:2:41: the certificate cannot be used: '/none/a' cannot be read: No such file or directory." },
        { "listeners:\n  - {protocol: leaf, tls: farm, tls_min: 1.1}", "quern.yaml:2:42: 'listeners[0].tls_min' must be one of 1.2, 1.3, not '1.1'. Did you mean '1.2'?" },
        { "listeners:\n  - {protocol: leaf, tls_min: 1.2}", "quern.yaml:2:31: 'tls_min' says something only where there is 'tls' too." },
        { "listeners:\n  - {protocol: leaf, limits: {connections: 0}}", "quern.yaml:2:44: 'listeners[0].limits.connections' must be a whole number from 1 to 1000000, not '0'." },
        { "listeners:\n  - {protocol: leaf, limits: {handshake: 1h}}", "quern.yaml:2:42: 'handshake' must be at most 5m." },
        { "listeners:\n  - {protocol: leaf, people: false}", "quern.yaml:2:30: 'people' belongs to admin; leaf has none." },
        { "listeners:\n  - {protocol: admin, agents: false, people: false}", "quern.yaml:2:31: a listener that lets in neither agents nor people is of no use." },
        { "listeners:\n  - {protocol: buildbot-msgpack, address: nowhere, port: 1}", "quern.yaml:2:43: 'address' must be an IP address or localhost, not 'nowhere'." },
        { "http: 127.0.0.1", "quern.yaml:1:7: 'http' must be ADDRESS:PORT with a port from 0 to 65535, not '127.0.0.1'." },
        { "store: mysql:x", "quern.yaml:1:8: 'store' must be sqlite:FILE or postgres:CONNECTION-STRING." },
        { "environments:\n  release:\n    isolation: sandbx\n    root: {suite: bookworm}", "quern.yaml:3:16: 'environments.release.isolation' must be one of sandbox, host, not 'sandbx'. Did you mean 'sandbox'?" },
        { "environments:\n  release:\n    root: {suite: bookworm, directory: /x}", "quern.yaml:3:11: 'root' needs either 'suite' (with 'packages') or 'directory'." },
        { "environments:\n  release:\n    root: {suite: --help}", "quern.yaml:3:19: '--help' is not a suite such as bookworm." },
        { "environments:\n  release:\n    root: {suite: bookworm, packages: [gcc, -x]}", "quern.yaml:3:45: '-x' is not the name of a Debian package." },
        { "environments:\n  cross:\n    root: {suite: bookworm}", "quern.yaml:3:5: 'environments.cross' needs the key 'target'." },
        { "environments:\n  release:\n    network: maybe\n    root: {suite: bookworm}", "quern.yaml:3:14: 'environments.release.network' must be true or false, not 'maybe'." },
        { "plans:\n  folders: [/]", "quern.yaml:2:13: the whole file system cannot be given away; name a folder." },
        { "limits:\n  log_bytes: 3 XB", "quern.yaml:2:14: 'limits.log_bytes' must be a size above 0 such as 500MiB or 64GiB, not '3 XB'." },
        { "accounts:\n  require_totp: perhaps", "quern.yaml:2:17: 'accounts.require_totp' must be true or false, not 'perhaps'." },
        { "accounts:\n  session_idle: 0m", "quern.yaml:2:17: 'accounts.session_idle' must be a time such as 90s, 20m or 2h, not '0m'." },
        { "accounts:\n  step_up_minutes: -1", "quern.yaml:2:20: 'accounts.step_up_minutes' must be a whole number from 0 to 1440, not '-1'." },
        { "accounts:\n  step_up_minutes: 1441", "quern.yaml:2:20: 'accounts.step_up_minutes' must be a whole number from 0 to 1440, not '1441'." },
        { "retention:\n  logs: soon", "quern.yaml:2:9: 'retention.logs' must be a time such as 12h, 30d or 8w, not 'soon'." },
        { "branch:\n  keys:\n    - {key: k, group: g}\n    - {key: k, group: h}", "quern.yaml:4:13: this key stands twice in this file." },
        { "branch:\n  groups:\n    - {name: g, rights: [job:raed]}", "quern.yaml:3:26: 'job:raed' is not a right; there are farm:read, job:read, job:submit, job:cancel, plan:run, builder:read, builder:run, recipe:read, recipe:write, package:read, package:write, source:read, source:write, worker:read, worker:write, event:read, user:create, user:update, user:delete, user:list, user:reset-totp, group:create, group:update, group:delete, group:list, role:list, role:manage, token:own, token:manage, session:manage, listener:create, listener:update, listener:delete, listener:list, agent:build, agent:deploy, agent:list, agent:approve, agent:power, server:banner, server:maintenance, audit:read. Did you mean 'job:read'?" },
        { "branch:\n  groups: [{name: g}, {name: g}]", "quern.yaml:2:30: the group 'g' stands twice in this file." },
        { "branch: {package_list_url: 'file:///etc'}", "quern.yaml:1:28: 'file:///etc' is not an address as http://farm.example:8080/?get=packagelist." },
        { "branch: {bots: {recipes: everything}}", "quern.yaml:1:26: 'branch.bots.recipes' must be one of any, bots, not 'everything'." },
        { "branch: {bots: {tags: [a|b]}}", "quern.yaml:1:24: 'a|b' is not a tag: 1 to 64 printable characters without blank, | and ;." },
        { "branch: {realroot_packages: [a b]}", "quern.yaml:1:30: 'a b' is not a package name: 1 to 128 characters of A-Z a-z 0-9 _ + -." },
        { "data: ~", "quern.yaml:1:7: 'data' must be a text that is not empty." },
        { "- a", "quern.yaml:1:1: the file must be a mapping; allowed: data, store, http, listeners, workers, branch, leaf, environments, plans, sources, limits, accounts, retention, locks, secrets, builders." },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_its_place_and_what_is_allowed(string text, string expected)
    {
        var result = Assert.IsType<ConfigurationResult.Invalid>(ConfigurationFile.Parse("quern.yaml", text));

        Assert.Contains(expected, result.Problems.Select(p => p.ToString()));
    }

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_order_of_the_file()
    {
        var result = Assert.IsType<ConfigurationResult.Invalid>(ConfigurationFile.Parse("q", "htp: x\nworkers: 3\nstore: y\n"));

        Assert.Equal([1L, 2L, 3L], result.Problems.Select(p => p.Line));
    }

    [Theory]
    [InlineData("workers: []\nworkers: []\n", 2)]
    [InlineData("http: [unclosed\n", 2)]
    public void What_is_not_yaml_and_a_key_that_stands_twice_name_their_line(string text, int line)
    {
        var result = Assert.IsType<ConfigurationResult.Invalid>(ConfigurationFile.Parse("q", text));

        Assert.Equal(line, Assert.Single(result.Problems).Line);
    }

    [Fact]
    public void Deep_nesting_and_many_aliases_are_refused_before_a_tree_is_made()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 100_000));
        string aliases = "a: &a x\nb: [" + string.Join(", ", Enumerable.Repeat("*a", 200)) + "]";

        Assert.IsType<ConfigurationResult.Invalid>(ConfigurationFile.Parse("q", deep));
        Assert.Contains("aliases", Assert.IsType<ConfigurationResult.Invalid>(ConfigurationFile.Parse("q", aliases)).Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_file_is_read_with_paths_from_its_own_folder()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder["secret"], "hush\nsecond line\n");
        File.WriteAllText(folder["quern.yaml"], """
            data: state
            store: sqlite:state/other.db
            http: 127.0.0.1:0
            listeners:
              - {protocol: buildbot-msgpack, address: "::1", port: 0, revisions: [v7, v1]}
              - {protocol: admin, name: Front, tls_min: 1.2, limits: {connections: 9, per_second: 8, handshake: 7s}, agents: false}
              - {protocol: http, port: 0, tls: farm}
            workers:
              - {name: w1, password_file: secret, slots: 4, tags: [big]}
            branch: {keys: [{key: k, group: g}], groups: [{name: g, rights: [job:read]}], untrusted: true, realroot_packages: [glibc], package_list_url: 'http://farm:8080/?get=packagelist', bots: {groups: [g], tags: [branch], recipes: bots, max_build: 2h}}
            environments:
              release: {root: {suite: bookworm, packages: [gcc, make]}, network: true}
              cross: {isolation: host, target: aarch64-linux-gnu, tools: [gcc-aarch64-linux-gnu]}
            plans: {folders: [shared]}
            sources: {file_folders: [/srv/tars], allow_private_addresses: true}
            limits: {log_bytes: 1GiB, batch_jobs: 5}
            retention: {logs: 30d}
            """);

        var read = Assert.IsType<ConfigurationResult.Read>(ConfigurationFile.Load(folder["quern.yaml"])).Configuration;

        Assert.Equal(folder["state"], read.DataFolder);
        Assert.Equal($"sqlite:{folder["state"]}/other.db", read.Store);
        Assert.Equal(("w1", "hush", 4), (read.Workers[0].Name.Value, read.Workers[0].Password, read.Workers[0].Slots));
        Assert.Equal(("::1", "v7,v1"), (read.Listeners[0].Address.ToString(), read.Listeners[0].Revisions));
        var admin = read.Listeners[1];
        Assert.Equal(("Front", 8768, new ListenerLimits(9, 8, TimeSpan.FromSeconds(7)), false, true), (admin.Name, admin.Port, admin.Limits, admin.Agents, admin.People));
        Assert.Equal((new ListenerTls.Farm(), true, new ListenerTls.Farm(), false), (admin.Tls, admin.OlderTls, read.Listeners[2].Tls, read.Listeners[2].OlderTls));
        var root = Assert.IsType<RootSettings.Debian>(read.Release!.Root);
        Assert.Equal(["gcc", "make"], root.Packages);
        Assert.Equal(Isolation.Host, read.Cross!.Isolation);
        Assert.Equal([folder["shared"]], read.PlanFolders);
        Assert.Equal(1L << 30, read.Limits.LogBytes);
        Assert.Equal(TimeSpan.FromDays(30), read.Retention.Logs);
        Assert.True(read.AllowPrivateAddresses);
        Assert.Equal((new BranchKeySetting("k", "g"), true), (Assert.Single(read.Branch.Keys), read.Branch.Untrusted));
        Assert.Equal("http://farm:8080/?get=packagelist", read.Branch.PackageListUrl);
        Assert.Equal(("g", "branch"), (Assert.Single(read.Branch.Bots.Groups), Assert.Single(read.Branch.Bots.Tags)));
        Assert.Equal((true, TimeSpan.FromHours(2)), (read.Branch.Bots.TakeAllRecipes, read.Branch.Bots.MaxBuild));
        Assert.Equal(("g", "job:read"), (Assert.Single(read.Branch.Groups).Name, Assert.Single(read.Branch.Groups[0].Rights)));
        Assert.Equal(["glibc"], read.Branch.RealRootPackages);
    }

    [Theory]
    [InlineData("127.0.0.1:80", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("localhost:0", true)]
    [InlineData("::1:80", false)]
    [InlineData("1:80", false)]
    [InlineData("127.0.0.1:65536", false)]
    [InlineData("127.0.0.1:-1", false)]
    [InlineData("127.0.0.1:", false)]
    [InlineData(":80", false)]
    public void Addresses_are_read_only_in_their_usual_form(string text, bool good) => Assert.Equal(good, EndPoints.TryParse(text, out _));
}
