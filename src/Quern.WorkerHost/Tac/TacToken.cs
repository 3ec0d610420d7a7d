namespace Quern.WorkerHost;

/// <summary>One token of a <c>buildbot.tac</c>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">A name or number as written, a string's content, a symbol.</param>
internal readonly record struct TacToken(TacTokenKind Kind, string Text)
{
    public bool Is(string symbol) => Kind is TacTokenKind.Symbol && Text == symbol;

    public bool IsName(string name) => Kind is TacTokenKind.Name && Text == name;
}
