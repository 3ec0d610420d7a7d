namespace Quern.WorkerHost;

/// <summary>One option of a command.</summary>
/// <param name="Name">Long form, without dashes.</param>
/// <param name="Letter">Short form; null for none.</param>
/// <param name="TakesValue">Whether a value belongs to it.</param>
/// <param name="Default">Shown in the help; null for none.</param>
/// <param name="Help">One sentence.</param>
internal sealed record OptionSpec(string Name, char? Letter, bool TakesValue, string? Default, string Help);
