using Quern.Storage;

namespace Quern.MasterHost.Listeners;

/// <summary>
/// A certificate in files of this machine. Each handshake looks whether they changed, so that a renewed one is in use as soon as it is there;
/// a new one that cannot be used leaves the old one in use.
/// </summary>
internal sealed class CertificateFiles : CertificateSource
{
    private readonly string _certificate;
    private readonly string _key;
    private readonly TimeProvider _time;
    private readonly Action<string> _tell;
    private volatile ServedCertificate _current;
    private volatile string _problem;
    private (FileStamp, FileStamp) _seen;
    private int _looking;

    private CertificateFiles(string certificate, string key, TimeProvider time, Action<string> tell, ServedCertificate current, (FileStamp, FileStamp) seen) =>
        (_certificate, _key, _time, _tell, _current, _seen, _problem) = (certificate, key, time, tell, current, seen, "");

    public override ServedCertificate Current
    {
        get
        {
            Look();
            return _current;
        }
    }

    public override string Problem => _problem;

    /// <summary>Reads both files; null, and why, when they cannot be used.</summary>
    /// <param name="now">When the certificate must be valid; null when that does not matter.</param>
    /// <param name="tell">Told in one sentence what became of a change. Must not throw.</param>
    public static CertificateFiles? TryOpen(string certificate, string key, DateTimeOffset? now, TimeProvider time, Action<string> tell, out string why)
    {
        var seen = (FileStamp.Of(certificate), FileStamp.Of(key));
        return TryRead(certificate, key, now, out why) is { } current ? new CertificateFiles(certificate, key, time, tell, current, seen) : null;
    }

    private void Look()
    {
        var seen = (FileStamp.Of(_certificate), FileStamp.Of(_key));
        // One at a time looks; others go on with what is there.
        if (Interlocked.Exchange(ref _looking, 1) == 1) return;
        try
        {
            if (seen == _seen) return;
            _seen = seen;
            if (TryRead(_certificate, _key, _time.GetUtcNow(), out string why) is { } renewed)
            {
                bool other = renewed.Sha256 != _current.Sha256;
                (_current, _problem) = (renewed, "");
                if (other) _tell($"the certificate '{_certificate}' was read again: SHA-256 {renewed.Sha256}, good until {renewed.NotAfter:yyyy-MM-dd}");
                return;
            }
            _problem = $"the changed certificate cannot be used, and the one before goes on: {why}";
            _tell(_problem);
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }

    private static ServedCertificate? TryRead(string certificate, string key, DateTimeOffset? now, out string why)
    {
        if (TryReadFile(certificate, CertificateReader.MaxChainBytes, out why) is not { } chain || TryReadFile(key, CertificateReader.MaxKeyBytes, out why) is not { } own) return null;
        var read = CertificateReader.TryRead(chain, own, now, out why);
        if (read is null) why = $"'{certificate}' with '{key}': {why}";
        return read;
    }

    private static byte[]? TryReadFile(string path, int most, out string why)
    {
        why = "";
        try
        {
            using var file = RegularFile.OpenRead(path);
            if (file.Length <= most)
            {
                byte[] bytes = new byte[file.Length];
                file.ReadExactly(bytes);
                return bytes;
            }
            why = $"'{path}' is too long for what it should be";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = $"'{path}' cannot be read: {e.Message.TrimEnd('.')}";
        }
        return null;
    }

    /// <summary>By what a change of a file is noticed; the default for one that is not there.</summary>
    private readonly record struct FileStamp(DateTime Written, long Bytes)
    {
        public static FileStamp Of(string path)
        {
            var file = new FileInfo(path);
            return file.Exists ? new FileStamp(file.LastWriteTimeUtc, file.Length) : default;
        }
    }
}
