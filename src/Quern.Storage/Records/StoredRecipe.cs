using Quern.Model;

namespace Quern.Storage;

/// <summary>One revision of a recipe.</summary>
/// <param name="Recipe">What it says.</param>
/// <param name="Text">The file as it was submitted, with comments and order.</param>
/// <param name="Revision">From 1, per package.</param>
/// <param name="Author">Who saved it.</param>
/// <param name="Time">When.</param>
/// <param name="Note">What the author said about the change; may be empty.</param>
/// <param name="Deleted">The package is deleted; its revisions stay.</param>
public sealed record StoredRecipe(Recipe Recipe, string Text, int Revision, Actor Author, DateTimeOffset Time, string Note, bool Deleted);
