using System.Text.Json.Serialization;

namespace Quern.Model;

/// <summary>Where uploaded bytes go on the master's side.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "to")]
[JsonDerivedType(typeof(Package), "package")]
[JsonDerivedType(typeof(Path), "path")]
public abstract record MasterTarget
{
    private MasterTarget() { }

    /// <summary>The finished package of a recipe's job: verified, stored by content, published when the job succeeds.</summary>
    public sealed record Package : MasterTarget;

    /// <summary>A file or folder under a folder that the configuration allows; absolute path.</summary>
    public sealed record Path(string AbsolutePath) : MasterTarget;
}
