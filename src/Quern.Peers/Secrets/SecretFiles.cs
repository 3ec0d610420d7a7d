using System.Collections.Immutable;
using Quern.Model;
using Quern.Storage;

namespace Quern.Peers.Secrets;

/// <summary>
/// The secrets that the configuration names, each a file of the master. Files are read when a job needs them, so that a new
/// value holds from the next job on.
/// </summary>
/// <param name="Files">Name to absolute path.</param>
public sealed record SecretFiles(ImmutableSortedDictionary<string, string> Files)
{
    /// <summary>Above the largest keys in use (an RSA key of 16,384 bits has 13 KB); what hides a secret takes a thousand times its size.</summary>
    private const int MaxBytes = 16 << 10;

    public static SecretFiles None { get; } = new(ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>Reads what a plan needs.</summary>
    /// <returns>Null, and why, when a secret cannot be had. The reason never holds a value.</returns>
    public PlanSecrets? TryRead(Plan plan, out string why)
    {
        why = "";
        var values = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string name in NamesIn(plan))
        {
            if (!Files.TryGetValue(name, out string? path))
            {
                why = $"The configuration names no secret '{name}'.";
                return null;
            }
            if (TryReadFile(path, out why) is not { } value)
            {
                why = $"The secret '{name}' cannot be had: {why}";
                return null;
            }
            if (value.Contains("${", StringComparison.Ordinal) && plan.Steps.Any(s => s.SecretEnvironment.ContainsValue(name)))
            {
                why = $"The secret '{name}' holds '${{', which workers replace in environment variables; give it by 'stdin_secret' or 'download'.";
                return null;
            }
            values[name] = value;
        }
        return new PlanSecrets(values.ToImmutable(), SecretMask.Of(values.Values));
    }

    /// <summary>The text of a secret's file without its last line end; null, and why, when it cannot be used.</summary>
    public static string? TryReadFile(string path, out string why)
    {
        why = "";
        try
        {
            using var file = RegularFile.OpenRead(path);
            if (file.Length > MaxBytes)
            {
                why = $"the file '{path}' is over {MaxBytes} bytes.";
                return null;
            }
            using var reader = new StreamReader(file);
            string value = reader.ReadToEnd();
            value = value.EndsWith("\r\n", StringComparison.Ordinal) ? value[..^2] : value.EndsWith('\n') ? value[..^1] : value;
            if (value.Length >= SecretForms.MinLength && !value.Contains('\0', StringComparison.Ordinal)) return value;
            why = $"the file '{path}' holds fewer than {SecretForms.MinLength} characters, which could not be hidden in logs, or a NUL.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = $"the file '{path}' cannot be read: {e.Message}";
        }
        return null;
    }

    /// <summary>Names of the secrets that a plan uses, each once.</summary>
    public static ImmutableSortedSet<string> NamesIn(Plan plan)
    {
        var names = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (var step in plan.Steps)
        {
            names.UnionWith(step.SecretEnvironment.Values);
            if (step.SecretInput is { } input) names.Add(input);
            if (step.Command is RemoteCommand.DownloadFile { Source: MasterSource.Secret secret }) names.Add(secret.Name);
        }
        return names.ToImmutable();
    }
}
