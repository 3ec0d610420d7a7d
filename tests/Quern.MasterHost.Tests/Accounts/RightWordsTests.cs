using Quern.MasterHost.Access;

using Quern.Model;

namespace Quern.MasterHost.Tests.Accounts;

public sealed class RightWordsTests
{
    [Theory]
    [InlineData("*", "job:read", null, true)]
    [InlineData("*", "job:read", "lab", true)]
    [InlineData("job:read", "job:read", null, true)]
    [InlineData("job:read", "job:submit", null, false)]
    [InlineData("job:*", "job:submit", null, true)]
    [InlineData("job:*", "jobs:submit", null, false)]
    [InlineData("*:read", "worker:read", null, true)]
    [InlineData("*:read", "worker:write", null, false)]
    [InlineData("*:*", "worker:write", null, true)]
    [InlineData("job:read", "job:read", "lab", true)]
    [InlineData("job:read@lab", "job:read", "lab", true)]
    [InlineData("job:read@Lab machines", "job:read", "lab MACHINES", true)]
    [InlineData("job:read@lab", "job:read", "labs", false)]
    [InlineData("job:read@lab", "job:read", null, false)]
    [InlineData("*@lab", "worker:write", "lab", true)]
    [InlineData("*@lab", "worker:write", null, false)]
    [InlineData("*@lab", "worker:write", "other", false)]
    [InlineData("job:read@", "job:read", "", true)]
    [InlineData("job", "job:read", null, false)]
    [InlineData("job:", "job:read", null, false)]
    [InlineData("job:*:x", "job:read", null, false)]
    [InlineData("", "job:read", null, false)]
    public void A_word_gives_what_it_says(string word, string right, string? group, bool gives) => Assert.Equal(gives, RightWords.Gives(word, right, group));
}
