namespace Quern.WorkerHost;

/// <summary>What an expression of a <c>buildbot.tac</c> comes to.</summary>
internal abstract record TacValue
{
    private TacValue() { }

    public sealed record None : TacValue;

    /// <summary>Also true (1) and false (0).</summary>
    public sealed record Integer(long Value) : TacValue;

    public sealed record Text(string Value) : TacValue;

    /// <summary>A name that is not a variable of the file: a module, a class, a function.</summary>
    public sealed record Symbol(string Path) : TacValue;

    /// <summary>An object that goes somewhere we know: where the log is written.</summary>
    public sealed record Log(TacLog Target) : TacValue;

    /// <summary>An object whose use is only to be passed on: the application, the worker.</summary>
    public sealed record Opaque : TacValue;

    /// <summary>The value of a line that could not be read.</summary>
    public sealed record Unknown : TacValue;

    /// <summary>For messages; never a password, for the name stands before it.</summary>
    public string Kind => this switch
    {
        None => "None",
        Integer i => $"{i.Value}",
        Text => "a text",
        Symbol s => s.Path,
        _ => "an object",
    };
}
