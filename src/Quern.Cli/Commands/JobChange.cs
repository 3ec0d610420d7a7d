namespace Quern.Cli.Commands;

/// <summary>Something that happened to a job somebody waits for.</summary>
/// <param name="Id">The job.</param>
/// <param name="Title">For people, with the job's number.</param>
/// <param name="Word"><c>started</c>, <c>lost, runs again</c>, or the state it ended in.</param>
/// <param name="Reason">Empty when there is nothing to add.</param>
internal sealed record JobChange(string Id, string Title, string Word, string Reason)
{
    public const string Started = "started";
    public const string Lost = "lost, runs again";

    public bool Ended => Word is not (Started or Lost);

    public override string ToString() => $"{Title}  {Word}{(Reason.Length > 0 ? $": {Reason}" : "")}";
}
