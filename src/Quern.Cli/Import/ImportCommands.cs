using System.CommandLine;
using Quern.Cli.Import.Branch;
using Quern.Model;

namespace Quern.Cli.Import;

/// <summary>Brings what other farms have to this one. Nothing is ever changed there.</summary>
internal static class ImportCommands
{
    public static IEnumerable<Command> All(CommandMaker make)
    {
        yield return CommandMaker.Group("import", "Brings what another farm has to this one; nothing is changed there",
            Branch(make), ConfigurationCommands.Config(make), ConfigurationCommands.Client(make));
    }

    private static Command Branch(CommandMaker make)
    {
        var folder = new Argument<string>("DIR") { Description = "the folder that a Branch master runs in: pkgbuild.db, packages, extrasources.db, ..." };
        var env = new Option<string>("--env") { Description = "what its packages were built as: release or cross", DefaultValueFactory = _ => "release", HelpName = "ENV" };
        env.AcceptOnlyFromAmong("release", "cross");
        var arch = new Option<string?>("--arch") { Description = "what its packages were built for, as 'uname -m' prints it (default: this machine's)", HelpName = "ARCH" };
        var users = new Option<string?>("--users") { Description = "its file of users (default: users.meta in DIR)", HelpName = "FILE" };
        var replace = new Option<bool>("--replace") { Description = "take the old master's also where this farm has something else" };
        var dry = new Option<bool>("--dry-run") { Description = "only read and check; needs no farm" };
        return make.Make("branch", "Takes recipes, extra sources and packages of a Branch master", async (c, stop) =>
        {
            string path = c.Result.GetRequiredValue(folder);
            if (!Directory.Exists(path)) throw new CommandFailedException(ExitCode.Failed, $"There is no folder '{path}'.");
            string machine = c.Result.GetValue(arch) ?? MachineArchitecture.Here;
            if (MachineArchitecture.Problem(machine) is { } problem) throw new CommandFailedException(ExitCode.Usage, $"--arch: {problem}");
            // A file that the user named may be a link; one that was found may not.
            string? userFile = c.Result.GetValue(users) is { } named ? File.ResolveLinkTarget(InputFile.Checked(named), returnFinalTarget: true)?.FullName ?? named : null;
            var options = new BranchImportOptions(Path.GetFullPath(path), c.Result.GetRequiredValue(env), machine, c.Result.GetValue(replace), userFile);
            var report = new ImportReport(c);
            using var farm = c.Result.GetValue(dry) ? null : c.Connect();
            await new BranchImport(options, farm, report.Add).RunAsync(stop);
            return report.End();
        }, folder, env, arch, users, replace, dry);
    }
}
