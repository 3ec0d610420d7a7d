using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Quern.Scheduling.Matching;

/// <summary>
/// What a job asks of its worker: requirements separated by commas, all of which must hold; alternatives separated by
/// <c>|</c>, one of which must hold. <c>worker=a|b</c> is the worker's name, <c>tag=x</c> a plain tag, <c>arch=…</c> and
/// <c>env=…</c> are facts the worker offers. The empty text is met by every worker.
/// </summary>
public sealed class PoolRule
{
    /// <summary>One requirement; a worker meets it with any of the alternatives.</summary>
    public sealed record Requirement(string Key, ImmutableArray<string> Alternatives)
    {
        public bool IsMetBy(WorkerOffer worker)
        {
            foreach (string alternative in Alternatives)
            {
                bool met = Key switch
                {
                    "worker" => worker.Name.Value == alternative,
                    "tag" => worker.Tags.Contains(alternative),
                    _ => worker.Tags.Contains($"{Key}={alternative}"),
                };
                if (met) return true;
            }
            return false;
        }

        public override string ToString() => $"{Key}={string.Join('|', Alternatives)}";
    }

    private static readonly string[] Keys = ["arch", "env", "tag", "worker"];

    private PoolRule(ImmutableArray<Requirement> requirements) => Requirements = requirements;

    public ImmutableArray<Requirement> Requirements { get; }

    public bool IsMetBy(WorkerOffer worker)
    {
        foreach (var requirement in Requirements)
            if (!requirement.IsMetBy(worker)) return false;
        return true;
    }

    /// <param name="problem">What is wrong with the text; null on success.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out PoolRule? rule, [NotNullWhen(false)] out string? problem)
    {
        (rule, problem) = (null, null);
        var requirements = ImmutableArray.CreateBuilder<Requirement>();
        foreach (string piece in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (piece.Length == 0 && text.AsSpan().Trim().IsEmpty) break;
            int equals = piece.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? piece : piece[..equals].Trim();
            if (equals < 0 || !Keys.Contains(key))
            {
                problem = $"'{piece}' is not a requirement; write arch=…, env=…, tag=… or worker=….";
                return false;
            }
            var alternatives = piece[(equals + 1)..].Split('|', StringSplitOptions.TrimEntries);
            if (alternatives.Contains(""))
            {
                problem = $"'{piece}' has an empty value.";
                return false;
            }
            requirements.Add(new Requirement(key, [.. alternatives]));
        }
        rule = new PoolRule(requirements.ToImmutable());
        return true;
    }

    public override string ToString() => string.Join(',', Requirements);
}
