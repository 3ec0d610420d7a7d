using System.Buffers;
using System.Text.Json;
using Quern.Protocols.Branch.Recipes;
using Xunit;

namespace Quern.Protocols.Branch.Tests.Recipes;

public sealed class BranchPackageBuildJsonTests
{
    [Fact]
    public void Writing_uses_the_ten_keys_in_order_and_reads_back()
    {
        var build = RecipeParser.Parse(Samples.Full).Document.ToPackageBuild();
        var buffer = new ArrayBufferWriter<byte>();

        BranchPackageBuildJson.Write(new PythonJsonWriter(buffer), build);

        using var json = JsonDocument.Parse(buffer.WrittenMemory);
        Assert.Equal(
            ["name", "version", "real_version", "dependencies", "build_dependencies", "cross_dependencies", "source", "extra_sources", "description", "build_script"],
            json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.True(BranchPackageBuildJson.TryRead(json.RootElement, RecipeLimits.Default, out var back, out _));
        Assert.Equal(build, back);
    }

    [Fact]
    public void Older_dialects_are_understood()
    {
        var build = Read("""{"name":"a","version":"1","real_version":7,"dependencies":"[x][][y]","build_dependencies":null,"description":"two\nlines","build_script":["make","echo\nhi","}"],"job_id":"job"}""");

        Assert.Equal("7", build.RealVersion);
        Assert.Equal(["x", "y"], build.Dependencies);
        Assert.Empty(build.BuildDependencies);
        Assert.Empty(build.ExtraSources);
        Assert.Equal("", build.Source);
        Assert.Equal("two lines", build.Description);
        Assert.Equal(["make", "echo", "hi"], build.BuildScript);
    }

    [Theory]
    [InlineData("[]", "a recipe is a JSON object.")]
    [InlineData("""{"version":"1","real_version":"1"}""", "name: it is missing or empty.")]
    [InlineData("""{"name":5,"version":"1","real_version":"1"}""", "name: a text is expected.")]
    [InlineData("""{"name":"a","version":"1","real_version":1.5}""", "real_version: a text is expected.")]
    [InlineData("""{"name":"a","version":"1","real_version":"1","dependencies":{}}""", "dependencies: a list is expected.")]
    [InlineData("""{"name":"a","version":"1","real_version":"1","dependencies":[1]}""", "dependencies: an item is not a text.")]
    [InlineData("""{"name":"a","version":"1","real_version":"1","dependencies":["a]"]}""", "dependencies: an item holds a bracket.")]
    [InlineData("""{"name":"a","version":"1","real_version":"1","source":"a\nname=b"}""", "source: a text with a line end cannot stand in a recipe.")]
    [InlineData("""{"name":"a","version":"1","real_version":"1","build_script":["}","x"]}""", "build_script: a line '}' can only be the last one; indent it.")]
    [InlineData("""{"name":"\ud800","version":"1","real_version":"1"}""", "name: the text is not valid Unicode.")]
    public void What_is_wrong_is_named_with_its_key(string json, string error)
    {
        using var document = JsonDocument.Parse(json);

        Assert.False(BranchPackageBuildJson.TryRead(document.RootElement, RecipeLimits.Default, out var build, out string? actual));

        Assert.Null(build);
        Assert.Equal(error, actual);
    }

    private static BranchPackageBuild Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        Assert.True(BranchPackageBuildJson.TryRead(document.RootElement, RecipeLimits.Default, out var build, out string? error), error);
        return build;
    }
}
