using System.Text.Json.Nodes;

namespace Quern.Cli.Client;

/// <summary>What is asked of people who show who they are, and how a code is asked for once it is wanted.</summary>
internal static class Questions
{
    public const string Password = "Password: ";
    public const string Code = "One-time code or recovery code: ";

    /// <summary>Longer texts are recovery codes.</summary>
    private const int MaxCode = 8;

    /// <summary>Posts a password, and once more with a code where the account has codes.</summary>
    public static async Task<JsonObject> PostAsync(FarmClient farm, string path, JsonObject request, Func<Task<string>> askCode, CancellationToken stop)
    {
        try
        {
            return await farm.PostAsync(path, request, stop);
        }
        catch (CommandFailedException e) when (e.Data["title"] is "Code needed")
        {
            string code = await askCode();
            request[IsRecovery(code) ? "recovery_code" : "code"] = code;
            return await farm.PostAsync(path, request, stop);
        }
    }

    public static bool IsRecovery(string code) => code.Length > MaxCode;
}
