using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Quern.Protocols.Buildbot;

/// <summary>The list of <c>set_builder_list</c>: pairs of a name and a directory. Section 13.2.</summary>
internal static class MsgPackBuilders
{
    // A record of two references and its place in the array; what Charge is told.
    private const int BuilderCost = 40;

    public static ImmutableArray<BuilderPlace> Read(ref MsgPackReader reader)
    {
        int count = reader.ReadArrayHeader();
        if (count == 0 || !reader.Charge(64 + ((long)BuilderCost * count))) return [];
        var builders = new BuilderPlace[count];
        for (int i = 0; i < count; i++)
        {
            MsgPackUpdates.ReadExactly(ref reader, 2);
            builders[i] = new BuilderPlace(reader.ReadString(), reader.ReadString());
            if (reader.Status is not DecodeStatus.Success) return [];
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(builders);
    }

    public static void Write(in MsgPackWriter writer, ImmutableArray<BuilderPlace> builders)
    {
        writer.WriteArrayHeader(builders.Length);
        foreach (BuilderPlace builder in builders)
        {
            writer.WriteArrayHeader(2);
            writer.WriteString(builder.Name);
            writer.WriteString(builder.Directory);
        }
    }
}
