using Quern.Archives;
using Quern.Model;
using Quern.Protocols.Branch;
using Quern.Protocols.Branch.Recipes;

namespace Quern.WorkerHost;

/// <summary>Brings the sources of a recipe into the room of its build. Branch protocol, "Build environment on the bot".</summary>
internal sealed class BotSources(BotTalk talk, BuildYard yard, BuildRoom room, BotLog log)
{
    private const int MaxName = 255;

    /// <exception cref="BotFailureException">One cannot be had or unpacked.</exception>
    public async Task FetchAsync(Recipe recipe, CancellationToken cancellationToken)
    {
        room.Root.MakeFolder(BuildRoom.SourceFolder);
        try
        {
            if (recipe.Source.Length > 0) await MainAsync(recipe.Source, cancellationToken);
            foreach (string source in recipe.ExtraSources)
            {
                if (RecipeSourceForms.Of(source) is RecipeSourceForm.Managed or RecipeSourceForm.Unknown) await ManagedAsync(source, cancellationToken);
                else await WebAsync(source, FileNameOf(source), cancellationToken);
            }
        }
        catch (Exception e) when (e is InvalidDataException or UnauthorizedAccessException)
        {
            throw new BotFailureException($"a source cannot be put into the build: {e.Message}");
        }
    }

    /// <summary>The one that is unpacked when it is an archive.</summary>
    private async Task MainAsync(string source, CancellationToken cancellationToken)
    {
        string name = FileNameOf(source);
        await WebAsync(source, name, cancellationToken);
        string place = Path.Combine(room.Root.MakeFolder(BuildRoom.SourceFolder), name);
        // Out of the way of its own members.
        string aside = room.ScratchFile("source");
        File.Move(place, aside, overwrite: true);
        try
        {
            int? members;
            await using (var file = new FileStream(aside, FileMode.Open, FileAccess.Read))
                members = await SourceUnpacker.UnpackAsync(file, room.Root, BuildRoom.SourceFolder, yard.Limits.Unpack, cancellationToken);
            if (members is { } count) log.Say(LogTag.Download, $"unpacked {count} members of {name}");
        }
        catch (InvalidDataException e)
        {
            throw new BotFailureException($"the source {name} cannot be unpacked: {e.Message}");
        }
        // The script may want it, archive or not; a member of the same name is the archive's own doing.
        if (!room.Root.IsFile(BuildRoom.SourceFolder + name) && !room.Root.IsFolder(BuildRoom.SourceFolder + name))
            File.Move(aside, room.Root.MakeRoom(BuildRoom.SourceFolder + name, out _));
    }

    private async Task WebAsync(string source, string name, CancellationToken cancellationToken)
    {
        log.Say(LogTag.Download, $"fetching {source}");
        string aside = room.ScratchFile("download");
        await yard.Sources.FileAsync(source, aside, yard.Limits.MaxSourceBytes, null, cancellationToken);
        File.Move(aside, room.Root.MakeRoom(BuildRoom.SourceFolder + name, out _));
    }

    /// <summary>A file that the master keeps.</summary>
    private async Task ManagedAsync(string id, CancellationToken cancellationToken)
    {
        var answer = await talk.AskAsync(new BranchRequest.ExtraSourceInfo(id), cancellationToken);
        if (!answer.IsDone || answer.Data is not BranchAnswer.ExtraSourceInfo info) throw new BotFailureException($"the master has no extra source {Shown(id)}: {answer.Text}");
        string name = SafeName(info.FileName) ?? throw new BotFailureException($"the extra source {Shown(id)} has no name that a file can have");
        if (info.Length < 0 || info.Length > yard.Limits.MaxSourceBytes) throw new BotFailureException($"the extra source {name} has {info.Length} bytes; at most {yard.Limits.MaxSourceBytes} are taken");
        log.Say(LogTag.Download, $"fetching {name} from the master");
        await using var file = room.CreateSource(name);
        if (info.Length > 0) await talk.FetchAsync(id, info.Length, file, cancellationToken);
    }

    /// <summary>The last part of an address, which is checked here.</summary>
    private static string FileNameOf(string address) => RecipeSourceForms.Of(address) != RecipeSourceForm.Web
        ? throw new BotFailureException($"the source {Shown(address)} is neither an http address nor the id of an extra source; a build bot fetches nothing else")
        : SafeName(Uri.UnescapeDataString(new Uri(address).AbsolutePath)) ?? throw new BotFailureException($"the source {Shown(address)} ends in no name that a file can have");

    /// <summary>The last part of a path as a file name; null when it can be none.</summary>
    private static string? SafeName(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        return name is "" or "." or ".." || name.Any(char.IsControl) || System.Text.Encoding.UTF8.GetByteCount(name) > MaxName ? null : name;
    }

    private static string Shown(string text) => string.Concat(text.Take(100).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
