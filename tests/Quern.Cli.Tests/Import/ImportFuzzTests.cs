using System.Text;
using Microsoft.Data.Sqlite;
using Quern.Cli.Import;
using Quern.Cli.Import.Branch;
using Quern.Testing;

namespace Quern.Cli.Tests.Import;

/// <summary>Files of an old farm, changed a little: whatever comes of them, nothing is thrown and nothing grows.</summary>
public sealed class ImportFuzzTests(ITestOutputHelper output)
{
    private static readonly byte[][] Telling = [.. new[] { "\"", "{", "}", "[", "]", "=", "\n", "\\", "#", ";", "\0", "\\u", "../", "NONE", "\u00ff" }.Select(Encoding.UTF8.GetBytes)];

    [Fact]
    public void Texts_that_were_changed_are_read_or_refused()
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}");
        string[] texts =
        [
            "[master]\naddr = \"farm.example\"\nport = 27016\nauthkey = \"key\"\n[client]\nname = 'x'\n",
            "[Connection]\nServerAddress=192.0.2.7\nServerPort=27017\nAuthKey=key\n",
            "[Masterserver]\nAuthKeys=[a][b]\nServerPort=1\n[Deployment]\nRealrootPackages=[base]\nHTTPPackageList=http://a/\n",
            """{"name": "zlib", "versions": {"2": "1.0", "10": "1.1"}, "version_hashes": {"2": "aa"}}""",
        ];
        int read = 0;
        string? finding = new MutationFuzz(texts.Select(Encoding.UTF8.GetBytes), Telling).Run(MutationFuzz.Seed, MutationFuzz.Count, bytes =>
        {
            string text = Encoding.UTF8.GetString(bytes.Span);
            if (ClientFile.TryParse("a.toml", text, out _, out _)) read++;
            if (ClientFile.TryParse("a.conf", text, out _, out _)) read++;
            if (BranchMeta.TryParse(text, out _, out _)) read++;
            if (IniFile.TryParse(text, out var ini, out _)) _ = MasterConf.Translate(ini, "x", _ => { }).Write(keys: true);
        }, allowed: 400_000);

        Assert.Null(finding);
        Assert.True(read > MutationFuzz.Count / 100, $"only {read} texts were still of use");
    }

    [Fact]
    public async Task Databases_that_were_changed_are_read_as_far_as_they_can_be()
    {
        output.WriteLine($"QUERN_SEED={MutationFuzz.Seed}");
        using var good = await OldMaster.SmallAsync();
        good.Recipes([.. Enumerable.Range(0, 60).Select(i => ($"p{i}", "1", "[base]", ""))]);
        using var folder = new ScratchFolder();
        int recipes = 0, sources = 0, refused = 0;
        void Tell(ImportItem item) => refused += item.Outcome == ImportOutcome.Refused ? 1 : 0;
        string? Try(string name, Action read) => new MutationFuzz([File.ReadAllBytes(good[name])], Telling).Run(MutationFuzz.Seed, 300, bytes =>
        {
            File.WriteAllBytes(folder[name], bytes.Span);
            read();
        }, allowed: long.MaxValue / 2);

        string? first = Try(OldRecipes.DatabaseName, () => recipes += OldRecipes.Read(folder.Path, Tell).Count(r => r.Refusal() is null));
        string? second = Try(OldSources.DatabaseName, () => sources += ReadSources(folder.Path, Tell));

        Assert.Null(first?[..Math.Min(first.Length, 300)]);
        Assert.Null(second?[..Math.Min(second.Length, 300)]);
        Assert.True(recipes > 300 && sources > 2 && refused > 20, $"{recipes} recipes, {sources} sources, {refused} refused");
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
    }

    private static int ReadSources(string folder, Action<ImportItem> tell)
    {
        using var sources = OldSources.Open(folder, tell);
        int read = 0;
        foreach (var source in sources?.List(tell) ?? [])
        {
            try
            {
                using var content = sources!.Open(source);
                content.CopyTo(Stream.Null);
                read++;
            }
            catch (SqliteException e)
            {
                tell(new ImportItem(ImportOutcome.Refused, OldSources.Kind, source.Id, OldDatabase.Worded(e)));
            }
        }
        return read;
    }
}
