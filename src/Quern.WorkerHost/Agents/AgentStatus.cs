namespace Quern.WorkerHost;

/// <summary>What <c>quern-worker agent status</c> prints.</summary>
internal static class AgentStatus
{
    private const int NotIn = 1;

    /// <returns>The exit code: 0 for an agent with a certificate that is in force, else 1.</returns>
    /// <exception cref="IOException">Its files cannot be read.</exception>
    public static int Print(string state, DateTimeOffset now, TextWriter output)
    {
        if (!Directory.Exists(state))
        {
            output.WriteLine($"no agent was ever run in {state}");
            return NotIn;
        }
        var folder = new AgentFolder(state);
        var identity = folder.ReadIdentity();
        string last = File.Exists(folder.StatusFile) ? File.ReadAllText(folder.StatusFile).Trim() : "nothing";
        if (identity is null)
        {
            output.WriteLine(File.Exists(folder.AskedKeyFile) ? "it has asked for a certificate and has none yet" : "it has not asked for a certificate yet");
            output.WriteLine($"last:        {last}");
            return NotIn;
        }
        bool over = identity.NotAfter <= now;
        output.WriteLine($"agent:       {identity.Uuid}");
        output.WriteLine($"name:        {identity.Name} (when the certificate was made)");
        output.WriteLine($"group:       {identity.Group}");
        output.WriteLine($"certificate: {(over ? "over since" : "good until")} {identity.NotAfter:yyyy-MM-dd HH:mm}Z, renewed from {identity.RenewAt:yyyy-MM-dd HH:mm}Z on");
        output.WriteLine($"last:        {last}");
        return over ? NotIn : 0;
    }
}
