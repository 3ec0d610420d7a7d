namespace Quern.Peers.Admin;

/// <summary>The state after an input, and what is to be done.</summary>
internal readonly record struct AdminStep(AdminState State, AdminVerdict Verdict = AdminVerdict.Nothing);
