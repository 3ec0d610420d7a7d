using System.Collections.Immutable;
using Quern.Packaging.Planning;

namespace Quern.Cli.Demo;

/// <summary>What <c>quern demo</c> was asked for.</summary>
internal sealed record DemoOptions
{
    /// <summary>Where everything is kept, so that a second run finds what is built already.</summary>
    public required string DataFolder { get; init; }

    /// <summary>An unmodified <c>buildbot-worker</c> instead of the embedded one.</summary>
    public bool StockWorker { get; init; }

    /// <summary>Jobs at once. Default 2: the machine that the time limit is set for has two cores.</summary>
    public int Slots { get; init; } = 2;

    public Isolation Isolation { get; init; } = Isolation.Sandbox;

    /// <summary>
    /// What the root holds besides Debian's essential packages: compilers and tools, and no development file of anything the
    /// demo builds.
    /// </summary>
    public ImmutableArray<string> RootPackages { get; init; } =
        ["gcc", "libc6-dev", "make", "perl", "m4", "pkgconf", "xz-utils", "bzip2", "file", "patch", "autoconf", "automake", "libtool", "bison", "flex"];
}
