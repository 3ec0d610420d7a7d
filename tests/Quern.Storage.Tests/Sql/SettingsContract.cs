using System.Text.Json.Nodes;
using Quern.Model;
using Quern.Testing;
using Xunit;

namespace Quern.Storage.Tests;

/// <summary>The banner, maintenance, and by what peers know the farm.</summary>
public abstract class SettingsContract(ITestDatabase database) : StoreContract(database)
{
    private static readonly byte[] Picture = [0x89, 0x50, 0x4e, 0x47, 0, 255];

    [Fact]
    public async Task Before_there_is_a_banner_it_is_empty()
    {
        var banner = await Store.ReadBannerAsync(Cancellation);

        Assert.Equal(("", true, false, null), (banner.Message, banner.Image.IsEmpty, banner.Maintenance, banner.DrainAt));
        Assert.Empty(await KindsAsync());
    }

    [Fact]
    public async Task A_banner_is_read_as_it_was_saved_and_each_change_keeps_the_rest()
    {
        var due = Time.GetUtcNow() + TimeSpan.FromMinutes(1);
        await Store.ChangeBannerAsync(_ => new StoredBanner("wartung ab zwölf", Picture, true) { DrainAt = due }, Someone, Cancellation);

        var changed = await Store.ChangeBannerAsync(b => b with { Message = "" }, Someone, Cancellation);

        foreach (var banner in (StoredBanner[])[changed, await Store.ReadBannerAsync(Cancellation)])
        {
            Assert.Equal(("", true, due), (banner.Message, banner.Maintenance, banner.DrainAt));
            Assert.Equal(Picture, banner.Image.ToArray());
        }
        var over = await Store.ChangeBannerAsync(b => new StoredBanner(b.Message, default, false), Someone, Cancellation);
        Assert.Equal((true, false, null), (over.Image.IsEmpty, over.Maintenance, over.DrainAt));
    }

    [Fact]
    public async Task A_change_is_in_the_journal_with_what_was_before_and_without_the_picture()
    {
        await Store.ChangeBannerAsync(_ => new StoredBanner("one", Picture, false), Someone, Cancellation);
        await Store.ChangeBannerAsync(b => b with { Message = "two", Maintenance = true }, Someone, Cancellation);

        var events = await Store.ReadJournalAsync(0, 10, Cancellation);
        Assert.Equal(["banner.saved", "banner.saved"], events.Select(e => e.Kind));
        var data = JsonNode.Parse(events[1].Data)!;
        Assert.Equal(("one", "two", false, true), (
            data["before"]!["message"]!.ToString(), data["after"]!["message"]!.ToString(),
            data["before"]!["maintenance"]!.GetValue<bool>(), data["after"]!["maintenance"]!.GetValue<bool>()));
        Assert.Equal(Sha256Hash.Of(Picture).Hex, data["after"]!["image_sha256"]!.ToString());
        Assert.DoesNotContain(Convert.ToBase64String(Picture), events[0].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_changes_at_once_none_is_lost()
    {
        var other = await OpenAsync(new StoreOptions { Connection = Connection });

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? Store : other)
            .ChangeBannerAsync(b => b with { Message = b.Message + "x" }, Someone, Cancellation)));

        Assert.Equal(new string('x', 20), (await Store.ReadBannerAsync(Cancellation)).Message);
    }

    [Fact]
    public async Task Every_process_of_a_farm_has_its_uuid()
    {
        var other = await OpenAsync(new StoreOptions { Connection = Connection });

        var uuids = await Task.WhenAll(Store.FarmUuidAsync(Cancellation), other.FarmUuidAsync(Cancellation));

        Assert.True(Guid.TryParseExact(uuids[0], "D", out _), uuids[0]);
        Assert.Equal(uuids[0], uuids[1]);
        Assert.Equal(uuids[0], await Store.FarmUuidAsync(Cancellation));
    }
}
