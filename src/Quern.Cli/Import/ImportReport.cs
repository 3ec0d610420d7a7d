using System.Text.Json.Nodes;

namespace Quern.Cli.Import;

/// <summary>Tells of every single thing as it is dealt with, and of all together at the end.</summary>
/// <param name="notes">True tells it beside the result, which is something else.</param>
internal sealed class ImportReport(CommandContext context, bool notes = false)
{
    private const int MaxName = 60;

    private readonly JsonArray _items = [];
    private readonly SortedDictionary<string, int[]> _counts = new(StringComparer.Ordinal);
    private bool _headed;

    public bool AnyRefused => _counts.Values.Any(c => c[(int)ImportOutcome.Refused] > 0);

    public void Add(ImportItem item)
    {
        if (!_counts.TryGetValue(item.Kind, out int[]? counts)) _counts[item.Kind] = counts = new int[Enum.GetValues<ImportOutcome>().Length];
        counts[(int)item.Outcome]++;
        if (context.Json)
        {
            _items.Add(new JsonObject { ["outcome"] = Word(item.Outcome), ["kind"] = item.Kind, ["name"] = item.Name, ["reason"] = item.Reason });
            return;
        }
        if (!_headed) Tell(Row("OUTCOME", "KIND", "NAME", "REASON"));
        _headed = true;
        string name = item.Name.Length <= MaxName ? item.Name : item.Name[..(MaxName - 3)] + "...";
        Tell(Row(Word(item.Outcome), item.Kind, name, item.Reason).Replace('\n', ' '));
    }

    /// <summary>The sums, and how the command ends: with a failure when anything was refused.</summary>
    public int End()
    {
        if (context.Json)
        {
            context.WriteJson(new JsonObject { ["items"] = _items, ["refused"] = AnyRefused });
        }
        else
        {
            if (_counts.Count == 0) Tell("There was nothing to take.");
            foreach (var (kind, counts) in _counts)
                Tell($"{kind}: {string.Join(", ", Enum.GetValues<ImportOutcome>().Where(o => counts[(int)o] > 0).Select(o => $"{counts[(int)o]} {Word(o)}"))}");
        }
        return AnyRefused ? ExitCode.Failed : ExitCode.Success;
    }

    private void Tell(string line)
    {
        if (notes) context.Terminal.Note(line);
        else context.Terminal.Line(line);
    }

    private static string Row(string outcome, string kind, string name, string reason) => $"{outcome,-8}  {kind,-8}  {name,-28}  {reason}".TrimEnd();

    private static string Word(ImportOutcome outcome) => outcome switch
    {
        ImportOutcome.Taken => "taken",
        ImportOutcome.Here => "here",
        ImportOutcome.Found => "found",
        ImportOutcome.Skipped => "skipped",
        ImportOutcome.Refused => "refused",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
