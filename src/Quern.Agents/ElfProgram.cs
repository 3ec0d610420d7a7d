using System.Buffers.Binary;
using System.Text;

namespace Quern.Agents;

/// <summary>Reads what kind of machine a Linux program is for.</summary>
/// <remarks>
/// ELF header (System V ABI, chapter 4): <c>7f 45 4c 46</c>, class (1: 32 bit, 2: 64 bit), byte order (1: little), …; at 16 the type, at 18 the
/// machine; then where the program headers are. The one of type <c>PT_INTERP</c> names the dynamic loader, which tells the C library.
/// </remarks>
public static class ElfProgram
{
    private const int Executable = 2, Dynamic = 3, Interpreter = 3;
    private const int MaxHeaders = 64;
    private const int MaxLoaderBytes = 256;

    /// <summary>Why a program cannot run on a platform; null when it can.</summary>
    /// <param name="program">All of it; nothing in it is believed.</param>
    public static string? Problem(ReadOnlySpan<byte> program, AgentPlatform platform)
    {
        if (program.Length < 64 || !program.StartsWith("\u007fELF"u8)) return "it is no Linux program (its ELF header is missing)";
        int bits = program[4] == 2 ? 64 : 32;
        if (program[5] != 1) return "it is for machines of the other byte order";
        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(program[16..]), machine = BinaryPrimitives.ReadUInt16LittleEndian(program[18..]);
        if (type is not (Executable or Dynamic)) return "it is a part of a program, not one that can be run";
        if (machine != platform.ElfMachine || bits != platform.ElfBits)
            return $"it is for {NameOf(machine, bits)}, and {platform} means {NameOf(platform.ElfMachine, platform.ElfBits)}";
        string? loader = LoaderOf(program, bits);
        return loader is null || loader == platform.Loader ? null : $"it needs the loader {Printable(loader)}, and {platform} means {platform.Loader}";
    }

    /// <summary>Null for a program that stands alone, or whose headers make no sense.</summary>
    private static string? LoaderOf(ReadOnlySpan<byte> program, int bits)
    {
        bool wide = bits == 64;
        ulong table = wide ? BinaryPrimitives.ReadUInt64LittleEndian(program[32..]) : BinaryPrimitives.ReadUInt32LittleEndian(program[28..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(program[(wide ? 54 : 42)..]);
        int count = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(program[(wide ? 56 : 44)..]), (ushort)MaxHeaders);
        if (size < (wide ? 56 : 32)) return null;
        for (int i = 0; i < count; i++)
        {
            ulong at = table + (ulong)(i * size);
            if (at > (ulong)program.Length || (ulong)program.Length - at < (ulong)size) return null;
            var header = program[(int)at..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Interpreter) continue;
            ulong offset = wide ? BinaryPrimitives.ReadUInt64LittleEndian(header[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            ulong length = wide ? BinaryPrimitives.ReadUInt64LittleEndian(header[32..]) : BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
            if (length is 0 or > MaxLoaderBytes || offset > (ulong)program.Length || (ulong)program.Length - offset < length) return null;
            return Encoding.Latin1.GetString(program.Slice((int)offset, (int)length)).TrimEnd('\0');
        }
        return null;
    }

    private static string NameOf(ushort machine, int bits) =>
        AgentPlatform.All.FirstOrDefault(p => p.ElfMachine == machine && p.ElfBits == bits)?.Uname[0] ?? $"ELF machine {machine} with {bits} bits";

    private static string Printable(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' ? c : '?'));
}
