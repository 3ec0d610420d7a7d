using Microsoft.AspNetCore.Identity;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>Names as they are: accounts differ by case.</summary>
internal sealed class ExactNames : ILookupNormalizer
{
    public string? NormalizeName(string? name) => name;

    public string? NormalizeEmail(string? email) => email;
}
