namespace Quern.MasterHost;

/// <summary>Whether a master started.</summary>
public abstract record MasterStart
{
    private MasterStart() { }

    /// <param name="NewPassword">A random first password that was just made and must be told once; null otherwise.</param>
    public sealed record Running(QuernMaster Master, string? NewPassword) : MasterStart
    {
        /// <summary>A first password was given, but there is a password already, which stays.</summary>
        public bool FirstPasswordUnused { get; init; }
    }

    /// <summary>Nothing runs, nothing is held.</summary>
    /// <param name="Reason">What was tried, what was wrong, what to do.</param>
    public sealed record Failed(string Reason) : MasterStart;
}
