namespace Quern.Model;

/// <summary>A limit of a command for which a worker ended it.</summary>
public enum CommandLimit
{
    /// <summary>It ran too long.</summary>
    Time,

    /// <summary>It said nothing for too long.</summary>
    Silence,

    /// <summary>It wrote too many lines.</summary>
    Lines,
}
