using System.Diagnostics;
using System.Security.Cryptography;
using Quern.Testing;

namespace Quern.WorkerHost.Tests.Agents;

public sealed class AgentProgramsTests
{
    /// <summary>So it is in the field: the program that the farm has sent is asked to put itself in place.</summary>
    [Fact]
    public void A_program_that_runs_is_adopted()
    {
        using var folder = new ScratchFolder();
        string program = folder["sent"];
        File.Copy("/bin/sleep", program);
        string name = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(program)));
        using var running = Process.Start(program, "600");
        try
        {
            new AgentPrograms(folder["state"]).Adopt(program);

            Assert.Equal(folder[$"state/program/{name}"], new AgentPrograms(folder["state"]).Next());
            Assert.False(File.Exists(program));
        }
        finally
        {
            running.Kill();
            running.WaitForExit();
        }
    }
}
