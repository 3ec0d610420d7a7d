using Microsoft.AspNetCore.Builder;

namespace Quern.MasterHost.Access;

/// <summary>Endpoint metadata: the one right without which the endpoint does nothing.</summary>
public sealed record NeedsRight(string Name);

/// <summary>Endpoint metadata: anybody may call it, signed in or not.</summary>
public sealed record OpenToAll;

/// <summary>Endpoint metadata: whoever signed in may call it for the own account, also while a password must be changed.</summary>
public sealed record OwnAccountOnly;

/// <summary>Endpoint metadata: whoever signed in may call it; what comes of it is decided for the group that it is about.</summary>
public sealed record GroupDecides;

/// <summary>How endpoints declare who may call them. One that declares nothing answers 403 to everybody.</summary>
internal static class AccessDeclarations
{
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, string right) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new NeedsRight(right));

    public static TBuilder ForOwnAccount<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new OwnAccountOnly());

    public static TBuilder DecidedByGroup<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new GroupDecides());

    public static TBuilder Open<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new OpenToAll());
}
