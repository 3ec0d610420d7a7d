using System.Collections.Immutable;
using System.Data.Common;
using Quern.Model;

namespace Quern.Storage;

public sealed partial class FarmStore
{
    private const string RecipeSelect = """
        SELECT r.recipe, r.text, r.revision, r.author, r.time, r.note, h.deleted
        FROM recipes r JOIN recipe_heads h ON h.name = r.name
        """;

    /// <summary>Saves a recipe as a new revision; nothing is ever overwritten. The text of the newest revision again changes nothing.</summary>
    /// <param name="text">The file as submitted.</param>
    /// <param name="note">What the author says about the change; may be empty.</param>
    public async Task<RecipeSaved> SaveRecipeAsync(Recipe recipe, string text, string note, Actor author, CancellationToken cancellationToken)
    {
        string json = StorageJson.Write(recipe);
        try
        {
            return await WriteAsync(w => SaveRecipeAsync(w, recipe, json, text, note, author), cancellationToken);
        }
        catch (Exception e) when (_dialect.IsDuplicate(e))
        {
            // Two processes saved the package's first revision at once: ours becomes the second.
            return await WriteAsync(w => SaveRecipeAsync(w, recipe, json, text, note, author), cancellationToken);
        }
    }

    /// <summary>One revision of a recipe, the newest by default; null when there is none. A deleted package is still found.</summary>
    public Task<StoredRecipe?> FindRecipeAsync(PackageName name, int? revision, CancellationToken cancellationToken) =>
        ReadAsync(async session =>
        {
            await using var reader = await session.QueryAsync(
                RecipeSelect + " WHERE r.name = @name AND r.revision = CASE WHEN @revision = 0 THEN h.revision ELSE @revision END",
                ("name", name.Value), ("revision", (long)(revision ?? 0)));
            return await reader.ReadAsync() ? RecipeOf(reader) : null;
        }, cancellationToken);

    /// <summary>The newest revision of every package that is not deleted, by name.</summary>
    public Task<ImmutableArray<StoredRecipe>> ListRecipesAsync(CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session, RecipeOf,
            RecipeSelect + " WHERE r.revision = h.revision AND h.deleted = 0 ORDER BY r.name"), cancellationToken);

    /// <summary>All revisions of a package, newest first; empty for an unknown one.</summary>
    public Task<ImmutableArray<RecipeRevision>> RecipeHistoryAsync(PackageName name, CancellationToken cancellationToken) =>
        ReadAsync(session => ListAsync(session,
            r => new RecipeRevision((int)r.GetInt64(0), r.GetString(1), new Actor(r.GetString(2)), UnixMicroseconds.ToTime(r.GetInt64(3)), r.GetString(4)),
            "SELECT revision, real_version, author, time, note FROM recipes WHERE name = @name ORDER BY revision DESC",
            ("name", name.Value)), cancellationToken);

    /// <summary>Marks a package deleted; its history stays and saving it again goes on from there.</summary>
    /// <returns>False when there is no such package, or it is deleted already.</returns>
    public Task<bool> DeleteRecipeAsync(PackageName name, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            int changed = await w.Sql.ExecuteAsync("UPDATE recipe_heads SET deleted = 1 WHERE name = @name AND deleted = 0", ("name", name.Value));
            if (changed > 0) w.Emit(EventKinds.RecipeDeleted, name.Value, actor.Name);
            return changed > 0;
        }, cancellationToken);

    private async ValueTask<RecipeSaved> SaveRecipeAsync(WriteSession w, Recipe recipe, string json, string text, string note, Actor author)
    {
        string name = recipe.Name.Value;
        long newest = 0;
        bool deleted = false;
        await using (var head = await w.Sql.QueryAsync(
            "SELECT revision, deleted FROM recipe_heads WHERE name = @name" + _dialect.ForUpdate, ("name", name)))
        {
            if (await head.ReadAsync()) (newest, deleted) = (head.GetInt64(0), head.GetInt64(1) != 0);
        }
        if (newest > 0 && !deleted &&
            await w.Sql.ScalarAsync<string>("SELECT text FROM recipes WHERE name = @name AND revision = @revision",
                ("name", name), ("revision", newest)) == text)
        {
            return new RecipeSaved((int)newest, Changed: false);
        }

        long revision = newest + 1;
        await w.Sql.ExecuteAsync(newest == 0
            ? "INSERT INTO recipe_heads (name, revision, deleted) VALUES (@name, @revision, 0)"
            : "UPDATE recipe_heads SET revision = @revision, deleted = 0 WHERE name = @name",
            ("name", name), ("revision", revision));
        await w.Sql.ExecuteAsync("""
            INSERT INTO recipes (name, revision, real_version, text, recipe, note, author, time)
            VALUES (@name, @revision, @real_version, @text, @recipe, @note, @author, @time)
            """,
            ("name", name), ("revision", revision), ("real_version", recipe.RealVersion), ("text", text), ("recipe", json),
            ("note", note), ("author", author.Name), ("time", w.Time));
        w.Emit(EventKinds.RecipeSaved, name, author.Name, EventData.Of(
            ("revision", revision), ("version", recipe.Version), ("real_version", recipe.RealVersion), ("note", note)));
        return new RecipeSaved((int)revision, Changed: true);
    }

    private static StoredRecipe RecipeOf(DbDataReader reader) => new(
        StorageJson.Read<Recipe>(reader.GetString(0)), reader.GetString(1), (int)reader.GetInt64(2), new Actor(reader.GetString(3)),
        UnixMicroseconds.ToTime(reader.GetInt64(4)), reader.GetString(5), reader.GetInt64(6) != 0);
}
