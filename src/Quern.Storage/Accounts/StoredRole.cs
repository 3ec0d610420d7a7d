using System.Collections.Immutable;

namespace Quern.Storage;

/// <summary>What an account may do, under a name.</summary>
/// <param name="Scope">Where an account has it.</param>
/// <param name="Rights">Words as the authorization point reads them.</param>
/// <param name="BuiltIn">Comes with the program: nobody changes or removes it.</param>
/// <param name="Revision">1 for a new role; 0 to ask for a new one.</param>
public sealed record StoredRole(string Name, RoleScope Scope, string Description, ImmutableArray<string> Rights, bool BuiltIn = false, long Revision = 0)
{
    /// <summary>May do everything. There is always an account that has this role, is enabled and does not expire.</summary>
    public const string Superuser = "superuser";

    /// <summary>Of a group: there is always exactly one.</summary>
    public const string Owner = "owner";
}
