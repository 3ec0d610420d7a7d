using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>Packages as build bots make them: a tar with <c>leaf.pkg</c> and files below <c>data</c>, compressed by the real xz.</summary>
internal static class LeafPackage
{
    /// <param name="recipe">As the order brought it.</param>
    public static async Task<byte[]> MakeAsync(JsonNode recipe, params string[] files)
    {
        string name = recipe["name"]!.ToString(), version = recipe["version"]!.ToString(), top = $"{name}-{version}";
        string needs = string.Concat(recipe["dependencies"]!.AsArray().Select(d => $"[{d}]"));
        using var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            await AddAsync(writer, $"{top}/leaf.pkg", $"name={name}\nversion={version}\nreal_version={recipe["real_version"]}\ndescription={recipe["description"]}\ndependencies={needs}\n");
            foreach (string file in files.DefaultIfEmpty($"usr/lib/{name}.so")) await AddAsync(writer, $"{top}/data/{file}", $"{file} of {name}");
        }
        return await Xz.CompressAsync(tar.ToArray());
    }

    private static async Task AddAsync(TarWriter writer, string name, string content)
    {
        using var data = new MemoryStream(Encoding.UTF8.GetBytes(content));
        await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data });
    }
}
