using System.Collections.Immutable;
using System.Text;
using Quern.MasterHost.Configuration;
using Quern.Model;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// The passwords of the workers that this master's configuration file names. They stand in the file; beside it they are in the memory of this
/// process alone, as marks, and as the MD5 that a login over Perspective Broker is checked with.
/// </summary>
internal sealed class FilePasswords
{
    private readonly ImmutableDictionary<WorkerName, (byte[] Mark, string Md5)> _ofWorkers;

    public FilePasswords(IEnumerable<WorkerSetting> workers, PasswordMarks marks) =>
        _ofWorkers = workers.ToImmutableDictionary(w => w.Name, w => (marks.Of(w.Name, w.Password), PerspectiveVerifier.Of(Encoding.UTF8.GetBytes(w.Password))));

    /// <summary>Whether this file names the worker; that of another master may.</summary>
    public bool Names(WorkerName name) => _ofWorkers.ContainsKey(name);

    /// <summary>The mark of a worker's password; null for one that the file does not name.</summary>
    public byte[]? MarkOf(WorkerName name) => _ofWorkers.TryGetValue(name, out var of) ? of.Mark : null;

    /// <summary>MD5 of a worker's password, as lower-case hex; empty for one that the file does not name.</summary>
    public string Md5Of(WorkerName name) => _ofWorkers.TryGetValue(name, out var of) ? of.Md5 : "";
}
