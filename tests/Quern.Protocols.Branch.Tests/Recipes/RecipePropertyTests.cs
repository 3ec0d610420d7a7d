using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Quern.Protocols.Branch.Recipes;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Recipes;

public sealed class RecipePropertyTests
{
    [Fact]
    public void Printing_what_was_read_gives_the_text_without_carriage_returns() => Check.QuickThrowOnFailure(Prop.ForAll<int>(seed =>
    {
        string text = Mutate(new Random(seed));

        string printed = RecipePrinter.Print(RecipeParser.Parse(text).Document);

        Assert.Equal(string.Join('\n', text.TrimStart('\uFEFF').Split('\n').Select(l => l.TrimEnd('\r'))), printed);
    }));

    [Fact]
    public void Reading_what_was_printed_gives_the_document() => Check.QuickThrowOnFailure(Prop.ForAll<int>(seed =>
    {
        var document = RandomDocument(new Random(seed));

        Assert.Equal(document, RecipeParser.Parse(RecipePrinter.Print(document)).Document);
    }));

    [Fact]
    public void The_form_for_Branch_keeps_the_ten_keys() => Check.QuickThrowOnFailure(Prop.ForAll<int>(seed =>
    {
        var document = RandomDocument(new Random(seed));

        string text = RecipePrinter.PrintForBranch(document);

        Assert.Equal(document.ToPackageBuild(), RecipeParser.Parse(text).Document.ToPackageBuild());
        Assert.EndsWith("}", text, StringComparison.Ordinal);
        string outside = text[..text.IndexOf("\nbuild={", StringComparison.Ordinal)];
        Assert.All(outside.Split('\n'), l => Assert.Contains('=', l));
    }));

    [Fact]
    public void Arbitrary_text_never_throws() => Check.QuickThrowOnFailure(Prop.ForAll<string>(text =>
        RecipeParser.Parse(text ?? "").Problems.All(p => p.Line >= 1 && p.Column >= 1)));

    [Fact]
    public void Mutated_recipes_never_throw_and_name_places_inside_of_the_file()
    {
        for (int seed = 0; seed < 5_000; seed++)
        {
            string text = Mutate(new Random(seed));

            var result = RecipeParser.Parse(text);

            int lines = text.Split('\n').Length;
            Assert.All(result.Problems, p => Assert.InRange(p.Line, 1, lines));
            SolutionFile.Parse(text);
        }
    }

    [Theory]
    [InlineData("[", 1 << 20)]
    [InlineData("[]", 1 << 19)]
    [InlineData("dependencies=[a]\n", 29_000)]
    [InlineData("build={\n}\n", 14_000)]
    [InlineData("dependencis\n=", 29_000)]
    [InlineData("\r", 1 << 20)]
    public void A_hostile_file_costs_memory_in_proportion_to_its_size(string piece, int times)
    {
        string text = "extra_sources=" + string.Concat(Enumerable.Repeat(piece, times));
        text = text[..Math.Min(text.Length, RecipeLimits.Default.MaxCharacters)];
        RecipeParser.Parse("name=warm");   // what the first use of the code allocates is not counted

        long before = GC.GetAllocatedBytesForCurrentThread();
        RecipeParser.Parse(text);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Two bytes a character, held as text a few times, and about 300 bytes for the objects of a line.
        Assert.InRange(allocated, 0, (16L * text.Length) + (1_000L * text.AsSpan().Count('\n')) + (1 << 20));
    }

    private static string Mutate(Random random)
    {
        const string Pieces = "[]{}=#\n\r \uFEFF\0a";
        var text = new List<char>(Samples.All[random.Next(Samples.All.Length)]);
        for (int n = random.Next(8); n > 0; n--)
        {
            int at = random.Next(text.Count + 1);
            switch (random.Next(4))
            {
                case 0 when at < text.Count:
                    text.RemoveAt(at);
                    break;
                case 1 when at < text.Count:
                    text[at] = (char)random.Next(0x10000);
                    break;
                case 2:
                    text.InsertRange(at, text.GetRange(0, at));
                    break;
                default:
                    text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
            }
        }
        return new string([.. text]);
    }

    private static RecipeDocument RandomDocument(Random random)
    {
        string Word() => new([.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => "abz019_-+[] \t#é}"[random.Next(16)])]);
        var lines = ImmutableArray.CreateBuilder<RecipeLine>();
        for (int n = random.Next(1, 12); n > 0; n--)
        {
            string key = RecipeKeys.All[random.Next(RecipeKeys.All.Length)];
            lines.Add(random.Next(5) switch
            {
                0 => new RecipeLine.Note("#" + Word() + "=" + Word()),
                1 => new RecipeLine.Note(Word()),
                2 => new RecipeLine.Script(Word(), [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(3) == 0 ? "" : " " + Word())], true),
                3 => new RecipeLine.Entry("x" + Word(), Word() + "=" + Word()),
                _ => key == RecipeKeys.Build ? new RecipeLine.Script("{", ["make"], true) : new RecipeLine.Entry(key, Word()),
            });
        }
        return new RecipeDocument(lines.ToImmutable(), random.Next(2) == 0);
    }
}
