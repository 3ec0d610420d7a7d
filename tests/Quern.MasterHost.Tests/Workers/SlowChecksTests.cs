using System.Collections.Concurrent;
using System.Text;
using Quern.MasterHost.Listeners;
using Quern.Model;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Workers;

/// <summary>Who is checked when, and how often. A check ends when the test says so.</summary>
public sealed class SlowChecksTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ManualTimeProvider _time = new();
    private readonly BlockingCollection<HeldCheck> _begun = [];
    private readonly SlowChecks _checks;
    private int _count;

    public SlowChecksTests() => _checks = new SlowChecks(_time, Fits);

    [Fact]
    public async Task A_right_password_is_checked_once_and_every_other_is_wrong_without_a_check()
    {
        var first = Ask("w1", "right");
        Begun("right").SetResult(true);
        Assert.True(await first);

        Assert.True(await Ask("w1", "right"));
        Assert.False(await Ask("w1", "guess"));
        Assert.Equal(1, _count);
    }

    [Fact]
    public async Task A_wrong_password_that_comes_again_and_again_is_checked_once()
    {
        var first = Ask("w1", "wrong");
        Begun("wrong").SetResult(false);
        Assert.False(await first);

        for (int i = 0; i < 100; i++) Assert.False(await Ask("w1", "wrong"));
        Assert.Equal(1, _count);
    }

    [Fact]
    public async Task Two_are_checked_at_once_and_the_others_in_the_order_in_which_they_came()
    {
        Task<bool>[] asked = [Ask("w1", "a"), Ask("w2", "b"), Ask("w3", "c"), Ask("w4", "d")];
        var (a, b) = Both("a", "b");
        Assert.False(_begun.TryTake(out _));

        a.SetResult(true);
        var c = Begun("c");
        b.SetResult(true);
        var d = Begun("d");
        d.SetResult(true);
        c.SetResult(true);

        Assert.All(await Task.WhenAll(asked), Assert.True);
    }

    [Fact]
    public async Task A_worker_that_gave_up_and_comes_again_has_kept_its_place_and_finds_the_answer()
    {
        Task<bool>[] before = [Ask("w1", "a"), Ask("w2", "b")];
        var (a, b) = Both("a", "b");
        using var patience = new CancellationTokenSource();
        var gaveUp = Ask("w3", "c", patience.Token);
        var after = Ask("w4", "d");

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gaveUp);
        var waits = Ask("w3", "c");
        var newest = Ask("w3", "c");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        a.SetResult(true);
        Begun("c").SetResult(true);

        Assert.True(await newest);
        Begun("d").SetResult(true);
        b.SetResult(true);
        Assert.All(await Task.WhenAll([.. before, after]), Assert.True);
        Assert.Equal(4, _count);
    }

    [Fact]
    public async Task A_check_goes_on_without_who_asked_and_is_remembered()
    {
        using var patience = new CancellationTokenSource();
        var gaveUp = Ask("w1", "right", patience.Token);
        var end = Begun("right");
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gaveUp);

        var again = Ask("w1", "right");
        end.SetResult(true);

        Assert.True(await again);
        Assert.Equal(1, _count);
    }

    [Fact]
    public async Task Of_one_name_few_wait_and_the_right_one_ends_the_others()
    {
        Task<bool>[] asked = [.. Enumerable.Range(0, SlowChecks.MaxOfName).Select(i => Ask("w1", $"p{i}"))];
        Assert.True(_checks.IsFull(new WorkerName("w1")));
        Assert.False(await Ask("w1", "one too many"));
        Assert.False(_checks.IsFull(new WorkerName("w2")));

        Begun("p0").SetResult(false);
        Begun("p1").SetResult(true);

        Assert.Equal("False True False False", string.Join(" ", await Task.WhenAll(asked)));
        Assert.Equal(2, _count);
    }

    [Fact]
    public async Task A_name_that_is_guessed_at_rests_between_its_checks_and_its_worker_gets_its_turn()
    {
        for (int i = 0; i < SlowChecks.FreeFailures; i++) await WrongAsync("w1", $"guess {i}");

        var right = Ask("w1", "right");
        Assert.False(_begun.TryTake(out _));
        var other = Ask("w2", "b");
        Begun("b").SetResult(true);
        Assert.True(await other);
        _time.Advance(SlowChecks.Rest - TimeSpan.FromMilliseconds(1));
        Assert.False(_begun.TryTake(out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Begun("right").SetResult(true);
        Assert.True(await right);
    }

    [Fact]
    public async Task After_a_quiet_quarter_of_an_hour_a_name_is_as_good_as_any()
    {
        for (int i = 0; i < SlowChecks.FreeFailures; i++) await WrongAsync("w1", $"guess {i}");
        _time.Advance(TimeSpan.FromMinutes(15));

        for (int i = 0; i < SlowChecks.FreeFailures; i++) await WrongAsync("w1", $"another guess {i}");
    }

    [Fact]
    public async Task Names_that_are_guessed_at_wait_behind_those_that_are_not()
    {
        await WrongAsync("w3", "guess");
        Task<bool>[] asked = [Ask("w1", "a"), Ask("w2", "b")];
        var (a, b) = Both("a", "b");

        Task<bool>[] later = [Ask("w3", "c"), Ask("w4", "d")];
        a.SetResult(true);
        var d = Begun("d");
        b.SetResult(true);
        Begun("c").SetResult(true);
        d.SetResult(true);

        Assert.All(await Task.WhenAll([.. asked, .. later]), Assert.True);
    }

    [Fact]
    public async Task Too_many_wrong_ones_in_all_leave_one_at_a_time_with_a_pause_after_it()
    {
        for (int i = 0; i < SlowChecks.FreeFailuresInAll; i++) await WrongAsync($"many{i}", "guess");

        Task<bool>[] asked = [Ask("w1", "a"), Ask("w2", "b")];
        Assert.False(_begun.TryTake(out _));
        _time.Advance(SlowChecks.Pause);
        Begun("a").SetResult(true);
        Assert.True(await asked[0]);
        Assert.False(_begun.TryTake(out _));
        _time.Advance(SlowChecks.Pause);
        Begun("b").SetResult(true);
        Assert.True(await asked[1]);

        // A minute later it is over.
        _time.Advance(TimeSpan.FromMinutes(1));
        asked = [Ask("w3", "a"), Ask("w4", "b")];
        var (a, b) = Both("a", "b");
        a.SetResult(true);
        b.SetResult(true);
        Assert.All(await Task.WhenAll(asked), Assert.True);
    }

    [Fact]
    public async Task Another_password_of_the_account_makes_everything_forgotten()
    {
        var first = Ask("w1", "old");
        Begun("old").SetResult(true);
        Assert.True(await first);
        var running = Ask("w2", "old");
        var end = Begun("old");
        var waiting = Ask("w2", "another");

        _checks.Keep(_ => "new hash");
        end.SetResult(true);

        Assert.Equal((false, false), (await running, await waiting));
        var again = Ask("w1", "old", "new hash");
        Begun("old").SetResult(false);
        Assert.False(await again);
    }

    [Fact]
    public async Task At_the_end_who_waits_is_refused()
    {
        Task<bool>[] asked = [Ask("w1", "a"), Ask("w2", "b"), Ask("w3", "c")];
        var (a, b) = Both("a", "b");

        var ended = _checks.DisposeAsync();
        Assert.False(await asked[2]);
        Assert.False(ended.IsCompleted);
        a.SetResult(true);
        b.SetResult(true);
        await ended;

        Assert.Equal((false, false, false), (await asked[0], await asked[1], await Ask("w4", "d")));
    }

    public async ValueTask DisposeAsync()
    {
        await _checks.DisposeAsync();
        _begun.Dispose();
    }

    private bool Fits(string text, string hash)
    {
        Interlocked.Increment(ref _count);
        var check = new HeldCheck(text);
        _begun.Add(check);
        return check.Wait();
    }

    private Task<bool> Ask(string name, string password, CancellationToken cancellationToken = default) => Ask(name, password, "hash", cancellationToken);

    private Task<bool> Ask(string name, string password, string hash, CancellationToken cancellationToken = default) =>
        _checks.FitsAsync(new WorkerName(name), hash, password, Encoding.UTF8.GetBytes(password), cancellationToken).AsTask().WaitAsync(Patience, CancellationToken.None);

    private async Task WrongAsync(string name, string password)
    {
        var asked = Ask(name, password);
        Begun(password).SetResult(false);
        Assert.False(await asked);
    }

    /// <summary>The check that begins next, which must be of this text.</summary>
    private HeldCheck Begun(string text)
    {
        Assert.True(_begun.TryTake(out var check, Patience), $"'{text}' is not checked");
        Assert.Equal(text, check.Text);
        return check;
    }

    /// <summary>Two that begin on threads of their own, in whatever order.</summary>
    private (HeldCheck First, HeldCheck Second) Both(string first, string second)
    {
        Assert.True(_begun.TryTake(out var one, Patience), $"neither '{first}' nor '{second}' is checked");
        Assert.True(_begun.TryTake(out var other, Patience), $"only '{one.Text}' is checked");
        Assert.Equal([first, second], new[] { one.Text, other.Text }.Order(StringComparer.Ordinal));
        return one.Text == first ? (one, other) : (other, one);
    }

    /// <summary>A check that ends when the test says so.</summary>
    private sealed class HeldCheck(string text)
    {
        private readonly object _lock = new();
        private bool? _result;

        public string Text { get; } = text;

        public void SetResult(bool right)
        {
            lock (_lock)
            {
                _result = right;
                Monitor.PulseAll(_lock);
            }
        }

        public bool Wait()
        {
            lock (_lock)
            {
                if (_result is null) Monitor.Wait(_lock, Patience);
                return _result == true;
            }
        }
    }
}
