using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Quern.Model;
using Quern.Peers.Estate;

namespace Quern.MasterHost.Agents.Deployment;

/// <summary>
/// Brings agents to machines by the system's <c>ssh</c>. The machine must have the host key that was given; secrets go to the programs by pipes and
/// are overwritten afterwards where they can be (a string cannot; nothing keeps it).
/// </summary>
/// <param name="owner">A folder of this master alone: tells what it left behind from what another one on this machine uses.</param>
internal sealed class SshDeployer(string owner, TimeProvider time)
{
    private const int PieceBytes = 256 << 10;
    private const string DefaultPath = "/opt/quern-agent";

    private const string GoesOn = "The machine finishes what it has begun; if the agent does not join, look there with 'systemctl status quern-agent', and order it again";

    private static readonly TimeSpan CommandTime = TimeSpan.FromMinutes(2);

    /// <summary>The builder serves others too: a machine that hangs is given up.</summary>
    private static readonly TimeSpan WholeTime = TimeSpan.FromMinutes(15);

    // Arguments: the format, the file, where to install, whether that takes sudo. What is begun comes to its end whoever listens still: so what it
    // says goes to files, and the mark keeps the folder.
    private const string InstallScript = """
        set -eu
        format=$1 file=$2 prefix=$3 sudo=$4
        folder=${file%/*}
        : >"$folder/installing"
        trap 'rm -f "$folder/installing"' EXIT
        as_root() { if [ "$sudo" = yes ]; then sudo -n "$@"; else "$@"; fi; }
        install() {
            case $format in
                sh) as_root sh "$file" --prefix "$prefix" --start ;;
                tar.gz) tar -xzf "$file" -C "$folder" && as_root sh "$folder/quern-agent/install.sh" --prefix "$prefix" --start ;;
                deb) as_root env DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold -i "$file" ;;
                rpm) as_root rpm -U "$file" ;;
            esac
        }
        code=0
        install >"$folder/said" 2>"$folder/errors" </dev/null || code=$?
        cat "$folder/said"
        cat "$folder/errors" >&2
        exit $code
        """;

    private const string RunningScript = """
        tries=0
        until systemctl is-active --quiet quern-agent.service; do
            tries=$((tries + 1))
            [ $tries -lt 10 ] || { systemctl --no-pager --lines=0 status quern-agent.service 2>&1 | sed -n 's/^ *Active: //p' >&2; exit 1; }
            sleep 1
        done
        """;

    private readonly string _folderPrefix = FolderPrefixOf(owner);

    /// <summary>How the folders begin that the programs of a master's deployments talk in.</summary>
    public static string FolderPrefixOf(string owner) => $"quern-ssh-{Sha256Hash.Of(Encoding.UTF8.GetBytes(Path.GetFullPath(owner))).Hex[..8]}-";

    /// <summary>Removes what deployments of a master that was killed left on this machine; there is no secret in it.</summary>
    public void ClearLeft()
    {
        foreach (string folder in Directory.GetDirectories(Path.GetTempPath(), _folderPrefix + "*")) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Runs to the end; what goes wrong is in the outcome.</summary>
    /// <param name="tell">Told of each step before it is begun: how far it is (0 to 100, of the deployment), and what is done.</param>
    public async Task<DeploymentOutcome> DeployAsync(SshTarget target, DeployedAgent agent, Func<AgentBuildStep, int, string, Task> tell, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(WholeTime, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
        // Not in the data folder: the path of a socket has 108 bytes.
        string folder = Directory.CreateTempSubdirectory(_folderPrefix).FullName;
        var step = AgentBuildStep.Connect;
        bool installed = false;
        Task AtAsync(AgentBuildStep next, int percent, string what) => tell(step = next, percent, what);
        try
        {
            await AtAsync(AgentBuildStep.Connect, 0, $"connecting to {target}");
            await using var connection = await WithinAsync(token => SshConnection.OpenAsync(target, folder, time, token), both.Token);
            await AtAsync(AgentBuildStep.Probe, 15, "looking what the machine is");
            var machine = await ProbeAsync(connection, agent, both.Token);
            string prefix = PrefixOf(target, agent, machine);
            if (machine.Problem(agent.Platform, agent.Bytes) is { } problem) throw new SshFailureException(problem);
            await AtAsync(AgentBuildStep.Upload, 20, $"sending {agent.Bytes} bytes");
            string file = $"{connection.Folder}/artifact";
            await UploadAsync(connection, agent, file, percent => AtAsync(AgentBuildStep.Upload, 20 + (percent / 2), $"sent {percent} % of {agent.Bytes} bytes"), both.Token);
            await AtAsync(AgentBuildStep.Install, 75, $"installing the {agent.Format}");
            string said = await InstallAsync(connection, agent.Format, file, prefix, machine, both.Token);
            installed = true;
            await AtAsync(AgentBuildStep.Start, 90, "looking whether it runs");
            return new DeploymentOutcome(true, true, await RunsAsync(connection, agent.Format, machine, said, both.Token));
        }
        catch (SshFailureException e)
        {
            return new DeploymentOutcome(false, installed || e.GoesOn, $"{target}, {WordOf(step)}: {e.Message}.");
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            bool goesOn = step == AgentBuildStep.Install;
            return new DeploymentOutcome(false, installed || goesOn, $"{target}, {WordOf(step)}: it took too long{(goesOn ? $". {GoesOn}" : "")}.");
        }
        finally
        {
            if (MemoryMarshal.TryGetArray(target.PrivateKey, out var key)) CryptographicOperations.ZeroMemory(key);
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<RemoteMachine> ProbeAsync(SshConnection connection, DeployedAgent agent, CancellationToken stopping)
    {
        string[] programs = agent.Format switch { "deb" => ["dpkg", "sha256sum"], "rpm" => ["rpm", "sha256sum"], _ => ["tar", "gzip", "sha256sum"] };
        var said = await WithinAsync(token => connection.RunScriptAsync(RemoteMachine.Script, [connection.Folder, agent.Platform.Loader, .. programs], token), stopping);
        return said.Succeeded && RemoteMachine.Read(said.Output) is { } machine ? machine : throw new SshFailureException($"it did not say what it is: {said.LastLine}");
    }

    /// <exception cref="SshFailureException">The user may not install there.</exception>
    private static string PrefixOf(SshTarget target, DeployedAgent agent, RemoteMachine machine)
    {
        string path = target.InstallPath.Length > 0 ? target.InstallPath.TrimEnd('/') : DefaultPath;
        if (machine.IsRoot) return path;
        if (agent.Format is "deb" or "rpm")
            throw new SshFailureException($"user {target.User} is not root and cannot become it ('sudo -n' asks for a password), which installing a {agent.Format} needs");
        if (target.InstallPath.Length == 0)
            throw new SshFailureException($"user {target.User} is not root and cannot become it ('sudo -n' asks for a password), which installing into {DefaultPath} needs. Sign in as root, allow sudo without a password, or name a folder of the user's own to install into");
        return path;
    }

    private async Task UploadAsync(SshConnection connection, DeployedAgent agent, string file, Func<int, Task> tell, CancellationToken stopping)
    {
        var written = await connection.WriteAsync(file, async (output, token) =>
        {
            await using var input = File.OpenRead(agent.Path);
            byte[] piece = new byte[PieceBytes];
            int read, told = 0;
            while ((read = await input.ReadAsync(piece, token)) > 0)
            {
                await output.WriteAsync(piece.AsMemory(0, read), token);
                int percent = (int)(input.Position * 100 / Math.Max(1, agent.Bytes));
                if (percent >= told + 5) await tell(told = percent);
            }
        }, stopping);
        if (!written.Succeeded) throw new SshFailureException($"the file could not be sent: {written.LastLine}");
        var hash = await WithinAsync(token => connection.RunScriptAsync("sha256sum <\"$1\"", [file], token), stopping);
        if (!hash.Output.StartsWith(agent.Sha256, StringComparison.Ordinal)) throw new SshFailureException("the file arrived with other bytes than it was sent with");
    }

    private async Task<string> InstallAsync(SshConnection connection, string format, string file, string prefix, RemoteMachine machine, CancellationToken stopping)
    {
        var said = await WithinAsync(token => connection.RunScriptAsync(InstallScript, [format, file, prefix, machine.Sudo ? "yes" : "no"], token), stopping);
        if (said.ExitCode == SshConnection.OwnFailure) throw new SshFailureException($"the connection was lost ({said.LastLine}). {GoesOn}", goesOn: true);
        if (!said.Succeeded) throw new SshFailureException($"it could not be installed: {said.LastLine}");
        return said.Output;
    }

    /// <summary>What is true at the end: an agent that does not run is not said to.</summary>
    private async Task<string> RunsAsync(SshConnection connection, string format, RemoteMachine machine, string installer, CancellationToken stopping)
    {
        bool isPackage = format is "deb" or "rpm";
        if (machine.HasSystemd && machine.IsRoot)
        {
            var said = await WithinAsync(token => connection.RunScriptAsync(RunningScript, [], token), stopping);
            return said.Succeeded ? "installed; the service quern-agent runs" : throw new SshFailureException($"it is installed, but the service quern-agent does not run: {said.LastLine}");
        }
        if (isPackage) return "installed, but not started: the machine has no systemd. Start it there: /usr/lib/quern-agent/quern-worker agent run --config /etc/quern-agent/agent.json --state /var/lib/quern-agent";
        return new SystemProgram.Result(0, installer, "").LastLine.Replace("quern-agent: ", "", StringComparison.Ordinal);
    }

    /// <summary>What takes longer than a command should is given up.</summary>
    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(CommandTime, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
        return await work(both.Token);
    }

    private static string WordOf(AgentBuildStep step) => step switch
    {
        AgentBuildStep.Connect => "connecting",
        AgentBuildStep.Probe => "looking what it is",
        AgentBuildStep.Upload => "sending",
        AgentBuildStep.Install => "installing",
        _ => "starting",
    };
}
