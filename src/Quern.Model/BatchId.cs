namespace Quern.Model;

/// <summary>Names one batch (a set of jobs submitted together with an order among them): a UUID version 7.</summary>
public readonly record struct BatchId(Guid Value)
{
    public static BatchId Create(DateTimeOffset now) => new(Guid.CreateVersion7(now));

    public static bool TryParse(string? text, out BatchId id)
    {
        bool read = Guid.TryParseExact(text, "D", out var value);
        id = new BatchId(value);
        return read;
    }

    public override string ToString() => Value.ToString("D");
}
