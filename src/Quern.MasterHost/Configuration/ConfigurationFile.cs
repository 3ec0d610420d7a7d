using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Quern.MasterHost.Configuration;

/// <summary>Reads <c>quern.yaml</c>.</summary>
public static class ConfigurationFile
{
    /// <summary>Larger files are refused: the largest farm known names a few thousand workers, a hundred bytes each.</summary>
    private const int MaxBytes = 4 << 20;

    /// <summary>Reads a file and the password files it names; everything that is wrong is told at once.</summary>
    public static ConfigurationResult Load(string file)
    {
        if (Directory.Exists(file)) return Invalid(file, "this is a folder; name a file.");
        string text;
        try
        {
            if (new FileInfo(file).Length > MaxBytes) return Invalid(file, $"the file is over {MaxBytes} bytes.");
            text = File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Invalid(file, $"the file cannot be read: {e.Message}");
        }
        return Parse(file, text);
    }

    /// <summary>Reads the text of a file. Never throws for what the text says.</summary>
    /// <param name="file">What messages call it; relative paths in the text start at its folder.</param>
    /// <param name="text">At most a few megabytes.</param>
    public static ConfigurationResult Parse(string file, string text)
    {
        var problems = new ProblemLog(file, text);
        try
        {
            if (YamlGuard.Refuse(file, text) is { } refused) return new ConfigurationResult.Invalid([refused]);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 0) return new ConfigurationResult.Read(FarmConfiguration.Empty with { File = Path.GetFullPath(file) });
            if (stream.Documents.Count > 1) problems.Add(stream.Documents[1].RootNode.Start, "the file must hold one document.");
            var configuration = new ConfigurationMapper(file, problems).Map(stream.Documents[0].RootNode);
            return problems.Any ? new ConfigurationResult.Invalid(problems.ToImmutable()) : new ConfigurationResult.Read(configuration);
        }
        catch (YamlException e)
        {
            string message = e.InnerException?.Message is { Length: > 0 } inner && !e.Message.Contains(inner, StringComparison.Ordinal) ? $"{e.Message} {inner}" : e.Message;
            // What a command with ': ' in it comes to; the parser's words alone do not tell what to do.
            if (message.Contains("invalid mapping", StringComparison.Ordinal)) message += " A text that holds ': ' must stand in quotes, or in the lines below '|'.";
            return new ConfigurationResult.Invalid([new ConfigurationProblem(file, e.Start.Line, e.Start.Column, message)]);
        }
    }

    private static ConfigurationResult.Invalid Invalid(string file, string message) =>
        new ConfigurationResult.Invalid([new ConfigurationProblem(file, 0, 0, message)]);
}
