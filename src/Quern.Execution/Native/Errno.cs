using System.Runtime.InteropServices;

namespace Quern.Execution;

/// <summary>Error numbers as the C library words them, for instance <c>No such file or directory</c>.</summary>
internal static class Errno
{
    public static string Message(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
