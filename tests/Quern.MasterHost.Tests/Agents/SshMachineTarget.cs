using Quern.Peers.Estate;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Agents;

internal static class SshMachineTarget
{
    /// <summary>The machine as something to bring an agent to, without a secret.</summary>
    public static SshTarget Target(this SshMachine machine, string user = "root") => new("127.0.0.1", machine.Port, user, machine.HostKey);
}
