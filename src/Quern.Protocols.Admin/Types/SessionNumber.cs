using Quern.Admin.V1;

namespace Quern.Protocols.Admin;

/// <summary>
/// The number of one connection ("SID"): a positive 31-bit integer, never 0.
/// <code>
/// bits 0-2 instance type, 3-7 instance flavor (its low five bits), 8-30 random, 31 zero
/// </code>
/// Administration protocol, "Session".
/// </summary>
public static class SessionNumber
{
    private const int BaseBits = 23;

    /// <summary>From what a peer says it is and a random base, whose low 23 bits are used.</summary>
    public static int Of(InstanceType type, InstanceFlavor flavor, int random) =>
        ((random & ((1 << BaseBits) - 1)) << 8) | (((int)flavor & 31) << 3) | ((int)type & 7);
}
