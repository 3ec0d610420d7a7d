namespace Quern.Archives;

/// <summary>A source leads to an address that sources may not come from.</summary>
public sealed class AddressRefusedException(string message) : Exception(message);
