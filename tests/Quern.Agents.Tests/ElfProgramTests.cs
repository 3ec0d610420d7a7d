using System.Text;

namespace Quern.Agents.Tests;

public sealed class ElfProgramTests
{
    [Fact]
    public void A_program_of_this_machine_fits_its_platform_and_no_other()
    {
        byte[] program = Made.Runnable().Program.ToArray();

        Assert.Null(ElfProgram.Problem(program, AgentPlatform.Here!));
        foreach (var other in AgentPlatform.All.Where(p => p != AgentPlatform.Here))
            Assert.NotNull(ElfProgram.Problem(program, other));
    }

    [Theory]
    [InlineData(62, 2, "linux-x64", null)]
    [InlineData(183, 2, "linux-x64", "it is for aarch64, and linux-x64 means x86_64")]
    [InlineData(62, 2, "linux-arm64", "it is for x86_64, and linux-arm64 means aarch64")]
    [InlineData(40, 1, "linux-arm", null)]
    [InlineData(40, 2, "linux-arm", "it is for ELF machine 40 with 64 bits, and linux-arm means armv7l")]
    [InlineData(8, 1, "linux-x64", "it is for ELF machine 8 with 32 bits, and linux-x64 means x86_64")]
    public void The_machine_must_be_the_platforms(ushort machine, byte width, string rid, string? problem) =>
        Assert.Equal(problem, ElfProgram.Problem(Elf(machine, width), Made.Platform(rid)));

    [Theory]
    [InlineData("/lib64/ld-linux-x86-64.so.2", "linux-x64", null)]
    [InlineData("/lib/ld-musl-x86_64.so.1", "linux-musl-x64", null)]
    [InlineData("/lib/ld-musl-x86_64.so.1", "linux-x64", "it needs the loader /lib/ld-musl-x86_64.so.1, and linux-x64 means /lib64/ld-linux-x86-64.so.2")]
    [InlineData("/x\u001b[2Jy", "linux-x64", "it needs the loader /x??2Jy, and linux-x64 means /lib64/ld-linux-x86-64.so.2")]
    public void The_C_library_must_be_the_platforms(string loader, string rid, string? problem) =>
        Assert.Equal(problem, ElfProgram.Problem(Elf(62, 2, loader), Made.Platform(rid)));

    [Theory]
    [InlineData("")]
    [InlineData("#!/bin/sh\nexec something long enough to be a header of a program, but a script\n")]
    public void What_is_no_program_is_refused(string text) =>
        Assert.Contains("no Linux program", ElfProgram.Problem(Encoding.UTF8.GetBytes(text), Made.Platform("linux-x64")), StringComparison.Ordinal);

    [Fact, Trait("CWE", "125")]
    public void Whatever_a_header_says_nothing_outside_of_the_file_is_read()
    {
        byte[] good = Elf(62, 2, "/lib64/ld-linux-x86-64.so.2");
        var random = new Random(20261129);

        for (int round = 0; round < 20_000; round++)
        {
            byte[] bad = [.. good.AsSpan(0, random.Next(good.Length + 1))];
            for (int change = random.Next(1, 6); change > 0 && bad.Length > 4; change--) bad[random.Next(4, bad.Length)] = (byte)random.Next(256);
            ElfProgram.Problem(bad, Made.Platform("linux-x64"));
        }
    }

    /// <summary>A header, and one program header that names a loader.</summary>
    private static byte[] Elf(ushort machine, byte width, string? loader = null)
    {
        byte[] program = new byte[512];
        "\u007fELF"u8.CopyTo(program);
        (program[4], program[5], program[16], program[18], program[19]) = (width, 1, 3, (byte)machine, (byte)(machine >> 8));
        if (loader is null) return program;
        byte[] text = Encoding.Latin1.GetBytes(loader);
        text.CopyTo(program, 200);
        (program[32], program[54], program[56]) = (64, 56, 1);
        (program[64], program[64 + 8], program[64 + 32]) = (3, 200, (byte)(text.Length + 1));
        return program;
    }
}
