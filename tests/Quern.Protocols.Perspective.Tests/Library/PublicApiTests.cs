using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Quern.Protocols.Perspective.Library;

/// <summary>What others build on changes only on purpose: it stands in <c>PublicApi.txt</c>.</summary>
public sealed class PublicApiTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void The_public_surface_is_the_one_that_is_written_down()
    {
        string[] actual = [.. typeof(PerspectiveConnection).Assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal).SelectMany(Lines)];
        string written = Path.Combine(AppContext.BaseDirectory, "Library", "PublicApi.txt");
        string found = Path.ChangeExtension(written, ".found.txt");
        File.WriteAllLines(found, actual);

        Assert.True(
            File.ReadAllLines(written).SequenceEqual(actual),
            $"The public surface has changed. When that is meant, put {found} in the place of Library/PublicApi.txt of this project.");
    }

    private static IEnumerable<string> Lines(Type type)
    {
        string kind = type.IsInterface ? "interface" : type.IsValueType ? "struct" : type is { IsAbstract: true, IsSealed: true } ? "static class" : "class";
        yield return $"{kind} {Name(type)}";
        foreach (string member in type.GetMembers(Declared).Where(IsWritten).Select(Line).Order(StringComparer.Ordinal)) yield return $"    {member}";
    }

    /// <summary>Not what the compiler makes for records and properties.</summary>
    private static bool IsWritten(MemberInfo member) => member switch
    {
        Type => false,
        MethodInfo m when m.IsSpecialName => m.Name.StartsWith("op_Implicit", StringComparison.Ordinal),
        MethodBase m when m.IsDefined(typeof(CompilerGeneratedAttribute)) => false,
        MethodInfo { Name: "Equals" or "GetHashCode" or "ToString" } => false,
        _ => true,
    };

    private static string Line(MemberInfo member) => member switch
    {
        ConstructorInfo c => $"new({Parameters(c)})",
        MethodInfo m => $"{(m.IsStatic ? "static " : "")}{Name(m.ReturnType)} {m.Name}({Parameters(m)})",
        PropertyInfo p => $"{(p.GetMethod!.IsStatic ? "static " : "")}{Name(p.PropertyType)} {p.Name}{Indices(p)} {{ get;{Setter(p)} }}",
        FieldInfo f => $"const {Name(f.FieldType)} {f.Name} = {f.GetRawConstantValue()}",
        _ => throw new InvalidOperationException($"{member} is of a kind that the list has no line for"),
    };

    private static string Setter(PropertyInfo property) => property.SetMethod switch
    {
        { IsPublic: true } set when set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) => " init;",
        { IsPublic: true } => " set;",
        _ => "",
    };

    private static string Indices(PropertyInfo property) => property.GetIndexParameters() is { Length: > 0 } indices
        ? $"[{string.Join(", ", indices.Select(i => Name(i.ParameterType)))}]"
        : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}"));

    private static string Name(Type type)
    {
        if (type.IsGenericType)
            return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
        return type.DeclaringType is { } outer ? $"{Name(outer)}.{type.Name}" : type.Name;
    }
}
