using System.CommandLine;
using System.Text.Json.Nodes;
using Quern.Cli.Client;

namespace Quern.Cli.Commands;

/// <summary>What everybody is shown before signing in, and maintenance.</summary>
internal static class BannerCommands
{
    private const int MaxImage = 1024 * 1024;

    private static readonly Option<string?> Message = new("--message") { Description = "one line of up to 128 characters; '' for none", HelpName = "TEXT" };
    private static readonly Option<string?> Image = new("--image") { Description = "a PNG of up to 1 MiB; '' for none", HelpName = "FILE" };
    private static readonly Option<string?> Maintenance = new("--maintenance") { Description = "on or off: meanwhile only those sign in who may", HelpName = "on|off" };
    private static readonly Option<bool> Drain = new("--drain") { Description = "ends the sessions of all others a minute from now" };

    public static Command Make(CommandMaker make) => CommandMaker.Group("banner", "What everybody is shown before signing in, and maintenance",
        make.Make("show", "Shows it", ShowAsync),
        make.Make("set", "Changes it; what is left out stays", SetAsync, Message, Image, Maintenance, Drain));

    /// <summary>Shows somebody who is about to sign in what there is to know.</summary>
    public static async Task NoteAsync(CommandContext c, Uri server, CancellationToken stop)
    {
        try
        {
            using var farm = new FarmClient(server, null);
            // A farm of an earlier version has none.
            if (await farm.FindAsync("/api/v1/banner", stop) is not { } banner) return;
            if (Show.Text(banner, "message") is { Length: > 0 } text) c.Terminal.Note(text);
            if (banner["maintenance"]?.GetValue<bool>() == true) c.Terminal.Note("The farm is in maintenance: only those who look after it can sign in.");
        }
        catch (CommandFailedException)
        {
            // Signing in will tell.
        }
    }

    private static async Task<int> ShowAsync(CommandContext c, CancellationToken stop)
    {
        using var farm = c.Connect();
        Print(c, await farm.GetAsync("/api/v1/banner", stop));
        return ExitCode.Success;
    }

    private static async Task<int> SetAsync(CommandContext c, CancellationToken stop)
    {
        var change = new JsonObject();
        if (c.Result.GetValue(Message) is { } message) change["message"] = message;
        if (c.Result.GetValue(Image) is { } image) change["image"] = image.Length == 0 ? "" : await ReadAsync(image, stop);
        if (c.Result.GetValue(Maintenance) is { } maintenance)
        {
            change["maintenance"] = maintenance switch
            {
                "on" => true,
                "off" => false,
                _ => throw new CommandFailedException(ExitCode.Usage, $"--maintenance is 'on' or 'off', not '{maintenance}'."),
            };
        }
        if (c.Result.GetValue(Drain)) change["drain"] = true;
        if (change.Count == 0) throw new CommandFailedException(ExitCode.Usage, "Say what is to be different: --message, --image, --maintenance or --drain.");
        using var farm = c.Connect();
        Print(c, await farm.PutAsync("/api/v1/banner", change, stop));
        return ExitCode.Success;
    }

    private static async Task<string> ReadAsync(string path, CancellationToken stop)
    {
        string file = InputFile.Checked(path);
        if (new FileInfo(file).Length > MaxImage) throw new CommandFailedException(ExitCode.Failed, $"'{path}' has over {MaxImage} bytes; a banner's image has up to 1 MiB.");
        return Convert.ToBase64String(await File.ReadAllBytesAsync(file, stop));
    }

    private static void Print(CommandContext c, JsonObject banner)
    {
        if (c.Json)
        {
            c.WriteJson(banner);
            return;
        }
        c.Terminal.Line($"version      {Show.Text(banner, "version")}");
        c.Terminal.Line($"message      {Show.Text(banner, "message")}");
        c.Terminal.Line($"image        {(banner["image"] is null ? "none" : Show.Text(banner, "image_sha256"))}");
        c.Terminal.Line($"maintenance  {(banner["maintenance"]?.GetValue<bool>() == true ? "on" : "off")}");
    }
}
