using System.Diagnostics;

namespace Quern.Testing;

/// <summary>The real program <c>xz</c>.</summary>
public static class Xz
{
    public static Task<byte[]> CompressAsync(byte[] bytes) => RunAsync("-1", bytes);

    public static Task<byte[]> ExpandAsync(byte[] bytes) => RunAsync("-dc", bytes);

    private static async Task<byte[]> RunAsync(string option, byte[] bytes)
    {
        var start = new ProcessStartInfo("xz") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(option);
        using var process = Process.Start(start)!;
        using var output = new MemoryStream();
        var reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.StandardInput.BaseStream.WriteAsync(bytes);
        process.StandardInput.Close();
        await reading;
        await process.WaitForExitAsync();
        return output.ToArray();
    }
}
