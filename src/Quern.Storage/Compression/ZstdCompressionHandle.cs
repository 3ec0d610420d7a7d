using Microsoft.Win32.SafeHandles;

namespace Quern.Storage;

/// <summary>Owns one ZSTD_CCtx, freed exactly once.</summary>
internal sealed class ZstdCompressionHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => ZstdNative.FreeCompression(handle) == 0;
}
