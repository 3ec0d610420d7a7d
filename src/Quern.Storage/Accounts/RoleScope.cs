namespace Quern.Storage;

/// <summary>Where a role holds.</summary>
public enum RoleScope
{
    Farm,

    /// <summary>Within one group, for its members.</summary>
    Group,
}
