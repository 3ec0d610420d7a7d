using System.Net;
using Quern.MasterHost;
using Quern.MasterHost.Configuration;
using Quern.Packaging.Planning;

namespace Quern.Cli.Tests;

/// <summary>A master for commands to talk to, and the commands.</summary>
internal static class CliFarm
{
    public static async Task<QuernMaster> StartAsync(string folder, FarmConfiguration? configuration = null, string? listen = null)
    {
        var options = new MasterOptions
        {
            DataFolder = folder,
            Http = new IPEndPoint(IPAddress.Loopback, 0),
            Listen = listen is null ? [] : [new ListenerSetting(listen, IPAddress.Loopback, 0)],
            FirstPassword = "open sesame",
            FetchProgram = ["/bin/false"],
            Configuration = configuration ?? FarmConfiguration.Empty with { Release = new EnvironmentSettings { Isolation = Isolation.Host } },
        };
        return Assert.IsType<MasterStart.Running>(await QuernMaster.StartAsync(options, TimeProvider.System, CancellationToken.None)).Master;
    }

    /// <param name="line">Words with one blank between them.</param>
    /// <param name="answers">To what is asked on the way.</param>
    public static async Task<(int Code, string Output, string Error)> RunAsync(string line, params string[] answers)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        using var input = new StringReader(string.Join('\n', answers));
        int code = await CommandTree.RunAsync(line.Split(' '), new Terminal(output, error, interactive: false, input));
        return (code, output.ToString(), error.ToString());
    }
}
