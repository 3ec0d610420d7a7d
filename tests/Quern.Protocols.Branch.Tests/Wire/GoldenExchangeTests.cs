using Xunit;

namespace Quern.Protocols.Branch.Tests.Wire;

/// <summary>Every exchange of the files under <c>tests/golden/branch</c>, read and written.</summary>
public sealed class GoldenExchangeTests
{
    public static TheoryData<string> Requests() => [.. GoldenExchange.All.Where(e => e.Send is not null && e.Raw == 0).Select(e => e.Name)];

    public static TheoryData<string> Orders() => [.. GoldenExchange.All.Where(e => e.Order is not null).Select(e => e.Name)];

    [Theory, MemberData(nameof(Requests))]
    public void Request_is_read_and_written_as_it_stands(string name)
    {
        var e = GoldenExchange.All.Single(x => x.Name == name);

        var request = Codec.Request(e.Dialect, Codec.BodyOf(e.Send!), e.Role);

        Assert.Equal(e.Closes && e.Dialect == BranchDialect.V2, request is null);
        if (request is null or BranchRequest.Unknown) return;
        if (request is BranchRequest.Malformed malformed)
        {
            Assert.Equal(Codec.Text(e.Answer), Codec.Text(Codec.Frame(e.Dialect, malformed.Answer)));
            return;
        }
        byte[] written = Codec.Frame(e.Dialect, request);
        if (e.IsOwnStyle) Assert.Equal(Codec.Text(e.Send), Codec.Text(written));
        Assert.Equal(request, Codec.Request(e.Dialect, Codec.BodyOf(written), e.Role));
    }

    [Theory, MemberData(nameof(Requests))]
    public void Answer_is_read_and_written_as_it_stands(string name)
    {
        var e = GoldenExchange.All.Single(x => x.Name == name);
        if (e.Answer is null) return;   // a PONG, a file or a close
        var command = Codec.Request(e.Dialect, Codec.BodyOf(e.Send!), e.Role) is { } request ? request.Command : BranchCommand.Unknown;

        var answer = Codec.Answer(e.Dialect, Codec.BodyOf(e.Answer), command);

        Assert.NotNull(answer);
        Assert.Equal(Codec.Text(e.Answer), Codec.Text(Codec.Frame(e.Dialect, answer)));
    }

    [Theory, MemberData(nameof(Orders))]
    public void Order_is_read_and_written_as_it_stands(string name)
    {
        var e = GoldenExchange.All.Single(x => x.Name == name);

        var order = Codec.Order(e.Dialect, Codec.BodyOf(e.Order!));

        Assert.NotNull(order);
        Assert.Equal(Codec.Text(e.Order), Codec.Text(Codec.Frame(e.Dialect, order)));
    }

    [Fact]
    public void The_end_of_a_file_is_told_in_the_texts_of_the_captures()
    {
        var ends = GoldenExchange.All.Where(e => e.Raw > 0).ToList();

        Assert.Equal(5, ends.Count);
        foreach (var e in ends)
            Assert.Equal(Codec.Text(e.Answer), Codec.Text(Codec.Frame(e.Dialect, new BranchAnswer.Reply(BranchReply.TransferDone))));
    }

    [Fact]
    public void Every_word_of_the_table_stands_in_a_capture_or_is_a_second_spelling()
    {
        var seen = GoldenExchange.All.Where(e => e.Send is not null && e.Raw == 0)
            .Select(e => Codec.Request(e.Dialect, Codec.BodyOf(e.Send!), e.Role) is { } r ? (e.Dialect, r.Command) : default).ToHashSet();
        foreach (var row in BranchCommands.All)
        {
            if (!row.V1.IsEmpty) Assert.True(seen.Contains((BranchDialect.V1, row.Command)), $"V1 {row.Command}");
            // One word of V2 stands for both environments.
            if (!row.V2.IsEmpty && row.Command is not (BranchCommand.CrossBuild or BranchCommand.CrossSolution))
                Assert.True(seen.Contains((BranchDialect.V2, row.Command)), $"V2 {row.Command}");
        }
    }
}
