using System.Globalization;
using System.Text.RegularExpressions;

namespace Quern.Interop.WorkerCommands;

/// <summary>Both programs, the same words, the same folders: what they say, how they end and what they leave must be the same.</summary>
[Trait("Speed", "Slow")]
public sealed class SameCommandsTests
{
    private const string NoProcess = "99999999";   // more than Linux gives out

    // In one session per case, separated by semicolons: later commands find what earlier ones left.
    // The word "!stale" is the test's own: it leaves the pid file of a process that is dead.
    public static TheoryData<string> Sessions => new(
        "", "--help", "--version", "--vers", "-h", "frob", "--frob", "--help=3",
        "start --help", "stop -h", "restart --help", "create-worker --help", "start --version",
        "create-worker", "create-worker a", "create-worker a b c d e", "create-worker -k", "create-worker -k x d h n p", "create-worker --log x",
        "create-worker --umask x d h n p", "create-worker --log-count=many d h n p", "create-worker -a zz d h n p", "create-worker -p x d h n p",
        "create-worker d b:c n p", "create-worker d b:c:d n p", "create-worker d :1 n p", "create-worker d http://h n p", "create-worker absent/d h n p",
        "create-worker d h n p", "create-worker -q d h:17 n p", "create-worker -r d [2001:db8::1] n p", "create-worker d [::1]:18 n p",
        "create-worker -fn --use-tls --delete-leftover-dirs -a file --maxretries 3 -k3 -s 10 -l None --umask=0o22 --numcpus 2 --maxdelay=7 d h n it's\"q\\u",
        "create-worker --protocol=msgpack_experimental_v7 --allow-sh=signal d h n p",
        "create-worker d h n p; create-worker d h n p", "create-worker -r d h n p; create-worker d h n p", "create-worker -q d h n p; create-worker -q d h2 n p",
        "start", "start absent", "stop absent", "restart absent", "start a b", "start --nod absent", "start --no=3 d",
        "create-worker d h n p; stop d", "create-worker d h n p; stop -q d", "create-worker d h n p; stop d x",
        AllowedDifference.DaemonSession, "create-worker -q d 127.0.0.1:1 n p; restart d; restart d; stop -q d; stop -q d");

    public static TheoryData<int> Differences => [.. Enumerable.Range(0, AllowedDifference.All.Length)];

    [Theory, MemberData(nameof(Sessions))]
    public async Task A_command_says_ends_and_leaves_the_same(string session)
    {
        using var stock = WorkerProgram.Stock();
        using var own = WorkerProgram.Own();

        foreach (string command in session.Split("; "))
        {
            var outcomes = await Task.WhenAll(RunAsync(stock, command), RunAsync(own, command));

            Assert.Equal(outcomes[0].Plain(), outcomes[1].Plain());
            Assert.Equal(Files(stock.Root), Files(own.Root));
        }
    }

    [Theory, MemberData(nameof(Differences))]
    public async Task An_allowed_difference_is_one(int position)
    {
        var difference = AllowedDifference.All[position];
        using var stock = WorkerProgram.Stock();
        using var own = WorkerProgram.Own();

        bool differs = false;
        foreach (string command in difference.Session.Split("; "))
        {
            var outcomes = await Task.WhenAll(RunAsync(stock, command), RunAsync(own, command));
            differs |= outcomes[0].Plain(difference) != outcomes[1].Plain(difference);
        }

        Assert.True(differs, $"in '{difference.Session}' nothing differs by: {difference.Pattern}");
    }

    private static async Task<WorkerProgram.Outcome> RunAsync(WorkerProgram program, string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not ["!stale", var folder]) return await program.RunAsync(words);
        await File.WriteAllTextAsync(Path.Combine(program.Root, folder, "twistd.pid"), NoProcess, TestContext.Current.CancellationToken);
        return new WorkerProgram.Outcome(0, "", "");
    }

    /// <summary>Names, modes and texts of all files but our lock; of pid files and logs no text, and of a <c>buildbot.tac</c> its assignments, for comments and line breaks are each program's own.</summary>
    private static string[] Files(string root) =>
    [
        .. Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories)
            .Where(p => Path.GetFileName(p) != "quern-worker.lock").Order(StringComparer.Ordinal).Select(path =>
        {
            string name = Path.GetRelativePath(root, path);
            string mode = Convert.ToString((int)File.GetUnixFileMode(path), 8);
            if (Directory.Exists(path) || Path.GetExtension(path) is ".pid" or ".log") return string.Create(CultureInfo.InvariantCulture, $"{name}/ {mode}");
            string text = File.ReadAllText(path).Replace(root, "/ROOT", StringComparison.Ordinal);
            if (name.Contains("buildbot.tac", StringComparison.Ordinal))
                text = string.Join('\n', Regex.Matches(text, @"(?m)^\w+ = (?!Worker|LogFile).*$").Select(m => m.Value));
            return $"{name} {mode}\n{text}";
        }),
    ];
}
