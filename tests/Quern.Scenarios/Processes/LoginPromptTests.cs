using Quern.Scenarios.BadDays;
using Quern.Testing;

namespace Quern.Scenarios.Processes;

/// <summary><c>quern login</c> at a terminal, which <c>script</c> plays.</summary>
[Trait("Speed", "Slow")]
public sealed class LoginPromptTests
{
    private const string Password = "open sesame";

    [Fact]
    public async Task The_password_is_asked_for_not_shown_and_signs_in()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder);
        await using var terminal = LoginTerminal.Start(master.Address, folder["client"]);
        await terminal.SeesAsync("Password: ");

        // A slip of the finger, taken back.
        await terminal.TypeAsync($"{Password}x\u007f\r");
        int exitCode = await terminal.EndedAsync();

        Assert.True(exitCode == 0, terminal.Screen);
        Assert.Contains("Signed in to", terminal.Screen, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", terminal.Screen, StringComparison.Ordinal);
        var jobs = await MasterProcess.RunAsync(Programs.Quern, "jobs", "--data", folder["client"], "--server", master.Address.ToString());
        Assert.True(jobs.ExitCode == 0, jobs.Errors);
    }

    [Fact]
    public async Task A_wrong_password_ends_with_3_and_keeps_no_token()
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder);
        await using var terminal = LoginTerminal.Start(master.Address, folder["client"]);
        await terminal.SeesAsync("Password: ");

        await terminal.TypeAsync("wrong\r");

        Assert.Equal(3, await terminal.EndedAsync());
        Assert.Contains("did not take this user and password", terminal.Screen, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["client"]));
    }

    [Theory]
    [InlineData("half", "\u0003")]
    [InlineData("", "\u0004")]
    public async Task Ctrl_C_and_Ctrl_D_leave_the_prompt(string typed, string key)
    {
        using var folder = new ScratchFolder();
        await using var master = await StartAsync(folder);
        await using var terminal = LoginTerminal.Start(master.Address, folder["client"]);
        await terminal.SeesAsync("Password: ");

        await terminal.TypeAsync(typed + key);

        Assert.Equal(1, await terminal.EndedAsync());
        Assert.DoesNotContain("half", terminal.Screen, StringComparison.Ordinal);
    }

    private static async Task<MasterProcess> StartAsync(ScratchFolder folder)
    {
        await File.WriteAllTextAsync(folder["first"], Password + "\n");
        return await MasterProcess.StartAsync(folder["data"], MasterProcess.Up(folder["data"], "--no-worker", "--first-password-file", folder["first"]));
    }
}
