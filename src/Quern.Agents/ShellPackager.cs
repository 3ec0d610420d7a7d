using System.Globalization;
using System.Security.Cryptography;

namespace Quern.Agents;

/// <summary>A shell script that installs itself: some lines of POSIX shell, and behind them the <c>tar.gz</c> that they check and unpack.</summary>
internal sealed class ShellPackager : IAgentPackager
{
    private static readonly TarGzPackager Payload = new();

    public string Format => "sh";

    public bool NeedsBase => false;

    public string? Refuses(AgentPlatform platform) => null;

    public string FileNameOf(AgentBundle bundle) => $"quern-agent-{bundle.FullVersion}-{bundle.Platform}.sh";

    public void Write(AgentBundle bundle, Stream output)
    {
        using var payload = new MemoryStream();
        Payload.Write(bundle, payload);
        var bytes = payload.GetBuffer().AsSpan(0, (int)payload.Length);
        int lines = PackageText.Of("selfinstall.sh").AsSpan().Count((byte)'\n');
        output.Write(PackageText.Of("selfinstall.sh",
            ("VERSION", bundle.FullVersion), ("RID", bundle.Platform.Rid), ("SHA256", Convert.ToHexStringLower(SHA256.HashData(bytes))),
            ("FIRST", (lines + 1).ToString(CultureInfo.InvariantCulture))));
        output.Write(bytes);
    }
}
