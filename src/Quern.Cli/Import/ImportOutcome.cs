namespace Quern.Cli.Import;

/// <summary>How an import dealt with one thing.</summary>
internal enum ImportOutcome
{
    /// <summary>The farm has it now.</summary>
    Taken,

    /// <summary>The farm had it before.</summary>
    Here,

    /// <summary>It could be taken; a dry run takes nothing.</summary>
    Found,

    /// <summary>Left out on purpose; nothing is wrong with it.</summary>
    Skipped,

    /// <summary>It cannot be taken as it is.</summary>
    Refused,
}
