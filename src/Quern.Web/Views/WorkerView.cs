namespace Quern.Web.Views;

/// <summary>A worker as pages show it.</summary>
/// <param name="LastChange">The newest connect or disconnect with its reason; empty when there was none.</param>
public sealed record WorkerView(
    string Name, bool Connected, int Busy, int Slots, string Protocol, string System, string LastChange);
