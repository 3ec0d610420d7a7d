using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Quern.Cli.Client;
using Quern.Graph;
using Quern.Model;
using Quern.Peers.Recipes;

namespace Quern.Cli.Commands;

/// <summary>Recipes, finished packages and extra sources.</summary>
internal static class RecipeCommands
{
    public static IEnumerable<Command> All(CommandMaker make)
    {
        var files = new Argument<string[]>("FILE") { Description = "recipe files, or folders that hold a package.bpb or, in folders below, many", Arity = ArgumentArity.OneOrMore };
        var note = new Option<string?>("--note") { Description = "a sentence for the history", HelpName = "TEXT" };
        var checkOnly = new Option<bool>("--check") { Description = "only check; store nothing" };
        yield return make.Make("submit", "Checks and stores recipes, dependencies first",
            (c, stop) => SubmitAsync(c, c.Result.GetRequiredValue(files), c.Result.GetValue(note), c.Result.GetValue(checkOnly), stop), files, note, checkOnly);
        yield return Recipe(make);
        yield return Package(make);
        yield return Source(make);
    }

    private static async Task<int> SubmitAsync(CommandContext c, string[] files, string? note, bool checkOnly, CancellationToken stop)
    {
        var read = new List<(string File, string Text, RecipeReading Reading)>();
        foreach (string file in RecipeFiles.Find(files, c.Terminal.Note))
        {
            string text = await RecipeFiles.ReadAsync(file, stop);
            read.Add((file, text, RecipeTranslation.Read(text)));
        }
        bool bad = false;
        foreach (var (file, _, reading) in read)
        {
            foreach (var problem in reading.Problems) c.Terminal.Note($"{file}:{problem}");
            bad |= reading.Recipe is null;
        }
        if (bad) throw new CommandFailedException(ExitCode.Failed, "Nothing was submitted.");
        if (read.GroupBy(r => r.Reading.Recipe!.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new CommandFailedException(ExitCode.Failed, $"The package '{twice.Key}' stands in {string.Join(" and ", twice.Select(t => t.File))}. Nothing was submitted.");

        using var farm = c.Connect();
        var plan = PackageGraph.Build(read.Select(r => PackageNode.Of(r.Reading.Recipe!))).PlanExactly(read.Select(r => r.Reading.Recipe!.Name));
        // Recipes in a circle have no order; they are stored all the same, and a build of them is refused with the circle's names.
        var order = plan.Builds.Select(b => b.Package).Concat(plan.Unordered).ToList();
        var byName = read.ToDictionary(r => r.Reading.Recipe!.Name);
        var answers = new JsonArray();
        foreach (var name in order)
        {
            var (file, text, _) = byName[name];
            JsonObject answer;
            try
            {
                answer = await farm.PostAsync("/api/v1/recipes", new JsonObject { ["text"] = text, ["note"] = note, ["check"] = checkOnly }, stop);
            }
            catch (CommandFailedException e)
            {
                e.Data["file"] = file;
                throw;
            }
            answers.Add(answer);
            string before = Show.Text(answer, "previous") is { Length: > 0 } previous ? $"{previous} -> " : "";
            string what = checkOnly ? "not stored" : answer["changed"]!.GetValue<bool>() ? $"revision {Show.Text(answer, "revision")}" : "unchanged";
            if (RealVersionDoubt(answer) is { } doubt) c.Terminal.Note($"{file}: warning: {doubt}");
            if (!c.Json) c.Terminal.Line($"{name} {before}{Show.Text(answer, "version")}-{Show.Text(answer, "real_version")}   checked: ok   {what}");
        }
        await TellUnknownAsync(c, farm, [.. read.Select(r => (r.File, r.Reading.Recipe!))], stop);
        if (c.Json) c.WriteJson(answers);
        return ExitCode.Success;
    }

    /// <summary>The greatest counter is the newest package, so a change without a greater one has no effect on who is newest.</summary>
    private static string? RealVersionDoubt(JsonObject answer)
    {
        if (!answer["changed"]!.GetValue<bool>() || answer["revision"]!.GetValue<int>() == 1) return null;
        string now = Show.Text(answer, "real_version"), previous = Show.Text(answer, "previous");
        if (previous.Length == 0)
            return answer["revision"]!.GetValue<int>() == 0 ? null : $"the recipe changed but real_version is still {now}; a package built as {now} counts as built until real_version is raised.";
        string before = previous[(previous.LastIndexOf('-') + 1)..];
        return long.Parse(now, CultureInfo.InvariantCulture) < long.Parse(before, CultureInfo.InvariantCulture)
            ? $"real_version went from {before} down to {now}; the package with the greatest one stays the newest."
            : null;
    }

    /// <summary>Tells of dependencies that have no recipe: the build would be refused.</summary>
    private static async Task TellUnknownAsync(CommandContext c, FarmClient farm, ImmutableArray<(string File, Recipe Recipe)> read, CancellationToken stop)
    {
        var known = read.ToDictionary(r => r.Recipe.Name, _ => true);
        foreach (var (file, recipe) in read)
        {
            foreach (var name in recipe.Dependencies.Concat(recipe.BuildDependencies).Concat(recipe.CrossDependencies).Distinct())
            {
                if (!known.TryGetValue(name, out bool there)) known[name] = there = await farm.HasAsync($"/api/v1/recipes/{Uri.EscapeDataString(name.Value)}", stop);
                if (!there) c.Terminal.Note($"{file}: warning: {recipe.Name} needs {name}, which has no recipe yet.");
            }
        }
    }

    private static Command Recipe(CommandMaker make)
    {
        var named = new Argument<string>("NAME") { Description = "a package" };
        var compared = new Argument<string>("NAME") { Description = "a package" };
        var from = new Option<int?>("--from") { Description = "the older revision (default: the one before)", HelpName = "N" };
        var to = new Option<int?>("--to") { Description = "the newer revision (default: the newest)", HelpName = "N" };
        var taken = new Argument<string>("NAME") { Description = "a package" };
        var revision = new Option<int?>("--revision") { Description = "default: the newest", HelpName = "N" };
        var output = new Option<string?>("--output", "-o") { Description = "write to this file", HelpName = "FILE" };
        return CommandMaker.Group("recipe", "Stored recipes",
            make.Make("list", "Lists recipes", ListAsync),
            make.Make("history", "Shows the revisions of a recipe", (c, stop) => HistoryAsync(c, c.Result.GetRequiredValue(named), stop), named),
            make.Make("diff", "Shows what changed between two revisions",
                (c, stop) => DiffAsync(c, c.Result.GetRequiredValue(compared), c.Result.GetValue(from), c.Result.GetValue(to), stop), compared, from, to),
            make.Make("checkout", "Writes a recipe's text",
                (c, stop) => CheckoutAsync(c, c.Result.GetRequiredValue(taken), c.Result.GetValue(revision), c.Result.GetValue(output), stop), taken, revision, output));
    }

    private static async Task<int> ListAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        var recipes = await farm.ListAsync("/api/v1/recipes", "after", int.MaxValue, stop);
        if (c.Json) c.WriteJson(recipes);
        else c.Terminal.Table(["NAME", "VERSION", "REVISION", "AUTHOR", "TIME"],
            [.. recipes.Select(r => (IReadOnlyList<string>)[Show.Text(r, "name"), $"{Show.Text(r, "version")}-{Show.Text(r, "real_version")}", Show.Text(r, "revision"), Show.Text(r, "author"), Show.Time(r!["time"])])]);
        return ExitCode.Success;
    }

    private static async Task<int> HistoryAsync(CommandContext c, string name, CancellationToken stop)
    {
        using var farm = c.Connect();
        var history = await farm.GetAsync($"/api/v1/recipes/{Uri.EscapeDataString(name)}/history", stop);
        var items = history["items"]!.AsArray();
        if (c.Json) c.WriteJson(items);
        else c.Terminal.Table(["REVISION", "REAL VERSION", "AUTHOR", "TIME", "NOTE"],
            [.. items.Select(r => (IReadOnlyList<string>)[Show.Text(r, "revision"), Show.Text(r, "real_version"), Show.Text(r, "author"), Show.Time(r!["time"]), Show.Text(r, "note")])]);
        return ExitCode.Success;
    }

    private static async Task<int> DiffAsync(CommandContext c, string name, int? from, int? to, CancellationToken stop)
    {
        using var farm = c.Connect();
        var query = new List<string>();
        if (from is { } f) query.Add($"from={f.ToString(CultureInfo.InvariantCulture)}");
        if (to is { } t) query.Add($"to={t.ToString(CultureInfo.InvariantCulture)}");
        var diff = await farm.GetAsync($"/api/v1/recipes/{Uri.EscapeDataString(name)}/diff?{string.Join('&', query)}", stop);
        if (c.Json) c.WriteJson(diff);
        else
            foreach (string line in Show.Text(diff, "text").TrimEnd('\n').Split('\n')) c.Terminal.Line(line);
        return ExitCode.Success;
    }

    private static async Task<int> CheckoutAsync(CommandContext c, string name, int? revision, string? output, CancellationToken stop)
    {
        using var farm = c.Connect();
        var recipe = await farm.GetAsync($"/api/v1/recipes/{Uri.EscapeDataString(name)}{(revision is { } r ? $"?revision={r.ToString(CultureInfo.InvariantCulture)}" : "")}", stop);
        if (output is not null) await File.WriteAllTextAsync(output, Show.Text(recipe, "text"), stop);
        if (c.Json) c.WriteJson(recipe);
        else if (output is null) c.Terminal.Output.Write(Show.Text(recipe, "text"));
        else c.Terminal.Line($"{name} revision {Show.Text(recipe, "revision")} -> {output}");
        return ExitCode.Success;
    }

    private static Command Package(CommandMaker make)
    {
        var shown = new Argument<string>("NAME") { Description = "a package" };
        var taken = new Argument<string>("NAME") { Description = "a package" };
        var env = new Option<string>("--env") { Description = "release or cross", DefaultValueFactory = _ => "release", HelpName = "ENV" };
        env.AcceptOnlyFromAmong("release", "cross");
        var arch = new Option<string?>("--arch") { Description = "as 'uname -m' prints it (default: the master's own)", HelpName = "ARCH" };
        var output = new Option<string?>("--output", "-o") { Description = "the file to write (default: the name the master gives)", HelpName = "FILE" };
        return CommandMaker.Group("package", "Finished packages",
            make.Make("list", "Lists finished packages", (c, stop) => PackagesAsync(c, "/api/v1/packages", stop)),
            make.Make("show", "Shows the builds of one package", (c, stop) => PackagesAsync(c, $"/api/v1/packages/{Uri.EscapeDataString(c.Result.GetRequiredValue(shown))}", stop), shown),
            make.Make("download", "Downloads a package and checks its hash",
                (c, stop) => Downloads.RunAsync(c, c.Result.GetRequiredValue(taken), c.Result.GetRequiredValue(env), c.Result.GetValue(arch), c.Result.GetValue(output), stop), taken, env, arch, output));
    }

    private static async Task<int> PackagesAsync(CommandContext c, string path, CancellationToken stop)
    {
        using var farm = c.Connect();
        var packages = await farm.ListAsync(path, "after", int.MaxValue, stop);
        if (c.Json) c.WriteJson(packages);
        else c.Terminal.Table(["NAME", "VERSION", "ENV", "ARCH", "SIZE", "SHA256", "BUILT"],
            [.. packages.Select(p => (IReadOnlyList<string>)[Show.Text(p, "name"), $"{Show.Text(p, "version")}-{Show.Text(p, "real_version")}", Show.Text(p, "environment"), Show.Text(p, "architecture"), Show.Bytes(p!["bytes"]), Show.Text(p, "sha256"), Show.Time(p["time"])])]);
        return ExitCode.Success;
    }

    private static Command Source(CommandMaker make)
    {
        var file = new Argument<string>("FILE") { Description = "a file that recipes may name by its id" };
        var description = new Option<string>("--description") { Description = "what it is", DefaultValueFactory = _ => "", HelpName = "TEXT" };
        var removed = new Argument<string>("ID") { Description = "an id of the list" };
        return CommandMaker.Group("source", "Extra sources that the farm keeps",
            make.Make("add", "Stores a file", async (c, stop) =>
            {
                string path = c.Result.GetRequiredValue(file);
                using var farm = c.Connect();
                await using var stream = File.OpenRead(InputFile.Checked(path));
                var source = await farm.UploadAsync($"/api/v1/sources?filename={Uri.EscapeDataString(Path.GetFileName(path))}&description={Uri.EscapeDataString(c.Result.GetRequiredValue(description))}", stream, stop);
                if (c.Json) c.WriteJson(source);
                else c.Terminal.Line($"{Show.Text(source, "id")}  {Show.Text(source, "filename")}  {Show.Bytes(source["bytes"])}  {Show.Text(source, "sha256")}");
                return ExitCode.Success;
            }, file, description),
            make.Make("list", "Lists extra sources", async (c, stop) =>
            {
                using var farm = c.Connect();
                var sources = await farm.ListAsync("/api/v1/sources", "after", int.MaxValue, stop);
                if (c.Json) c.WriteJson(sources);
                else c.Terminal.Table(["ID", "FILE", "SIZE", "SHA256", "DESCRIPTION"],
                    [.. sources.Select(s => (IReadOnlyList<string>)[Show.Text(s, "id"), Show.Text(s, "filename"), Show.Bytes(s!["bytes"]), Show.Text(s, "sha256"), Show.Text(s, "description")])]);
                return ExitCode.Success;
            }),
            make.Make("remove", "Removes an extra source", async (c, stop) =>
            {
                using var farm = c.Connect();
                string id = c.Result.GetRequiredValue(removed);
                await farm.DeleteAsync($"/api/v1/sources/{Uri.EscapeDataString(id)}", stop);
                if (c.Json) c.WriteJson(new JsonObject { ["removed"] = id });
                else c.Terminal.Line($"removed {id}");
                return ExitCode.Success;
            }, removed));
    }
}
