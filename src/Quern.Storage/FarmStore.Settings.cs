using System.Globalization;
using System.Text.Json.Nodes;
using Quern.Model;

namespace Quern.Storage;

/// <content>Few things of the farm itself.</content>
public sealed partial class FarmStore
{
    private const string MessageSetting = "banner.message", ImageSetting = "banner.image", MaintenanceSetting = "maintenance", DrainSetting = "maintenance.drain_at";
    private const string UuidSetting = "uuid";

    /// <summary>The banner; an empty one before there was any.</summary>
    public Task<StoredBanner> ReadBannerAsync(CancellationToken cancellationToken) => ReadAsync(ReadBannerAsync, cancellationToken);

    /// <summary>Changes the banner in one piece: nobody sees half of a change, and of two at once none is lost.</summary>
    /// <returns>As it is now.</returns>
    public Task<StoredBanner> ChangeBannerAsync(Func<StoredBanner, StoredBanner> change, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            // Whoever changes it holds this row; SQLite has one writer anyway.
            await PutSettingAsync(w, "banner.changed", w.Time.ToString(CultureInfo.InvariantCulture));
            var before = await ReadBannerAsync(w.Sql);
            var after = change(before);
            await PutSettingAsync(w, MessageSetting, after.Message);
            await PutSettingAsync(w, ImageSetting, Convert.ToBase64String(after.Image.Span));
            await PutSettingAsync(w, MaintenanceSetting, after.Maintenance ? "on" : "");
            await PutSettingAsync(w, DrainSetting, after.DrainAt is null ? "" : UnixMicroseconds.From(after.DrainAt.Value).ToString(CultureInfo.InvariantCulture));
            w.Emit(EventKinds.BannerSaved, "banner", actor.Name, EventData.By(actor, ("before", FactsOf(before)), ("after", FactsOf(after))));
            return after;
        }, cancellationToken);

    /// <summary>The UUID by which peers know this farm, made when it is first asked for.</summary>
    public Task<string> FarmUuidAsync(CancellationToken cancellationToken) =>
        WriteAsync(async w =>
        {
            await w.Sql.ExecuteAsync("INSERT INTO settings (name, value) VALUES (@name, @value) ON CONFLICT (name) DO NOTHING",
                ("name", UuidSetting), ("value", Guid.NewGuid().ToString("D")));
            return (await w.Sql.ScalarAsync<string>("SELECT value FROM settings WHERE name = @name", ("name", UuidSetting)))!;
        }, cancellationToken);

    private static Task<int> PutSettingAsync(WriteSession w, string name, string value) => w.Sql.ExecuteAsync(
        "INSERT INTO settings (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value", ("name", name), ("value", value));

    private static async Task<StoredBanner> ReadBannerAsync(Session session)
    {
        var settings = (await ListAsync(session, r => (Name: r.GetString(0), Value: r.GetString(1)), "SELECT name, value FROM settings"))
            .ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal);
        string Of(string name) => settings.GetValueOrDefault(name, "");
        return new StoredBanner(Of(MessageSetting), Convert.FromBase64String(Of(ImageSetting)), Of(MaintenanceSetting).Length > 0)
        {
            DrainAt = Of(DrainSetting) is { Length: > 0 } at ? UnixMicroseconds.ToTime(long.Parse(at, CultureInfo.InvariantCulture)) : null,
        };
    }

    private static JsonObject FactsOf(StoredBanner banner) => new()
    {
        ["message"] = banner.Message,
        ["image_sha256"] = banner.Image.IsEmpty ? "" : Sha256Hash.Of(banner.Image.Span).Hex,
        ["maintenance"] = banner.Maintenance,
        ["drain"] = banner.DrainAt is not null,
    };
}
