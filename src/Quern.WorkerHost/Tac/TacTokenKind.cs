namespace Quern.WorkerHost;

/// <summary>Kinds of tokens in a <c>buildbot.tac</c>.</summary>
internal enum TacTokenKind
{
    End,
    Name,
    Number,
    Text,
    Symbol,
}
