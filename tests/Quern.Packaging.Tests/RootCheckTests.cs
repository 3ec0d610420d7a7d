using Quern.Packaging.PackageFiles;
using Quern.Packaging.Roots;
using Xunit;

namespace Quern.Packaging.Tests;

public sealed class RootCheckTests
{
    private static PackageMember[] Members(params string[] paths) =>
        [.. paths.Select(p => new PackageMember(p, MemberKind.File, 1, 0x1A4, null, null))];

    private static readonly PackageMember[] Zlib = Members("/usr/include/zlib.h", "/usr/lib/x/libz.so", "/usr/lib/x/libz.so.1", "/usr/lib/x/pkgconfig/zlib.pc");

    [Theory]
    [InlineData("/usr/include/zlib.h")]
    [InlineData("/usr/lib/x/libz.so")]
    [InlineData("/lib/x/libz.so")]
    [InlineData("/usr/lib/libz.so")]
    [InlineData("/usr/lib/x/libz.a")]
    [InlineData("/usr/share/pkgconfig/zlib.pc")]
    public void A_development_file_of_a_farm_package_in_the_root_is_found(string path) =>
        Assert.Equal([path], RootCheck.DevelopmentFiles(["/usr/bin/gcc", "/usr/include/stdio.h", path], Zlib));

    [Fact]
    public void A_clean_root_passes() =>
        Assert.Empty(RootCheck.DevelopmentFiles(["/usr/bin/gcc", "/usr/include/other/zlib.h", "/usr/lib/x/libz.so.1", "/usr/lib/x/libc.a"], Zlib));

    [Fact]
    public void Only_libraries_that_Debian_needs_itself_may_be_there_twice()
    {
        var png = Members("/usr/lib/x/libpng16.so.16.39.0");

        Assert.Equal(["/usr/lib/x/libpng16.so.16"], RootCheck.Libraries(["/usr/lib/x/libz.so.1", "/usr/lib/x/libpng16.so.16"], [.. Zlib, .. png]));
    }
}
