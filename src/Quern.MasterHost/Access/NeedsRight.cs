using Microsoft.AspNetCore.Builder;

namespace Quern.MasterHost.Access;

/// <summary>Endpoint metadata: the one right without which the endpoint does nothing.</summary>
public sealed record NeedsRight(string Name)
{
    /// <summary>The route value that names a group (name or id) within which the right is enough; empty when it must be had over the whole farm.</summary>
    public string GroupRoute { get; init; } = "";

    /// <summary>Whether the right within any group is enough: the endpoint then shows or does what lies within the caller's groups.</summary>
    public bool AnyGroup { get; init; }

    /// <summary>Whether everybody who signed in, and has nothing to do first, may call it for what is their own.</summary>
    public bool OrSession { get; init; }
}

/// <summary>Endpoint metadata: its answer goes on without end, so that the caller's rights are looked at again while it does.</summary>
public sealed record GoesOn;

/// <summary>Endpoint metadata: anybody may call it, signed in or not.</summary>
public sealed record OpenToAll;

/// <summary>Endpoint metadata: whoever signed in may call it for the own account, also while a password must be changed.</summary>
public sealed record OwnAccountOnly;

/// <summary>How endpoints declare who may call them. One that declares nothing answers 403 to everybody.</summary>
internal static class AccessDeclarations
{
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, string right) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new NeedsRight(right));

    /// <summary>The right over the whole farm, or within the group that a route value names.</summary>
    public static TBuilder NeedsInGroup<TBuilder>(this TBuilder endpoint, string right, string routeValue) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new NeedsRight(right) { GroupRoute = routeValue });

    /// <summary>The right over the whole farm, or within some group.</summary>
    public static TBuilder NeedsInAnyGroup<TBuilder>(this TBuilder endpoint, string right) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new NeedsRight(right) { AnyGroup = true });

    /// <summary>The right over the whole farm, or a session, for what belongs to its account.</summary>
    public static TBuilder NeedsOrSession<TBuilder>(this TBuilder endpoint, string right) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new NeedsRight(right) { OrSession = true });

    public static TBuilder ForOwnAccount<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new OwnAccountOnly());

    public static TBuilder WithoutEnd<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new GoesOn());

    public static TBuilder Open<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new OpenToAll());
}
