using Quern.Model;

namespace Quern.Storage;

/// <summary>One line of a recipe's history.</summary>
public sealed record RecipeRevision(int Revision, string RealVersion, Actor Author, DateTimeOffset Time, string Note);
