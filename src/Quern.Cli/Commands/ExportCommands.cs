using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.Protocols.Branch;

namespace Quern.Cli.Commands;

/// <summary>Copies of what the farm has, in forms that others read.</summary>
internal static class ExportCommands
{
    public static IEnumerable<Command> All(CommandMaker make)
    {
        var folder = new Argument<string>("DIR") { Description = "the folder that a web server will serve; made when missing" };
        var url = new Option<string>("--url") { Description = "the address under which DIR will be served", HelpName = "BASE", Required = true };
        var prune = new Option<bool>("--prune") { Description = "remove package files of earlier exports that the list no longer names" };
        yield return CommandMaker.Group("export", "Copies for others",
            make.Make("leaf", "Writes a repository for the package manager leaf as plain files",
                (c, stop) => LeafAsync(c, c.Result.GetRequiredValue(folder), c.Result.GetRequiredValue(url), c.Result.GetValue(prune), stop), folder, url, prune));
    }

    private static async Task<int> LeafAsync(CommandContext c, string folder, string url, bool prune, CancellationToken stop)
    {
        if (!LeafAddress.IsBase(url)) throw new CommandFailedException(ExitCode.Usage, $"--url: '{url}' is not an address as https://packages.example/leaf, without ? and #.");
        using var farm = c.Connect();
        var done = await new LeafExport(farm, Path.GetFullPath(folder), url).RunAsync(prune, stop);
        if (c.Json)
        {
            c.WriteJson(new JsonObject
            {
                ["folder"] = done.Folder,
                ["list"] = done.ListUrl,
                ["packages"] = done.Packages,
                ["written"] = done.Written,
                ["removed"] = done.Removed,
            });
        }
        else
        {
            c.Terminal.Line($"{done.Folder}  {done.Packages} {(done.Packages == 1 ? "package" : "packages")}, {done.Written} written, {done.Removed} removed");
            c.Terminal.Line($"leaf finds them with the package list {done.ListUrl}");
        }
        return ExitCode.Success;
    }
}
