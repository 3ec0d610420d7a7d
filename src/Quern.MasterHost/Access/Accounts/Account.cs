using Quern.Storage;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>An account in the hands of the framework's user manager, which changes it and then asks its store to save it.</summary>
internal sealed class Account(StoredAccount row)
{
    /// <summary>As it was read, with the changes made since.</summary>
    public StoredAccount Row { get; set; } = row;

    public static Account New(string name) => new(new StoredAccount { Id = $"{Guid.CreateVersion7()}", Name = name });

    public override string ToString() => Row.Name;
}
