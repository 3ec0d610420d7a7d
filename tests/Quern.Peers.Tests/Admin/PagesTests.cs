using System.Buffers;
using Quern.Admin.V1;
using Quern.Peers.Admin;
using Quern.Peers.Estate;
using Quern.Protocols;
using Quern.Protocols.Admin;
using Xunit;

namespace Quern.Peers.Tests.Admin;

/// <summary>Long lists of long things: each answer is one that its reader takes, and nothing is left out.</summary>
public sealed class PagesTests
{
    [Theory]
    [InlineData(1000, 40, 5)]       // many parts
    [InlineData(1000, 2, 20_000)]   // many bytes
    [InlineData(1000, 1, 5)]        // neither
    public void A_page_is_cut_to_what_a_peer_takes_and_goes_on_behind_it(int groups, int members, int description)
    {
        var all = Enumerable.Range(0, groups).Select(i => $"{i:D4}").ToArray();
        GroupConfig Of(string name) => new() { Name = name, Id = new string('x', description), Member = { Enumerable.Repeat("noor", members) } };

        var seen = new List<string>();
        for (string? after = ""; after is not null;)
        {
            var rest = all.Where(n => string.CompareOrdinal(n, after) > 0).ToArray();
            var (items, next) = Pages.Fitting(new Page<string>([.. rest]), Of, name => name);
            var bytes = new ArrayBufferWriter<byte>();
            new AdminCodec().Encode(AdminMessage.Of(new RS_ListGroups { Group = { items }, NextPageToken = next }, 1), bytes);
            var input = new ReadOnlySequence<byte>(bytes.WrittenMemory);
            Assert.Equal(DecodeStatus.Success, new AdminCodec().TryDecode(ref input, out var read));
            var list = Assert.IsType<RS_ListGroups>(Assert.IsType<AdminBody.Message>(read!.Body).Value);
            Assert.NotEmpty(list.Group);
            seen.AddRange(list.Group.Select(g => g.Name));
            after = next.Length > 0 ? next : null;
        }

        Assert.Equal(all, seen);
    }
}
