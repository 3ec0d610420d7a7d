using Quern.Model;

namespace Quern.Packaging.Planning;

/// <summary>A fetched source.</summary>
/// <param name="FileName">What the build script finds it as; made safe by <c>SourceAddress.SafeFileName</c>.</param>
/// <param name="Sha256">Its blob.</param>
/// <param name="IsMain">The recipe's <c>source</c>, which is unpacked when it is a tar archive; extra sources never are.</param>
public sealed record PlannedSource(string FileName, Sha256Hash Sha256, bool IsMain);
