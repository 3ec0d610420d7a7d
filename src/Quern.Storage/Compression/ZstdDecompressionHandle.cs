using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>Owns one ZSTD_DCtx, freed exactly once.</summary>
internal sealed class ZstdDecompressionHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => ZstdNative.FreeDecompression(handle) == 0;
}
