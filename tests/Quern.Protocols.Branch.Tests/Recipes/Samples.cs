namespace Quern.Protocols.Branch.Tests.Recipes;

internal static class Samples
{
    public const string Full = """
        # libpng, for the tests
        name=libpng
        version=1.6.39
        description=PNG library
        real_version=3

        source=https://example.org/libpng-1.6.39.tar.xz
        extra_sources=[https://example.org/a.patch][0195b1de-0000-7000-8000-000000000001]
        dependencies=[zlib]
        builddeps=[zlib][make]
        crossdeps=
        # Quern's own
        sha256=[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa][-]
        architectures=[x86_64][aarch64]
        network=no
        tests=cd build && ./pngtest
        tests=test -e "$PKG_INSTALL_DIR/usr/lib/libpng.so"
        build={
        cd libpng-*
          ./configure --prefix=/usr

        make
        }

        """;

    public const string Small = "name=a\nversion=1\nreal_version=1\nbuild={\nmake\n}";

    public static string[] All => [Full, Small, "", "build={", "[=]\n}\nbuild=\n}", "name=\uFEFF\ud800\n#=\n \t\nbuild={\n}x\n}\nbuild={\n}"];
}
