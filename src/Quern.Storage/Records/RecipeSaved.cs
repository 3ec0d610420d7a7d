namespace Quern.Storage;

/// <summary>What saving a recipe did.</summary>
/// <param name="Revision">The newest revision now.</param>
/// <param name="Changed">False when the text was that of the newest revision already.</param>
public sealed record RecipeSaved(int Revision, bool Changed);
