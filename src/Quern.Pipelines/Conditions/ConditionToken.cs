namespace Quern.Pipelines;

/// <summary>A word, a sign or a quoted text of a condition.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The word or sign; of a quoted text what stands between the quotes.</param>
/// <param name="Offset">Where it begins.</param>
internal readonly record struct ConditionToken(ConditionToken.Kinds Kind, string Text, int Offset)
{
    public enum Kinds
    {
        End,
        Word,
        Sign,
        Text,
        Wrong,
    }

    public bool Is(string text) => Kind is Kinds.Word or Kinds.Sign && Text == text;

    /// <summary>The token for people.</summary>
    public string Shown => Kind switch { Kinds.End => "the end", Kinds.Text => $"the text '{Text}'", _ => $"'{Text}'" };
}
