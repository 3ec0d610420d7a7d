using Microsoft.Data.Sqlite;
using Quern.Cli.Client;
using Quern.Model;

namespace Quern.Cli.Import.Branch;

/// <summary>Brings what the folder of an old master holds to a farm, item by item; what is wrong with one says nothing about the next.</summary>
/// <param name="farm">Null for a dry run: everything is read and checked, nothing is sent or asked.</param>
internal sealed class BranchImport(BranchImportOptions options, FarmClient? farm, Action<ImportItem> tell)
{
    /// <summary>Everything of the folder that has a meaning to an old master.</summary>
    private static readonly string[] Known =
    [
        OldRecipes.DatabaseName, OldRecipes.FolderName, OldSources.DatabaseName, OldContents.DatabaseName, OldPackages.FolderName, OldUsers.FileName, MasterConf.FileName, "staging",
    ];

    public async Task RunAsync(CancellationToken stop)
    {
        // Sources first: recipes name their ids, and packages belong to recipes.
        await SourcesAsync(stop);
        var recipes = new RecipeImport(options, farm);
        foreach (var recipe in OldRecipes.Read(options.Folder, tell)) tell(await GuardAsync("recipe", recipe.Name, () => recipes.TakeAsync(recipe, stop)));
        var packages = OldPackages.Read(options.Folder, tell);
        var import = new PackageImport(options, farm);
        foreach (var package in packages) tell(await GuardAsync("package", package.Title, () => import.TakeAsync(package, stop)));
        OldContents.Read(options.Folder, packages.Select(p => p.Name).ToHashSet(), tell);
        Others();
    }

    private async Task SourcesAsync(CancellationToken stop)
    {
        using var sources = OldSources.Open(options.Folder, tell);
        if (sources is null) return;
        var import = new SourceImport(sources, farm);
        foreach (var source in sources.List(tell)) tell(await GuardAsync(OldSources.Kind, source.Id, () => import.TakeAsync(source, stop)));
    }

    /// <summary>What is no recipe, source or package.</summary>
    private void Others()
    {
        string users = options.UserFile ?? Path.Combine(options.Folder, OldUsers.FileName);
        if (options.UserFile is not null || PlainFile.Exists(users)) OldUsers.Read(users, tell);
        if (PlainFile.Exists(Path.Combine(options.Folder, MasterConf.FileName)))
            tell(new ImportItem(ImportOutcome.Skipped, "setting", MasterConf.FileName, "keys and settings belong into quern.yaml: quern import branch-config FILE"));
        foreach (string name in OldFolder.Names(options.Folder))
        {
            if (name == "staging") tell(new ImportItem(ImportOutcome.Skipped, "other", name, "uploads that never became whole"));
            else if (!Known.Contains(name) && !IsBesideDatabase(name)) tell(new ImportItem(ImportOutcome.Skipped, "other", name, "no part of an old master's storage"));
        }
    }

    private static bool IsBesideDatabase(string name) => Known.Any(k => name == k + "-journal" || name == k + "-wal" || name == k + "-shm");

    /// <summary>What goes wrong with one item is its refusal; without a farm, or without the right, there is no next one.</summary>
    private static async Task<ImportItem> GuardAsync(string kind, string name, Func<Task<ImportItem>> take)
    {
        string why;
        try
        {
            return await take();
        }
        catch (CommandFailedException e) when (e.ExitCode == ExitCode.Failed)
        {
            why = e.Message;
        }
        catch (SqliteException e)
        {
            why = OldDatabase.Worded(e);
        }
        catch (IOException e)
        {
            why = e.Message;
        }
        return new ImportItem(ImportOutcome.Refused, kind, name, why);
    }
}
