using Spectre.Console;

namespace Quern.Cli;

/// <summary>Where a command writes. Colours and tables for people at a terminal; plain lines for everything else.</summary>
/// <param name="output">Results.</param>
/// <param name="error">Messages.</param>
/// <param name="interactive">Whether results go to a terminal that shows colours.</param>
/// <param name="answers">Where answers to questions come from, a line each; null for a terminal, at which they are typed.</param>
/// <param name="somebodyTypes">Whether there is somebody to ask in the middle of a command; null where that is so at a terminal alone.</param>
internal sealed class Terminal(TextWriter output, TextWriter error, bool interactive, TextReader? answers = null, bool? somebodyTypes = null)
{
    public static Terminal OfProcess() => new(
        Console.Out, Console.Error,
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb"),
        Console.IsInputRedirected ? Console.In : null);

    public TextWriter Output => output;

    public bool Interactive => interactive;

    /// <summary>Whether somebody can be asked for what a command did not say it would ask for. Standard input that is no terminal is for something else.</summary>
    public bool SomebodyTypes => somebodyTypes ?? answers is null;

    public void Line(string text) => output.WriteLine(Clean(text));

    /// <summary>For people only: never mixed into results.</summary>
    public void Note(string text) => error.WriteLine(Clean(text));

    /// <summary>A question to people; the answer is typed behind it.</summary>
    public void Ask(string text) => error.Write(Clean(text));

    /// <summary>Asks for something that must not be seen, and does not show what is typed. Empty at the end of input.</summary>
    public async Task<string> AskSecretAsync(string question, CancellationToken stop)
    {
        if (answers is not null) return await answers.ReadLineAsync(stop) ?? "";
        using var hidden = new HiddenTyping();
        Ask(question);
        // Reading cannot be cancelled; Ctrl-C leaves it behind, and the process ends.
        try { return await Task.Run(HiddenTyping.ReadLine, CancellationToken.None).WaitAsync(stop) ?? ""; }
        finally { Note(""); }
    }

    /// <summary>A picture of white squares on black ground, whatever the terminal's colours are; only where <see cref="Interactive"/>.</summary>
    public void Picture(IReadOnlyList<string> lines)
    {
        foreach (string line in lines) error.WriteLine($"\e[97;40m{line}\e[0m");
    }

    /// <summary>For bars and colours; only where <see cref="Interactive"/>.</summary>
    public IAnsiConsole NewConsole() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });

    /// <summary>A table at a terminal; in a pipe one line per row, columns aligned by blanks.</summary>
    public void Table(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (interactive)
        {
            var console = NewConsole();
            var table = new Table().Border(TableBorder.Simple);
            foreach (string header in headers) table.AddColumn(new TableColumn(Markup.Escape(header)));
            foreach (var row in rows) table.AddRow(row.Select(c => new Markup(Coloured(Clean(c)))));
            console.Write(table);
            return;
        }
        var widths = headers.Select((h, i) => Math.Max(h.Length, rows.Select(r => Clean(r[i]).Length).DefaultIfEmpty().Max())).ToArray();
        Plain(headers, widths);
        foreach (var row in rows) Plain(row, widths);
    }

    private void Plain(IReadOnlyList<string> cells, int[] widths) =>
        output.WriteLine(string.Join("  ", cells.Select((c, i) => Clean(c).PadRight(widths[i]))).TrimEnd());

    private static string Coloured(string cell) => cell switch
    {
        "succeeded" or "connected" => $"[green]{cell}[/]",
        "failed" => $"[red]{cell}[/]",
        "warnings" => $"[yellow]{cell}[/]",
        "running" => $"[blue]{cell}[/]",
        _ => Markup.Escape(cell),
    };

    /// <summary>What others wrote must not steer the terminal: control characters are shown as blanks.</summary>
    public static string Clean(string text)
    {
        if (!text.Any(c => char.IsControl(c) && c is not ('\t' or '\n'))) return text;
        return string.Concat(text.Select(c => char.IsControl(c) && c is not ('\t' or '\n') ? ' ' : c));
    }
}
