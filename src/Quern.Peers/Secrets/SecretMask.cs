using System.Text;

namespace Quern.Peers.Secrets;

/// <summary>
/// Finds secrets in output, in all forms of <see cref="SecretForms"/> at once: an automaton (Aho and Corasick) that reads each byte
/// once and passes over line ends, so that a secret that was cut into lines is found too. Immutable after it is made; it takes some
/// twenty bytes for each byte of each form.
/// </summary>
public sealed class SecretMask
{
    /// <summary>What stands in the place of a secret.</summary>
    internal const string Shown = "***";

    /// <summary>The states; the first has seen nothing.</summary>
    private readonly List<State> _states = [new State()];

    private SecretMask() { }

    /// <summary>Null when there is nothing to hide.</summary>
    public static SecretMask? Of(IEnumerable<string> secrets)
    {
        var mask = new SecretMask();
        foreach (string secret in secrets)
            foreach (byte[] form in SecretForms.Of(secret)) mask.Add(form);
        if (mask._states.Count == 1) return null;
        mask.Link();
        return mask;
    }

    /// <summary>A text that is whole, such as a message.</summary>
    public string Hide(string text)
    {
        var stream = new MaskedText(this);
        var first = stream.Take(Encoding.UTF8.GetBytes(text));
        var rest = stream.Rest();
        return Encoding.UTF8.GetString([.. first.Span, .. rest.Span]);
    }

    /// <summary>The state after one more byte.</summary>
    internal int Next(int state, byte read)
    {
        while (true)
        {
            int next = Child(state, read);
            if (next != 0 || state == 0) return next;
            state = _states[state].FallBack;
        }
    }

    /// <summary>How long the longest form is that ends in a state; 0 for none.</summary>
    internal int Matched(int state) => _states[state].Matched;

    /// <summary>How much of a form a state has seen.</summary>
    internal int Depth(int state) => _states[state].Depth;

    private void Add(byte[] form)
    {
        int state = 0;
        foreach (byte read in form)
        {
            int child = Child(state, read);
            if (child == 0)
            {
                child = _states.Count;
                _states.Add(new State { Read = read, Depth = _states[state].Depth + 1, Sibling = _states[state].FirstChild });
                _states[state] = _states[state] with { FirstChild = child };
            }
            state = child;
        }
        _states[state] = _states[state] with { Matched = form.Length };
    }

    /// <summary>Tells each state where to go on when its forms do not: to the longest end of what it has seen that begins a form.</summary>
    private void Link()
    {
        var queue = new Queue<int>([0]);
        while (queue.TryDequeue(out int state))
        {
            for (int child = _states[state].FirstChild; child != 0; child = _states[child].Sibling)
            {
                int back = state == 0 ? 0 : Next(_states[state].FallBack, _states[child].Read);
                _states[child] = _states[child] with { FallBack = back, Matched = Math.Max(_states[child].Matched, _states[back].Matched) };
                queue.Enqueue(child);
            }
        }
    }

    /// <summary>0 for none.</summary>
    private int Child(int state, byte read)
    {
        int child = _states[state].FirstChild;
        while (child != 0 && _states[child].Read != read) child = _states[child].Sibling;
        return child;
    }

    /// <summary>One state; states are named by their index, and 0 stands for none where the first cannot be meant.</summary>
    private readonly record struct State(int FirstChild, int Sibling, int FallBack, int Matched, int Depth, byte Read);
}
