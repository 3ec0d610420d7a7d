using System.Text.Json.Serialization;

namespace Quern.Model;

/// <summary>Where the bytes of a download come from on the master's side.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "from")]
[JsonDerivedType(typeof(Blob), "blob")]
[JsonDerivedType(typeof(File), "file")]
[JsonDerivedType(typeof(Text), "text")]
[JsonDerivedType(typeof(Secret), "secret")]
public abstract record MasterSource
{
    private MasterSource() { }

    /// <summary>A blob of the artifact store.</summary>
    public sealed record Blob(string Sha256) : MasterSource;

    /// <summary>A file under a folder that the configuration allows; absolute path.</summary>
    public sealed record File(string Path) : MasterSource;

    /// <summary>The text itself, as UTF-8.</summary>
    public sealed record Text(string Content) : MasterSource;

    /// <summary>A secret that the configuration names; read when the step runs.</summary>
    public sealed record Secret(string Name) : MasterSource;
}
