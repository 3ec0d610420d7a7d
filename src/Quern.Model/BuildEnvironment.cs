namespace Quern.Model;

/// <summary>The two kinds of build; their roots and artifacts are never mixed.</summary>
public enum BuildEnvironment
{
    Release,
    Cross,
}
