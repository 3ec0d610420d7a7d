namespace Quern.Agents;

/// <summary>Modes of files in packages; C# has no octal numbers.</summary>
internal static class FileModes
{
    public const int Program = 0x1ED;      // 0755
    public const int Text = 0x1A4;         // 0644
    public const int Private = 0x180;      // 0600
    public const int Folder = 0x1ED;       // 0755
    public const int PrivateFolder = 0x1C0;  // 0700
}
