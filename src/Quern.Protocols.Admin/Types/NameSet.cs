namespace Quern.Protocols.Admin;

/// <summary>
/// The names that type numbers were made from. They changed with every move of the inherited schema; a request is answered in the set
/// that it came in. Administration protocol, "Type numbers".
/// </summary>
public enum NameSet
{
    /// <summary>2021-12-26 to 2022-02, and what Quern uses when it speaks first.</summary>
    Protocol,

    /// <summary>2021-11-14 to 2021-12-04.</summary>
    Modules,

    /// <summary>2021-12-04 to 2021-12-18: as <see cref="Modules"/>, with the network's messages among the instance's.</summary>
    MergedModules,

    /// <summary>2021-12-19 to 2021-12-26: as <see cref="MergedModules"/>, in another package.</summary>
    RenamedModules,

    /// <summary>2021-02 to 2021-11-13; its peers know no result enums. Only messages whose bytes stayed the same have numbers here.</summary>
    Outcomes,

    /// <summary>Messages that the inherited protocol did not have.</summary>
    Quern,
}
