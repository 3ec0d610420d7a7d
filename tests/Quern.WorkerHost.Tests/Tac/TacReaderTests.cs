using FsCheck;
using FsCheck.Fluent;

namespace Quern.WorkerHost.Tests;

public sealed class TacReaderTests
{
    private const string Path = "/srv/bee/buildbot.tac";

    private const string Log =
        """
        from twisted.python.logfile import LogFile
        from twisted.python.log import ILogObserver, FileLogObserver
        logfile = LogFile.fromFullPath(
            os.path.join(basedir, "twistd.log"), rotateLength=rotateLength,
            maxRotatedFiles=maxRotatedFiles)
        application.setComponent(ILogObserver, FileLogObserver(logfile).emit)
        """;

    /// <summary>The statements of a 3.7 folder.</summary>
    private static readonly string Worker37 =
        $"""

        import os

        from buildbot_worker.bot import Worker
        from twisted.application import service

        basedir = '.'
        rotateLength = 10000000
        maxRotatedFiles = 10

        # where this file is
        if basedir == '.':
            import os.path
            basedir = os.path.abspath(os.path.dirname(__file__))

        application = service.Application('buildbot-worker')

        {Log}

        buildmaster_host = 'farm.example'
        port = 9989
        workername = 'bee'
        passwd = 'it\'s "secret"'
        keepalive = 600
        umask = 0o22
        maxdelay = 300
        numcpus = None
        allow_shutdown = 'signal'
        maxretries = 7
        use_tls = 1
        delete_leftover_dirs = 1
        proxy_connection_string = None
        protocol = 'msgpack_experimental_v7'

        s = Worker(buildmaster_host, port, workername, passwd, basedir,
                   keepalive, umask=umask, maxdelay=maxdelay,
                   numcpus=numcpus, allow_shutdown=allow_shutdown,
                   maxRetries=maxretries, protocol=protocol, useTls=use_tls,
                   delete_leftover_dirs=delete_leftover_dirs,
                   proxy_connection_string=proxy_connection_string)
        s.setServiceParent(application)
        """;

    private static TacFile Read(string text, Func<string, string?>? environment = null)
    {
        var file = TacReader.TryRead(text, Path, environment ?? (_ => null), out var problems);
        Assert.Empty(problems);
        return file!;
    }

    private static string[] Problems(string text)
    {
        Assert.Null(TacReader.TryRead(text, Path, _ => null, out var problems));
        return [.. problems];
    }

    private static string WorkerWith(string lines, string arguments = "'h', 1, 'n', 'p', '/b', 600") =>
        $"{lines}\ns = Worker({arguments})\ns.setServiceParent(application)\n".Insert(0, "application = service.Application('buildbot-worker')\n");

    [Fact]
    public void A_folder_of_3_7_is_read()
    {
        Assert.Equal(
            new TacFile
            {
                Host = "farm.example",
                Port = 9989,
                Name = "bee",
                Password = "it's \"secret\"",
                BaseDirectory = "/srv/bee",
                Keepalive = 600,
                Umask = 18,
                MaxDelay = 300,
                AllowShutdown = "signal",
                MaxRetries = 7,
                UseTls = true,
                DeleteLeftoverDirs = true,
                Protocol = "msgpack_experimental_v7",
                Log = new TacLog.File("/srv/bee/twistd.log", 10_000_000, 10),
            },
            Read(Worker37));
    }

    [Fact]
    public void A_folder_of_the_buildslave_age_is_read()
    {
        string text =
            """
            import os
            from buildslave.bot import BuildSlave
            from twisted.application import service
            basedir = r'/srv/bee'
            rotateLength = 1000
            maxRotatedFiles = None
            application = service.Application('buildslave')
            try:
              from twisted.python.logfile import LogFile
              from twisted.python.log import ILogObserver, FileLogObserver
              logfile = LogFile.fromFullPath(os.path.join(basedir, "twistd.log"), rotateLength=rotateLength,
                                             maxRotatedFiles=maxRotatedFiles)
              application.setComponent(ILogObserver, FileLogObserver(logfile).emit)
            except ImportError:
              # an old Twisted
              pass
            buildmaster_host = u'farm.example'
            port = 9989
            slavename = 'bee'
            passwd = 'secret'
            keepalive = 600
            usepty = 0
            umask = 022
            maxdelay = 300
            allow_shutdown = None

            s = BuildSlave(buildmaster_host, port, slavename, passwd, basedir,
                           keepalive, usepty, umask=umask, maxdelay=maxdelay,
                           allow_shutdown=allow_shutdown)
            s.setServiceParent(application)
            """;

        Assert.Equal(
            new TacFile
            {
                Host = "farm.example",
                Port = 9989,
                Name = "bee",
                Password = "secret",
                BaseDirectory = "/srv/bee",
                Keepalive = 600,
                Umask = 18,
                MaxDelay = 300,
                Log = new TacLog.File("/srv/bee/twistd.log", 1000, null),
            },
            Read(text));
    }

    [Fact]
    public void A_connection_string_of_the_4_x_age_is_read()
    {
        var file = Read(WorkerWith(
            "host = None\n", "host, None, 'n', 'p', '/b', 600, connection_string='tls:host=h:port=2', path='/ws', numcpus=3"));

        Assert.Equal((null, null, "tls:host=h:port=2", "/ws", 3), (file.Host, file.Port, file.ConnectionString, file.Path, file.Cpus));
        var options = TacOptions.TryMake(file, "/srv/bee", out string problem);
        Assert.Equal("", problem);
        Assert.Equal(
            new MasterAddress(MasterProtocol.Perspective, new ClientEndpoint.Tls(new ClientEndpoint.Tcp("h", 2), "h"), "h:2", "/ws"), options!.Master);
    }

    [Fact]
    public void The_environment_may_be_asked_and_the_log_go_to_the_standard_output()
    {
        string text = WorkerWith(
            """
            basedir = os.environ.get("BASE", os.path.abspath(os.path.dirname(__file__)))
            application.setComponent(ILogObserver, FileLogObserver(sys.stdout).emit)
            port = int(os.environ.get("PORT", 9989))
            """,
            "os.environ['MASTER'], port, os.getenv('NAME', 'docker').strip(), 'a' 'b' + \"c\", basedir, 600");

        var file = Read(text, name => name switch { "MASTER" => "farm", "PORT" => "17", _ => null });

        Assert.Equal(("farm", 17, "docker", "abc", "/srv/bee"), (file.Host, file.Port, file.Name, file.Password, file.BaseDirectory));
        Assert.Equal(new TacLog.Stdout(), file.Log);
    }

    [Theory]
    [InlineData("for name in os.environ:\n    del os.environ[name]\n", "line 2: cannot read: for name in os.environ:", "line 3: cannot read: del os.environ[name]")]
    [InlineData("passwd = open('secret').read()\n", "line 2: cannot evaluate open(…)")]
    [InlineData("os.system('reboot')\n", "line 2: cannot evaluate os.system(…)")]
    [InlineData("x = 1 if y else 2\n", "line 2: cannot read: x = 1 if y else 2")]
    [InlineData("x = 'open\n", "line 2: a string is not closed: x = 'open")]
    [InlineData("x = [1, 2]\n", "line 2: cannot read '[' where a value should stand")]
    [InlineData("x = f'{y}'\n", "line 2: cannot read: x = f'{y}'")]
    [InlineData("x = 09z\n", "line 2: '09z' is no whole number")]
    [InlineData("if basedir:\n    x = 1\n", "line 2: cannot read: if basedir:")]
    [InlineData("def f():\n    pass\n", "line 2: cannot read: def f():")]
    public void What_cannot_be_read_is_named_with_its_line(string lines, params string[] expected)
    {
        Assert.Equal(expected, Problems(WorkerWith(lines)));
    }

    [Fact]
    public void What_only_follows_from_a_line_is_not_named_beside_it()
    {
        Assert.Equal(["line 2: cannot evaluate max(…)"], Problems(WorkerWith("cpus = max(1, 2)", "'h', 1, 'n', 'p', '/b', 600, numcpus=cpus")));
    }

    [Theory]
    [InlineData("'h', 1, 'n', 'p', '/b', 600, colour='red'", "the worker is given 'colour', which is not known")]
    [InlineData("'h', 1, 'n', 'p', '/b', 600, keepalive=3", "the worker is given 'keepalive' twice")]
    [InlineData("'h', 1, 'n', None, '/b', 600", "the worker has no password")]
    [InlineData("'h', 99999, 'n', 'p', '/b', 600", "port must be a number from 0 to 65535 or None, not 99999")]
    [InlineData("host, 1, 'n', 'p', '/b', 600", "buildmaster_host is 'host', which nothing has assigned")]
    [InlineData("'h', 1, 'n', 'p', '/b', 600, protocol='smoke'", "protocol must be 'pb' or 'msgpack_experimental_v7', not 'smoke'")]
    public void What_a_worker_cannot_be_given_is_named_with_its_line(string arguments, string expected)
    {
        Assert.Equal([$"line 3: {expected}"], Problems(WorkerWith("", arguments)).Take(1));
    }

    [Fact]
    public void A_file_without_a_worker_says_so() => Assert.Equal(["no line constructs a Worker or a BuildSlave"], Problems("import os\n"));

    [Fact]
    public void Brackets_without_end_do_not_exhaust_the_stack()
    {
        Assert.Contains("nested too deep", Problems(WorkerWith($"x = {new string('(', 100_000)}1{new string(')', 100_000)}\n"))[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Arbitrary_text_never_throws() => Prop.ForAll<NonNull<string>>(text =>
        TacReader.TryRead($"{text.Get}\n{Worker37[..Math.Min(Worker37.Length, text.Get.Length * 17)]}", Path, _ => null, out var problems) is not null
        || problems.Length > 0).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_reads_the_same(bool rotates)
    {
        var settings = new TacSettings
        {
            BaseDirectory = ".",
            Host = "it's",
            Port = 9,
            Name = "bee",
            Password = "a\\\n\t\"'é\u200b😀\u0001",
            Keepalive = 0,
            Umask = "0o77",
            MaxDelay = 3,
            Cpus = "2",
            AllowShutdown = "file",
            MaxRetries = "None",
            UseTls = true,
            DeleteLeftoverDirs = true,
            ConnectionString = null,
            ProxyConnectionString = "tcp:proxy:3128",
            Protocol = "pb",
            LogBytes = 5,
            LogCount = "None",
            RotatesLog = rotates,
        };

        Assert.Equal(
            new TacFile
            {
                Host = "it's",
                Port = 9,
                Name = "bee",
                Password = settings.Password,
                BaseDirectory = "/srv/bee",
                Keepalive = 0,
                Umask = 63,
                MaxDelay = 3,
                Cpus = 2,
                AllowShutdown = "file",
                UseTls = true,
                DeleteLeftoverDirs = true,
                ProxyConnectionString = "tcp:proxy:3128",
                Log = rotates ? new TacLog.File("/srv/bee/twistd.log", 5, null) : null,
            },
            Read(TacWriter.Write(settings)));
    }
}
