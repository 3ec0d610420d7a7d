namespace Quern.Pipelines;

/// <summary>How the names of properties look.</summary>
public static class PropertyNames
{
    public const int MaxLength = 64;

    /// <summary>What a valid name looks like, for messages.</summary>
    public const string Rule = "1 to 64 letters, digits, '_' and '-', beginning with a letter or '_'";

    /// <summary>Always there, so no builder declares it: the builder's name.</summary>
    public const string Builder = "builder";

    /// <summary>Always there, so no builder declares it: the job's id.</summary>
    public const string Job = "job";

    public static bool IsBuiltIn(string name) => name is Builder or Job;

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && (char.IsAsciiLetter(name[0]) || name[0] == '_') &&
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
