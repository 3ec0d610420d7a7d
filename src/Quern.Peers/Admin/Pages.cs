using Google.Protobuf;
using Quern.Peers.Estate;
using Quern.Protocols.Admin;

namespace Quern.Peers.Admin;

/// <summary>How long a part of a list is.</summary>
internal static class Pages
{
    private const int Default = 100, Most = 1000;

    /// <summary>Of one answer; a quarter of what peers take.</summary>
    private const int MaxBytes = AdminLimits.MaxFrame / 4;

    /// <summary>Of one answer: with room for what stands around the list.</summary>
    private const int MaxParts = AdminLimits.MaxElements - 100;

    /// <summary>A field's number and length.</summary>
    private const int HeadBytes = 6;

    public static int Size(uint asked) => asked == 0 ? Default : (int)Math.Min(asked, Most);

    /// <summary>As many items of a page as one answer has room for, one at least, and the token for those that follow.</summary>
    /// <param name="tokenOf">The token of the page that begins behind an item.</param>
    public static (IReadOnlyList<TMessage> Items, string Next) Fitting<TItem, TMessage>(Page<TItem> page, Func<TItem, TMessage> of, Func<TItem, string> tokenOf)
        where TMessage : IMessage
    {
        var items = new List<TMessage>(page.Items.Length);
        int bytes = 0, parts = 0;
        foreach (var item in page.Items)
        {
            var message = of(item);
            bytes += message.CalculateSize() + HeadBytes;
            parts += PayloadBounds.PartsOf(message) + 1;
            if (items.Count > 0 && (bytes > MaxBytes || parts > MaxParts)) return (items, tokenOf(page.Items[items.Count - 1]));
            items.Add(message);
        }
        return (items, page.Next);
    }
}
