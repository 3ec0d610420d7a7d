using System.IO.Compression;

namespace Quern.Agents;

/// <summary>A folder <c>quern-agent</c> with the program, its configuration, the systemd unit and an installer: for machines of every kind.</summary>
internal sealed class TarGzPackager : IAgentPackager
{
    private const string Top = "quern-agent";

    public string Format => "tar.gz";

    public bool NeedsBase => false;

    public string? Refuses(AgentPlatform platform) => null;

    public string FileNameOf(AgentBundle bundle) => $"quern-agent-{bundle.FullVersion}-{bundle.Platform}.tar.gz";

    public void Write(AgentBundle bundle, Stream output)
    {
        using var gzip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        using var tar = new TarFiles(gzip, bundle.Made);
        tar.Folder(Top);
        tar.File($"{Top}/agent.json", bundle.Configuration, FileModes.Private);
        tar.File($"{Top}/install.sh", InstallerOf(bundle.Platform), FileModes.Program);
        tar.File($"{Top}/quern-agent.service", SystemdUnit.For(SystemdUnit.OptProgram), FileModes.Text);
        tar.File($"{Top}/quern-worker", bundle.Program, FileModes.Program);
    }

    /// <summary>Installs what lies beside it.</summary>
    internal static byte[] InstallerOf(AgentPlatform platform) => PackageText.Of("install.sh",
        ("RID", platform.Rid), ("MACHINES", string.Join(' ', platform.Uname)), ("LOADER", platform.Loader));
}
