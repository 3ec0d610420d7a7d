using System.Security.Cryptography;
using System.Text;
using Quern.Model;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// What this process keeps in memory in the place of a worker's password: HMAC-SHA256 of name and password under a key that it makes for itself and
/// never shows. Two marks are equal when name and password are; one that comes to light says nothing without the key.
/// </summary>
internal sealed class PasswordMarks
{
    public const int Bytes = HMACSHA256.HashSizeInBytes;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(Bytes);

    public byte[] Of(WorkerName name, string password) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(Bound(name, password)));

    /// <summary>The text that is hashed: bound to its worker, so that the hash of one is no use in the row of another. No name holds a NUL.</summary>
    public static string Bound(WorkerName name, string password) => $"{name}\0{password}";
}
