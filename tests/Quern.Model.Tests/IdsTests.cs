using Quern.Testing;
using Xunit;

namespace Quern.Model.Tests;

public sealed class IdsTests
{
    [Fact]
    public void Job_ids_sort_by_the_time_they_were_made()
    {
        var time = new ManualTimeProvider();
        var earlier = JobId.Create(time.GetUtcNow());
        time.Advance(TimeSpan.FromMilliseconds(2));
        var later = JobId.Create(time.GetUtcNow());

        Assert.True(earlier < later);
        Assert.True(JobId.TryParse(earlier.ToString(), out var read));
        Assert.Equal(earlier, read);
        Assert.Equal('7', earlier.ToString()[14]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("{0190d2ac-0000-7000-8000-000000000000}")]
    [InlineData("0190d2ac00007000800000000000000z")]
    public void Another_form_is_no_job_id(string text) => Assert.False(JobId.TryParse(text, out _));

    [Fact]
    public void A_hash_is_written_in_lower_case_whatever_was_read()
    {
        var hash = Sha256Hash.Of("quern"u8);

        Assert.True(Sha256Hash.TryParse(hash.Hex.ToUpperInvariant(), out var read));
        Assert.Equal(hash, read);
        Assert.Equal(64, hash.Hex.Length);
        Assert.False(Sha256Hash.TryParse(hash.Hex[1..], out _));
        Assert.False(Sha256Hash.TryParse(hash.Hex[1..] + "g", out _));
    }

    [Fact]
    public void Every_state_has_a_word_of_its_own_that_reads_back()
    {
        foreach (var state in Enum.GetValues<JobState>())
        {
            Assert.True(JobStates.TryParse(state.Word(), out var read));
            Assert.Equal(state, read);
        }
        Assert.False(JobStates.TryParse("lost", out _));
        Assert.Equal([JobState.Succeeded, JobState.Failed, JobState.Cancelled, JobState.Skipped], Enum.GetValues<JobState>().Where(s => s.IsFinished()));
    }
}
