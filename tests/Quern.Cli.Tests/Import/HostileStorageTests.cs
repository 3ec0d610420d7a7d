using System.Diagnostics;
using System.Text;
using Quern.Cli.Import.Branch;
using Quern.MasterHost.Configuration;
using Quern.Packaging.Planning;
using Quern.Testing;

namespace Quern.Cli.Tests.Import;

/// <summary>Storage that nobody may trust: each bad thing is refused by itself, and the good ones beside it are found.</summary>
public sealed class HostileStorageTests
{
    [Theory]
    [InlineData("text", "it is not a SQLite database")]
    [InlineData("empty", "it is not a SQLite database")]
    [InlineData("folder", "it is not a plain file")]
    [InlineData("link", "it is a link; links are not followed")]
    [InlineData("pipe", "it is not a plain file")]
    [InlineData("header", "it is not a SQLite database")]
    [InlineData("no table", "it has no table 'pkgbuilds'")]
    [InlineData("view", "it has no table 'pkgbuilds'")]
    [InlineData("column", "its table 'pkgbuilds' has no column 'buildscript'")]
    [Trait("CWE", "59")]
    public async Task A_file_that_is_no_such_database_is_refused_and_the_rest_is_read(string kind, string reason)
    {
        using var old = await OldMaster.SmallAsync();
        string file = old["pkgbuild.db"];
        File.Delete(file);
        switch (kind)
        {
            case "text": await File.WriteAllTextAsync(file, "this is no database, whatever its name says"); break;
            case "empty": await File.WriteAllTextAsync(file, ""); break;
            case "folder": Directory.CreateDirectory(file); break;
            case "link": File.CreateSymbolicLink(file, "/etc/passwd"); break;
            case "pipe": await Process.Start("mkfifo", [file]).WaitForExitAsync(); break;
            case "header": await File.WriteAllBytesAsync(file, [.. "SQLite format 3\0"u8, .. new byte[5000]]); break;
            case "no table": Run(old, "CREATE TABLE other (name TEXT)"); break;
            // It has every column, and rows without end.
            case "view": Run(old, $"CREATE VIEW pkgbuilds AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT {string.Join(", ", OldRecipe.Columns.Select(c => $"i AS {c}"))} FROM n"); break;
            case "column": Run(old, $"CREATE TABLE pkgbuilds ({string.Join(", ", OldRecipe.Columns.SkipLast(1))})"); break;
        }

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --dry-run");

        Assert.Equal(1, code);
        Assert.Contains($"refused   recipe    pkgbuild.db                   {reason}", output, StringComparison.Ordinal);
        Assert.Contains("package: 2 found\nrecipe: 1 refused\nsource: 1 found\n", output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("CWE", "22")]
    public async Task Bad_rows_are_refused_one_by_one()
    {
        using var old = await OldMaster.SmallAsync();
        old.Recipes(("../../etc", "1", "", ""), ("lib", "9", "", ""), ("", "1", "", ""), ("odd", "1.2", "", ""), ("self", "1", "[self]", ""), ("tail", "1", "", ""));
        using (var database = old.Open("pkgbuild.db"))
        {
            OldMaster.Run(database, "UPDATE pkgbuilds SET buildscript = @0 WHERE name = 'app'", new string('x', 5 << 20));
            OldMaster.Run(database, "INSERT INTO pkgbuilds (name) VALUES (NULL)");
            OldMaster.Run(database, $"INSERT INTO pkgbuilds SELECT @0, {string.Join(", ", OldRecipe.Columns[1..])} FROM pkgbuilds WHERE name = 'tail'", Encoding.UTF8.GetBytes("by\u001b[31mtes"));
        }

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --dry-run");

        Assert.Equal(1, code);
        Assert.Contains("refused   recipe    app                           its buildscript has 5242880 bytes; at most 4194304 are read", output, StringComparison.Ordinal);
        Assert.Contains("refused   recipe    ../../etc ", output, StringComparison.Ordinal);
        Assert.Contains("refused   recipe    lib                           it stands twice", output, StringComparison.Ordinal);
        Assert.Contains("refused   recipe    odd                           real_version", output, StringComparison.Ordinal);
        Assert.Contains("refused   recipe    self ", output, StringComparison.Ordinal);
        Assert.Contains("found     recipe    tail ", output, StringComparison.Ordinal);
        Assert.Contains("recipe: 3 found, 8 refused", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output);
    }

    [Fact]
    public async Task What_can_be_read_of_a_damaged_database_is_read()
    {
        using var old = new OldMaster();
        old.Recipes([.. Enumerable.Range(0, 2000).Select(i => ($"p{i}", "1", "", ""))]);
        byte[] bytes = await File.ReadAllBytesAsync(old["pkgbuild.db"]);
        bytes.AsSpan((bytes.Length / 4096 * 4096) - 8192).Fill(0xEE);
        await File.WriteAllBytesAsync(old["pkgbuild.db"], bytes);

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --dry-run");

        Assert.Equal(1, code);
        Assert.Contains("found     recipe    p0 ", output, StringComparison.Ordinal);
        Assert.Matches("refused   recipe    pkgbuild.db +it is damaged: .* recipes could be read", output);
    }

    [Fact]
    public async Task A_database_with_a_log_is_read_when_the_log_is_empty_and_left_alone_when_not()
    {
        using var old = await OldMaster.SmallAsync();
        Run(old, "PRAGMA journal_mode=WAL");
        var before = old.Snapshot();

        var clean = await CliFarm.RunAsync($"import branch {old.Path} --dry-run");
        Assert.Equal(before, old.Snapshot());
        using var writer = old.Open("pkgbuild.db");
        OldMaster.Run(writer, "UPDATE pkgbuilds SET real_version = '77'");
        before = old.Snapshot();
        var dirty = await CliFarm.RunAsync($"import branch {old.Path} --dry-run");

        Assert.Contains("recipe: 3 found", clean.Output, StringComparison.Ordinal);
        Assert.Contains("refused   recipe    pkgbuild.db                   'pkgbuild.db-wal' holds changes that are not in it yet", dirty.Output, StringComparison.Ordinal);
        Assert.Equal(before, old.Snapshot());
    }

    [Fact]
    public async Task A_database_that_a_crash_left_half_written_is_refused_and_not_mended()
    {
        using var crashed = await OldMaster.SmallAsync();
        using var old = new OldMaster();
        crashed.Recipes([.. Enumerable.Range(0, 500).Select(i => ($"p{i}", "1", "", ""))]);
        using (var writer = crashed.Open("pkgbuild.db"))
        {
            // Pages spill into the file before the commit, so the journal alone knows how it was.
            OldMaster.Run(writer, "PRAGMA cache_size=1");
            OldMaster.Run(writer, "BEGIN");
            OldMaster.Run(writer, "UPDATE pkgbuilds SET version = 'half', description = @0", new string('d', 500));
            File.Copy(crashed["pkgbuild.db"], old["pkgbuild.db"]);
            File.Copy(crashed["pkgbuild.db-journal"], old["pkgbuild.db-journal"]);
        }
        var before = old.Snapshot();

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --dry-run");

        Assert.Equal(1, code);
        Assert.Contains("refused   recipe    pkgbuild.db                   it has changes that its journal would take back", output, StringComparison.Ordinal);
        Assert.DoesNotContain("half", output, StringComparison.Ordinal);
        Assert.Equal(before, old.Snapshot());
    }

    [Fact]
    [Trait("CWE", "22")]
    public async Task Bad_packages_are_refused_one_by_one()
    {
        using var old = new OldMaster();
        await old.PackageAsync("good", ("1", "1.0", ""));
        foreach (var (name, text) in new[]
        {
            ("no json", "{"), ("nojson", "{"), ("nometa", null), ("other", Meta("good", "{}")), ("list", Meta("list", "[]")), ("climb", Meta("climb", """{"../good/1": "1.0"}""")),
            ("version", Meta("version", """{"1": "../../x"}""")), ("gone", Meta("gone", """{"7": "1.0"}""")), ("half", """{"name": "\ud800", "versions": {}}"""),
        })
        {
            Directory.CreateDirectory(old[$"packages/{name}"]);
            if (text is not null) await File.WriteAllTextAsync(old[$"packages/{name}/branch.meta"], text);
        }
        Directory.CreateSymbolicLink(old["packages/linked"], old["packages/good"]);
        await old.PackageAsync("outside", ("1", "1.0", ""));
        File.Delete(old["packages/outside/1/outside.lfpkg"]);
        File.CreateSymbolicLink(old["packages/outside/1/outside.lfpkg"], "/etc/passwd");
        await old.PackageAsync("pipe", ("1", "1.0", ""));
        File.Delete(old["packages/pipe/1/pipe.lfpkg"]);
        await Process.Start("mkfifo", [old["packages/pipe/1/pipe.lfpkg"]]).WaitForExitAsync();
        await old.PackageAsync("changed", ("1", "1.0", ""));
        await File.AppendAllTextAsync(old["packages/changed/1/changed.lfpkg"], "x");
        Directory.CreateDirectory(old["packages/good/2"]);
        await File.WriteAllTextAsync(old["packages/stray"], "");

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --dry-run");

        Assert.Equal(1, code);
        foreach (string line in (string[])
        [
            "refused   package   no json                       a package name has", "refused   package   nojson                        branch.meta is no JSON: line 1",
            "refused   package   nometa                        branch.meta: it cannot be opened: No such file", "refused   package   other                         branch.meta is that of 'good'",
            "refused   package   list                          branch.meta has no 'versions' of texts", "refused   package   climb 1.0-../good/1           a real version has 1 to 9 digits",
            "refused   package   version ../../x-1             a version has", "refused   package   gone 1.0-7                    its folder is not there, or is a link",
            "refused   package   half                          branch.meta holds text that is no Unicode", "refused   package   packages/linked               it is a link; links are not followed",
            "refused   package   outside 1.0-1                 outside.lfpkg: it is a link; links are not followed", "refused   package   pipe 1.0-1                    pipe.lfpkg: it is not a plain file",
            "refused   package   changed 1.0-1                 its MD5 is ", "skipped   package   good/2                        branch.meta does not know it",
            "skipped   package   packages/stray                it is no folder",
        ])
            Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.Contains("package: 1 found, 2 skipped, 13 refused", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_farm_refuses_is_told_and_the_next_item_is_taken()
    {
        using var old = new OldMaster();
        using var data = new ScratchFolder();
        await using var farm = await CliFarm.StartAsync(data.Path, FarmConfiguration.Empty with
        {
            Release = new EnvironmentSettings { Isolation = Isolation.Host },
            Limits = new LimitSettings { SourceBytes = 1000, PackageBytes = 100_000 },
        });
        old.Sources(
            ("no-uuid", "a", "", [1]), ("00000000-0000-4000-8000-000000000001", "big", "", new byte[2_000_000]), ("00000000-0000-4000-8000-000000000002", "", "", []),
            ("00000000-0000-4000-8000-000000000003", "../../etc/pass wd", "", [1, 2]), ("00000000-0000-4000-8000-00000000000A", "upper", "", [1]));
        await old.PackageAsync("big", ("1", "1.0", ""));
        await File.WriteAllBytesAsync(old["packages/big/1/big.lfpkg"], new byte[300_000]);
        await old.PackageAsync("junk", ("1", "1.0", ""));
        await File.WriteAllTextAsync(old["packages/junk/1/junk.lfpkg"], "no package");
        await old.PackageAsync("liar", ("1", "1.0", ""));
        await File.WriteAllBytesAsync(old["packages/liar/1/liar.lfpkg"], await OldMaster.PackageFileAsync("liar", "2", "1.0", ""));
        foreach (string name in (string[])["big", "junk", "liar"])
            await File.WriteAllTextAsync(old[$"packages/{name}/branch.meta"], Meta(name, """{"1": "1.0"}"""));
        await old.PackageAsync("zlib", ("1", "1.0", ""));

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --data {data.Path} --server http://{farm.Http}");

        Assert.Equal(1, code);
        foreach (string line in (string[])
        [
            "refused   source    no-uuid                       its id is no UUID", "refused   source    00000000-0000-4000-8000-000000000001  A source may have 1000 bytes",
            "refused   source    00000000-0000-4000-8000-000000000002  it has no bytes", "taken     source    00000000-0000-4000-8000-000000000003  '../../etc/pass wd', kept as pass_wd, 2 B",
            "refused   source    00000000-0000-4000-8000-00000000000A  its id is no UUID",
            "refused   package   big 1.0-1                     A package may have 100000 bytes", "refused   package   junk 1.0-1                    The file is not the package junk 1.0-1: it is not a whole xz file",
            "refused   package   liar 1.0-1                    The file is not the package liar 1.0-1: its leaf.pkg says liar 1.0-2", "taken     package   zlib 1.0-1 ",
        ])
            Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.Equal("pass_wd", Assert.Single(await farm.Store.ListSourcesAsync(CancellationToken.None)).Filename);
        Assert.Equal("zlib", Assert.Single(await farm.Store.ListArtifactsAsync(null, CancellationToken.None)).Name.Value);
    }

    [Fact]
    public async Task Without_a_token_the_import_ends_at_once()
    {
        using var old = await OldMaster.SmallAsync();
        using var data = new ScratchFolder();
        using var elsewhere = new ScratchFolder();
        await using var farm = await CliFarm.StartAsync(data.Path);

        var (code, output, error) = await CliFarm.RunAsync($"import branch {old.Path} --data {elsewhere.Path} --server http://{farm.Http}");

        Assert.Equal((3, ""), (code, output));
        Assert.Contains("quern login", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_recipe_source_or_package_is_named_with_what_to_do()
    {
        using var old = await OldMaster.SmallAsync();
        old.Contents(("lib", "/usr/lib/lib.so"), ("lib", "/usr/lib/lib.a"), ("lost", "/usr/bin/lost"));
        await File.WriteAllTextAsync(old["users.meta"], "root=$2b$12$abcdefghijklmnopqrstuv\n\nodd\nplain=secret\n");
        await File.WriteAllTextAsync(old["master.conf"], "[Masterserver]\nAuthKeys=[k]\n");
        await File.WriteAllTextAsync(old["notes.txt"], "");
        Directory.CreateDirectory(old["staging"]);

        var (code, output, _) = await CliFarm.RunAsync($"import branch {old.Path} --dry-run");

        Assert.Equal(1, code);
        foreach (string line in (string[])
        [
            "skipped   content   pkgcontent.db                 2 files of 1 packages: the farm reads them from the packages themselves", "skipped   content   lost                          1 files of a package whose file is not here",
            "skipped   user      root                          a password kept as a bcrypt hash cannot be checked here", "refused   user      line 3                        it is not NAME=HASH",
            "refused   user      plain                         what stands behind its name is no bcrypt hash", "skipped   setting   master.conf                   keys and settings belong into quern.yaml",
            "skipped   other     notes.txt                     no part of an old master's storage", "skipped   other     staging                       uploads that never became whole",
        ])
            Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.DoesNotContain("$2b", output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_folder_has_nothing_and_a_missing_one_is_an_error()
    {
        using var old = new OldMaster();

        var empty = await CliFarm.RunAsync($"import branch {old.Path} --dry-run");
        var missing = await CliFarm.RunAsync($"import branch {old.Path}/none --dry-run");

        Assert.Equal((0, "There was nothing to take.\n", ""), empty);
        Assert.Equal((1, ""), (missing.Code, missing.Output));
    }

    private static string Meta(string name, string versions) => $$"""{"name": "{{name}}", "versions": {{versions}}}""";

    private static void Run(OldMaster old, string sql)
    {
        using var database = old.Open("pkgbuild.db");
        OldMaster.Run(database, sql);
    }
}
