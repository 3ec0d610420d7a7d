namespace Quern.Execution;

/// <summary>What counts as a line end besides LF.</summary>
internal interface INewlinePattern
{
    /// <summary>Replaces each match in the text by LF.</summary>
    /// <param name="text">The buffer; may be replaced by a bigger one.</param>
    /// <param name="length">Bytes of text in it.</param>
    /// <param name="settled">How much of the result cannot change any more, whatever comes next.</param>
    /// <returns>The new length.</returns>
    int Translate(ref byte[] text, int length, out int settled);
}
